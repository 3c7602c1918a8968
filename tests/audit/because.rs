//! What an untrusted value decided is recorded on the effects inside, and told.

use crate::project::{json, last_line, told};
use crate::sandbox::{Sandbox, stdout};
use serde_json::Value as Json;

const CONFIG: &str = r#"
[policy]
allow = ["echo *", "true", "false"]
untrusted = ["echo *"]
write = ["out/**"]
"#;

const WORKFLOW: &str = r#"workflow w() -> Text {
    let word = run `echo yes` as Text
    run `true`
    if word == "yes" {
        run `true`
        work("a")
    }
    for part in word.split("e") {
        if part == "y" { continue }
        run `echo late`
    }
    try { run `false` } catch business {
        run `true`
    }
    "done"
}

task work(name: Text) {
    run `true`
    if name == "a" { write("out/{name}.md", "x") }
}
"#;

#[test]
fn what_an_untrusted_value_decided_is_recorded_and_told() {
    let sandbox = Sandbox::with(&[("wflow.toml", CONFIG), ("w.wflow", WORKFLOW)]);
    sandbox.write("out/.keep", "");
    told(&sandbox, &["run", "w.wflow"], 0);
    let places: Vec<(String, Vec<String>)> = sandbox
        .journal()
        .iter()
        .filter(|event| event["type"] == "effect.intended")
        .map(|event| {
            let places = event["data"]["because"].as_array().into_iter().flatten();
            let path = event["path"].as_str().unwrap_or_default().to_owned();
            (path, places.filter_map(Json::as_str).map(str::to_owned).collect())
        })
        .collect();
    let known = |path: &str| {
        let found = places.iter().find(|(p, _)| p == path);
        found.unwrap_or_else(|| panic!("{path} in {places:?}")).1.join(" ")
    };
    assert_eq!(known("w/run#1"), "");
    assert_eq!(known("w/run#2"), "");
    assert_eq!(known("w/run#3"), "w.wflow:4:8");
    assert_eq!(known("w/work#1/run#1"), "w.wflow:4:8");
    assert_eq!(known("w/work#1/write#1"), "w.wflow:4:8");
    // Which parts there are, and which of them left their turn early.
    assert_eq!(known("w/[1]/run#4"), "w.wflow:8:17 w.wflow:9:12");

    let story = told(&sandbox, &["runs", "show", "last"], 0);
    assert!(story.contains("decided by an untrusted value at w.wflow:4:8"), "{story}");
    let page = told(&sandbox, &["audit", "export", "last", "--as", "html"], 0);
    assert!(page.contains("decided by an untrusted value at w.wflow:4:8"), "{page}");
    let table = told(&sandbox, &["audit", "export", "last", "--as", "csv"], 0);
    assert!(table.contains("because"), "{table}");
    assert_eq!(last_line(&told(&sandbox, &["audit", "verify", "last"], 0)), "OK");
    let replayed = sandbox.output(&["audit", "replay", "last", "--format", "json"]);
    assert_eq!(replayed.status.code(), Some(0), "{}", stdout(&replayed));
    assert!(json(&replayed).is_object());
}
