//! Each fact of the new version is held against one of its own in the old.

use super::covers::covers;
use super::facts::{Around, Fact, Facts, Kind, Subject, Trait};
use super::report::{Judged, PlanDiff};
use crate::plan::model::{Bit, Open};

/// What differs between two facts that belong together.
type Differences = Vec<(Judged, String)>;

pub fn compare(old: &Facts, new: &Facts, out: &mut PlanDiff) {
    let mut taken = vec![false; old.list.len()];
    let mut found: Vec<Option<usize>> = vec![None; new.list.len()];
    let same_key = |o: &Fact, n: &Fact| o.kind == n.kind && o.key == n.key;
    pair(old, new, &mut taken, &mut found, |o, n| {
        same_key(o, n) && o.around == n.around && differences(o, n).is_empty()
    });
    pair(old, new, &mut taken, &mut found, |o, n| same_key(o, n) && o.around == n.around);
    // What is allowed by what it was already, before anything else of that name.
    pair(old, new, &mut taken, &mut found, |o, n| {
        same_key(o, n) && differences(o, n).iter().all(|(j, _)| *j == Judged::Less)
    });
    pair(old, new, &mut taken, &mut found, same_key);
    let has_parts = |f: &Fact| !matches!(f.subject, Subject::Whole);
    pair(old, new, &mut taken, &mut found, |o, n| {
        o.kind == n.kind && has_parts(n) && covers(&o.subject, &n.subject)
    });
    for (n, at) in new.list.iter().zip(&found) {
        match at {
            Some(at) => {
                let o = &old.list[*at];
                if o.key != n.key && !covers(&n.subject, &o.subject) {
                    out.pair(
                        Judged::Less,
                        n.key.clone(),
                        format!("instead of {}", o.key),
                        &n.place,
                        &o.place,
                    );
                }
                for (judged, text) in differences(o, n) {
                    out.pair(judged, n.key.clone(), text, &n.place, &o.place);
                }
            }
            None if n.kind.restricts() => {
                out.add(Judged::Less, n.key.clone(), held_back(n), &n.place);
            }
            None => out.add(Judged::New, n.key.clone(), allowed(n), &n.place),
        }
    }
    let last = (0..old.list.len()).rev().find(|i| taken[*i] && !old.list[*i].kind.restricts());
    for (i, o) in old.list.iter().enumerate().filter(|(i, _)| !taken[*i]) {
        if o.kind.restricts() {
            let what = match o.kind {
                Kind::Gate => "is gone",
                Kind::Ensure => "is no longer checked",
                Kind::Wait => "does not happen any more",
                _ => "does not stop it any more",
            };
            out.gone(Judged::New, o.key.clone(), with_where(what, &o.around), &o.place);
            continue;
        }
        out.gone(Judged::Less, o.key.clone(), String::new(), &o.place);
        // What had to succeed first.
        if matches!(o.kind, Kind::Run | Kind::Ask) && o.around.tries == 0 && last.is_some_and(|last| last > i)
        {
            let text = "does not have to succeed any more before what follows".to_owned();
            out.gone(Judged::Unsure, o.key.clone(), text, &o.place);
        }
    }
}

fn pair(
    old: &Facts,
    new: &Facts,
    taken: &mut [bool],
    found: &mut [Option<usize>],
    fits: impl Fn(&Fact, &Fact) -> bool,
) {
    for (i, n) in new.list.iter().enumerate().filter(|(i, _)| found[*i].is_none()).collect::<Vec<_>>() {
        let at = old.list.iter().enumerate().position(|(j, o)| !taken[j] && fits(o, n));
        if let Some(at) = at {
            (taken[at], found[i]) = (true, Some(at));
        }
    }
}

fn with_where(text: &str, around: &Around) -> String {
    match around.conditions.is_empty() {
        true => text.to_owned(),
        false => format!("{text} (if {})", around.conditions.join(", ")),
    }
}

