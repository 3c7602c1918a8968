//! Codes E16xx: the project's file, and what the policy refuses.

codes! { Config;
    E1601 "`wflow.toml` cannot be read";
    E1602 "`wflow.toml` is not valid TOML";
    E1603 "`wflow.toml` has an unknown key";
    E1604 "a value in `wflow.toml` has the wrong type";
    E1605 "a value in `wflow.toml` means nothing";
    E1606 "`wflow.toml` names somebody who does not exist";
    E1607 "a name is both a person and a role";
    E1608 "a name in `wflow.toml` cannot be written in a workflow";
    E1609 "`by` in `wflow.toml` cannot be understood";
    E1610 "a command pattern is malformed";
    E1611 "a path pattern is malformed";
    E1612 "a public key in `wflow.toml` is malformed";
    E1613 "something is listed twice in `wflow.toml`";
    E1614 "an approval in `wflow.toml` can never be given";
    E1615 "a policy rule cannot say this";
    E1616 "a key stands in a file of the project";
    E1650 "the project does not allow the command";
    E1651 "the file's policy does not allow the command";
    E1652 "the command is denied";
    E1653 "nothing is allowed without a `wflow.toml`";
    E1654 "a value would become an option";
    E1655 "the rule does not cover this option";
    E1656 "a protected command without its gate";
    E1657 "an agent may not run the command";
    E1658 "the policy does not allow the effect";
}
