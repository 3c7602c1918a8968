//! Codes E12xx.

codes! { Gate;
}
