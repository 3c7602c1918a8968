//! What a comparison found, as data, JSON and text.

use crate::plan::model::Place;
use crate::ui::escape;
use crate::ui::style::{Paint, Style};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Of the JSON form.
const VERSION: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    New,
    Unsure,
    Less,
}

/// In which version a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Old,
    New,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub what: String,
    pub how: String,
    pub place: Place,
    /// Of which version the place is.
    #[serde(rename = "in")]
    pub side: Side,
    /// In the old version, where it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<Place>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PlanDiff {
    pub wflow_plan_diff: u32,
    pub old: String,
    pub new: String,
    pub newly_allowed: Vec<Entry>,
    pub unsure: Vec<Entry>,
    pub no_longer_allowed: Vec<Entry>,
}

impl PlanDiff {
    pub(super) fn new(old: &str, new: &str) -> PlanDiff {
        PlanDiff {
            wflow_plan_diff: VERSION,
            old: old.to_owned(),
            new: new.to_owned(),
            newly_allowed: Vec::new(),
            unsure: Vec::new(),
            no_longer_allowed: Vec::new(),
        }
    }

    /// Whether somebody should look at the change.
    pub fn asks_for_review(&self) -> bool {
        !self.newly_allowed.is_empty() || !self.unsure.is_empty()
    }

    fn put(&mut self, judged: Judged, entry: Entry) {
        let list = match judged {
            Judged::New => &mut self.newly_allowed,
            Judged::Unsure => &mut self.unsure,
            Judged::Less => &mut self.no_longer_allowed,
        };
        if !list.contains(&entry) {
            list.push(entry);
        }
    }

    pub(super) fn add(&mut self, judged: Judged, what: String, how: String, place: &Place) {
        self.put(judged, Entry { what, how, place: place.clone(), side: Side::New, was: None });
    }

    pub(super) fn pair(&mut self, judged: Judged, what: String, how: String, place: &Place, was: &Place) {
        let was = Some(was.clone());
        self.put(judged, Entry { what, how, place: place.clone(), side: Side::New, was });
    }

    pub(super) fn gone(&mut self, judged: Judged, what: String, how: String, place: &Place) {
        self.put(judged, Entry { what, how, place: place.clone(), side: Side::Old, was: None });
    }

    /// By place; what is found at one place stays as it was found.
    pub(super) fn sort(&mut self) {
        let key = |e: &Entry| (e.place.file.clone(), e.place.line, e.place.column);
        for list in [&mut self.newly_allowed, &mut self.unsure, &mut self.no_longer_allowed] {
            list.sort_by_key(key);
        }
    }
}

/// For people: at most about `width` columns.
pub fn text(diff: &PlanDiff, style: Style, width: usize) -> String {
    let mut out = String::new();
    let mut part = |title: &str, paint: Paint, sign: &str, list: &[Entry]| {
        if list.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&style.paint(paint, title));
        out.push('\n');
        let mut before: Option<(&str, &Place)> = None;
        for entry in list {
            let here = (entry.what.as_str(), &entry.place);
            if before != Some(here) {
                let at = match entry.side {
                    Side::New => entry.place.to_string(),
                    Side::Old => format!("{} before", entry.place),
                };
                head(&mut out, style, sign, &entry.what, &at, width);
            }
            before = Some(here);
            if !entry.how.is_empty() {
                let safe = escape::line(&entry.how.split_whitespace().collect::<Vec<_>>().join(" "));
                for (i, row) in escape::wrap_words(&safe, width.saturating_sub(8).max(24)).iter().enumerate()
                {
                    out.push_str(if i == 0 { "      " } else { "        " });
                    out.push_str(row.trim_start());
                    out.push('\n');
                }
            }
        }
    };
    part("Newly allowed:", Paint::Bad, "+", &diff.newly_allowed);
    part("Changed, and whether it allows more cannot be told:", Paint::Warn, "?", &diff.unsure);
    part("No longer allowed:", Paint::Good, "-", &diff.no_longer_allowed);
    if !diff.asks_for_review() {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&style.paint(Paint::Good, "Nothing is newly allowed."));
        out.push('\n');
    }
    out
}

fn head(out: &mut String, style: Style, sign: &str, what: &str, at: &str, width: usize) {
    let joined = what.split_whitespace().collect::<Vec<_>>().join(" ");
    let safe = escape::fit(&escape::line(&joined), 300);
    let at = escape::line(at);
    let rows = escape::wrap_words(&safe, width.saturating_sub(4).max(24));
    for (i, row) in rows.iter().enumerate() {
        let lead = if i == 0 { format!("  {sign} ") } else { "      ".to_owned() };
        out.push_str(&lead);
        out.push_str(&style.paint(Paint::Bold, row.trim_start()));
        let used = escape::width(&lead) + escape::width(row.trim_start());
        if i + 1 == rows.len() {
            match used + 1 + escape::width(&at) <= width {
                true => out.push_str(&" ".repeat(width - used - escape::width(&at))),
                false => out.push_str("\n      "),
            }
            out.push_str(&style.paint(Paint::Dim, &at));
        }
        out.push('\n');
    }
}

/// Of `wflow plan --diff --format json`.
pub fn schema() -> Json {
    let place = json!({
        "type": "object",
        "required": ["file", "line", "column"],
        "properties": {
            "file": { "type": "string" },
            "line": { "type": "integer" },
            "column": { "type": "integer" },
        },
        "additionalProperties": false,
    });
    let entries = |about: &str| {
        json!({
            "type": "array",
            "description": about,
            "items": {
                "type": "object",
                "required": ["what", "how", "place", "in"],
                "properties": {
                    "what": { "type": "string", "description": "the effect, gate, rule or statement" },
                    "how": { "type": "string", "description": "what of it; empty: all" },
                    "place": place,
                    "in": { "enum": ["old", "new"], "description": "of which version the place is" },
                    "was": place,
                },
                "additionalProperties": false,
            },
        })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wflow plan --diff --format json",
        "type": "object",
        "required": ["wflow_plan_diff", "old", "new", "newly_allowed", "unsure", "no_longer_allowed"],
        "properties": {
            "wflow_plan_diff": { "const": VERSION },
            "old": { "type": "string" },
            "new": { "type": "string" },
            "newly_allowed": entries("what the new version allows and the old one did not"),
            "unsure": entries("what changed so that nobody can tell"),
            "no_longer_allowed": entries("what the old version allowed and the new one does not"),
        },
        "additionalProperties": false,
    })
}
