//! `kill -9` at random moments during real runs of the real program, each followed by a resume until the end; then every
//! command must have had its effect once, and the record must be whole. `KILLS=10000` makes it longer, and `SEED=n`
//! repeats the moments (not what the machine does in them): see `tests/kill-loop`.

#[path = "support/chance.rs"]
mod chance;
#[path = "support/pty.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod pty;
#[path = "support/sandbox.rs"]
mod sandbox;

use chance::{Chance, seed};
use pty::Pty;
use sandbox::{Sandbox, stdout};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Far more than anything here takes; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

const CONFIG: &str = r#"
[policy]
allow = ["sh mark.sh *", "sh fail.sh", { command = "sh mark.sh ship*", after = "ship" }]
write = ["out/**"]
"#;

/// The effect comes in the middle, so that an engine may die before it and after it.
const MARK: &str = "sleep 0.00$2\necho \"$1\" >> marks\nsleep 0.00$2\n";

struct Case {
    text: &'static str,
    /// What must have been marked in the end, each once.
    marks: &'static [&'static str],
    end: &'static str,
}

const CASES: &[Case] = &[
    Case {
        text: r#"
        workflow main() -> Text {
            step first "First" { run `sh mark.sh first 5` }
            write("out/note.txt", "note")
            parallel {
                left: run `sh mark.sh left 9`,
                right: { step inner "Inner" { run `sh mark.sh right 2`  run `sh mark.sh right2 2` } },
            }
            for i in 0..3 { run `sh mark.sh turn{i} 1` }
            gate ship "Ship it?" show { what: "all of it" }
            step publish "Publish" { run `sh mark.sh ship1 3`  run `sh mark.sh ship2 1` } undo { run `sh mark.sh never 1` }
            say "it is out"
            read("out/note.txt")
        }"#,
        marks: &["first", "left", "right", "right2", "turn0", "turn1", "turn2", "ship1", "ship2"],
        end: "run.completed",
    },
    Case {
        text: r#"
        task prepare(n: Int) { step made "Make {n}" { run `sh mark.sh made{n} 3` } undo { run `sh mark.sh unmade{n} 3` } }
        workflow main() {
            prepare(1)
            parallel for i in [2, 3, 4] limit 2 { prepare(i) }
            wait 10ms
            step last "Last" { run `sh mark.sh last 2` } undo { run `sh mark.sh unlast 5` }
            fail business "it shall be taken back"
        }"#,
        marks: &[
            "made1", "made2", "made3", "made4", "last", "unlast", "unmade4", "unmade3", "unmade2", "unmade1",
        ],
        end: "run.failed",
    },
    Case {
        text: r#"
        workflow main() -> Int {
            let went = for i in 0..3 {
                try {
                    step tried "Try" { run `sh mark.sh tried{i} 2` } undo { run `sh mark.sh untried{i} 3` }
                    if i == 1 { run `sh fail.sh` idempotent }
                    1
                } catch business { run `sh mark.sh caught{i} 4`  0 }
            }
            step after "After" { run `sh mark.sh after 2` }
            went.sum()
        }"#,
        marks: &["tried0", "tried1", "tried2", "untried1", "caught1", "after"],
        end: "run.completed",
    },
];

/// One run, over all the processes that work on it.
struct Life<'a> {
    case: &'a Case,
    sandbox: Sandbox,
    chance: Chance,
    kills: u64,
    what: String,
}

