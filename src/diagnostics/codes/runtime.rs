//! Codes E10xx: what goes wrong while a program is evaluated.

codes! { Runtime;
    E1001 "there is no such item in the list";
    E1002 "a number is out of range";
    E1003 "division by zero";
    E1004 "a value does not satisfy its type";
    E1005 "text cannot be read as JSON";
    E1006 "data does not fit its type";
    E1007 "there is no such key in the map";
    E1008 "a condition that was ensured does not hold";
    E1009 "the workflow failed by its own decision";
    E1010 "a `repeat` ran out of turns";
    E1011 "calls nest too deeply";
    E1012 "data nests too deeply";
    E1013 "a command ended with an exit code that is not expected";
    E1014 "the output of a command is not UTF-8 text";
    E1015 "a gate was rejected";
    E1016 "nobody decided at a gate in time";
    E1017 "the answer of an AI is not acceptable";
    E1018 "a question has neither an answer nor an `otherwise`";
    E1019 "an argument is out of its range";
    E1020 "a pattern cannot be read";
    E1021 "the arguments of a workflow do not fit";
    E1022 "wflow itself is wrong";
}
