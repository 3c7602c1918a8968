//! Real processes. `sh` appears here only as a program like any other.

use super::proc::{Process, own_children};
use super::*;
use crate::diagnostics::{ErrorKind, Failure};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

fn search() -> Search {
    Search::new(Path::new("/nonexistent-project"), &[] as &[&str])
}

fn command(words: &[&str]) -> Spawn {
    let search = search();
    Spawn {
        program: search.resolve(words[0], false).expect("a standard program"),
        words: words[1..].iter().map(|w| (*w).to_owned()).collect(),
        folder: Folder::open(Path::new("/")).expect("the root folder"),
        environment: Environment::clean(&search, &EnvironmentRules::default()),
        stdin: None,
        run: "test".to_owned(),
    }
}

fn sh(script: &str) -> Spawn {
    command(&["sh", "-c", script])
}

fn go(spawn: &Spawn) -> Finished {
    run(spawn, &Control::default()).expect("the command runs")
}

fn quick(timeout: u64) -> Control<'static> {
    Control {
        timeout: Some(Duration::from_millis(timeout)),
        grace: Duration::from_millis(100),
        ..Control::default()
    }
}

fn out(finished: &Finished) -> String {
    String::from_utf8_lossy(&finished.stdout).into_owned()
}

/// Gone for good: neither running nor waiting to be waited for.
fn gone(pid: i32) -> bool {
    Process::read(pid).is_none()
}

fn number(text: &str) -> i32 {
    text.trim().parse().unwrap_or_else(|_| panic!("a pid, not {text:?}"))
}

fn fails(spawn: &Spawn, control: &Control) -> Failure {
    run(spawn, control).expect_err("this fails")
}

#[test]
fn streams_and_exit_code_are_kept_apart() {
    let finished = go(&sh("echo out; echo err >&2; exit 3"));
    assert_eq!(finished.status, Status::Exit(3));
    assert_eq!((finished.stdout.as_slice(), finished.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
    let failure = finished.check("sh", &[0]).expect_err("3 is not 0");
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Business, "E1103"));
    assert!(failure.notes[0].contains("err"), "{failure:?}");
    assert_eq!(finished.check("sh", &[0, 3]), Ok(3));
}

#[test]
fn words_reach_the_program_as_they_are() {
    let finished = go(&command(&["printf", "%s|", "a b", "$HOME", "*", "; exit 1", "", "grün\n"]));
    assert_eq!(out(&finished), "a b|$HOME|*|; exit 1||grün\n|");
}

#[test]
fn a_word_with_a_zero_byte_is_refused() {
    let failure = fails(&command(&["printf", "a\0b"]), &Control::default());
    assert_eq!(failure.code.id(), "E1112");
}

#[test]
fn a_session_without_a_terminal_and_default_signals() {
    let finished = go(&command(&["cat", "/proc/self/stat"]));
    let session = out(&finished).split_whitespace().nth(5).map(number);
    assert_eq!(session, Some(finished.pid as i32));
    assert_eq!(out(&go(&sh("(: </dev/tty) 2>/dev/null && echo terminal; echo done"))), "done\n");
    let text = out(&go(&command(&["grep", "-E", "SigIgn|SigBlk", "/proc/self/status"])));
    // The C library keeps two signals beyond the 31 ordinary ones for itself.
    let ordinary = |line: &str| u64::from_str_radix(line[8..].trim(), 16).map(|set| set & 0x7fff_ffff);
    assert!(text.lines().count() == 2 && text.lines().all(|l| ordinary(l) == Ok(0)), "{text}");
}

#[test]
fn only_the_three_streams_are_open() {
    // A descriptor without close-on-exec, as one inherited from whoever started the engine.
    let file = fs::File::open("/dev/null").expect("opens");
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).expect("sets");
    let finished = go(&command(&["ls", "/proc/self/fd"]));
    // 3 is the folder that ls itself reads.
    assert_eq!(out(&finished), "0\n1\n2\n3\n");
}

#[test]
fn input_larger_than_a_pipe_comes_back_whole() {
    let mut spawn = command(&["cat"]);
    let bytes: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
    spawn.stdin = Some(bytes.clone());
    assert!(go(&spawn).stdout == bytes);
}

#[test]
fn a_command_that_reads_no_input_is_fine() {
    let mut spawn = sh("exec <&-; echo done");
    spawn.stdin = Some(vec![b'x'; 2_000_000]);
    let finished = go(&spawn);
    assert_eq!((finished.status, out(&finished).as_str()), (Status::Exit(0), "done\n"));
    let mut spawn = command(&["head", "-c", "1"]);
    spawn.stdin = Some(vec![b'x'; 2_000_000]);
    assert_eq!(out(&go(&spawn)), "x");
}

