//! Codes E04xx: effects and control flow.

codes! { Flow;
    E0401 "an effect where none may happen";
    E0402 "recursion";
    E0403 "assignment to something that cannot change";
    E0404 "assignment to a variable outside";
    E0405 "break or continue outside a loop";
    E0406 "return outside a task, workflow or function";
    E0407 "on reject does not leave";
    E0408 "a number that can never work";
    E0409 "a body without the value that it promises";
    E0410 "a constant depends on itself";
    E0411 "break with a value in a for loop";
    E0412 "not a place that can be assigned";
    E0413 "as after something that has no other form";
    E0414 "leaving from where one cannot leave";
    E0415 "clauses that contradict each other";
    E0416 "expressions nested too deeply";
}
