//! What others get of a run: a signed statement, a table, a page; each complete, and harmless whatever the run held.

use crate::json_schema::mismatches;
use crate::project::{approved, json, last_line, project, run, told};
use crate::sandbox::stdout;
use serde_json::Value as Json;
use wflow::journal::Envelope;

#[test]
fn an_attestation_is_held_against_the_record() {
    let sandbox = project();
    let key = stdout(&sandbox.output(&["audit", "keygen"])).trim_end().to_owned();
    approved(&sandbox);
    told(&sandbox, &["audit", "export", "last", "--as", "attestation", "--out", "../it.json"], 0);
    let path = sandbox.dir.join("../it.json");
    let whole = std::fs::read(&path).expect("read");
    let envelope = Envelope::parse(&whole).expect("an envelope");
    assert_eq!(envelope.payload_type, "application/vnd.in-toto+json");
    let statement: Json = serde_json::from_slice(&envelope.payload).expect("JSON");
    let schema = json(&sandbox.output(&["schema", "attestation"]));
    assert_eq!(mismatches(&schema, &statement), Vec::<String>::new());
    let journal = sandbox.read(&format!(".wflow/runs/{}/journal.jsonl", sandbox.runs()[0]));
    let digest = wflow::journal::digest_of(journal.as_bytes());
    assert_eq!(
        format!("sha256:{}", statement["subject"][0]["digest"]["sha256"].as_str().unwrap_or("")),
        digest
    );
    let predicate = &statement["predicate"];
    assert_eq!(predicate["verdict"]["verdict"], "ok");
    assert_eq!(predicate["decisions"][0]["decision"], "approve");
    let touched = &predicate["effects"][1];
    assert_eq!(
        (&touched["command"], &touched["after"][0], &touched["exit"]),
        (&Json::from("touch out.txt"), &Json::from("ship"), &Json::from(0))
    );

    let verify = ["audit", "verify", "--key", &key, "--attestation", "../it.json"];
    assert_eq!(last_line(&told(&sandbox, &verify, 0)), "OK");
    let output = sandbox.output(&[verify.as_slice(), &["--format", "json"]].concat());
    let schema = json(&sandbox.output(&["schema", "audit"]));
    assert_eq!(mismatches(&schema, &json(&output)), Vec::<String>::new());

    // Every changed byte of what was signed is noticed.
    // All but the hint at the key, which nobody relies on.
    let hint = String::from_utf8_lossy(&whole).find("\"keyid\"").expect("a hint at the key");
    let hint = hint..hint + "\"keyid\":\"".len() + key.len();
    for at in (0..whole.len()).step_by(97).filter(|at| !hint.contains(at)) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&path, &changed).expect("written");
        let output = sandbox.output(&verify);
        assert_ne!(output.status.code(), Some(0), "byte {at}: {}", stdout(&output));
    }
    std::fs::write(&path, &whole).expect("written");
    let other = told(&sandbox, &["audit", "keygen", "--out", "../other.key"], 0);
    let other = other.lines().next().unwrap_or_default();
    let said = told(&sandbox, &["audit", "verify", "--key", other, "--attestation", "../it.json"], 1);
    assert!(said.contains("error[E1805]"), "{said}");

    // The record is what changed.
    let file = format!(".wflow/runs/{}/journal.jsonl", sandbox.runs()[0]);
    let cut: String = journal.split_inclusive('\n').take(5).collect();
    sandbox.write(&file, cut);
    let said = told(&sandbox, &verify, 1);
    assert!(last_line(&said).contains("DAMAGED at line 6: the attestation: it knows"), "{said}");
    std::fs::rename(sandbox.dir.join(".wflow"), sandbox.dir.join("elsewhere")).expect("moved");
    run(&sandbox, "undone", 1);
    assert!(told(&sandbox, &verify, 1).contains("error[E1809]"));
}

#[test]
fn a_damaged_run_is_not_attested_and_one_that_waits_says_so() {
    let sandbox = project();
    told(&sandbox, &["audit", "keygen"], 0);
    run(&sandbox, "gated", 75);
    let export = ["audit", "export", "last", "--as", "attestation"];
    let envelope = Envelope::parse(told(&sandbox, &export, 0).as_bytes()).expect("an envelope");
    let statement: Json = serde_json::from_slice(&envelope.payload).expect("JSON");
    assert_eq!(statement["predicate"]["verdict"]["why"], "the run is suspended at gate ship");
    let file = format!(".wflow/runs/{}/journal.jsonl", sandbox.runs()[0]);
    sandbox.write(&file, sandbox.read(&file).replace("Draft", "Craft"));
    assert!(told(&sandbox, &export, 1).contains("error[E1806]"));
}

/// Text that means something to a spreadsheet, a browser and a terminal.
const NASTY: &str = "=1+1,\"<script>alert(1)</script><img src=x onerror=y>&\u{1b}[31m\u{202e}";

#[test]
fn whatever_a_run_holds_a_table_and_a_page_are_harmless() {
    let sandbox = project();
    let args = serde_json::json!({ "name": NASTY }).to_string();
    let ran = sandbox.output(&[
        "run",
        "w.wflow",
        "--workflow",
        "everything",
        "--mode",
        "pure",
        "--json-args",
        &args,
    ]);
    assert_eq!(ran.status.code(), Some(0), "{}", crate::sandbox::stderr(&ran));
    let table = told(&sandbox, &["audit", "export", "last", "--as", "csv"], 0);
    let rows = table.matches("\r\n").count();
    assert_eq!(rows, sandbox.journal().len() + 1);
    for row in parsed(&table) {
        assert_eq!(row.len(), 10);
        assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
    }
    let page = told(&sandbox, &["audit", "export", "last", "--as", "html"], 0);
    for bad in ["<script", "<img", "http://", "https://", "src=", "href=", "url(", "\u{1b}", "\u{202e}"] {
        let own = if bad == "src=" { "src=x onerror" } else { bad };
        assert!(!page.contains(own) || bad == "src=", "{bad}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("\\u{202e}"));
    assert!(page.contains("default-src 'none'"));
    // Every tag that is opened is closed.
    for tag in ["li", "div", "pre", "code", "table", "tr", "td", "details", "summary", "span", "ol"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn a_page_tells_who_decided_on_what() {
    let sandbox = project();
    approved(&sandbox);
    told(&sandbox, &["audit", "export", "last", "--as", "html", "--out", "it.html"], 0);
    let page = sandbox.read("it.html");
    for text in [
        "Who decided",
        "approved",
        "requires: It is right",
        "evidence <code>sha256:",
        "touch out.txt",
        "allowed by gate ship",
        "exit 0",
        ">OK<",
        "Publish?",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(
        told(&sandbox, &["audit", "export", "last", "--as", "html", "--out", "it.html"], 2).contains("E1803")
    );
}

/// RFC 4180, read back.
fn parsed(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (true, '"') if chars.peek() == Some(&'"') => cell.extend(chars.next()),
            (_, '"') => quoted = !quoted,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\r') => {
                assert_eq!(chars.next(), Some('\n'));
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (_, c) => cell.push(c),
        }
    }
    rows
}
