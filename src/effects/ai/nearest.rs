//! Which recorded question is nearest to one that nothing answers, and what differs: for the person who wonders why.

use crate::ui::{escape, json};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// More differences than this are only counted.
const SHOWN: usize = 6;
const COLUMNS: usize = 100;

/// Notes for a failure: which one, then one line for each difference. Empty where nothing is recorded.
pub fn nearest<'a>(asked: &Json, recorded: impl Iterator<Item = (Option<&'a str>, &'a Json)>) -> Vec<String> {
    let asked = leaves(asked);
    let mut best: Option<(usize, Option<&str>, Vec<Difference>)> = None;
    for (path, request) in recorded {
        let (cost, found) = differences(&asked, &leaves(request));
        if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
            best = Some((cost, path, found));
        }
    }
    let Some((_, path, found)) = best else { return vec![String::from("the cassette is empty")] };
    let mut notes = vec![match path {
        Some(path) => format!("the nearest recorded question, at `{}`, differs in:", escape::line(path)),
        None => String::from("the nearest recorded question differs in:"),
    }];
    for d in found.iter().take(SHOWN) {
        notes.push(format!("  {}", d.place));
        notes.push(format!("    recorded  {}", escape::fit(&d.recorded, COLUMNS)));
        notes.push(format!("    asked     {}", escape::fit(&d.asked, COLUMNS)));
    }
    if found.len() > SHOWN {
        notes.push(format!("  and {} more", found.len() - SHOWN));
    }
    notes
}

struct Difference {
    place: String,
    recorded: String,
    asked: String,
}

/// Scalars by their place; texts by line.
fn leaves(value: &Json) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut todo = vec![(String::new(), value)];
    while let Some((place, value)) = todo.pop() {
        match value {
            Json::Object(map) => {
                let dot = if place.is_empty() { "" } else { "." };
                todo.extend(map.iter().map(|(k, v)| (format!("{place}{dot}{}", escape::line(k)), v)));
            }
            Json::Array(items) => {
                todo.extend(items.iter().enumerate().map(|(i, v)| (format!("{place}[{i}]"), v)));
            }
            Json::String(text) if text.contains('\n') => {
                // Six digits keep the order of the lines.
                let lines = text.lines().enumerate();
                out.extend(lines.map(|(i, l)| (format!("{place} line {:>6}", i + 1), escape::line(l))));
            }
            other => drop(out.insert(place, json::compact(other))),
        }
    }
    out
}

fn differences(
    asked: &BTreeMap<String, String>,
    recorded: &BTreeMap<String, String>,
) -> (usize, Vec<Difference>) {
    let mut found = Vec::new();
    let places: std::collections::BTreeSet<&String> = asked.keys().chain(recorded.keys()).collect();
    for place in places {
        let (a, r) = (asked.get(place), recorded.get(place));
        if a != r {
            let shown = |v: Option<&String>| v.map_or_else(|| String::from("(absent)"), String::clone);
            let place = place.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push(Difference { place, recorded: shown(r), asked: shown(a) });
        }
    }
    (found.len(), found)
}
