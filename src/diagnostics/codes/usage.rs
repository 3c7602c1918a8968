//! Codes E17xx.

codes! { Usage;
}
