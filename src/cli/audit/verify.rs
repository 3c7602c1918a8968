//! `wflow audit verify`: does the record prove what it says?
//!
//! The last line is exactly `OK`, `INCOMPLETE: …` or `DAMAGED at line N: …`, the worst of all that was looked at. The
//! exit code is 0 for `OK`, 1 for `DAMAGED` and 5 for `INCOMPLETE`: what nobody can tell, or a run that has not ended, is
//! not proven.

use super::checkpoint::lines;
use super::export::attestation::{self, Attested};
use super::{files, keys};
use crate::cli::args::{Format, VerifyArgs};
use crate::cli::exit::Exit;
use crate::cli::report::Trouble;
use crate::cli::runs::{named, of_project, print, style};
use crate::cli::screen::Screen;
use crate::diagnostics::codes::audit as codes;
use crate::journal::{
    Checkpoint, LedgerReport, Note, Report, RunDir, RunState, Runs, Since, Verdict, VerifyingKey, summary,
    verify_checkpoints, verify_ledger,
};
use crate::ui::escape;
use crate::ui::style::{Paint, Style};
use serde_json::{Value as Json, json};
use std::path::PathBuf;

pub fn verify(args: &VerifyArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let runs = of_project();
    let mut audit = Audit { runs: Vec::new(), ledger: None, since: None, attested: None };
    if !args.checkpoint.is_empty() {
        let checkpoints = read_checkpoints(&args.checkpoint, &keys::trusted(&args.key)?)?;
        audit.since = Some(verify_checkpoints(&runs, &checkpoints)?);
    }
    match (&args.run, &args.attestation) {
        (_, Some(file)) => {
            let attested = attestation::verify(&runs, file, &keys::trusted(&args.key)?)?;
            audit.runs.push(Audited::of(&runs, &attested.dir));
            audit.attested = Some(attested);
        }
        (Some(text), None) => audit.runs.push(Audited::of(&runs, &named(&runs, text)?)),
        (None, None) => {
            audit.runs.extend(runs.list()?.iter().map(|id| Audited::of(&runs, &runs.open(id))));
            audit.ledger = Some(verify_ledger(&runs)?);
        }
    }
    let verdict = audit.verdict();
    match args.format {
        Format::Json => print(&format!("{}\n", audit.to_json(&verdict))),
        Format::Text => print(&audit.to_text(&verdict, style(screen))),
    }
    Ok(match verdict {
        Verdict::Ok => Exit::Completed,
        Verdict::Damaged { .. } => Exit::Failed,
        Verdict::Incomplete { .. } => Exit::InDoubt,
    })
}

/// Each signed by one of the keys, with the key's own name as its origin.
fn read_checkpoints(paths: &[PathBuf], keys: &[VerifyingKey]) -> Result<Vec<Checkpoint>, Trouble> {
    let read = |path: &PathBuf| {
        let wrong = |code, why: &str| {
            Trouble::new(code, format!("the checkpoint {} proves nothing: {why}", path.display()))
                .help("take the copy that was kept, and the key of whoever signed it")
                .exit(Exit::Failed)
        };
        let note = Note::parse(&files::read(path)?).map_err(|why| wrong(codes::E1804, why.0))?;
        let key = note.signer(keys).map_err(|why| wrong(codes::E1805, why.0))?;
        match Checkpoint::parse(&note.text) {
            Some(checkpoint) if checkpoint.origin == key.name() => Ok(checkpoint),
            Some(_) => Err(wrong(codes::E1805, "it is about another record than its key is for")),
            None => Err(wrong(codes::E1804, "the note that was signed is no checkpoint")),
        }
    };
    paths.iter().map(read).collect()
}

/// One run with its verdict.
struct Audited {
    id: String,
    short: String,
    workflow: String,
    report: Report,
    /// What a person can do about it.
    help: Vec<String>,
}

struct Audit {
    runs: Vec<Audited>,
    /// Only where all runs are verified.
    ledger: Option<LedgerReport>,
    since: Option<Since>,
    attested: Option<Attested>,
}

