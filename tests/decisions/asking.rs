//! People at a terminal who sign, and processes that wait for what others sign.

use super::pty::Pty;
use super::sandbox::{stderr, stdout};
use super::team::{SHIP, Team, ended, refused, until};
use std::process::{Child, Command, Stdio};

fn at_terminal(team: &Team, args: &[&str]) -> Pty {
    let mut command = Command::new(super::sandbox::WFLOW);
    command
        .args(args)
        .current_dir(&team.at.dir)
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("LANG", "C.UTF-8");
    command.env_remove("VISUAL").env_remove("EDITOR").env_remove("SSH_AUTH_SOCK");
    Pty::spawn(command, 40, 100, Some(""))
}

#[test]
fn a_person_signs_after_they_have_seen_it_all() {
    let team = Team::new(SHIP).started();
    let (run, key) = (team.run(), team.keys.join("ada").display().to_string());
    let mut screen =
        at_terminal(&team, &["approve", &run, "ship", "--as", "ada", "--key", &key, "-m", "fine"]);
    let shown = screen.wait_for("decide as ada");
    assert!(shown.contains("version: 1.2") && shown.contains("Notes are right"), "{shown}");
    screen.answer(">", "yes");
    screen.answer("Confirm: All is well (y/n) ", "y");
    screen.answer("Confirm: Notes are right (y/n) ", "y");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(75), "{}", end.screen);
    assert!(!end.screen.contains("type the word"), "{}", end.screen);
    let gates = team.gates(&[]);
    assert_eq!(gates["gates"][0]["decided"][0]["person"], "ada", "{gates}");
    assert_eq!(gates["gates"][0]["decided"][0]["comment"], "fine");

    let key = team.keys.join("bob").display().to_string();
    let mut screen = at_terminal(&team, &["reject", &run, "ship", "--as", "bob", "--key", &key]);
    screen.answer("Reject it now? (y/n) ", "y");
    screen.answer("why", "not today");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(4), "{}", end.screen);
    team.verify();
}

#[test]
fn a_key_that_cannot_sign_decides_nothing() {
    let team = Team::new(SHIP).started();
    let run = team.run();
    let mut screen =
        at_terminal(&team, &["approve", &run, "ship", "--as", "ada", "--key", "nowhere", "-m", "x"]);
    screen.wait_for("decide as ada");
    screen.answer(">", "yes");
    screen.answer("All is well (y/n) ", "y");
    screen.answer("Notes are right (y/n) ", "y");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(1), "{}", end.screen);
    assert!(end.screen.contains("error[E1220]"), "{}", end.screen);
    assert_eq!(team.gates(&[])["gates"][0]["decided"], serde_json::json!([]));
}

#[test]
fn an_agent_that_holds_the_key_signs() {
    let team = Team::new("workflow w() -> Text { gate go \"Go?\" by ada  \"gone\" }").started();
    let socket = team.keys.join("agent");
    let mut agent = Command::new("ssh-agent")
        .args(["-D", "-a"])
        .arg(&socket)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("ssh-agent is installed");
    until("the agent listens", || socket.exists().then_some(()));
    let added = Command::new("ssh-add").arg(team.keys.join("ada")).env("SSH_AUTH_SOCK", &socket).output();
    assert!(added.expect("ssh-add is installed").status.success());
    std::fs::remove_file(team.keys.join("ada")).expect("there");
    let (run, key) = (team.run(), team.keys.join("ada.pub").display().to_string());
    let mut command = Command::new(super::sandbox::WFLOW);
    command.args(["approve", &run, "--as", "ada", "--key", &key, "-m", "x"]).current_dir(&team.at.dir);
    command.env("TERM", "xterm").env("NO_COLOR", "1").env("LANG", "C.UTF-8").env("SSH_AUTH_SOCK", &socket);
    let mut screen = Pty::spawn(command, 40, 100, Some(""));
    screen.wait_for("decide as ada");
    screen.answer(">", "yes");
    let end = screen.finish();
    let _ = agent.kill();
    let _ = agent.wait();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(end.stdout.trim(), "gone");
}

