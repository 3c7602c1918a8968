//! `kill -9` at random moments of a conversation, each followed by a resume, until it is accepted. `SEED=n` repeats the
//! moments, `KILLS=n` makes it longer.

use super::chance::{Chance, seed};
use super::*;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// One process: the person says a word to each answer and accepts the last. Says whether it ended by itself.
fn live(project: &Project, until: Instant) -> bool {
    let mut screen = if began(project) { project.resume() } else { project.run("talk", &[]) };
    const PROMPTS: [&str; 3] = ["you (1 of 3)> ", "you (2 of 3)> ", "you (3 of 3)> "];
    let mut said = 0;
    while let Some((turn, _)) = screen.wait_for_any(&PROMPTS, until) {
        // The prompt is drawn again when a line is sent.
        if turn + 1 > said {
            screen.try_send(if turn == 2 { "/accept\r" } else { ["first word\r", "second word\r"][turn] });
            said = turn + 1;
        }
    }
    while Instant::now() < until && screen.ended().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = screen.ended().is_some();
    screen.signal(libc::SIGKILL);
    screen.wait_until_ended();
    ended
}

/// Of a run that was killed before its first event only a folder is left.
fn began(project: &Project) -> bool {
    let journal = |id: &String| project.sandbox.read(&format!(".wflow/runs/{id}/journal.jsonl"));
    project.sandbox.runs().iter().any(|id| journal(id).contains('\n'))
}

fn has_ended(project: &Project) -> bool {
    began(project) && stdout(&project.wflow(&["runs", "--format", "json"])).contains("\"completed\"")
}

#[test]
fn killed_conversations_are_accepted_in_the_end_with_everything_asked_and_said_once() {
    let seed = seed("conversations");
    let wanted: u32 = std::env::var("KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let mut chance = Chance(seed);
    let mut kills = 0;
    while kills < wanted {
        let project = Project::new(
            "anthropic",
            "",
            [Answer::says("One."), Answer::says("Two."), Answer::says("Three.")],
        );
        project.server.delay(Duration::from_millis(5));
        for _ in 0..4 {
            let delay = Duration::from_micros(chance.below(160_000));
            if has_ended(&project) || live(&project, Instant::now() + delay) {
                break;
            }
            kills += 1;
        }
        let patience = Instant::now() + PATIENCE;
        while !has_ended(&project) {
            assert!(Instant::now() < patience, "SEED={seed}: it does not end");
            live(&project, patience);
        }
        judge(&project, &format!("SEED={seed}, after {kills} kills"));
    }
}

fn judge(project: &Project, what: &str) {
    // The last kill may have come between the last event and the ledger's: whoever asks to go on completes that.
    let id = project.sandbox.runs().pop().expect("it began");
    drop(project.wflow(&["resume", &id]));
    project.holds();
    let journal = project.sandbox.journal();
    let at = |path: &str, kind: &str| {
        let all = journal.iter().enumerate().filter(|(_, e)| e["path"] == path && e["type"] == kind);
        all.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let mut intents = 0;
    for turn in 1..=3 {
        for place in ["answer", "reply"] {
            let path = format!("talk/ask#1/{place}#{turn}");
            let (begun, done) = (at(&path, "effect.intended"), at(&path, "effect.completed"));
            assert_eq!(done.len(), 1, "{what}: {path} {journal:#?}");
            assert!(begun.iter().all(|b| *b < done[0]), "{what}: {path} was begun again");
            intents += if place == "answer" { begun.len() } else { 0 };
        }
    }
    assert!(project.asked() <= intents, "{what}: {} requests for {intents} intents", project.asked());
    // Whatever the server said is what the person replied to, and what was sent on.
    let said = |path: &str| {
        let done = at(path, "effect.completed")[0];
        journal[done]["data"]["result"]["text"].as_str().unwrap_or_default().to_owned()
    };
    let last = project.messages(project.asked() - 1);
    let [one, two] = [said("talk/ask#1/answer#1"), said("talk/ask#1/answer#2")];
    assert_eq!(last, ["Write a plan.", &one, "first word", &two, "second word"], "{what}");
}
