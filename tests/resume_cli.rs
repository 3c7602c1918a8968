//! Runs that go on: after a failure, after a crash in the middle of anything, with changed files, or only to be taken
//! back. The real program with real processes; what happened is what `step.sh` wrote into `log`.

#[path = "support/pty.rs"]
#[allow(dead_code)]
mod pty;
#[path = "support/sandbox.rs"]
mod sandbox;

use pty::Pty;
use sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const POLICY: &str = "[policy]\nallow = [\"sh step.sh *\"]\nwrite = [\"out/**\"]\n";

/// Says that it was here. Holds as long as there is a file `hold.NAME`, fails where there is a `fail.NAME`.
const STEP: &str =
    "echo \"$1\" >> log\nwhile [ -e \"hold.$1\" ]; do sleep 0.02; done\n[ ! -e \"fail.$1\" ]\n";

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

fn project(workflow: &str) -> Sandbox {
    Sandbox::with(&[("wflow.toml", POLICY), ("step.sh", STEP), ("w.wflow", workflow)])
}

fn log(sandbox: &Sandbox) -> String {
    sandbox.read("log").lines().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn wflow(sandbox: &Sandbox, args: &[&str], code: i32) -> String {
    let output = sandbox.output(args);
    let told = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {told}");
    told
}

/// Starts a run and waits until the command has said that it is there.
#[track_caller]
fn held_at(sandbox: &Sandbox, args: &[&str], name: &str) -> Child {
    sandbox.write(&format!("hold.{name}"), "");
    let mut command = sandbox.wflow(args);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let child = command.spawn().expect("wflow starts");
    let begun = Instant::now();
    while sandbox.read("log").lines().last() != Some(name) {
        assert!(begun.elapsed() < PATIENCE, "waited too long for {name}: {}", log(sandbox));
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

/// As the machine would with a power cut, but for what the command itself does.
#[track_caller]
fn kill_at(sandbox: &Sandbox, args: &[&str], name: &str) {
    let mut child = held_at(sandbox, args, name);
    child.kill().expect("it is there");
    child.wait().expect("it ends");
    release(sandbox, name);
}

fn release(sandbox: &Sandbox, name: &str) {
    std::fs::remove_file(sandbox.dir.join(format!("hold.{name}"))).expect("it was held");
}

fn mend(sandbox: &Sandbox, name: &str) {
    std::fs::remove_file(sandbox.dir.join(format!("fail.{name}"))).expect("it failed");
}

#[track_caller]
fn verified(sandbox: &Sandbox) {
    assert!(wflow(sandbox, &["audit", "verify"], 0).ends_with("OK\n"));
    replayed(sandbox);
}

/// Each process that worked on the newest run did what its program does.
#[track_caller]
fn replayed(sandbox: &Sandbox) {
    let told = wflow(sandbox, &["audit", "replay", "last"], 0);
    assert!(told.ends_with("THE SAME\n"), "{told}");
}

fn at_terminal(sandbox: &Sandbox, args: &[&str]) -> Pty {
    let mut command = std::process::Command::new(sandbox::WFLOW);
    let home = sandbox.dir.parent().expect("it is in a folder");
    command.args(args).current_dir(&sandbox.dir).env_clear();
    command.env("HOME", home).env("TERM", "xterm").env("NO_COLOR", "1").env("LANG", "C.UTF-8");
    Pty::spawn(command, 50, 100, None)
}

/// Types the word that a decision asks for.
#[track_caller]
fn word(screen: &mut Pty) {
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.wait_for("word>");
    screen.send(&format!("{word}\r"));
}

const CHAIN: &str = "workflow w() {
    step one { run `sh step.sh one` } undo { run `sh step.sh un-one` }
    step keep { run `sh step.sh keep` }
    step two { run `sh step.sh two-a`  run `sh step.sh two-b` retry 1 every 1ms }
    step three { run `sh step.sh three` }
}
";

#[test]
fn a_failed_run_goes_on_with_what_failed() {
    let sandbox = project(CHAIN);
    sandbox.write("fail.two-b", "");
    let told = wflow(&sandbox, &["run", "w.wflow"], 1);
    assert!(told.contains("taken back: one") && told.contains("done and kept: keep"), "{told}");
    assert_eq!(log(&sandbox), "one keep two-a two-b two-b un-one");
    // What was taken back is done again, with all tries of what failed; the rest is answered from the record.
    sandbox.write("log", "");
    wflow(&sandbox, &["resume", "--last"], 1);
    assert_eq!(log(&sandbox), "one two-b two-b un-one");
    mend(&sandbox, "two-b");
    sandbox.write("log", "");
    wflow(&sandbox, &["resume", "--last"], 0);
    assert_eq!(log(&sandbox), "one two-b three");
    verified(&sandbox);
    assert!(wflow(&sandbox, &["resume", "--last"], 1).contains("it has completed"));
}

#[test]
fn what_a_catch_took_back_is_not_done_again() {
    let sandbox = project(
        "workflow w() {
            try {
                step early { run `sh step.sh early` } undo { run `sh step.sh un-early` }
                run `sh step.sh bad`
            } catch e { run `sh step.sh caught` }
            step late { run `sh step.sh late` } undo { run `sh step.sh un-late` }
            run `sh step.sh last` idempotent
        }",
    );
    sandbox.write("fail.bad", "");
    kill_at(&sandbox, &["run", "w.wflow"], "last");
    assert_eq!(log(&sandbox), "early bad un-early caught late last");
    sandbox.write("fail.last", "");
    wflow(&sandbox, &["resume", "--last"], 1);
    assert_eq!(log(&sandbox), "early bad un-early caught late last last un-late");
    mend(&sandbox, "last");
    wflow(&sandbox, &["resume", "--last"], 0);
    assert_eq!(log(&sandbox), "early bad un-early caught late last last un-late late last");
    verified(&sandbox);
}

#[test]
fn a_crash_while_taking_back_goes_on_taking_back() {
    let sandbox = project(
        "workflow w() {
            step one { run `sh step.sh one` } undo { run `sh step.sh un-one` }
            step two { run `sh step.sh two` } undo { run `sh step.sh un-two` idempotent }
            step three { run `sh step.sh three` } undo { run `sh step.sh un-three` }
            run `sh step.sh bad`
        }",
    );
    sandbox.write("fail.bad", "");
    kill_at(&sandbox, &["run", "w.wflow"], "un-two");
    wflow(&sandbox, &["resume", "--last"], 1);
    assert_eq!(log(&sandbox), "one two three bad un-three un-two un-two un-one");
    mend(&sandbox, "bad");
    sandbox.write("log", "");
    wflow(&sandbox, &["resume", "--last"], 0);
    assert_eq!(log(&sandbox), "one two three bad");
    verified(&sandbox);
}

