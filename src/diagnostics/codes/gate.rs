//! Codes E12xx: gates.

codes! { Gate;
    E1201 "nobody can approve a gate";
}
