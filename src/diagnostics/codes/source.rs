//! Codes E00xx: reading source files.

codes! { Source;
    E0001 "a source file cannot be read";
    E0002 "a source file is not UTF-8 text";
    E0003 "a source file is too large";
}