#[test]
fn no_input_is_empty_input() {
    let mut spawn = command(&["cat"]);
    assert_eq!(go(&spawn).stdout, b"");
    spawn.stdin = Some(Vec::new());
    assert_eq!(go(&spawn).stdout, b"");
}

#[test]
fn bytes_are_kept_and_text_is_strict() {
    let finished = go(&command(&["printf", r"ok\n\377x"]));
    assert_eq!(finished.stdout, b"ok\n\xffx");
    let failure = finished.text("printf", Stream::Stdout).expect_err("not UTF-8");
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Verification, "E1108"));
    assert!(failure.message.contains("byte 3 (0xff), in line 2"), "{}", failure.message);
    assert_eq!(finished.text("printf", Stream::Stderr), Ok(""));
}

#[test]
fn a_signal_is_named() {
    let killed = go(&sh("kill -KILL $$"));
    assert_eq!(killed.status, Status::Signal(libc::SIGKILL));
    let failure = killed.check("sh", &[0]).expect_err("a signal");
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Transient, "E1104"));
    assert!(failure.message.contains("SIGKILL"), "{}", failure.message);
    let crashed = go(&sh("kill -SEGV $$")).check("sh", &[0]).expect_err("a signal");
    assert_eq!(crashed.kind, ErrorKind::Business);
}

#[test]
fn output_without_end_hits_the_limit() {
    let control = Control { output_limit: 100_000, grace: Duration::from_millis(100), ..Control::default() };
    let failure = fails(&command(&["yes"]), &control);
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Verification, "E1106"));
    assert!(failure.message.contains("100000 bytes to its standard output"), "{}", failure.message);
    let failure = fails(&sh("yes >&2"), &control);
    assert!(failure.message.contains("standard error"), "{}", failure.message);
    let exact = Control { output_limit: 5, ..Control::default() };
    assert_eq!(run(&command(&["printf", "12345"]), &exact).map(|f| f.stdout), Ok(b"12345".to_vec()));
    assert_eq!(fails(&command(&["printf", "123456"]), &exact).code.id(), "E1106");
}

#[test]
fn a_timeout_ends_what_ignores_term_and_says_what_was_printed() {
    let failure = fails(&sh("trap '' TERM; echo $$; echo so far; while :; do sleep 1; done"), &quick(3000));
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Timeout, "E1105"));
    assert!(failure.message.contains("longer than 3s"), "{}", failure.message);
    let note = failure.notes.iter().find(|n| n.contains("so far")).expect("the output is kept");
    assert!(gone(number(note.lines().nth(1).expect("the pid was printed first"))));
}

/// Cancels as soon as the command prints `ready`.
fn cancelled_when_ready(script: &str, grace: Duration) -> Failure {
    let cancel = Cancel::new();
    let on_line = |_: Stream, line: &str| {
        if line == "ready" {
            cancel.cancel();
        }
    };
    let control =
        Control { cancel: vec![cancel.clone()], grace, on_line: Some(&on_line), ..Control::default() };
    fails(&sh(script), &control)
}

#[test]
fn a_command_that_is_ended_may_clean_up() {
    let script = "trap 'echo cleaned; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let failure = cancelled_when_ready(script, Duration::from_secs(60));
    assert!(failure.notes.iter().any(|note| note.contains("cleaned")), "{failure:?}");
}

#[test]
fn descendants_that_left_the_group_are_ended_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let script = format!(
        "cd {}; (setsid sh -c 'trap \"\" TERM; echo $$ >a.new; mv a.new a; while :; do sleep 1; done' &); \
         (setsid setsid sleep 1000 & echo $! >b); sleep 1000 & echo $! >c; \
         until [ -e a ]; do sleep 0.01; done; echo ready; wait",
        folder.path().display()
    );
    assert_eq!(cancelled_when_ready(&script, Duration::from_millis(200)).code.id(), "E1107");
    for name in ["a", "b", "c"] {
        let pid = fs::read_to_string(at(name)).expect("the command wrote it");
        assert!(gone(number(&pid)), "{name}");
    }
}

