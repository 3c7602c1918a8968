//! Codes E12xx: gates.

codes! { Gate;
    E1201 "nobody can approve a gate";
    E1202 "a gate was rejected";
    E1203 "a value given at a gate is not valid";
    E1204 "nobody decided a gate in time";
    E1205 "a run does not wait at this gate";
}
