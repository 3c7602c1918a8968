//! Codes E14xx.

codes! { Files;
}