#[test]
fn a_failing_branch_ends_the_others_and_both_are_done_again() {
    let sandbox = project(
        "workflow w() {
            run `sh step.sh before`
            let _r = parallel {
                a: { run `sh step.sh a-done`  run `sh step.sh a`  run `sh step.sh a-more` },
                b: { run `sh step.sh b` },
            }
            run `sh step.sh after`
        }",
    );
    // `a` would hold for good: it is ended because `b` failed, once both are there.
    sandbox.write("hold.a", "");
    sandbox.write("fail.b", "");
    sandbox.write(
        "step.sh",
        STEP.replace("[ ! -e", "[ \"$1\" != b ] || until grep -q '^a$' log; do sleep 0.02; done\n[ ! -e"),
    );
    let told = wflow(&sandbox, &["run", "w.wflow"], 1);
    assert!(told.contains("step.sh b") && !told.contains("another branch"), "{told}");
    release(&sandbox, "a");
    mend(&sandbox, "b");
    sandbox.write("log", "a\n");
    wflow(&sandbox, &["resume", "--last"], 0);
    let mut done: Vec<String> = log(&sandbox).split(' ').skip(1).map(str::to_owned).collect();
    assert_eq!(done.pop().as_deref(), Some("after"));
    done.sort();
    assert_eq!(done, ["a", "a-more", "b"], "neither `before` nor `a-done` is done again");
    verified(&sandbox);
}

#[test]
fn a_run_that_fails_by_itself_needs_another_file() {
    let sandbox = project(
        "workflow w() {
            run `sh step.sh one`
            ensure 1 > 2 else \"never\"
            run `sh step.sh two`
        }",
    );
    wflow(&sandbox, &["run", "w.wflow"], 1);
    let told = wflow(&sandbox, &["resume", "--last"], 1);
    assert!(told.contains("E1519") && told.contains("--accept-changes"), "{told}");
    let told = wflow(&sandbox, &["resume", "--last", "--accept-changes"], 1);
    assert!(told.contains("E1521") && told.contains("nothing to accept"), "{told}");
    sandbox.write("w.wflow", sandbox.read("w.wflow").replace("1 > 2", "2 > 1"));
    let told = wflow(&sandbox, &["resume", "--last", "--accept-changes"], 1);
    assert!(told.contains("E1521") && told.contains("at a terminal"), "{told}");
    let mut screen = at_terminal(&sandbox, &["resume", "--last", "--accept-changes"]);
    screen.wait_for("-    ");
    screen.wait_for("1 > 2");
    screen.wait_for("2 > 1");
    screen.wait_for("run   sh step.sh one");
    word(&mut screen);
    assert_eq!(screen.finish().status.code(), Some(0));
    assert_eq!(log(&sandbox), "one two");
    verified(&sandbox);
}

