//! JSON Schema of a plan's JSON form.

use serde_json::{Map, Value as Json, json};

/// An object with these properties; names that end in `?` may be absent.
fn object(properties: &[(&str, Json)]) -> Json {
    let mut all = Map::new();
    let mut required = Vec::new();
    for (name, schema) in properties {
        let plain = name.trim_end_matches('?');
        if plain == *name {
            required.push(plain);
        }
        all.insert(plain.to_owned(), schema.clone());
    }
    json!({ "type": "object", "required": required, "properties": all, "additionalProperties": false })
}

pub(super) fn list(of: Json) -> Json {
    json!({ "type": "array", "items": of })
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn text(about: &str) -> Json {
    json!({ "type": "string", "description": about })
}

fn flag(about: &str) -> Json {
    json!({ "type": "boolean", "description": about })
}

/// One kind of node: what all have, and its own.
fn node(kind: &str, own: &[(&str, Json)]) -> Json {
    let mut all = vec![
        ("kind", json!({ "const": kind })),
        ("place", reference("place")),
        ("approved?", list(text("a gate of the same body that is surely approved before"))),
    ];
    all.extend(own.iter().cloned());
    object(&all)
}

/// Of `wflow plan --format json`.
pub fn schema() -> Json {
    let body = || list(reference("node"));
    let filled = || reference("filled");
    let named = || list(reference("named"));
    let mentions =
        |about: &str| json!({ "type": "array", "items": reference("mention"), "description": about });
    let checks = || list(reference("check"));
    let after = || list(reference("after"));
    let strings = || list(json!({ "type": "string" }));
    let number = || json!({ "type": "number" });
    let integer = || json!({ "type": "integer" });
    let nodes = vec![
        node(
            "step",
            &[("name", text("the step's name")), ("title?", filled()), ("body", body()), ("undo?", body())],
        ),
        node(
            "run",
            &[
                ("command", filled()),
                ("verdict", reference("verdict")),
                ("reads_only", flag("the policy says that it changes nothing")),
                ("form?", text("what its output is read as")),
                ("dir?", filled()),
                ("env?", named()),
                ("stdin?", filled()),
                ("timeout?", text("how long it may take")),
                ("retry?", text("how often it is tried again")),
                ("exits?", text("which exit codes are no error")),
                ("idempotent", flag("it may be run again after a crash")),
            ],
        ),
        node(
            "ask",
            &[
                ("agent?", reference("agent")),
                ("provider", text("who answers")),
                ("model?", text("which model")),
                ("prompt", filled()),
                ("type", text("of the answer")),
                ("schema?", json!({ "description": "JSON Schema of the answer; absent for a Text" })),
                ("with?", named()),
                ("checks?", checks()),
                ("retry?", text("further tries for a wrong answer")),
                ("turns?", text("of a conversation")),
                ("timeout?", text("of one answer")),
                ("interactive", flag("it is a conversation")),
                ("max_cost_per_ask?", number()),
                ("max_cost?", number()),
                ("otherwise?", object(&[("value", text("as it is written")), ("body", body())])),
                ("asked", flag("false in mode pure")),
            ],
        ),
        node(
            "gate",
            &[
                ("name", text("the gate's name")),
                ("question", filled()),
                (
                    "by",
                    json!({ "type": "array", "items": { "type": "string" }, "description": "each must hold; empty: whoever may approve" }),
                ),
                ("people?", list(object(&[("role", text("a role or person")), ("people", strings())]))),
                ("self_approval", flag("whether whoever starts the run may approve")),
                ("assurance", json!({ "enum": ["terminal", "key", "touch", "passkey"] })),
                ("timeout?", text("the shorter of the file's and wflow.toml's")),
                ("escalate?", strings()),
                ("show?", named()),
                ("require?", list(filled())),
                ("edit?", text("what approvers may change")),
                ("type?", text("of what is edited or answered")),
                ("checks?", checks()),
                ("on_reject?", body()),
            ],
        ),
        node(
            "effect",
            &[
                (
                    "name",
                    json!({ "enum": ["read", "write", "glob", "exists", "env", "secret", "now", "uuid"] }),
                ),
                ("argument?", filled()),
                ("content?", text("what is written")),
                ("verdict?", reference("verdict")),
            ],
        ),
        node("vouch", &[("value", text("what is trusted from there on")), ("because", filled())]),
        node("wait", &[("time", filled())]),
        node("say", &[("text", filled())]),
        node(
            "choice",
            &[
                (
                    "form",
                    json!({ "enum": ["if", "match", "sometimes"], "description": "sometimes: the right side of `and`, `or`, `??`" }),
                ),
                ("subject", text("the condition, or what is looked at")),
                ("branches", list(reference("branch"))),
            ],
        ),
        node(
            "loop",
            &[
                ("form", json!({ "enum": ["for", "parallel_for", "repeat"] })),
                ("head", text("over what, or how often at most")),
                (
                    "times?",
                    json!({ "type": "integer", "minimum": 0, "description": "turns, where that is known" }),
                ),
                ("limit?", text("turns at once")),
                ("body", body()),
                ("otherwise?", body()),
            ],
        ),
        node("parallel", &[("branches", list(reference("branch")))]),
        node("try", &[("body", body()), ("catches", list(reference("branch")))]),
        node(
            "call",
            &[
                ("task", text("as the started file calls it")),
                ("args", named()),
                ("after?", after()),
                ("body", body()),
                ("expanded", flag("false where the plan would be too large")),
            ],
        ),
        node(
            "ensure",
            &[
                ("condition", text("what must hold")),
                ("message?", filled()),
                ("holds?", flag("where it is known")),
            ],
        ),
        node(
            "leave",
            &[("how", json!({ "enum": ["return", "break", "continue", "fail"] })), ("text?", filled())],
        ),
        node("unreached", &[("body", body())]),
    ];
    let mut out = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow plan --format json",
    });
    let whole = object(&[
        ("wflow_plan", json!({ "const": super::VERSION })),
        ("file", text("as it was named")),
        ("workflow", text("the workflow's name")),
        ("place", reference("place")),
        ("about?", text("its doc comment")),
        (
            "params",
            list(object(&[
                ("name", text("the parameter's name")),
                ("type", text("its type")),
                ("default?", text("as it is written")),
                ("about?", text("its doc comment")),
                (
                    "value?",
                    json!({ "description": "given, or its default where anything was given; absent: open" }),
                ),
            ])),
        ),
        ("result", text("its type")),
        ("mode", json!({ "enum": ["pure", "ai", "interactive"] })),
        ("configured", flag("whether there is a wflow.toml")),
        ("body", body()),
        ("refused", mentions("a run would end there")),
        ("depends", mentions("allowed or not by a value that is not known")),
        ("vouches", mentions("values that the file vouches for")),
        (
            "uses",
            object(&[
                ("commands", strings()),
                ("reads", strings()),
                ("writes", strings()),
                ("env", strings()),
                ("secrets", strings()),
                ("agents", strings()),
                ("gates", strings()),
            ]),
        ),
        ("complete", flag("false where calls were left unexpanded")),
    ]);
    for (keyword, rule) in whole.as_object().into_iter().flatten() {
        out[keyword.as_str()] = rule.clone();
    }
    out["$defs"] = json!({
        "node": { "anyOf": nodes },
        "place": object(&[("file", text("its name")), ("line", integer()), ("column", integer())]),
        "filled": object(&[
            ("text", text("what is open stands in braces")),
            ("holes?", list(object(&[
                ("source", text("as it is written")),
                ("type", text("its type")),
                ("values?", strings()),
            ]))),
        ]),
        "named": object(&[("name", text("of the field")), ("value", text("known and short, or as it is written"))]),
        "check": object(&[("condition", text("what must hold")), ("message?", filled())]),
        "mention": object(&[("text", text("what")), ("why", text("why")), ("place", reference("place"))]),
        "branch": object(&[("label", text("when")), ("taken?", flag("where it is known")), ("body", body())]),
        "after": object(&[
            ("gate", text("that must be approved before")),
            ("always", flag("for all values, or only for some")),
            ("place", reference("place")),
        ]),
        "verdict": object(&[
            ("says", json!({ "enum": ["allowed", "never", "depends", "asked"], "description": "asked: there is no wflow.toml" })),
            ("rules?", list(object(&[("rule", text("as it is written")), ("place", reference("place"))]))),
            ("why?", text("why it is, or may be, refused")),
            ("after?", after()),
        ]),
        "agent": object(&[
            ("name", text("the agent's name")),
            ("system?", text("its instructions")),
            ("provider?", text("who answers")),
            ("model?", text("which model")),
            ("context?", strings()),
            ("tools?", strings()),
            ("commands?", strings()),
            ("max_turns?", integer()),
            ("max_tokens?", integer()),
            ("max_cost?", number()),
            ("temperature?", number()),
            ("strict", flag("only exactly JSON is an answer")),
        ]),
    });
    out
}
