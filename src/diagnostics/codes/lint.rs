//! Codes L07xx: lints. Each is silenced where it stands by `@allow(name)`.

codes! { Lint;
    L0701 unused_value "a value is computed and dropped";
    L0702 unused_name "a name is never used";
    L0703 unreachable_code "code that can never run";
    L0704 unreachable_arm "an arm that can never be chosen";
    L0705 unknown_lint "an unknown lint";
    L0706 no_otherwise "an ask without otherwise";
    L0707 needless_optional "a value is handled as optional and never is";
    L0708 approved_then_changed "something happens between an approval and what it is for";
    L0709 untrusted_code "a command executes what an AI has written";
    L0710 vouched "a value that the file vouches for";
}
