//! Codes E05xx: what the policy says about a program.

codes! { Policy;
    E0501 "a command that can never be allowed";
    E0502 "a policy waits for a gate that does not exist";
    E0503 "a policy names an unknown agent";
    E0504 "a policy names an unknown effect";
    E0505 "a protected effect that a way reaches without its gate";
}
