//! Codes E02xx.

codes! { Names;
}