#[test]
fn what_is_left_behind_is_ended_and_its_open_pipes_do_not_hang() {
    let daemon = |before: &str, trap: &str| {
        format!(
            "(setsid {before} sh -c '{trap} echo $$ >pid.new; mv pid.new pid; while :; do sleep 1; done' &)"
        )
    };
    let scripts = [
        "sleep 1000 & echo $! >pid".to_owned(),
        "setsid sleep 1000 & echo $! >pid".to_owned(),
        daemon("", ""),
        daemon("", "trap \"\" TERM;"),
        daemon("env -i", ""),
    ];
    for script in scripts {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spawn = sh(&format!("{script}; until [ -e pid ]; do sleep 0.01; done; echo done"));
        spawn.folder = Folder::open(folder.path()).expect("opens");
        let control = Control { grace: Duration::from_millis(200), ..Control::default() };
        let finished = run(&spawn, &control).expect("the command itself succeeds");
        assert_eq!((finished.status, out(&finished).as_str()), (Status::Exit(0), "done\n"), "{script}");
        assert!(finished.survivors.is_empty());
        let left = number(&fs::read_to_string(folder.path().join("pid")).expect("the command wrote it"));
        // One that hides its origin is ended with the last command that runs; other tests run theirs.
        let hidden = script.contains("env -i");
        assert!(gone(left) || (hidden && eventually(|| gone(left))), "{script}");
    }
}

/// Waits for what other threads bring about; each of their commands ends by itself.
fn eventually(condition: impl Fn() -> bool) -> bool {
    (0..3000).any(|_| {
        let met = condition();
        if !met {
            std::thread::sleep(Duration::from_millis(10));
            go(&command(&["true"]));
        }
        met
    })
}

#[test]
fn cancelling_ends_the_command() {
    let cancel = Cancel::new();
    let seen = Mutex::new(String::new());
    let on_line = |_: Stream, line: &str| {
        seen.lock().expect("no panic holds it").push_str(line);
        cancel.cancel();
    };
    let control = Control {
        cancel: vec![Cancel::new(), cancel.clone()],
        on_line: Some(&on_line),
        ..Control::default()
    };
    let failure = fails(&sh("echo $$; sleep 1000"), &control);
    assert_eq!(failure.code.id(), "E1107");
    assert!(gone(number(&seen.lock().expect("no panic holds it"))));
    assert_eq!(fails(&sh("echo not started"), &control).code.id(), "E1107");
}

#[test]
fn lines_are_reported_as_they_are_completed() {
    let seen = Mutex::new(Vec::new());
    let on_line =
        |stream: Stream, line: &str| seen.lock().expect("no panic holds it").push((stream, line.to_owned()));
    let control = Control { on_line: Some(&on_line), ..Control::default() };
    run(&sh(r"printf 'a\nb\r\n\nc'; printf 'x\377\n' >&2; head -c 10000 /dev/zero | tr '\0' y"), &control)
        .expect("runs");
    let seen = seen.into_inner().expect("no panic holds it");
    let stdout: Vec<&str> =
        seen.iter().filter(|(s, _)| *s == Stream::Stdout).map(|(_, l)| l.as_str()).collect();
    assert_eq!(&stdout[..2], &["a", "b"]);
    assert!(stdout[2].starts_with("cyyy") && stdout[2].len() == 4096 && stdout.len() == 3);
    assert!(seen.contains(&(Stream::Stderr, "x\u{fffd}".to_owned())));
}

#[test]
fn a_panic_while_reporting_leaves_no_process() {
    let pid = Mutex::new(0);
    let result = std::panic::catch_unwind(|| {
        let on_line = |_: Stream, line: &str| {
            *pid.lock().unwrap_or_else(|e| e.into_inner()) = number(line);
            panic!("on purpose");
        };
        let control = Control { on_line: Some(&on_line), ..Control::default() };
        let _ = run(&sh("echo $$; exec sleep 1000"), &control);
    });
    assert!(result.is_err());
    assert!(gone(*pid.lock().unwrap_or_else(|e| e.into_inner())));
}

#[test]
fn the_folder_is_the_one_that_was_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("makes");
    let mut spawn = command(&["ls"]);
    spawn.folder = Folder::open(&inner).expect("opens");
    fs::rename(&inner, folder.path().join("moved")).expect("renames");
    fs::write(folder.path().join("moved/file"), "").expect("writes");
    assert_eq!(out(&go(&spawn)), "file\n");
    let missing = Folder::open(&inner).expect_err("it was moved");
    assert_eq!((missing.kind, missing.code.id()), (ErrorKind::Configuration, "E1110"));
}

