//! The policies of both versions: no rule may be wider.

use super::Version;
use super::report::{Judged, PlanDiff};
use crate::plan::model::Place;
use crate::plan::source::place;
use crate::policy::{Config, EffectRule, Rule, RuleSet};
use crate::source::Span;

/// A rule as text, with what limits it.
#[derive(PartialEq)]
struct Line {
    text: String,
    after: Option<String>,
    agent: Option<String>,
    span: Span,
}

impl Line {
    fn command(r: &Rule) -> Line {
        Line {
            text: format!("`{}`", r.pattern.text),
            after: r.after.as_deref().map(str::to_owned),
            agent: r.agent.as_deref().map(str::to_owned),
            span: r.span(),
        }
    }

    fn effect(r: &EffectRule) -> Line {
        Line {
            text: r.text(),
            after: r.after.as_deref().map(str::to_owned),
            agent: r.agent.as_deref().map(str::to_owned),
            span: r.span,
        }
    }

    fn shown(&self) -> String {
        let mut out = self.text.clone();
        out.extend(self.after.iter().map(|g| format!(" after gate {g}")));
        out.extend(self.agent.iter().map(|a| format!(" for agent {a}")));
        out
    }
}

fn lines(commands: &[Rule], effects: &[EffectRule]) -> Vec<Line> {
    commands.iter().map(Line::command).chain(effects.iter().map(Line::effect)).collect()
}

pub fn rules(old: Version<'_>, new: Version<'_>, out: &mut PlanDiff) {
    let own = |v: Version<'_>| {
        let file = &v.program.modules.first()?.ast;
        file.policies().next()?;
        Some(RuleSet::from_items(file.policies()).0)
    };
    let head = |v: Version<'_>| {
        let first = v.program.modules.first().map(|m| m.ast.id);
        first.map(|id| Place { file: v.program.sources.file(id).name.clone(), line: 1, column: 1 })
    };
    let (was, now) = (own(old), own(new));
    match (&was, &now) {
        (Some(_), None) => {
            let at = head(new).unwrap_or_default();
            out.add(Judged::New, "policy".into(), "the file narrows nothing any more".into(), &at);
        }
        (None, Some(_)) => {
            let at = head(new).unwrap_or_default();
            out.add(Judged::Less, "policy".into(), "the file narrows what the project allows".into(), &at);
        }
        _ => {}
    }
    let empty = RuleSet::default();
    let narrows = was.is_none();
    sets("policy", was.as_ref().unwrap_or(&empty), now.as_ref().unwrap_or(&empty), narrows, (old, new), out);
    match (old.config, new.config) {
        (Some(was), Some(now)) => {
            sets("wflow.toml", &was.policy.rules, &now.policy.rules, false, (old, new), out);
            let names = |list: &[crate::policy::PathPattern]| {
                list.iter().map(|p| (p.text.to_string(), p.span)).collect::<Vec<_>>()
            };
            let (before, after) = (names(&was.policy.write), names(&now.policy.write));
            for (text, span) in after.iter().filter(|(t, _)| !before.iter().any(|(b, _)| b == t)) {
                let at = place(&new.program.sources, *span);
                out.add(Judged::New, "wflow.toml".into(), format!("may write \"{text}\""), &at);
            }
            for (text, span) in before.iter().filter(|(t, _)| !after.iter().any(|(b, _)| b == t)) {
                let at = place(&old.program.sources, *span);
                out.gone(Judged::Less, "wflow.toml".into(), format!("may write \"{text}\""), &at);
            }
            settings(was, now, out);
        }
        (None, None) => {}
        (was, _) => {
            let at = Place { file: "wflow.toml".into(), line: 1, column: 1 };
            let (judged, text) = match was {
                Some(_) => (Judged::New, "is gone: whoever starts a run is asked what it may do"),
                None => (Judged::Unsure, "is new: what it allows stands there alone"),
            };
            out.add(judged, "wflow.toml".into(), text.into(), &at);
        }
    }
}

/// What a run rests on beside the rules: a change of it is told, not judged.
fn settings(was: &Config, now: &Config, out: &mut PlanDiff) {
    let rest = |c: &Config| {
        let p = &c.policy;
        let network: Vec<_> = p.network.iter().map(|n| n.text.clone()).collect();
        format!("{network:?} {:?} {:?} {:?} {:?} {:?}", p.sandbox, p.timeout, p.path, p.env, p.interpreters)
    };
    let at = Place { file: "wflow.toml".into(), line: 1, column: 1 };
    let mut changed = |what: &str| {
        out.add(Judged::Unsure, "wflow.toml".into(), format!("{what} changed"), &at);
    };
    if rest(was) != rest(now) {
        changed("`network`, `sandbox`, `timeout`, `path`, `env` or `interpreters` of [policy]");
    }
    if format!("{:?}", was.ai) != format!("{:?}", now.ai) {
        changed("[ai]");
    }
}

/// `narrows`: there was no such policy, so what it allows is no more than before.
fn sets(
    name: &str,
    was: &RuleSet,
    now: &RuleSet,
    narrows: bool,
    (old, new): (Version<'_>, Version<'_>),
    out: &mut PlanDiff,
) {
    let mut say = |judged: Judged, word: &str, line: &Line, there: bool| {
        let text = format!("{word} {}", line.shown());
        match there {
            true => out.add(judged, name.to_owned(), text, &place(&new.program.sources, line.span)),
            false => out.gone(judged, name.to_owned(), text, &place(&old.program.sources, line.span)),
        }
    };
    let same = |a: &Line, b: &Line| a.text == b.text && a.after == b.after && a.agent == b.agent;
    let (before, after) = (lines(&was.allow, &was.allow_effects), lines(&now.allow, &now.allow_effects));
    for line in &after {
        let known = before.iter().any(|b| {
            b.text == line.text && b.agent == line.agent && (b.after.is_none() || b.after == line.after)
        });
        let exact = before.iter().any(|b| same(b, line));
        match known {
            true if exact => {}
            true => say(Judged::Less, "allows", line, true),
            false if narrows && line.agent.is_none() => {}
            false => say(Judged::New, "allows", line, true),
        }
    }
    for line in before.iter().filter(|b| !after.iter().any(|a| same(a, b))) {
        // What is protected is so by this rule, whatever else allows it.
        let judged = if line.after.is_some() { Judged::New } else { Judged::Less };
        let word = if line.after.is_some() { "no longer protects" } else { "allows" };
        say(judged, word, line, false);
    }
    // Of the others each rule more, or each rule fewer, allows more.
    for (word, was, now, more) in [
        ("denies", lines(&was.deny, &was.deny_effects), lines(&now.deny, &now.deny_effects), false),
        (
            "does not trust",
            lines(&was.untrusted, &was.untrusted_effects),
            lines(&now.untrusted, &now.untrusted_effects),
            false,
        ),
        (
            "trusts",
            lines(&was.trusted, &was.trusted_effects),
            lines(&now.trusted, &now.trusted_effects),
            true,
        ),
        ("takes for reading", lines(&was.reads, &[]), lines(&now.reads, &[]), true),
    ] {
        for line in now.iter().filter(|n| !was.iter().any(|w| same(w, n))) {
            say(if more { Judged::New } else { Judged::Less }, word, line, true);
        }
        for line in was.iter().filter(|w| !now.iter().any(|n| same(w, n))) {
            match more {
                true => say(Judged::Less, word, line, false),
                false => say(Judged::New, &format!("no longer {word}"), line, false),
            }
        }
    }
}
