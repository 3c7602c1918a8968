//! Codes E16xx.

codes! { Config;
}