/// A new fact that allows something, with all that is to be known of it.
fn allowed(n: &Fact) -> String {
    let mut parts: Vec<String> = n.around.conditions.iter().map(|c| format!("if {c}")).collect();
    parts.extend(n.around.loops.iter().map(|(head, _)| format!("in {head}")));
    parts.extend(n.around.gates.iter().map(|g| format!("behind gate {g}")));
    for (name, value) in &n.traits {
        match value {
            Trait::Gives(set) if !set.is_empty() && n.kind == super::facts::Kind::Ask => {
                let list: Vec<&str> = set.iter().map(String::as_str).collect();
                parts.push(format!("{name} {}", list.join(", ")));
            }
            Trait::Asks(set) if *name == "protected" => parts.extend(set.iter().cloned()),
            Trait::Upto(n, text) if *name == "policy" && *n < 2 => parts.push(text.clone()),
            _ => {}
        }
    }
    parts.join("; ")
}

fn held_back(n: &Fact) -> String {
    let what = if n.kind == Kind::Gate { "has to be approved" } else { "has to hold" };
    match n.kind {
        Kind::Stop | Kind::Wait => with_where("", &n.around).trim().to_owned(),
        _ => with_where(what, &n.around),
    }
}

fn differences(old: &Fact, new: &Fact) -> Differences {
    let mut out = Vec::new();
    if !covers(&old.subject, &new.subject) {
        out.push((Judged::New, format!("a value in it can be more: {}", wider(old, new))));
    }
    computed(old, new, &mut out);
    around(old, new, &mut out);
    for ((name, was), (_, now)) in old.traits.iter().zip(&new.traits) {
        // What is known of fewer values is known better: that the policy itself says more is said of the policy.
        if *name == "policy" && old.key != new.key {
            continue;
        }
        differs(name, was, now, &mut out);
    }
    out
}

/// What stands open in a command or path, in order.
fn holes(f: &Fact) -> Vec<&Open> {
    let bits: Vec<&Bit> = match &f.subject {
        Subject::Command(words) => words.iter().flat_map(|w| &w.bits).collect(),
        Subject::Path(bits) => bits.iter().collect(),
        Subject::Whole => Vec::new(),
    };
    let open = bits.into_iter().filter_map(|b| match b {
        Bit::Hole(open) => Some(open),
        Bit::Lit(_) => None,
    });
    open.collect()
}

/// The values that can be more, with their types.
fn wider(old: &Fact, new: &Fact) -> String {
    let differ = holes(old).into_iter().zip(holes(new)).filter(|(o, n)| o.ty != n.ty);
    let each: Vec<String> =
        differ.map(|(o, n)| format!("{{{}}} is {} instead of {}", n.source, n.ty, o.ty)).collect();
    if each.is_empty() { "it is made otherwise".into() } else { each.join(", ") }
}

/// Values of the same types that are computed otherwise.
fn computed(old: &Fact, new: &Fact, out: &mut Differences) {
    let (was, now) = (holes(old), holes(new));
    if was.len() != now.len() {
        // Some are known now; the others are looked at where they stand alone.
        let known = |n: &&Open| was.iter().any(|o| o.source == n.source);
        for open in now.iter().filter(|n| !known(n)) {
            out.push((Judged::Unsure, format!("{{{}}} was not in it", open.source)));
        }
        return;
    }
    for (o, n) in was.iter().zip(&now).filter(|(o, n)| o.source != n.source) {
        out.push((Judged::Unsure, format!("{{{}}} instead of {{{}}}", n.source, o.source)));
    }
}