#[test]
fn half_of_what_was_taken_back_is_for_people() {
    let sandbox = project(
        "workflow w() {
            step one { run `sh step.sh one` } undo { run `sh step.sh un-one` }
            step two { run `sh step.sh two` } undo { run `sh step.sh un-two` }
            run `sh step.sh bad`
        }",
    );
    sandbox.write("fail.bad", "");
    sandbox.write("fail.un-two", "");
    let told = wflow(&sandbox, &["run", "w.wflow"], 1);
    assert!(told.contains("undoing step `two` failed"), "{told}");
    assert_eq!(log(&sandbox), "one two bad un-two un-one", "the others go on");
    let told = wflow(&sandbox, &["resume", "--last"], 1);
    assert!(told.contains("could not be taken back") && told.contains("w/two"), "{told}");
}

const CANCEL: &str = "workflow w() {
    step one { run `sh step.sh one` } undo { run `sh step.sh un-one` }
    try { step two { run `sh step.sh two` } undo { run `sh step.sh un-two` idempotent } } catch e { }
    step three { run `sh step.sh three` } undo { run `sh step.sh un-three` }
    try { gate go \"Go?\" } catch rejected e { say e.message }
    run `sh step.sh last`
}
";

#[test]
fn a_cancelled_run_is_taken_back() {
    let sandbox = project(CANCEL);
    wflow(&sandbox, &["run", "w.wflow"], 75);
    let told = wflow(&sandbox, &["cancel", "last", "-m", "no longer wanted"], 0);
    assert!(told.contains("cancelled run") && told.contains("taken back: one, two, three"), "{told}");
    assert_eq!(log(&sandbox), "one two three un-three un-two un-one");
    let journal = sandbox.journal();
    let last = journal.last().expect("events");
    assert_eq!(
        (&last["type"], &last["data"]["comment"]),
        (&Json::from("run.cancelled"), &Json::from("no longer wanted"))
    );
    verified(&sandbox);
    assert!(wflow(&sandbox, &["runs"], 0).contains("cancelled"));
    for args in [["resume", "last"], ["cancel", "last"], ["approve", "last"]] {
        let told = sandbox.output(&args);
        assert_ne!(told.status.code(), Some(0), "{}", stderr(&told));
    }
    assert_eq!(log(&sandbox), "one two three un-three un-two un-one");
}

#[test]
fn cancelling_goes_on_after_a_crash_whoever_takes_it_up() {
    let sandbox = project(CANCEL);
    wflow(&sandbox, &["run", "w.wflow"], 75);
    kill_at(&sandbox, &["cancel", "last"], "un-two");
    wflow(&sandbox, &["resume", "--last"], 0);
    assert_eq!(log(&sandbox), "one two three un-three un-two un-two un-one");
    assert_eq!(sandbox.journal().last().expect("events")["type"], "run.cancelled");
    verified(&sandbox);
}

#[test]
fn what_cannot_be_taken_back_is_said() {
    let sandbox = project(CANCEL);
    wflow(&sandbox, &["run", "w.wflow"], 75);
    sandbox.write("fail.un-two", "");
    let told = wflow(&sandbox, &["cancel", "last"], 1);
    assert!(told.contains("not taken back") && told.contains("`two`"), "{told}");
    assert_eq!(log(&sandbox), "one two three un-three un-two un-one");
}

#[test]
fn a_run_that_somebody_works_on_is_stopped_and_cancelled() {
    let sandbox = project(CHAIN);
    let mut child = held_at(&sandbox, &["run", "w.wflow"], "keep");
    // The command was ended in the middle, so somebody has to say whether it happened.
    let told = wflow(&sandbox, &["cancel", "last"], 5);
    assert!(told.contains("asking process") && told.contains("E1518"), "{told}");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut screen = at_terminal(&sandbox, &["cancel", "last"]);
    screen.answer("What is it?", "run again");
    screen.answer("What is it?", "did not run");
    assert_eq!(screen.finish().status.code(), Some(0));
    assert_eq!(log(&sandbox), "one keep un-one");
    verified(&sandbox);
}

