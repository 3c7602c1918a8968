//! Codes E03xx: types.

codes! { Types;
    E0301 "mismatched types";
    E0302 "unknown field";
    E0303 "unknown method";
    E0304 "wrong number of arguments";
    E0305 "unknown argument";
    E0306 "an argument is given twice";
    E0307 "not something that can be called";
    E0308 "an operator does not work on these types";
    E0309 "a value without a text form in a text";
    E0310 "a secret where it could leak";
    E0311 "a condition is not a Bool";
    E0312 "a value that may be none is used as if it were there";
    E0313 "a match does not cover every value";
    E0314 "a pattern cannot match the value";
    E0315 "unknown variant";
    E0316 "a field is missing";
    E0317 "a type that cannot be inferred";
    E0318 "a value breaks its refinement";
    E0319 "invalid regular expression";
    E0320 "a type without a JSON form";
    E0321 "a type contains itself";
    E0322 "values that cannot be compared";
    E0323 "not something to loop over";
    E0324 "a pattern binds its names wrongly";
    E0325 "a pattern that may not match";
    E0326 "not something with an index";
    E0327 "a variant of an unknown type";
    E0328 "not a value";
    E0329 "branches of different types";
    E0330 "a parameter that cannot be given on the command line";
    E0331 "a field or key stands twice";
    E0332 "a type that cannot stand here";
}
