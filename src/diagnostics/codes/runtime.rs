//! Codes E10xx.

codes! { Runtime;
}