impl Audited {
    fn of(runs: &Runs, dir: &RunDir) -> Audited {
        let known = summary(dir).ok();
        let report = super::verified(runs, dir).unwrap_or_else(|failure| Report {
            // It could not be read at all, so nothing is proven; the others are looked at all the same.
            verdict: Verdict::Incomplete { why: failure.message },
            events: 0,
            effects: 0,
            decisions: 0,
            blobs: 0,
        });
        let short = dir.id().short().to_owned();
        let help = match (&report.verdict, known.as_ref().map(|k| k.state)) {
            (Verdict::Ok, _) => Vec::new(),
            (Verdict::Damaged { line, .. }, _) => vec![
                match line {
                    0..=2 => String::from("nothing of this run is proven"),
                    n => format!("what stands before line {} is proven, nothing from there on", n - 1),
                },
                format!("restore {} from a copy, then verify again", dir.path().display()),
            ],
            (Verdict::Incomplete { .. }, Some(RunState::Suspended | RunState::Interrupted)) => {
                vec![format!("`wflow resume {short}` goes on with it")]
            }
            (Verdict::Incomplete { .. }, Some(RunState::Running(_))) => {
                vec![String::from("it is running: verify again when it has ended")]
            }
            (Verdict::Incomplete { .. }, Some(RunState::NeverBegan)) => {
                vec![String::from("nothing was executed; its folder may be deleted")]
            }
            (Verdict::Incomplete { .. }, _) => {
                vec![format!("`wflow runs show {short}` shows what is recorded")]
            }
        };
        let workflow = known.map(|k| k.workflow).unwrap_or_default();
        Audited { id: dir.id().as_str().to_owned(), short, workflow, report, help }
    }
}

/// The second if it is worse.
fn worse(a: Verdict, b: Verdict) -> Verdict {
    let rank = |v: &Verdict| match v {
        Verdict::Ok => 0,
        Verdict::Incomplete { .. } => 1,
        Verdict::Damaged { .. } => 2,
    };
    if rank(&b) > rank(&a) { b } else { a }
}

fn about(what: &str, verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Ok => Verdict::Ok,
        Verdict::Incomplete { why } => Verdict::Incomplete { why: format!("{what}: {why}") },
        Verdict::Damaged { line, why } => Verdict::Damaged { line, why: format!("{what}: {why}") },
    }
}

impl Audit {
    /// The worst; where several things are looked at it says of which it speaks.
    fn verdict(&self) -> Verdict {
        let alone = self.ledger.is_none() && self.since.is_none() && self.attested.is_none();
        let since = self.since.iter().map(|s| about("since the checkpoint", s.verdict.clone()));
        let attested = self.attested.iter().map(|a| about("the attestation", a.verdict.clone()));
        let ledger = self.ledger.iter().map(|l| about("the ledger", l.verdict.clone()));
        let runs = self.runs.iter().map(|run| match alone {
            true => run.report.verdict.clone(),
            false => about(&format!("run {}", run.short), run.report.verdict.clone()),
        });
        since.chain(attested).chain(ledger).chain(runs).fold(Verdict::Ok, worse)
    }

    fn to_text(&self, verdict: &Verdict, style: Style) -> String {
        let mut out = String::new();
        let mut line = |text: &str| {
            out.push_str(text);
            out.push('\n');
        };
        let shown = |v: &Verdict| {
            let paint = match v {
                Verdict::Ok => Paint::Good,
                Verdict::Incomplete { .. } => Paint::Warn,
                Verdict::Damaged { .. } => Paint::Bad,
            };
            style.paint(paint, &escape::line(&v.to_string()))
        };
        for run in &self.runs {
            let name = escape::line(&run.workflow);
            line(format!("run {} {}", run.short, style.paint(Paint::Bold, &name)).trim_end());
            let Report { events, effects, decisions, blobs, .. } = run.report;
            let counts = format!(
                "  {}, {}, {}, {}",
                count(events, "event"),
                count(effects, "effect"),
                count(decisions, "decision"),
                count(blobs, "stored output"),
            );
            line(&style.paint(Paint::Dim, &counts));
            // Alone, its verdict is the last line.
            if self.ledger.is_some() || self.since.is_some() || self.attested.is_some() {
                line(&format!("  {}", shown(&run.report.verdict)));
            }
            for help in &run.help {
                line(&format!("  {}", escape::line(help)));
            }
        }
        if let Some(ledger) = &self.ledger {
            line(&format!("ledger of {}", count(ledger.runs, "run")));
            line(&format!("  {}", shown(&ledger.verdict)));
            for finding in &ledger.findings {
                line(&format!("  {}", escape::line(&finding.why)));
            }
            if matches!(ledger.verdict, Verdict::Damaged { .. }) {
                line("  restore .wflow/ledger.jsonl and the missing runs from a copy, then verify again");
            }
        }
        if let Some(since) = &self.since {
            line(&format!("checkpoint over {} of the ledger", lines(since.size)));
            let more = match (&since.verdict, since.added) {
                (Verdict::Ok, n) if n > 0 => format!(", and {} since", lines(n)),
                _ => String::new(),
            };
            line(&format!("  {}{more}", shown(&since.verdict)));
            if since.verdict != Verdict::Ok {
                line("  restore .wflow from a copy that was made before, then verify again");
            }
        }
        if let Some(attested) = &self.attested {
            line(&escape::line(&format!(
                "attestation by {} over {}",
                attested.by,
                count(attested.events, "event")
            )));
            line(&format!("  {}", shown(&attested.verdict)));
            for note in &attested.notes {
                line(&format!("  {}", escape::line(note)));
            }
        }
        line(&escape::line(&verdict.to_string()));
        out
    }

