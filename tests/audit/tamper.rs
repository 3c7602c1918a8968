//! Whatever is changed in the record of a real run is never `OK`; what was signed before says what is gone.

use crate::project::{approved, json, last_line, project, run, told};
use crate::sandbox::Sandbox;
use std::path::PathBuf;
use std::sync::Arc;
use wflow::journal::{DiskStore, Runs, Verdict, verify_run};

fn keygen(sandbox: &Sandbox) -> String {
    let output = sandbox.output(&["audit", "keygen"]);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn journal(sandbox: &Sandbox, nth: usize) -> PathBuf {
    sandbox.dir.join(".wflow/runs").join(&sandbox.runs()[nth]).join("journal.jsonl")
}

#[test]
fn no_changed_byte_or_line_of_a_real_run_is_ok() {
    let sandbox = project();
    approved(&sandbox);
    let runs = Runs::of_project(Arc::new(DiskStore), &sandbox.dir);
    let dir = runs.last().expect("a run");
    let verdict = || verify_run(&runs, &dir).map(|r| r.verdict);
    assert_eq!(verdict(), Ok(Verdict::Ok));
    let files = [dir.journal_path(), sandbox.dir.join(".wflow/ledger.jsonl")];
    for path in files {
        let whole = std::fs::read(&path).expect("read");
        let put = |bytes: &[u8]| std::fs::write(&path, bytes).expect("written");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            put(&changed);
            assert_ne!(verdict(), Ok(Verdict::Ok), "byte {at} of {}", path.display());
        }
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        for i in 0..lines.len() {
            let mut without = lines.clone();
            without.remove(i);
            put(&without.concat());
            assert_ne!(verdict(), Ok(Verdict::Ok), "without line {} of {}", i + 1, path.display());
            put(&lines[..i].concat());
            assert_ne!(verdict(), Ok(Verdict::Ok), "cut before line {} of {}", i + 1, path.display());
            let mut twice = lines.clone();
            twice.insert(i, lines[i]);
            put(&twice.concat());
            assert_ne!(verdict(), Ok(Verdict::Ok), "line {} of {} twice", i + 1, path.display());
        }
        put(&whole);
    }
    assert_eq!(verdict(), Ok(Verdict::Ok));
}

#[test]
fn exit_codes_tell_damage_from_what_nobody_knows() {
    let sandbox = project();
    run(&sandbox, "undone", 1);
    assert_eq!(last_line(&told(&sandbox, &["audit", "verify"], 0)), "OK");
    run(&sandbox, "gated", 75);
    let said = told(&sandbox, &["audit", "verify"], 5);
    assert!(last_line(&said).starts_with("INCOMPLETE: run "), "{said}");
    let path = journal(&sandbox, 0);
    let text = std::fs::read_to_string(&path).expect("read").replace("First", "Final");
    std::fs::write(&path, text).expect("written");
    let said = told(&sandbox, &["audit", "verify"], 1);
    assert!(last_line(&said).starts_with("DAMAGED at line "), "{said}");
    let output = sandbox.output(&["audit", "verify", "--format", "json"]);
    assert_eq!((json(&output)["verdict"].as_str(), output.status.code()), (Some("damaged"), Some(1)));
    told(&sandbox, &["audit", "replay", &sandbox.runs()[0]], 1);
}

