//! Codes E17xx: the command line.

codes! { Usage;
    E1701 "the file has no such workflow";
    E1702 "an argument of the workflow is missing, unknown or wrong";
    E1703 "the arguments are not a JSON object";
    E1704 "the folder exists already";
    E1705 "a file cannot be written";
    E1706 "there is no such code";
    E1707 "there is no such type";
    E1708 "nothing to check";
    E1709 "the project allows nothing yet";
    E1710 "a test failed";
    E1711 "a test's effect has no answer";
    E1712 "the mode cannot serve this workflow";
    E1713 "the repl only computes";
    E1714 "a command of the repl is unknown or misused";
    E1715 "the command line cannot be understood";
    E1716 "the older version cannot be compared with";
}
