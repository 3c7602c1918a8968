//! `run` with real processes where more than what is printed counts: what is left behind, what reaches the disk, what a
//! signal does. What is printed stands in `tests/cli/run_*.case`.

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const POLICY: &str = r#"
[policy]
allow = ["sh -c *", "sh hold.sh *", "sh say.sh *", "touch *", "cat *"]
reads = ["cat *"]
"#;

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Processes whose command line has this text, but not ourselves.
fn running(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("proc").flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&words).contains(text) && pid != std::process::id() {
            found.push(pid);
        }
    }
    found
}

fn start(sandbox: &Sandbox, args: &[&str]) -> Child {
    let mut command = sandbox.wflow(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("wflow starts")
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill starts");
    assert!(status.success());
}

/// Every byte of every file below a folder.
fn everything_below(folder: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => out.extend(everything_below(&path)),
            false => out.extend(std::fs::read(&path).unwrap_or_default()),
        }
        out.extend(entry.file_name().as_encoded_bytes());
    }
    out
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn a_timeout_ends_what_the_command_started_too() {
    // The marker is a number that nobody else sleeps for.
    let marker = format!("1234{}", std::process::id());
    let sandbox = Sandbox::with(&[
        ("wflow.toml", POLICY),
        (
            "a.wflow",
            &format!(
                "workflow a() {{ run `sh -c 'sleep {marker} & (setsid sleep {marker} &); trap \"\" TERM; sleep {marker}'` timeout 700ms }}"
            ),
        ),
    ]);
    let output = sandbox.output(&["run", "a.wflow"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("E1105"), "{}", stderr(&output));
    wait_for("the command's children to end", || running(&format!("sleep\0{marker}")).is_empty());
}

#[test]
fn a_secret_is_in_no_file_and_on_no_screen() {
    let secret = "tr0ub4dor-and-3/correct+horse";
    let base64 = "dHIwdWI0ZG9yLWFuZC0zL2NvcnJlY3QraG9yc2U=";
    let hex = "74723075623464";
    let say = "printf '%s\\n' \"$TOKEN\"; printf '%s\\n' \"$TOKEN\" >&2; printf '%s' \"$TOKEN\" | base64; \
               printf '%s' \"$TOKEN\" | od -An -tx1 | tr -d ' \\n'; exit ${1:-0}";
    let sandbox = Sandbox::with(&[
        ("wflow.toml", POLICY),
        ("say.sh", say),
        (
            "a.wflow",
            r#"
            workflow fine() -> Text {
                let shown = run `sh say.sh` env { TOKEN: secret("SHOP_TOKEN") } as Text
                step kept "Kept" { shown }
                say "it said {shown}"
                shown
            }
            workflow fails() { run `sh say.sh 3` env { TOKEN: secret("SHOP_TOKEN") } }
            workflow not_json() -> Int { run `sh say.sh` env { TOKEN: secret("SHOP_TOKEN") } as Int }
            workflow told() { fail business (run `sh say.sh` env { TOKEN: secret("SHOP_TOKEN") } as Text) }
            workflow waits() {
                let shown = run `sh say.sh` env { TOKEN: secret("SHOP_TOKEN") } as Text
                gate go "Go on?" show { shown }
            }
            "#,
        ),
    ]);
    for (workflow, code) in [("fine", 0), ("fails", 1), ("not_json", 1), ("told", 1), ("waits", 75)] {
        for format in ["text", "json"] {
            let mut command = sandbox.wflow(&[
                "run",
                "a.wflow",
                "--workflow",
                workflow,
                "--format",
                format,
                "--log",
                "trace",
            ]);
            command.env("SHOP_TOKEN", secret);
            // `--log` stands before the file only; what matters here is that nothing leaks in a refusal either.
            let refused = command.output().expect("wflow starts");
            assert_eq!(refused.status.code(), Some(2));
            let mut command = sandbox.wflow(&[
                "--log",
                "trace",
                "run",
                "a.wflow",
                "--workflow",
                workflow,
                "--format",
                format,
            ]);
            command.env("SHOP_TOKEN", secret);
            let output = command.output().expect("wflow starts");
            assert_eq!(output.status.code(), Some(code), "{workflow}: {}", stderr(&output));
            for (what, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
                for form in [secret, base64, hex, "tr0ub4dor"] {
                    assert!(!holds(bytes, form), "{form} in {what} of {workflow} as {format}");
                }
            }
        }
    }
    let shown = sandbox.output(&["run", "a.wflow", "--workflow", "fine"]);
    assert!(stderr(&shown).contains("SHOP_TOKEN"), "without it the run says which one is missing");
    let mut command = sandbox.wflow(&["run", "a.wflow", "--workflow", "fine", "--quiet"]);
    let shown = command.env("SHOP_TOKEN", secret).output().expect("wflow starts");
    assert!(stdout(&shown).contains("[secret SHOP_TOKEN]"), "{}", stdout(&shown));
    for args in
        [&["runs", "show", "last", "--full"][..], &["runs", "show", "last", "--full", "--format", "json"]]
    {
        assert!(!holds(&sandbox.output(args).stdout, secret));
    }
    let disk = everything_below(&sandbox.dir.join(".wflow"));
    assert!(holds(&disk, "[secret SHOP_TOKEN]"));
    for form in [secret, base64, hex, "tr0ub4dor"] {
        assert!(!holds(&disk, form), "{form} is on disk");
    }
}

const HOLD: &str = "echo held >> begun; while [ ! -e \"$1\" ]; do sleep 0.02; done; echo held >> done";

fn holding(command: &str) -> Sandbox {
    let text = format!(
        "workflow a() {{\n    step first \"First\" {{ run `touch first` }}\n    step second \"Second\" {{ {command} }} undo {{ run `touch undone` }}\n    \
         step third \"Third\" {{ run `touch third` }}\n}}"
    );
    Sandbox::with(&[("wflow.toml", POLICY), ("hold.sh", HOLD), ("a.wflow", &text)])
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_goes_on() {
    for name in ["-INT", "-TERM", "-HUP"] {
        let sandbox = holding("run `sh hold.sh release` idempotent");
        let child = start(&sandbox, &["run", "a.wflow"]);
        wait_for("the command to begin", || sandbox.read("begun").contains("held"));
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(130), "{name}: {told}");
        assert!(told.contains("interrupted") && told.contains("wflow resume"), "{told}");
        assert!(!sandbox.dir.join("undone").exists(), "an interruption undoes nothing");
        sandbox.write("release", "");
        let resumed = sandbox.output(&["resume", "--last"]);
        assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
        assert!(stderr(&resumed).contains("step first: done before"), "{}", stderr(&resumed));
        assert_eq!(sandbox.read("begun").lines().count(), 2, "the command was run again");
        assert_eq!(sandbox.read("done").lines().count(), 1, "the first one was ended");
        assert!(sandbox.dir.join("third").exists());
        let again = sandbox.output(&["resume", "--last"]);
        assert_eq!(again.status.code(), Some(1), "what has completed is not resumed");
        assert!(stderr(&again).contains("E1519"), "{}", stderr(&again));
    }
}

fn killed_in_the_middle(sandbox: &Sandbox) {
    let child = start(sandbox, &["run", "a.wflow"]);
    wait_for("the command to begin", || sandbox.read("begun").contains("held"));
    signal(&child, "-KILL");
    child.wait_with_output().expect("it ends");
}

#[test]
fn after_a_crash_a_repeatable_command_runs_again() {
    // Marked so in the file, or listed as reading only in `wflow.toml`.
    for (command, reads) in
        [("run `sh hold.sh release` idempotent", false), ("run `sh hold.sh release`", true)]
    {
        let sandbox = holding(command);
        if reads {
            sandbox.write("wflow.toml", POLICY.replace("reads = [", "reads = [\"sh hold.sh *\", "));
        }
        killed_in_the_middle(&sandbox);
        sandbox.write("release", "");
        let resumed = sandbox.output(&["resume", "--last"]);
        assert_eq!(resumed.status.code(), Some(0), "{}", stderr(&resumed));
        assert!(sandbox.dir.join("third").exists());
        assert_eq!(sandbox.read("begun").lines().count(), 2);
        assert!(!sandbox.dir.join("undone").exists());
    }
}

#[test]
fn after_a_crash_another_command_is_in_doubt() {
    let sandbox = holding("run `sh hold.sh release`");
    killed_in_the_middle(&sandbox);
    sandbox.write("release", "");
    for format in ["text", "json"] {
        let resumed = sandbox.output(&["resume", "--last", "--format", format]);
        assert_eq!(resumed.status.code(), Some(5), "{}{}", stdout(&resumed), stderr(&resumed));
        let told = if format == "text" { stderr(&resumed) } else { stdout(&resumed) };
        assert!(told.contains("E1518") && told.contains("sh hold.sh release"), "{told}");
        assert!(!sandbox.dir.join("undone").exists() && !sandbox.dir.join("third").exists());
    }
    assert_eq!(sandbox.read("begun").lines().count(), 1, "it was not run again");
    let listed = stdout(&sandbox.output(&["runs", "--format", "json"]));
    let listed: Json = serde_json::from_str(&listed).expect("JSON");
    assert!(listed.to_string().contains("in_doubt"), "{listed}");
}

#[test]
fn one_process_at_a_time_works_on_a_run() {
    let sandbox = holding("run `sh hold.sh release` idempotent");
    let child = start(&sandbox, &["run", "a.wflow"]);
    wait_for("the command to begin", || sandbox.read("begun").contains("held"));
    let second = sandbox.output(&["resume", "--last"]);
    assert_eq!(second.status.code(), Some(1), "{}", stderr(&second));
    assert!(stderr(&second).contains("E1507"), "{}", stderr(&second));
    sandbox.write("release", "");
    let first = child.wait_with_output().expect("it ends");
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
}

#[test]
fn a_wait_goes_on_where_it_was() {
    let sandbox = Sandbox::with(&[
        ("wflow.toml", POLICY),
        ("a.wflow", "workflow a() { run `touch begun`  wait 5h  run `touch ended` }"),
    ]);
    let child = start(&sandbox, &["run", "a.wflow"]);
    wait_for("the wait to begin", || {
        sandbox.runs().last().is_some_and(|id| {
            sandbox.read(&format!(".wflow/runs/{id}/journal.jsonl")).contains(r#""kind":"wait""#)
        })
    });
    let until = |events: &[Json]| -> Vec<Json> {
        events
            .iter()
            .map(|e| &e["data"])
            .filter(|d| d["kind"] == "wait")
            .map(|d| d["value"].clone())
            .collect()
    };
    let before = until(&sandbox.journal());
    assert_eq!(before.len(), 1);
    signal(&child, "-INT");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(130));
    let child = start(&sandbox, &["resume", "--last"]);
    wait_for("the run to be resumed", || sandbox.journal().iter().any(|e| e["type"] == "run.resumed"));
    signal(&child, "-INT");
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(130));
    assert_eq!(until(&sandbox.journal()), before, "the end of the wait is the same");
    assert!(!sandbox.dir.join("ended").exists());
}