#[test]
fn a_checkpoint_says_what_was_cut_or_rewritten() {
    let sandbox = project();
    let key = keygen(&sandbox);
    run(&sandbox, "undone", 1);
    run(&sandbox, "gated", 75);
    told(&sandbox, &["audit", "checkpoint", "--out", "../first.note"], 0);
    run(&sandbox, "everything", 0);
    told(&sandbox, &["audit", "checkpoint", "--out", "../second.note"], 0);
    let verify = |files: &[&str], code: i32| {
        let mut args = vec!["audit", "verify", "--key", &key];
        files.iter().for_each(|file| args.extend(["--checkpoint", file]));
        let said = told(&sandbox, &args, code);
        last_line(&said).to_owned()
    };
    let suspended = verify(&["../second.note", "../first.note"], 5);
    assert!(suspended.contains("the run is suspended at gate ship"), "{suspended}");

    // One run and a checkpoint.
    let last = sandbox.runs()[2].clone();
    let said = told(&sandbox, &["audit", "verify", &last, "--key", &key, "--checkpoint", "../first.note"], 0);
    assert!(said.contains("checkpoint over 4 lines of the ledger\n  OK, and 2 lines since\nOK"), "{said}");

    // The suspended run is cut back to before its gate: the ledger, for which the checkpoint vouches, knows better.
    let path = journal(&sandbox, 1);
    let whole = std::fs::read_to_string(&path).expect("read");
    let cut: String = whole.split_inclusive('\n').take(3).collect();
    std::fs::write(&path, cut).expect("written");
    let said = verify(&["../first.note"], 1);
    assert!(said.starts_with("DAMAGED at line 4: run ") && said.contains("of them are gone"), "{said}");
    std::fs::write(&path, &whole).expect("written");

    // The ledger is cut, and with it the run that it would miss.
    let ledger = sandbox.dir.join(".wflow/ledger.jsonl");
    let all = std::fs::read_to_string(&ledger).expect("read");
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    assert_eq!(lines.len(), 6);
    std::fs::write(&ledger, lines[..4].concat()).expect("written");
    std::fs::rename(sandbox.dir.join(".wflow/runs").join(&last), sandbox.dir.join("hidden")).expect("moved");
    let said = told(&sandbox, &["audit", "verify"], 5);
    assert!(last_line(&said).contains("suspended at gate"), "without a checkpoint nobody sees it: {said}");
    assert_eq!(
        verify(&["../second.note"], 1),
        "DAMAGED at line 5: since the checkpoint: the ledger had 6 lines when the checkpoint was signed, and 2 of \
         them are gone"
    );
    assert!(verify(&["../first.note"], 5).starts_with("INCOMPLETE"), "an older one knows nothing of it");

    // Another run in its place.
    run(&sandbox, "everything", 0);
    let said = verify(&["../first.note", "../second.note"], 1);
    assert_eq!(
        said,
        "DAMAGED at line 5: since the checkpoint: the ledger was rewritten since the checkpoint was signed: lines 5 \
         to 6 of it are not what was signed; the first 4 are as an earlier checkpoint knows them"
    );
    let output = sandbox.output(&[
        "audit",
        "verify",
        "--format",
        "json",
        "--key",
        &key,
        "--checkpoint",
        "../second.note",
    ]);
    let told_json = json(&output);
    assert_eq!(
        (told_json["checkpoint"]["line"].as_u64(), told_json["checkpoint"]["lines"].as_u64()),
        (Some(1), Some(6))
    );
    let schema = json(&sandbox.output(&["schema", "audit"]));
    assert_eq!(crate::json_schema::mismatches(&schema, &told_json), Vec::<String>::new());
}

#[test]
fn a_forged_checkpoint_proves_nothing() {
    let sandbox = project();
    let key = keygen(&sandbox);
    let other = told(&sandbox, &["audit", "keygen", "--name", "shop", "--out", "../other.key"], 0);
    let other = other.lines().next().unwrap_or_default();
    run(&sandbox, "undone", 1);
    told(&sandbox, &["audit", "checkpoint", "--out", "../it.note"], 0);
    let note = std::fs::read_to_string(sandbox.dir.join("../it.note")).expect("read");
    let refused = |text: &str, key: &str, code: &str| {
        std::fs::write(sandbox.dir.join("../it.note"), text).expect("written");
        let said = told(&sandbox, &["audit", "verify", "--key", key, "--checkpoint", "../it.note"], 1);
        assert!(said.contains(&format!("error[{code}]")) && said.contains("proves nothing"), "{said}");
    };
    refused(&note, other, "E1805");
    refused(&note.replace("shop\n2\n", "shop\n1\n"), &key, "E1805");
    refused(&note.replace("shop\n2\n", "shop\n02\n"), &key, "E1805");
    refused(note.split("\n\n").next().unwrap_or_default(), &key, "E1804");
    refused("", &key, "E1804");
    // Signed, but no checkpoint, or one of another record.
    use wflow::journal::{Note, SigningKey};
    let secret = std::fs::read_to_string(sandbox.dir.join("../.config/wflow/audit.key")).expect("read");
    let secret = SigningKey::parse(secret.trim_end()).expect("a key");
    refused(&Note::signed("hello\n".into(), &secret).to_string(), &key, "E1804");
    let elsewhere = note.split("\n\n").next().unwrap_or_default().replacen("shop", "other", 1) + "\n";
    refused(&Note::signed(elsewhere, &secret).to_string(), &key, "E1805");
}