fn waiting(team: &Team, args: &[&str]) -> Child {
    let child = team.at.wflow(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    until("a gate waits", || {
        (!team.at.runs().is_empty() && team.gates(&[])["gates"].as_array().is_some_and(|g| !g.is_empty()))
            .then_some(())
    });
    child
}

#[test]
fn a_process_that_waits_takes_what_others_sign() {
    let team = Team::new(SHIP);
    let child = waiting(&team, &["run", "w.wflow", "--wait"]);
    let pid = child.id().to_string();
    let run = team.run();
    assert_eq!(team.gates(&[])["gates"][0]["process"], child.id());

    // Without a signature nothing gets into a run that another process has.
    let typed = team.at.output(&["approve", &run, "ship"]);
    refused(&typed, "E1507");
    assert!(stderr(&typed).contains(&pid), "{}", stderr(&typed));

    let ada = team.votes("approve", "ship", "ada", &[]);
    ended(&ada, 75);
    // What is wrong is refused by name, and the process waits on.
    let file = team.record("approve", "ship", "bob", &[]);
    team.sign("ada", &file);
    refused(&team.hand_in("approve", &file, &[]), "E1207");
    let bob = team.votes("approve", "ship", "bob", &[]);
    ended(&bob, 0);
    assert!(stderr(&bob).contains("gate `ship` is decided"), "{}", stderr(&bob));
    let out = child.wait_with_output().expect("it ends");
    ended(&out, 0);
    assert_eq!(stdout(&out).trim(), "shipped");
    assert!(team.has("after"));
    team.verify();
}

#[test]
fn what_only_the_owner_can_judge_is_refused_to_who_hands_it_in() {
    let team = Team::new(
        "workflow w() -> Text { let n = 1  let m = gate go \"Go?\" by ada edit n check it > 0 else \"above zero\"  \"{m}\" }",
    );
    let child = waiting(&team, &["run", "w.wflow", "--wait"]);
    let out = team.votes("approve", "go", "ada", &["--value", "0"]);
    refused(&out, "E1203");
    assert!(stderr(&out).contains("above zero"), "{}", stderr(&out));
    ended(&team.votes("approve", "go", "ada", &["--value", "5"]), 0);
    let out = child.wait_with_output().expect("it ends");
    assert_eq!(stdout(&out).trim(), "5");
}

#[test]
fn two_gates_wait_in_one_process_and_an_interrupt_leaves_both() {
    let team = Team::new(
        r#"workflow w() -> Text {
            let both = parallel { a: one(), b: two() }
            "{both.a}{both.b}"
        }
        task one() -> Text { gate first "First?" by ada  "a" }
        task two() -> Text { gate second "Second?" by bob  "b" }"#,
    );
    let child = waiting(&team, &["run", "w.wflow", "--wait"]);
    until("both wait", || (team.gates(&[])["gates"].as_array().map(Vec::len) == Some(2)).then_some(()));
    ended(&team.votes("approve", "first", "ada", &[]), 0);
    // SAFETY: a signal to a child that was not waited for yet.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let out = child.wait_with_output().expect("it ends");
    ended(&out, 130);
    let gates = team.gates(&[]);
    assert_eq!(gates["gates"].as_array().map(Vec::len), Some(1), "{gates}");
    let last = team.votes("approve", "second", "bob", &[]);
    ended(&last, 0);
    assert_eq!(stdout(&last).trim(), "ab");
    team.verify();
}

#[test]
fn a_decision_that_comes_while_somebody_is_asked_is_put_before_them() {
    let team = Team::with(
        "workflow w() -> Text { gate go \"Go?\" by 2 of [ada, bob]  \"gone\" }",
        "[approvals]\nself_approval = true\n",
    );
    let mut screen = at_terminal(&team, &["run", "w.wflow"]);
    screen.wait_for("to stop> ");
    let signed = team.votes("approve", "go", "ada", &["-m", "from afar"]);
    ended(&signed, 75);
    let shown = screen.wait_for("to stop> ");
    assert!(shown.contains("ada approved") && shown.contains("from afar"), "{shown}");
    assert!(shown.contains("Still needed: bob"), "{shown}");
    screen.send("bob\r");
    screen.wait_for("decide as bob");
    screen.answer(">", "yes");
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.answer("word> ", &word);
    screen.answer("comment", "");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(0), "{}", end.screen);
    assert_eq!(end.stdout.trim(), "gone");
    team.verify();
}

#[test]
fn what_was_typed_is_asked_again_and_what_was_signed_is_not() {
    let team = Team::with(
        "workflow w() -> Text { gate go \"Go?\" by 3 of [ada, bob, cleo]  \"gone\" }",
        "[approvals]\nself_approval = true\n",
    )
    .started();
    ended(&team.votes("approve", "go", "ada", &[]), 75);
    let run = team.run();
    let mut screen = at_terminal(&team, &["approve", &run, "go"]);
    screen.answer("to stop> ", "bob");
    screen.wait_for("decide as bob");
    screen.answer(">", "yes");
    screen.wait_for("type the word `");
    let word = screen.wait_for("`");
    screen.answer("word> ", &word);
    screen.answer("comment", "");
    screen.answer("to stop> ", "later");
    let end = screen.finish();
    assert_eq!(end.status.code(), Some(75), "{}", end.screen);
    // bob's is void now, ada's is not.
    let mut screen = at_terminal(&team, &["resume", &run]);
    let shown = screen.wait_for("to stop> ");
    assert!(shown.contains("earlier    bob") && shown.contains("decided    ada"), "{shown}");
    screen.send("later\r");
    screen.finish();
    ended(&team.votes("approve", "go", "bob", &[]), 75);
    ended(&team.votes("approve", "go", "cleo", &[]), 0);
    team.verify();
}
