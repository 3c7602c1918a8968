//! Codes E11xx: running commands.

codes! { Run;
    E1101 "a program cannot be found";
    E1102 "a program may not be run";
    E1103 "a command failed";
    E1104 "a command was ended by a signal";
    E1105 "a command took too long";
    E1106 "a command printed too much";
    E1107 "a command was cancelled";
    E1108 "a command's output is not UTF-8 text";
    E1109 "a command could not be started";
    E1110 "a command's folder cannot be entered";
    E1111 "a command may not be given this environment variable";
    E1112 "a word or an environment variable cannot be passed to a command";
    E1113 "a secret is not available";
    E1114 "an environment variable is not text";
}
