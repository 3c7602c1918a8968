//! Codes E12xx: gates.

codes! { Gate;
    E1201 "nobody can approve a gate";
    E1202 "a gate was rejected";
    E1203 "a value given at a gate is not valid";
    E1204 "nobody decided a gate in time";
    E1205 "a run does not wait at this gate";
    E1206 "a signature does not fit its decision";
    E1207 "a key does not count for this person";
    E1208 "a decision is for another gate";
    E1209 "a decision is for a gate that is closed";
    E1210 "a decision is for a gate that is not open yet";
    E1211 "the evidence is another than was decided on";
    E1212 "the workflow or the policy is another than was decided on";
    E1213 "a decision came after its gate expired";
    E1214 "a decision was used before";
    E1215 "a person may not decide this gate";
    E1216 "a person has decided already";
    E1217 "a decision is not proved well enough";
    E1218 "a criterion was not confirmed";
    E1219 "a signed decision cannot be read";
    E1220 "a decision could not be signed";
    E1221 "a decision needs a person at a terminal";
    E1222 "a decision holds a secret";
    E1223 "a security key was not touched";
    E1224 "the value was changed meanwhile";
    E1225 "a signed decision says the opposite of the command";
}
