//! Codes E05xx.

codes! { Policy;
}
