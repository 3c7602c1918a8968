//! Codes L07xx.

codes! { Lint;
}
