//! Codes E11xx.

codes! { Run;
}
