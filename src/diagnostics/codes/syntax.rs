//! Codes E01xx.

codes! { Syntax;
}
