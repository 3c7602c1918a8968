//! Codes E05xx: what the policy says about a program.

codes! { Policy;
    E0501 "a command that can never be allowed";
    E0502 "a policy waits for a gate that does not exist";
    E0503 "a policy names an unknown agent";
    E0504 "a policy names an unknown effect";
    E0505 "a protected effect that a way reaches without its gate";
    E0506 "an untrusted value as a word of a command";
    E0507 "a value from outside in a protected command, or as a program";
    E0508 "an untrusted value as a path, folder or variable";
    E0509 "an untrusted value as an instruction to an AI";
    E0510 "an untrusted value as code";
    E0511 "an untrusted value where a person is asked";
}
