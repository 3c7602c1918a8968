//! Codes E04xx.

codes! { Flow;
}
