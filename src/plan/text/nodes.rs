//! The nodes of a plan, one kind after the other.

use super::page::{Page, Part};
use crate::plan::model::*;
use crate::ui::escape;
use crate::ui::style::{Paint, Symbol};

/// Of a prompt or another long text.
const LONG: usize = 240;
/// Of what is only said.
const SHORT: usize = 100;

/// The body of the workflow itself: steps and gates stand apart.
pub fn top(page: &mut Page, list: &[Node]) {
    let mut before_large = true;
    for node in list {
        let large = matches!(
            node.what,
            What::Step(_)
                | What::Gate(_)
                | What::Choice(_)
                | What::Loop(_)
                | What::Parallel { .. }
                | What::Try { .. }
        );
        if large || before_large {
            page.blank();
        }
        before_large = large;
        self::node(page, 0, node);
    }
}

fn nodes(page: &mut Page, depth: usize, list: &[Node]) {
    list.iter().for_each(|n| node(page, depth, n));
}

/// On one line, and safe to look at.
fn safe(text: &str) -> String {
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    escape::line(&joined)
}

fn filled(text: &Filled) -> String {
    escape::fit(&safe(&text.text), LONG)
}

fn node(page: &mut Page, depth: usize, node: &Node) {
    let at = Some(&node.place);
    let accent = Some(Paint::Accent);
    let bold = Some(Paint::Bold);
    match &node.what {
        What::Step(step) => {
            let title = step.title.as_ref().map(|t| format!("  {}", filled(t))).unwrap_or_default();
            page.line(depth, &[(accent, "step "), (bold, &step.name), (None, &title)], at);
            nodes(page, depth + 1, &step.body);
            if !step.undo.is_empty() {
                page.painted(
                    depth + 1,
                    Paint::Accent,
                    &format!("{} undo", page.style().symbol(Symbol::Undo)),
                );
                nodes(page, depth + 2, &step.undo);
            }
        }
        What::Run(run) => {
            page.line(depth, &[(accent, "run "), (None, &escape::line(&run.command.text))], at);
            self::run(page, depth + 2, run);
        }
        What::Ask(ask) => self::ask(page, depth, ask, &node.place),
        What::Gate(gate) => self::gate(page, depth, gate, &node.place),
        What::Effect(effect) => {
            let argument = effect.argument.as_ref().map(|a| escape::fit(&escape::line(&a.text), LONG));
            let name = format!("{} ", effect.name);
            page.line(depth, &[(accent, &name), (None, &argument.unwrap_or_default())], at);
            if let Some(content) = &effect.content {
                page.dim(depth + 2, &escape::fit(&safe(content), LONG));
            }
            // Looking is free, so that it is allowed is no news.
            if let Some(v) = &effect.verdict
                && (effect.name == "write" || v.says != Says::Allowed || !v.after.is_empty())
            {
                self::verdict(page, depth + 2, v);
            }
        }
        What::Vouch { value, because } => {
            page.line(depth, &[(Some(Paint::Warn), "vouch "), (None, &safe(value))], at);
            page.dim(depth + 2, &format!("because: {}", filled(because)));
        }
        What::Wait { time } => page.line(depth, &[(accent, "wait "), (None, &filled(time))], at),
        What::Say { text } => {
            page.line(depth, &[(accent, "say "), (None, &escape::fit(&safe(&text.text), SHORT))], at);
        }
        What::Choice(choice) => self::choice(page, depth, choice, &node.place),
        What::Loop(l) => {
            let (word, rest) = match l.form {
                LoopForm::For => ("for ", ""),
                LoopForm::ParallelFor => ("parallel for ", ""),
                LoopForm::Repeat => ("repeat ", ""),
            };
            let mut head = format!("{}{rest}", safe(&l.head));
            if let (Some(n), true) = (l.times, l.form != LoopForm::Repeat) {
                head.push_str(&format!(" ({n} {})", if n == 1 { "turn" } else { "turns" }));
            }
            if let Some(limit) = &l.limit {
                head.push_str(&format!(", {} at once", safe(limit)));
            }
            page.line(depth, &[(accent, word), (None, &head)], at);
            nodes(page, depth + 1, &l.body);
            if let Some(otherwise) = &l.otherwise {
                page.line(depth, &[(accent, "else "), (Some(Paint::Dim), "(the tries run out)")], None);
                nodes(page, depth + 1, otherwise);
            }
        }
        What::Parallel { branches } => {
            page.line(depth, &[(accent, "parallel")], at);
            for branch in branches {
                page.line(depth + 1, &[(bold, &branch.label)], None);
                nodes(page, depth + 2, &branch.body);
            }
        }
        What::Try { body, catches } => {
            page.line(depth, &[(accent, "try")], at);
            nodes(page, depth + 1, body);
            for catch in catches {
                page.line(depth, &[(accent, "catch "), (None, &catch.label)], None);
                nodes(page, depth + 1, &catch.body);
            }
        }
        What::Call(call) => {
            let args: Vec<String> = call
                .args
                .iter()
                .map(|a| format!("{}: {}", a.name, escape::fit(&safe(&a.value), 60)))
                .collect();
            let more = if call.expanded { "" } else { " …" };
            let args = format!("({}){more}", args.join(", "));
            page.line(depth, &[(accent, "call "), (None, &call.task), (None, &args)], at);
            after(page, depth + 2, &call.after);
            nodes(page, depth + 1, &call.body);
        }
        What::Ensure { condition, message, holds } => {
            let message = message.as_ref().map(|m| format!("  else {}", filled(m))).unwrap_or_default();
            let (state, paint) = match holds {
                Some(true) => (" (holds)", Paint::Good),
                Some(false) => (" (does not hold)", Paint::Bad),
                None => ("", Paint::Dim),
            };
            let parts: [Part<'_>; 4] = [
                (accent, "ensure "),
                (None, &safe(condition)),
                (Some(paint), state),
                (Some(Paint::Dim), &message),
            ];
            page.line(depth, &parts, at);
        }
        What::Leave { how, text } => {
            let word = match how {
                How::Return => "return ",
                How::Break => "break ",
                How::Continue => "continue ",
                How::Fail => "fail ",
            };
            let text = text.as_ref().map(filled).unwrap_or_default();
            page.line(depth, &[(accent, word), (None, &text)], at);
        }
        What::Unreached { body } => page.dim(depth, &format!("not reached: {}", counted(body))),
    }
}

