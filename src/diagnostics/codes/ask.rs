//! Codes E13xx.

codes! { Ask;
}