    /// See [`schema`].
    fn to_json(&self, verdict: &Verdict) -> Json {
        let runs: Vec<Json> = self
            .runs
            .iter()
            .map(|run| {
                let mut out = verdict_json(&run.report.verdict);
                out["id"] = json!(run.id);
                out["workflow"] = json!(run.workflow);
                out["events"] = json!(run.report.events);
                out["effects"] = json!(run.report.effects);
                out["decisions"] = json!(run.report.decisions);
                out["blobs"] = json!(run.report.blobs);
                out["help"] = json!(run.help);
                out
            })
            .collect();
        let mut out = verdict_json(verdict);
        out["runs"] = json!(runs);
        out["ledger"] = match &self.ledger {
            None => Json::Null,
            Some(ledger) => {
                let findings: Vec<Json> =
                    ledger.findings.iter().map(|f| json!({ "run": f.run.as_str(), "why": f.why })).collect();
                let mut out = verdict_json(&ledger.verdict);
                out["runs"] = json!(ledger.runs);
                out["findings"] = json!(findings);
                out
            }
        };
        out["checkpoint"] = self.since.as_ref().map_or(Json::Null, |since| {
            let mut out = verdict_json(&since.verdict);
            out["lines"] = json!(since.size);
            out["added"] = json!(since.added);
            out
        });
        out["attestation"] = self.attested.as_ref().map_or(Json::Null, |attested| {
            let mut out = verdict_json(&attested.verdict);
            out["run"] = json!(attested.dir.id().as_str());
            out["by"] = json!(attested.by);
            out["events"] = json!(attested.events);
            out["notes"] = json!(attested.notes);
            out
        });
        out
    }
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn verdict_json(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Ok => json!({ "verdict": "ok", "line": null, "why": null }),
        Verdict::Incomplete { why } => json!({ "verdict": "incomplete", "line": null, "why": why }),
        Verdict::Damaged { line, why } => json!({ "verdict": "damaged", "line": line, "why": why }),
    }
}

/// JSON Schema (draft 2020-12) of `wflow audit verify --format json`.
pub fn schema() -> Json {
    let with = |more: Json| {
        let mut properties = json!({
            "verdict": { "enum": ["ok", "incomplete", "damaged"] },
            "line": { "type": ["integer", "null"], "description": "the first line that is damaged" },
            "why": { "type": ["string", "null"] },
        });
        if let (Some(all), Some(more)) = (properties.as_object_mut(), more.as_object()) {
            all.extend(more.clone());
        }
        let required: Vec<String> =
            properties.as_object().into_iter().flat_map(|p| p.keys().cloned()).collect();
        json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
    };
    let number = json!({ "type": "integer", "minimum": 0 });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    let run = with(json!({
        "id": { "type": "string" },
        "workflow": { "type": "string", "description": "empty where nothing was recorded" },
        "events": number,
        "effects": number,
        "decisions": number,
        "blobs": number,
        "help": texts,
    }));
    let finding = json!({
        "type": "object",
        "required": ["run", "why"],
        "properties": { "run": { "type": "string" }, "why": { "type": "string" } },
        "additionalProperties": false,
    });
    let mut ledger = with(json!({ "runs": number, "findings": { "type": "array", "items": finding } }));
    ledger["type"] = json!(["object", "null"]);
    ledger["description"] = json!("null where one run was verified");
    let mut checkpoint = with(json!({
        "lines": { "type": "integer", "description": "of the ledger, for which the latest checkpoint vouches" },
        "added": { "type": "integer", "minimum": 0, "description": "lines since" },
    }));
    checkpoint["type"] = json!(["object", "null"]);
    checkpoint["description"] = json!("null where none was given");
    let mut attestation = with(json!({
        "run": { "type": "string" },
        "by": { "type": "string", "description": "the key that signed it" },
        "events": number,
        "notes": texts,
    }));
    attestation["type"] = json!(["object", "null"]);
    attestation["description"] = json!("null where none was given");
    let mut schema = with(json!({
        "runs": { "type": "array", "items": run },
        "ledger": ledger,
        "checkpoint": checkpoint,
        "attestation": attestation,
    }));
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("wflow audit verify --format json");
    schema["description"] = json!("The verdict is the worst of all that was looked at.");
    schema
}
