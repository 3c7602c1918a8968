//! Keys: made for their owner alone, never overwritten, never used when others may read them.

use crate::project::{last_line, project, run, told};
use crate::sandbox::stdout;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_key_is_its_owners_alone() {
    let sandbox = project();
    let made = sandbox.output(&["audit", "keygen"]);
    let key = stdout(&made);
    assert!(key.starts_with("shop+") && key.ends_with('\n') && key.lines().count() == 1, "{key}");
    let path = sandbox.dir.join("../.config/wflow/audit.key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    let said = told(&sandbox, &["audit", "keygen"], 2);
    assert!(said.contains("error[E1803]") && said.contains("--out"), "{said}");

    run(&sandbox, "undone", 1);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("set");
    let said = told(&sandbox, &["audit", "checkpoint"], 1);
    assert!(said.contains("error[E1802]") && said.contains("chmod 600"), "{said}");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    told(&sandbox, &["audit", "checkpoint", "--out", "it.note"], 0);
    let said = told(&sandbox, &["audit", "checkpoint", "--out", "it.note"], 2);
    assert!(said.contains("error[E1803]"), "{said}");

    std::fs::write(&path, "PRIVATE+KEY+shop+00000000+AAAA\n").expect("written");
    assert!(told(&sandbox, &["audit", "checkpoint"], 1).contains("error[E1801]"));
    std::fs::remove_file(&path).expect("removed");
    let said = told(&sandbox, &["audit", "checkpoint"], 1);
    assert!(said.contains("error[E1801]") && said.contains("wflow audit keygen"), "{said}");
    assert!(told(&sandbox, &["audit", "keygen", "--name", "a b"], 2).contains("error[E1801]"));
}

#[test]
fn keys_of_the_project_are_trusted() {
    let sandbox = project();
    let key = stdout(&sandbox.output(&["audit", "keygen"]));
    run(&sandbox, "undone", 1);
    told(&sandbox, &["audit", "checkpoint", "--out", "../it.note"], 0);
    let verify = ["audit", "verify", "--checkpoint", "../it.note"];
    assert!(told(&sandbox, &verify, 2).contains("error[E1807]"));
    let config = sandbox.read("wflow.toml");
    sandbox.write("wflow.toml", format!("{config}\n[audit]\nkeys = [\"{}\"]\n", key.trim_end()));
    assert_eq!(last_line(&told(&sandbox, &verify, 0)), "OK");
    told(&sandbox, &["check"], 0);
    // A key of the command line is the only one then.
    let other = told(&sandbox, &["audit", "keygen", "--out", "../other.key"], 0);
    let other = other.lines().next().unwrap_or_default();
    let with = [verify.as_slice(), &["--key", other]].concat();
    assert!(told(&sandbox, &with, 1).contains("error[E1805]"));
    let cut = [verify.as_slice(), &["--key", &other[..other.len() - 3]]].concat();
    assert!(told(&sandbox, &cut, 2).contains("error[E1801]"));
}
