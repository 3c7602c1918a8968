//! Codes E03xx.

codes! { Types;
}
