//! Codes E15xx.

codes! { Journal;
}