#[test]
fn a_person_settles_a_doubt() {
    for (answer, expected, settled) in [
        ("ran", "one last end", None),
        ("did not run", "one last last end", Some("did not run")),
        ("run again", "one last last end", Some("run again")),
    ] {
        let sandbox =
            project("workflow w() { run `sh step.sh one`  run `sh step.sh last`  run `sh step.sh end` }");
        kill_at(&sandbox, &["run", "w.wflow"], "last");
        let mut screen = at_terminal(&sandbox, &["resume", "--last"]);
        screen.wait_for("sh step.sh last");
        screen.answer("What is it?", answer);
        assert_eq!(screen.finish().status.code(), Some(0), "{answer}");
        assert_eq!(log(&sandbox), expected);
        let said: Vec<String> = sandbox
            .journal()
            .iter()
            .filter_map(|e| e["data"]["settled"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(said, settled.into_iter().collect::<Vec<_>>());
        verified(&sandbox);
    }
}

#[test]
fn changed_files_keep_what_still_matches() {
    let before = "workflow w() {
    run `sh step.sh one`
    let sides = parallel {
        a: { run `sh step.sh a1`  run `sh step.sh a2` },
        b: { run `sh step.sh b1`  run `sh step.sh b2` },
    }
    gate go \"Go on?\" show { sides: \"done\" }
    run `sh step.sh three`
    run `sh step.sh bad`
}
";
    let sandbox = project(before);
    sandbox.write("fail.bad", "");
    let approve = |screen: &mut Pty| {
        screen.answer("decide as", "yes");
        word(screen);
        screen.answer("comment", "");
    };
    let mut screen = at_terminal(&sandbox, &["run", "w.wflow"]);
    approve(&mut screen);
    assert_eq!(screen.finish().status.code(), Some(1));
    mend(&sandbox, "bad");
    // The second command of branch `b` differs: `a` and `b1` answer, `b2` and all that comes after are done anew.
    sandbox.write("w.wflow", before.replace("b2", "b3"));
    sandbox.write("log", "");
    let mut screen = at_terminal(&sandbox, &["resume", "--last", "--accept-changes"]);
    word(&mut screen);
    approve(&mut screen);
    assert_eq!(screen.finish().status.code(), Some(0));
    assert_eq!(log(&sandbox), "b3 three bad");
    verified(&sandbox);
    let journal = sandbox.journal();
    let accepted =
        journal.iter().find(|e| !e["data"]["accepted_changes"].is_null()).expect("it is on record");
    assert_eq!(accepted["data"]["accepted_changes"]["files"][0]["name"], "w.wflow");
}

#[test]
fn changed_files_stay_accepted_after_a_crash() {
    let before = "workflow w() {
    run `sh step.sh one`
    run `sh step.sh two`
    run `sh step.sh bad`
}
";
    let sandbox = project(before);
    sandbox.write("fail.bad", "");
    wflow(&sandbox, &["run", "w.wflow"], 1);
    // Not accepted: the run is as it was.
    let with_new = before.replace(
        "    run `sh step.sh two`",
        "    run `sh step.sh new`\n    step s { run `sh step.sh held` idempotent }\n    run `sh step.sh two`",
    );
    sandbox.write("w.wflow", &with_new);
    let mut screen = at_terminal(&sandbox, &["resume", "--last", "--accept-changes"]);
    screen.answer("word>", "no");
    let finished = screen.finish();
    assert_eq!(finished.status.code(), Some(4), "{}", finished.screen);
    mend(&sandbox, "bad");
    sandbox.write("log", "");
    sandbox.write("hold.held", "");
    let mut screen = at_terminal(&sandbox, &["resume", "--last", "--accept-changes"]);
    word(&mut screen);
    let begun = Instant::now();
    while !log(&sandbox).ends_with("held") {
        assert!(begun.elapsed() < PATIENCE, "{}", log(&sandbox));
        std::thread::sleep(Duration::from_millis(5));
    }
    screen.signal(libc::SIGKILL);
    screen.finish();
    release(&sandbox, "held");
    // Everything after the first difference is done anew, even what looks like something recorded before.
    wflow(&sandbox, &["resume", "--last"], 0);
    assert_eq!(log(&sandbox), "new held held two bad");
    verified(&sandbox);
}