impl Life<'_> {
    fn new(case: &Case, seed: u64) -> Life<'_> {
        let sandbox = Sandbox::with(&[
            ("wflow.toml", CONFIG),
            ("w.wflow", case.text),
            ("mark.sh", MARK),
            ("fail.sh", "exit 1\n"),
        ]);
        Life { case, sandbox, chance: Chance(seed), kills: 0, what: format!("SEED={seed}") }
    }

    fn run_id(&self) -> Option<String> {
        let runs = self.sandbox.runs();
        let began =
            |id: &String| self.sandbox.read(&format!(".wflow/runs/{id}/journal.jsonl")).contains('\n');
        runs.into_iter().rfind(began)
    }

    fn last_event(&self) -> String {
        let Some(id) = self.run_id() else { return String::new() };
        let text = self.sandbox.read(&format!(".wflow/runs/{id}/journal.jsonl"));
        let last = text.rsplit_terminator('\n').next().unwrap_or_default();
        let event: serde_json::Value = serde_json::from_str(last).unwrap_or_default();
        event["type"].as_str().unwrap_or_default().to_owned()
    }

    fn has_mark(&self, name: &str) -> bool {
        self.sandbox.read("marks").lines().any(|line| line == name)
    }

    /// Starts or resumes it in a terminal of its own.
    fn process(&self) -> Pty {
        let id = self.run_id();
        assert!(
            id.is_some() || self.sandbox.read("marks").is_empty(),
            "{}: something ran without a run",
            self.what
        );
        let args: Vec<&str> = match &id {
            Some(id) => vec!["resume", id],
            None => vec!["run", "w.wflow"],
        };
        let mut command = std::process::Command::new(sandbox::WFLOW);
        command
            .args(args)
            .current_dir(&self.sandbox.dir)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("LANG", "C.UTF-8");
        Pty::spawn(command, 60, 300, None)
    }

    /// Plays the person until the program ends or the time is up; then it is killed. Says whether it ended by itself.
    fn live(&mut self, until: Instant) -> bool {
        let mut pty = self.process();
        const PROMPTS: [&str; 4] = ["What is it? ", "decide as", "type the word `", "comment"];
        while let Some((which, before)) = pty.wait_for_any(&PROMPTS, until) {
            let answer = match which {
                // The person looks at the world: what the dead engine had started is ended by now.
                0 => {
                    let name = before.rsplit_once("`sh mark.sh ").map_or("", |(_, rest)| rest);
                    let name = name.split([' ', '`']).next().unwrap_or_default();
                    assert!(!name.is_empty(), "{}: in doubt about what? {before}", self.what);
                    if self.has_mark(name) { "ran".to_owned() } else { "did not run".to_owned() }
                }
                1 => match pty.wait_for_any(&[">"], until) {
                    Some(_) => "yes".to_owned(),
                    None => break,
                },
                2 => {
                    let Some((_, word)) = pty.wait_for_any(&["`"], until) else { break };
                    match pty.wait_for_any(&["word>"], until) {
                        Some(_) => word,
                        None => break,
                    }
                }
                _ => match pty.wait_for_any(&[">"], until) {
                    Some(_) => String::new(),
                    None => break,
                },
            };
            pty.try_send(&format!("{answer}\r"));
        }
        while Instant::now() < until {
            if pty.ended().is_some() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let ended = pty.ended().is_some();
        pty.signal(libc::SIGKILL);
        pty.wait_until_ended();
        ended
    }

    /// Kills it some times, then lets it come to its end.
    fn lead(&mut self, most: u64) {
        while self.kills < most && !self.last_event().starts_with(self.case.end) {
            let delay = Duration::from_micros(self.chance.below(220_000));
            if !self.live(Instant::now() + delay) {
                self.kills += 1;
            }
        }
        let patience = Instant::now() + PATIENCE;
        while self.last_event() != self.case.end {
            assert!(Instant::now() < patience, "{}: it does not end: {}", self.what, self.last_event());
            self.live(patience);
        }
        // The last kill may have come between the last event and the ledger's: whoever asks to go on completes that.
        let id = self.run_id().expect("it began");
        drop(self.sandbox.output(&["resume", &id]));
        self.judge(&id);
    }

    fn judge(&self, id: &str) {
        let what = &self.what;
        let record = || self.sandbox.read(&format!(".wflow/runs/{id}/journal.jsonl"));
        let mut marks = BTreeMap::new();
        for line in self.sandbox.read("marks").lines() {
            *marks.entry(line.to_owned()).or_insert(0) += 1;
        }
        let wanted: BTreeMap<String, i32> = self.case.marks.iter().map(|m| (m.to_string(), 1)).collect();
        assert_eq!(marks, wanted, "{what}\n{}", record());
        // Of a run that never began an empty folder may be left.
        let verified = self.sandbox.output(&["audit", "verify", id]);
        assert!(verified.status.success(), "{what}: {}\n{}", stdout(&verified), record());
        assert_eq!(wflow::effects::process::orphans(id), Vec::<u32>::new(), "{what}: something still runs");
    }
}

#[test]
fn killed_runs_come_to_their_end_with_every_effect_once() {
    let seed = seed("kills");
    let wanted: u64 = std::env::var("KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let (kills, lives) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while kills.load(Ordering::SeqCst) < wanted {
                    let n = lives.fetch_add(1, Ordering::SeqCst);
                    let mut life = Life::new(&CASES[n as usize % CASES.len()], seed.wrapping_add(n));
                    let most = 3 + life.chance.below(8);
                    life.lead(most);
                    kills.fetch_add(life.kills, Ordering::SeqCst);
                }
            });
        }
    });
    println!("{} kills in {} runs", kills.into_inner(), lives.into_inner());
}
