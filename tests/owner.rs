//! One owner per run, with the real program: two that resume at once, one that is stopped and continued, notes of the
//! dead, numbers that were given to others, and an owner whose lock no longer holds anybody off.

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::{Sandbox, stderr, stdout};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};
use wflow::effects::process::orphans;

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIG: &str = r#"
[policy]
allow = ["sh *", "touch *"]
"#;

/// Its first command waits for the file `go`; it may be run again after a crash.
const TEXT: &str = "workflow main() -> Text {
    step first { run `sh wait.sh` idempotent }
    step second { run `sh mark.sh second` }
    \"done\"
}";

fn project(text: &str) -> Sandbox {
    Sandbox::with(&[
        ("wflow.toml", CONFIG),
        ("w.wflow", text),
        ("wait.sh", "echo $$ >> started\nwhile [ ! -e go ]; do sleep 0.01; done\necho first >> marks\n"),
        ("mark.sh", "echo $1 >> marks\n"),
    ])
}

fn spawn(sandbox: &Sandbox, args: &[&str]) -> Owner {
    let child = sandbox.wflow(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    Owner(Some(child))
}

/// Ended with the test.
struct Owner(Option<Child>);

impl Owner {
    fn pid(&self) -> u32 {
        self.0.as_ref().expect("it was not waited for").id()
    }
    fn signal(&self, signal: i32) {
        // SAFETY: our own child, which was not waited for.
        unsafe { libc::kill(self.pid() as i32, signal) };
    }
    fn end(mut self) -> Output {
        let child = self.0.take().expect("it was not waited for");
        child.wait_with_output().expect("our own child")
    }
    fn kill(self) {
        self.signal(libc::SIGKILL);
        drop(self.end());
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[track_caller]
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Starts it and waits until its first command has begun so many times.
fn begun(sandbox: &Sandbox, args: &[&str], times: usize) -> Owner {
    let owner = spawn(sandbox, args);
    wait_until("the first command", || sandbox.read("started").lines().count() >= times);
    owner
}

fn go(sandbox: &Sandbox) {
    sandbox.write("go", "");
}

#[track_caller]
fn is_refused(output: &Output, owner: u32) {
    let told = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("E1507") && told.contains(&format!("process {owner}")), "{told}");
}

#[track_caller]
fn is_whole(sandbox: &Sandbox, marks: &str) {
    assert_eq!(sandbox.read("marks"), marks);
    let verified = sandbox.output(&["audit", "verify"]);
    assert!(stdout(&verified).trim_end().ends_with("OK"), "{}", stdout(&verified));
    let epochs: Vec<u64> = sandbox.journal().iter().filter_map(|e| e["epoch"].as_u64()).collect();
    assert!(epochs.is_sorted() && epochs.len() == sandbox.journal().len(), "{epochs:?}");
}

#[test]
fn a_second_resume_is_refused_by_name_until_the_first_is_done() {
    let sandbox = project(TEXT);
    begun(&sandbox, &["run", "w.wflow"], 1).kill();
    let id = sandbox.runs().pop().expect("a run");
    let first = begun(&sandbox, &["resume", &id], 2);
    for _ in 0..3 {
        is_refused(&sandbox.output(&["resume", &id]), first.pid());
    }
    go(&sandbox);
    let end = first.end();
    assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
    is_whole(&sandbox, "first\nsecond\n");
}

#[test]
fn of_several_that_resume_at_once_one_goes_on() {
    let sandbox = project(TEXT);
    begun(&sandbox, &["run", "w.wflow"], 1).kill();
    let id = sandbox.runs().pop().expect("a run");
    let all: Vec<Owner> = (0..6).map(|_| spawn(&sandbox, &["resume", &id])).collect();
    wait_until("the first command", || sandbox.read("started").lines().count() >= 2);
    go(&sandbox);
    let ends: Vec<Output> = all.into_iter().map(Owner::end).collect();
    let told: Vec<String> = ends.iter().map(stderr).collect();
    assert_eq!(ends.iter().filter(|e| e.status.code() == Some(0)).count(), 1, "{told:#?}");
    // Whoever came after the end is told that.
    let others = told.iter().filter(|t| t.contains("E1507") || t.contains("E1519")).count();
    assert_eq!(others, 5, "{told:#?}");
    is_whole(&sandbox, "first\nsecond\n");
}

#[test]
fn a_stopped_owner_keeps_its_run() {
    let sandbox = project(TEXT);
    let owner = begun(&sandbox, &["run", "w.wflow"], 1);
    let id = sandbox.runs().pop().expect("a run");
    owner.signal(libc::SIGSTOP);
    let refused = sandbox.output(&["resume", &id]);
    is_refused(&refused, owner.pid());
    assert!(stderr(&refused).contains("kill -CONT"), "{}", stderr(&refused));
    assert!(stdout(&sandbox.output(&["runs"])).contains("running"));
    // What it was running was left alone.
    assert!(!orphans(&id).is_empty());
    owner.signal(libc::SIGCONT);
    go(&sandbox);
    assert_eq!(owner.end().status.code(), Some(0));
    is_whole(&sandbox, "first\nsecond\n");
}

#[test]
fn a_note_of_the_dead_holds_nobody_off_and_names_nobody_else() {
    let sandbox = project(TEXT);
    begun(&sandbox, &["run", "w.wflow"], 1).kill();
    let id = sandbox.runs().pop().expect("a run");
    let note = format!(".wflow/runs/{id}/owner");
    assert!(sandbox.read(&note).contains("\"pid\""));
    // The dead one's number was given to this test.
    let me = std::process::id();
    let reused = format!("{{\"pid\":{me},\"start\":1,\"since\":\"2026-01-01T00:00:00.000Z\"}}");
    sandbox.write(&note, &reused);
    let owner = begun(&sandbox, &["resume", &id], 2);
    // While it is owned, a note that names somebody else must not make people end them.
    for text in [reused.as_str(), "", "{\"pid\":1}", "{\"pid\":99999999999,\"start\":1}", "no note"] {
        sandbox.write(&note, text);
        let refused = sandbox.output(&["resume", &id]);
        let told = stderr(&refused);
        assert!(refused.status.code() == Some(1) && told.contains("E1507"), "{told}");
        assert!(told.contains("another process") && !told.contains(&me.to_string()), "{text}: {told}");
    }
    std::fs::remove_file(sandbox.dir.join(&note)).expect("it is there");
    assert!(stderr(&sandbox.output(&["resume", &id])).contains("E1507"));
    go(&sandbox);
    assert_eq!(owner.end().status.code(), Some(0));
    is_whole(&sandbox, "first\nsecond\n");
}

/// What a file system without locks allows, and a copy that is put into the journal's place.
#[test]
fn an_owner_whom_another_followed_writes_no_more() {
    let sandbox = project(TEXT);
    let old = begun(&sandbox, &["run", "w.wflow"], 1);
    let id = sandbox.runs().pop().expect("a run");
    let journal = sandbox.dir.join(format!(".wflow/runs/{id}/journal.jsonl"));
    old.signal(libc::SIGSTOP);
    // The lock belongs to the file; another one in its place has none.
    std::fs::rename(&journal, journal.with_extension("old")).expect("moved");
    std::fs::copy(journal.with_extension("old"), &journal).expect("copied");
    let new = begun(&sandbox, &["resume", &id], 2);
    old.signal(libc::SIGCONT);
    let told = old.end();
    assert_eq!(told.status.code(), Some(1), "{}", stderr(&told));
    assert!(stderr(&told).contains("E1515"), "{}", stderr(&told));
    go(&sandbox);
    let end = new.end();
    assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
    is_whole(&sandbox, "first\nsecond\n");
}

#[test]
fn whoever_finds_a_foreign_line_writes_no_more() {
    let sandbox = project(TEXT);
    let owner = begun(&sandbox, &["run", "w.wflow"], 1);
    let id = sandbox.runs().pop().expect("a run");
    let journal = format!(".wflow/runs/{id}/journal.jsonl");
    let whole = sandbox.read(&journal);
    let last = whole.lines().last().expect("lines").to_owned();
    std::fs::OpenOptions::new()
        .append(true)
        .open(sandbox.dir.join(&journal))
        .and_then(|mut file| std::io::Write::write_all(&mut file, format!("{last}\n").as_bytes()))
        .expect("appended");
    go(&sandbox);
    let told = owner.end();
    assert!(told.status.code() == Some(1) && stderr(&told).contains("E1515"), "{}", stderr(&told));
    assert!(!sandbox.read("marks").contains("second"), "nothing was begun that could not be recorded");
    let refused = sandbox.output(&["resume", &id]);
    assert!(stderr(&refused).contains("E1506"), "{}", stderr(&refused));
}

#[test]
fn what_a_dead_engine_had_started_is_ended_before_the_run_goes_on() {
    let text = "workflow main() { run `sh leave.sh` idempotent  run `sh mark.sh second` }";
    let sandbox = project(text);
    // One that leaves its session, one that holds on to life, and the command itself.
    sandbox.write(
        "leave.sh",
        "[ -e go ] && { echo first >> marks; exit 0; }
setsid sh -c 'trap \"\" TERM; while :; do sleep 0.05; done' &
sleep 600 &
echo $$ >> started
while :; do sleep 0.05; done
",
    );
    let owner = begun(&sandbox, &["run", "w.wflow"], 1);
    let id = sandbox.runs().pop().expect("a run");
    wait_until("its children", || orphans(&id).len() >= 3);
    owner.kill();
    assert!(orphans(&id).len() >= 3, "they outlive the engine");
    go(&sandbox);
    let end = sandbox.output(&["resume", &id]);
    assert_eq!(end.status.code(), Some(0), "{}", stderr(&end));
    assert_eq!(orphans(&id), Vec::<u32>::new());
    is_whole(&sandbox, "first\nsecond\n");
}