#[test]
fn the_environment_is_clean() {
    let mut spawn = command(&["env"]);
    spawn.environment.set("RUST_LOG", "info").expect("an ordinary name");
    let text = out(&go(&spawn));
    let names: Vec<&str> = text.lines().filter_map(|l| l.split('=').next()).collect();
    let known = ["HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PATH", "TERM", "RUST_LOG", "WFLOW_SPAWN"];
    assert!(names.iter().all(|n| known.contains(n)), "{text}");
    assert!(text.contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"), "{text}");
    assert!(text.contains("TERM=dumb\n") && text.contains("RUST_LOG=info\n"), "{text}");
}

#[test]
fn names_that_change_what_runs_are_refused() {
    let rules = EnvironmentRules { pass: Vec::new(), allow: vec!["GIT_AUTHOR_NAME".to_owned()] };
    let mut environment = Environment::clean(&search(), &rules);
    for name in [
        "GIT_SSH_COMMAND",
        "LD_PRELOAD",
        "BASH_ENV",
        "BASH_FUNC_x",
        "IFS",
        "PYTHONPATH",
        "NODE_OPTIONS",
        "PATH",
        "WFLOW_SPAWN",
    ] {
        let failure = environment.set(name, "x").expect_err(name);
        assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Permission, "E1111"), "{name}");
    }
    assert!(environment.set("GIT_AUTHOR_NAME", "x").is_ok());
    for (name, value) in [("A=B", "x"), ("", "x"), ("1A", "x"), ("A", "x\0")] {
        assert_eq!(environment.set(name, value).map_err(|f| f.code.id()), Err("E1112"), "{name:?}");
    }
}

fn script(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).expect("writes");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("sets the mode");
}

/// A project, and a folder of programs beside it.
fn project() -> (tempfile::TempDir, Search) {
    let base = tempfile::tempdir().expect("a folder");
    fs::create_dir_all(base.path().join("root/bin")).expect("makes");
    fs::create_dir_all(base.path().join("tools")).expect("makes");
    let tools = base.path().join("tools").display().to_string();
    let search = Search::new(&base.path().join("root"), &[tools]);
    (base, search)
}

fn refusal(search: &Search, name: &str) -> (ErrorKind, &'static str, String) {
    let failure = search.resolve(name, false).expect_err(name);
    (failure.kind, failure.code.id(), format!("{}\n{}", failure.message, failure.help.join("\n")))
}

#[test]
fn programs_are_found_in_listed_folders_only() {
    let (base, search) = project();
    script(&base.path().join("tools/deploy-it"), "#!/bin/sh\necho $1\n", 0o755);
    let program = search.resolve("deploy-it", false).expect("listed");
    assert_eq!(program.path, base.path().join("tools/deploy-it"));
    let (kind, code, text) = refusal(&search, "deploy-ti");
    assert_eq!((kind, code), (ErrorKind::Configuration, "E1101"));
    assert!(text.contains("did you mean `deploy-it`?") && text.contains("[policy] path"), "{text}");
    for name in ["", ".", "..", "a\0b", "sub/", "/nonexistent/x"] {
        assert_eq!(refusal(&search, name).1, "E1101", "{name:?}");
    }
}

#[test]
fn a_program_that_others_can_change_is_refused() {
    let (base, search) = project();
    let tool = base.path().join("tools/tool");
    for (mode, word) in [(0o777, "everybody"), (0o775, "group"), (0o644, "not executable")] {
        script(&tool, "#!/bin/sh\n", mode);
        let (kind, code, text) = refusal(&search, "tool");
        assert_eq!((kind, code), (ErrorKind::Permission, "E1102"));
        assert!(text.contains(word) && text.contains("chmod"), "{text}");
    }
    script(&tool, "#!/bin/sh\n", 0o755);
    assert!(search.resolve("tool", false).is_ok());
    fs::set_permissions(base.path().join("tools"), fs::Permissions::from_mode(0o777)).expect("sets");
    let fresh = Search::new(&base.path().join("root"), &[base.path().join("tools").display().to_string()]);
    assert!(refusal(&fresh, "tool").2.contains("others can replace files"));
    assert_eq!(refusal(&search, "/dev/null").1, "E1102");
}

#[test]
fn a_program_inside_the_project_must_be_listed() {
    let (base, search) = project();
    script(&base.path().join("root/bin/build"), "#!/bin/sh\necho built\n", 0o755);
    assert!(refusal(&search, "./bin/build").2.contains("inside the project"));
    let absolute = base.path().join("root/bin/build").display().to_string();
    assert_eq!(refusal(&search, &absolute).1, "E1102");
    let program = search.resolve("./bin/build", true).expect("listed");
    let mut spawn = command(&["true"]);
    spawn.program = program;
    assert_eq!(out(&go(&spawn)), "built\n");
    assert_eq!(refusal(&search, "./bin/build").1, "E1102", "having been found once lists nothing");
    // A link from a searched folder into the project is still a file of the project.
    std::os::unix::fs::symlink(&absolute, base.path().join("tools/linked")).expect("links");
    assert_eq!(refusal(&search, "linked").1, "E1102");
    assert_eq!(refusal(&search, "../tools/linked").1, "E1102");
    // A folder of the project that the configuration names is listed.
    let listed = Search::new(&base.path().join("root"), &["bin"]);
    assert!(listed.resolve("build", false).is_ok());
}

