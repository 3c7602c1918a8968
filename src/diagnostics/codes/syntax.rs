//! Codes E01xx: syntax.

codes! { Syntax;
    E0101 "the text cannot be read as wflow";
    E0102 "nested too deep";
    E0103 "a text, command or bracket is not closed";
    E0104 "a reserved word used as a name";
    E0105 "an unknown escape in a text";
    E0106 "a number out of range or with an unknown unit";
    E0107 "a shell habit in a command";
    E0108 "comparisons do not chain";
    E0109 "`and` and `or` mixed without parentheses";
    E0110 "a clause is given twice";
    E0111 "a block that looks like a record";
    E0112 "spaces around a minus sign are uneven";
    E0113 "a text here takes no interpolation";
    E0114 "a malformed command";
    E0115 "a word or sign of another language";
    E0116 "a clause of another statement";
    E0117 "two values in a row";
}