/// How much there is in what is not shown.
fn counted(list: &[Node]) -> String {
    fn count(list: &[Node], steps: &mut usize, effects: &mut usize, gates: &mut usize) {
        for node in list {
            match &node.what {
                What::Step(_) => *steps += 1,
                What::Gate(_) => *gates += 1,
                What::Run(_) | What::Ask(_) | What::Effect(_) => *effects += 1,
                _ => {}
            }
            node.what.bodies().into_iter().for_each(|b| count(b, steps, effects, gates));
        }
    }
    let (mut steps, mut effects, mut gates) = (0, 0, 0);
    count(list, &mut steps, &mut effects, &mut gates);
    let of = |n: usize, word: &str| match n {
        0 => None,
        1 => Some(format!("1 {word}")),
        n => Some(format!("{n} {word}s")),
    };
    let parts: Vec<String> =
        [of(steps, "step"), of(gates, "gate"), of(effects, "effect")].into_iter().flatten().collect();
    if parts.is_empty() { "nothing that touches the outside".into() } else { parts.join(", ") }
}

fn choice(page: &mut Page, depth: usize, choice: &Choice, place: &Place) {
    let accent = Some(Paint::Accent);
    let subject = safe(&choice.subject);
    let state = |taken: Option<bool>| match taken {
        Some(true) => (Some(Paint::Good), "  taken"),
        Some(false) => (Some(Paint::Dim), "  not taken"),
        None => (None, ""),
    };
    let body = |page: &mut Page, depth: usize, branch: &Branch| match branch.taken {
        Some(false) => page.dim(depth, &counted(&branch.body)),
        _ => nodes(page, depth, &branch.body),
    };
    match choice.form {
        ChoiceForm::If => {
            for (i, branch) in choice.branches.iter().enumerate() {
                let taken = state(branch.taken);
                match i {
                    0 => page.line(depth, &[(accent, "if "), (None, &subject), taken], Some(place)),
                    _ => page.line(depth, &[(accent, "else"), taken], None),
                }
                body(page, depth + 1, branch);
            }
        }
        ChoiceForm::Match => {
            page.line(depth, &[(accent, "match "), (None, &subject)], Some(place));
            for branch in &choice.branches {
                page.line(depth + 1, &[(None, &safe(&branch.label)), state(branch.taken)], None);
                if !branch.body.is_empty() {
                    body(page, depth + 2, branch);
                }
            }
        }
        ChoiceForm::Sometimes => {
            for branch in &choice.branches {
                let label = format!(" {}", branch.label);
                let parts: [Part<'_>; 4] =
                    [(accent, "if "), (None, &subject), (accent, &label), state(branch.taken)];
                page.line(depth, &parts, Some(place));
                body(page, depth + 1, branch);
            }
        }
    }
}

fn verdict(page: &mut Page, depth: usize, verdict: &Verdict) {
    let why = verdict.why.as_deref().map(escape::line);
    match verdict.says {
        Says::Allowed => {
            if let Some(text) = rules(page, depth, "allowed ", &verdict.rules) {
                page.line(depth, &[(Some(Paint::Good), "allowed "), (Some(Paint::Dim), &text)], None);
            } else {
                page.painted(depth, Paint::Good, "allowed");
            }
        }
        Says::Never => {
            let why = format!(": {}", why.unwrap_or_default());
            page.line(depth, &[(Some(Paint::Bad), "never allowed"), (None, &why)], None);
        }
        Says::Depends => {
            let why = why.map(|w| format!(": {w}")).unwrap_or_default();
            page.line(depth, &[(Some(Paint::Warn), "depends on a value"), (None, &why)], None);
            if let Some(text) = rules(page, depth, "may be allowed ", &verdict.rules) {
                page.dim(depth, &format!("may be allowed {text}"));
            }
        }
        Says::Asked => {}
    }
    after(page, depth, &verdict.after);
}

/// The rules where they fit in one row, their places otherwise.
fn rules(page: &Page, depth: usize, lead: &str, list: &[Ruling]) -> Option<String> {
    let whole: Vec<String> =
        list.iter().map(|r| format!("`{}` ({})", escape::line(&r.rule), r.place)).collect();
    let text = format!("by {}", whole.join(" and "));
    if list.is_empty() {
        return None;
    }
    if page.fits(depth, escape::width(lead) + escape::width(&text)) {
        return Some(text);
    }
    let places: Vec<String> = list.iter().map(|r| r.place.to_string()).collect();
    Some(format!("by {}", places.join(" and ")))
}

fn after(page: &mut Page, depth: usize, list: &[After]) {
    for a in list {
        let word = if a.always { "only after gate " } else { "for some values only after gate " };
        let place = format!(" ({})", a.place);
        let parts: [Part<'_>; 3] =
            [(Some(Paint::Accent), word), (Some(Paint::Bold), &a.gate), (Some(Paint::Dim), &place)];
        page.line(depth, &parts, None);
    }
}

fn run(page: &mut Page, depth: usize, run: &Run) {
    verdict(page, depth, &run.verdict);
    let mut clauses = Vec::new();
    let mut clause = |name: &str, text: Option<String>| {
        clauses.extend(text.map(|t| format!("{name} {}", escape::fit(&safe(&t), 80))));
    };
    clause("in", run.dir.as_ref().map(|d| d.text.clone()));
    clause("stdin", run.stdin.as_ref().map(|s| s.text.clone()));
    clause("as", run.form.clone());
    clause("timeout", run.timeout.clone());
    clause("retry", run.retry.clone());
    clause("exits", run.exits.clone());
    if run.idempotent {
        clauses.push("idempotent".into());
    }
    if run.reads_only {
        clauses.push("changes nothing".into());
    }
    if !clauses.is_empty() {
        page.dim(depth, &clauses.join(", "));
    }
    for env in &run.env {
        page.dim(depth, &format!("env {} = {}", escape::line(&env.name), safe(&env.value)));
    }
}

fn named(list: &[Named]) -> String {
    let each = list.iter().map(|n| match *n.name == *n.value {
        true => n.name.to_string(),
        false => format!("{}: {}", n.name, escape::fit(&safe(&n.value), 80)),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn checks(page: &mut Page, depth: usize, list: &[Check]) {
    for check in list {
        let message = check.message.as_ref().map(|m| format!("  else {}", filled(m))).unwrap_or_default();
        page.fact(depth, "check", &format!("{}{message}", safe(&check.condition)));
    }
}

fn ask(page: &mut Page, depth: usize, ask: &Ask, place: &Place) {
    let accent = Some(Paint::Accent);
    let agent = ask.agent.as_ref().map(|a| format!("{} ", a.name)).unwrap_or_default();
    let word = if ask.interactive { "ask interactive " } else { "ask " };
    let (ty, note) = (format!("-> {}", ask.ty), if ask.asked { "" } else { "  not asked in this mode" });
    let parts: [Part<'_>; 4] =
        [(accent, word), (Some(Paint::Bold), &agent), (None, &ty), (Some(Paint::Warn), note)];
    page.line(depth, &parts, Some(place));
    let d = depth + 2;
    page.fact(d, "prompt", &filled(&ask.prompt));
    let model = ask.model.as_ref().map(|m| format!(", {}", escape::line(m))).unwrap_or_default();
    page.fact(d, "by", &format!("{}{model}", escape::line(&ask.provider)));
    if !ask.with.is_empty() {
        page.fact(d, "with", &named(&ask.with));
    }
    if let Some(agent) = &ask.agent {
        let list = |l: &[String]| l.iter().map(|t| escape::line(t)).collect::<Vec<_>>().join(", ");
        if !agent.context.is_empty() {
            page.fact(d, "context", &list(&agent.context));
        }
        if !agent.tools.is_empty() {
            page.fact(d, "tools", &list(&agent.tools));
        }
        if !agent.commands.is_empty() {
            page.fact(d, "may run", &list(&agent.commands));
        }
    }
    let mut limits = Vec::new();
    let mut limit =
        |name: &str, text: Option<String>| limits.extend(text.map(|t| format!("{name} {}", safe(&t))));
    let agent = ask.agent.as_ref();
    limit("retry", ask.retry.clone());
    limit("turns", ask.turns.clone().or(agent.and_then(|a| a.max_turns).map(|n| n.to_string())));
    limit("timeout", ask.timeout.clone());
    limit("tokens", agent.and_then(|a| a.max_tokens).map(|n| n.to_string()));
    limit("cost $", agent.and_then(|a| a.max_cost).map(|n| n.to_string()));
    limit("a question $", ask.max_cost_per_ask.map(|n| n.to_string()));
    limit("the run $", ask.max_cost.map(|n| n.to_string()));
    if !limits.is_empty() {
        page.fact(d, "at most", &limits.join(", "));
    }
    checks(page, d, &ask.checks);
    if let Some(otherwise) = &ask.otherwise {
        page.fact(d, "or else", &escape::fit(&safe(&otherwise.value), LONG));
        nodes(page, d + 1, &otherwise.body);
    }
}

fn gate(page: &mut Page, depth: usize, gate: &Gate, place: &Place) {
    let question = format!("  {}", filled(&gate.question));
    let parts: [Part<'_>; 3] =
        [(Some(Paint::Accent), "gate "), (Some(Paint::Bold), &gate.name), (None, &question)];
    page.line(depth, &parts, Some(place));
    let d = depth + 2;
    let by = match gate.by.as_slice() {
        [] => "anyone who may approve".to_owned(),
        all => all.iter().map(|t| escape::line(t)).collect::<Vec<_>>().join("; and "),
    };
    let but = if gate.self_approval { "" } else { ", but not whoever starts the run" };
    page.fact(d, "by", &format!("{by}{but}"));
    for holder in &gate.people {
        if holder.people.len() != 1 || *holder.people[0] != *holder.role {
            let people = holder.people.iter().map(|p| escape::line(p)).collect::<Vec<_>>().join(", ");
            page.fact(d, "", &format!("{}: {people}", holder.role));
        }
    }
    match &gate.show {
        Some(list) => page.fact(d, "shows", &named(list)),
        None => page.fact(d, "shows", "the values of the steps so far"),
    }
    for (i, criterion) in gate.require.iter().enumerate() {
        page.fact(d, if i == 0 { "requires" } else { "" }, &filled(criterion));
    }
    if let Some(edit) = &gate.edit {
        page.fact(d, "edit", &safe(edit));
    }
    if let (Some(ty), None) = (&gate.ty, &gate.edit) {
        page.fact(d, "answer", ty);
    }
    checks(page, d, &gate.checks);
    if gate.assurance != "terminal" {
        page.fact(d, "proof", gate.assurance);
    }
    let timeout = match (&gate.timeout, gate.escalate.as_slice()) {
        (None, _) => "waits without end".to_owned(),
        (Some(t), []) => format!("open for {}", safe(t)),
        (Some(t), next) => {
            let next = next.iter().map(|n| escape::line(n)).collect::<Vec<_>>().join(", then ");
            format!("open for {}, then as long for {next}", safe(t))
        }
    };
    page.fact(d, "time", &timeout);
    if let Some(body) = &gate.on_reject {
        page.fact(d, "else", "on a rejection");
        nodes(page, d + 1, body);
    }
}