#[test]
fn a_program_changed_after_the_check_does_not_run() {
    let (base, search) = project();
    let tool = base.path().join("tools/tool");
    script(&tool, "#!/bin/sh\necho one\n", 0o755);
    let mut spawn = command(&["true"]);
    spawn.program = search.resolve("tool", false).expect("fine");
    assert_eq!(out(&go(&spawn)), "one\n");
    fs::remove_file(&tool).expect("removes");
    script(&tool, "#!/bin/sh\necho other\n", 0o755);
    let failure = fails(&spawn, &Control::default());
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Permission, "E1102"));
    spawn.program = search.resolve("tool", false).expect("checked anew");
    assert_eq!(out(&go(&spawn)), "other\n");
}

#[test]
fn what_the_system_cannot_start_says_why() {
    let (base, search) = project();
    for (text, word) in [("#!/no/such/interpreter\n", "interpreter"), ("no first line\n", "#!")] {
        script(&base.path().join("tools/odd"), text, 0o755);
        let mut spawn = command(&["true"]);
        spawn.program = search.resolve("odd", false).expect("a fine file");
        let failure = fails(&spawn, &Control::default());
        assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Configuration, "E1109"));
        assert!(failure.message.contains(word), "{}", failure.message);
    }
    let failure = fails(&command(&["echo", &"x".repeat(3_000_000)]), &Control::default());
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Verification, "E1109"));
}

#[test]
fn many_runs_side_by_side_leave_no_descriptor_and_no_zombie() {
    // Other tests open descriptors and have children at the same time, so only growth by the number of runs counts.
    let descriptors = || fs::read_dir("/proc/self/fd").expect("lists").count();
    let before = descriptors();
    let seen = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let seen = &seen;
            scope.spawn(move || {
                for n in 0..300 {
                    let word = format!("{thread}-{n}");
                    let finished = match n % 3 {
                        0 => go(&command(&["echo", &word])),
                        1 => go(&sh(&format!("echo {word}; exit 7"))),
                        _ => go(&sh(&format!("(true &); echo {word}"))),
                    };
                    assert_eq!(out(&finished).trim(), word);
                    assert_eq!(finished.status, Status::Exit(if n % 3 == 1 { 7 } else { 0 }));
                    seen.lock().expect("no panic holds it").push(finished.pid as i32);
                }
            });
        }
    });
    assert!(descriptors() < before + 100);
    let seen = seen.into_inner().expect("no panic holds it");
    let children = own_children().expect("listed");
    assert!(children.len() < 100 && seen.iter().filter(|pid| children.contains(pid)).count() < 10);
}

#[test]
fn children_of_other_code_are_left_alone() {
    let mut other = std::process::Command::new("sleep").arg("1000").spawn().expect("starts");
    let mut ended = std::process::Command::new("sh").args(["-c", "exit 9"]).spawn().expect("starts");
    for _ in 0..3 {
        go(&sh("(setsid sleep 1000 &)"));
    }
    assert_eq!(ended.wait().expect("still ours to wait for").code(), Some(9));
    assert!(other.try_wait().expect("still ours to wait for").is_none());
    other.kill().expect("it runs");
    other.wait().expect("ends");
}

#[test]
fn a_crashed_engines_processes_are_found_by_their_run() {
    // Started by other code in our own session, with the tag as a crashed engine would have left it.
    let start = |run: &str| {
        let tag = format!("{run}.999-1");
        std::process::Command::new("sleep").arg("1000").env("WFLOW_SPAWN", tag).spawn().expect("starts")
    };
    let (mut mine, mut other) = (start("run-a"), start("run-ab"));
    let waiting = || orphans("run-a") == [mine.id()];
    // The child has its new environment only from its exec on; `spawn` returns after that.
    assert!(waiting(), "{:?}", orphans("run-a"));
    assert!(end_orphans("run-a", Duration::from_secs(5)).is_empty());
    assert!(mine.wait().expect("ends").code().is_none());
    assert!(other.try_wait().expect("waits").is_none());
    other.kill().expect("it runs");
    other.wait().expect("ends");
}