#[test]
fn doubt_in_one_branch_lets_the_others_end_and_doubt_in_an_undo_is_no_end() {
    let sandbox = Sandbox::with(&[
        ("wflow.toml", POLICY),
        ("hold.sh", HOLD),
        (
            "a.wflow",
            r#"
            workflow branches() {
                parallel { a: run `sh hold.sh release`, b: run `sh hold.sh release` idempotent }
                run `touch third`
            }
            workflow undoing() {
                step one "One" { run `touch first` } undo { run `sh hold.sh release` }
                fail business "no more"
            }
            "#,
        ),
    ]);
    let crash = |workflow: &str, times: usize| {
        let child = start(&sandbox, &["run", "a.wflow", "--workflow", workflow]);
        wait_for("the commands to begin", || sandbox.read("begun").lines().count() == times);
        signal(&child, "-KILL");
        child.wait_with_output().expect("it ends");
        sandbox.write("release", "");
        let resumed = sandbox.output(&["resume", "--last"]);
        std::fs::remove_file(sandbox.dir.join("release")).expect("it was there");
        (resumed.status.code(), stderr(&resumed))
    };
    let (code, told) = crash("branches", 2);
    assert_eq!(code, Some(5), "{told}");
    assert_eq!(sandbox.read("begun").lines().count(), 3, "only the repeatable one ran again");
    let failed = sandbox.journal().iter().filter(|e| e["type"] == "effect.failed").count();
    assert_eq!(failed, 0, "no branch ended the other");
    assert!(!sandbox.dir.join("third").exists());
    let (code, told) = crash("undoing", 4);
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("E1518"), "{told}");
    assert!(sandbox.journal().iter().all(|e| e["type"] != "undo.completed" && e["type"] != "run.failed"));
}