fn around(old: &Fact, new: &Fact, out: &mut Differences) {
    let restricts = new.kind.restricts();
    // What restricts is less by what the others are more.
    let (fewer, more) = match restricts {
        true => (Judged::Less, Judged::New),
        false => (Judged::New, Judged::Less),
    };
    let (was, now) = (&old.around, &new.around);
    for condition in missing(&was.conditions, &now.conditions) {
        out.push((fewer, format!("no longer only if {condition}")));
    }
    for condition in missing(&now.conditions, &was.conditions) {
        out.push((more, format!("only if {condition}")));
    }
    let heads = |a: &Around| a.loops.iter().map(|(head, _)| head.clone()).collect::<Vec<_>>();
    for head in missing(&heads(now), &heads(was)) {
        out.push((Judged::New, format!("in {head}")));
    }
    for head in missing(&heads(was), &heads(now)) {
        out.push((Judged::Less, format!("no longer in {head}")));
    }
    if heads(was) == heads(now) {
        for ((head, before), (_, times)) in was.loops.iter().zip(&now.loops) {
            if before == times || head != "repeat" {
                continue;
            }
            let show = |n: &Option<usize>| n.map_or("any number of".to_owned(), |n| n.to_string());
            let judged = match times.unwrap_or(usize::MAX) > before.unwrap_or(usize::MAX) {
                true if restricts => continue,
                true => Judged::New,
                // A loop around a check that turns less often checks less.
                false if restricts => Judged::New,
                false => Judged::Less,
            };
            out.push((judged, format!("up to {} times instead of {}", show(times), show(before))));
        }
    }
    if !restricts {
        for gate in was.gates.difference(&now.gates) {
            out.push((Judged::New, format!("no longer behind gate {gate}")));
        }
        for gate in now.gates.difference(&was.gates) {
            out.push((Judged::Less, format!("only behind gate {gate}")));
        }
    }
    match now.tries.cmp(&was.tries) {
        std::cmp::Ordering::Greater => out.push((Judged::New, "when it fails, the run goes on".into())),
        std::cmp::Ordering::Less => out.push((Judged::Less, "when it fails, the run ends".into())),
        std::cmp::Ordering::Equal => {}
    }
}

/// What stands in one list and not, or less often, in the other.
fn missing(of: &[String], not_in: &[String]) -> Vec<String> {
    let mut left = not_in.to_vec();
    let mut out = Vec::new();
    for item in of {
        match left.iter().position(|l| l == item) {
            Some(at) => drop(left.remove(at)),
            None => out.push(item.clone()),
        }
    }
    out
}

fn differs(name: &str, was: &Trait, now: &Trait, out: &mut Differences) {
    match (was, now) {
        (Trait::Gives(was), Trait::Gives(now)) => {
            out.extend(now.difference(was).map(|t| (Judged::New, format!("{name}: {t}"))));
            out.extend(was.difference(now).map(|t| (Judged::Less, format!("{name}: {t}"))));
        }
        (Trait::Asks(was), Trait::Asks(now)) => {
            out.extend(was.difference(now).map(|t| (Judged::New, format!("{name}: no longer {t}"))));
            out.extend(now.difference(was).map(|t| (Judged::Less, format!("{name}: {t}"))));
        }
        (Trait::Upto(was, before), Trait::Upto(now, text)) if was != now => {
            let judged = if now > was { Judged::New } else { Judged::Less };
            out.push((judged, format!("{name}: {text} instead of {before}")));
        }
        (Trait::AtLeast(was, before), Trait::AtLeast(now, text)) if was != now => {
            let judged = if now < was { Judged::New } else { Judged::Less };
            out.push((judged, format!("{name}: {text} instead of {before}")));
        }
        (Trait::Says(was), Trait::Says(now)) if was != now => {
            out.push((Judged::Unsure, format!("{name}: {} instead of {}", said(now), said(was))));
        }
        (was, now) if std::mem::discriminant(was) != std::mem::discriminant(now) => {
            out.push((Judged::Unsure, format!("{name}: changed")));
        }
        _ => {}
    }
}

fn said(text: &str) -> String {
    if text.is_empty() { "nothing".into() } else { format!("“{}”", crate::ui::escape::fit(text, 200)) }
}
