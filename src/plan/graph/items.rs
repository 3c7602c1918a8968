//! What a picture shows of a plan, as nested parts.

use crate::plan::model::*;
use crate::ui::escape;
use std::sync::Arc;

/// Columns of a label; longer ones are broken into rows.
const COLUMNS: usize = 34;
const MOST_ROWS: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Command,
    Question,
    Write,
    Gate,
    Condition,
    Loop,
    Wait,
    Vouch,
    /// Where the way ends: `return`, `fail`, a rejection.
    End,
    /// To the next turn of a loop, or out of it.
    Turn,
}

/// One box with its text.
#[derive(Debug, Clone)]
pub struct Label {
    pub kind: Kind,
    pub rows: Vec<String>,
    /// All of it, for those who point at it.
    pub whole: String,
    /// The gates that protect it.
    pub after: Vec<Arc<str>>,
    /// Of a gate: its name.
    pub gate: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
pub enum Item {
    Box(Label),
    /// What people decide; the second is what happens when they say no.
    Gate(Label, Vec<Item>),
    /// A step, or a call of a task, whose `return` leads on behind it.
    Group {
        title: Vec<String>,
        items: Vec<Item>,
        undo: Vec<Item>,
        call: bool,
    },
    Choice {
        head: Label,
        ways: Vec<Way>,
    },
    Loop {
        head: Label,
        items: Vec<Item>,
        otherwise: Vec<Item>,
    },
    Parallel {
        ways: Vec<Way>,
    },
    Try {
        items: Vec<Item>,
        catches: Vec<Way>,
    },
    Leave {
        how: How,
        label: Label,
    },
}

#[derive(Debug, Clone)]
pub struct Way {
    pub label: String,
    /// It is known that it is not taken.
    pub dead: bool,
    pub items: Vec<Item>,
}

impl Item {
    /// Whether a `return` of the same body stands in it.
    pub fn returns(&self) -> bool {
        let any = |list: &[Item]| list.iter().any(Item::returns);
        match self {
            Item::Box(_) => false,
            Item::Leave { how, .. } => *how == How::Return,
            Item::Gate(_, no) => any(no),
            Item::Group { items, call, .. } => !call && any(items),
            Item::Choice { ways, .. } | Item::Parallel { ways } => ways.iter().any(|w| any(&w.items)),
            Item::Loop { items, otherwise, .. } => any(items) || any(otherwise),
            Item::Try { items, catches } => any(items) || catches.iter().any(|w| any(&w.items)),
        }
    }
}

pub fn items(nodes: &[Node]) -> Vec<Item> {
    nodes.iter().filter_map(item).collect()
}

fn rows(text: &str, columns: usize, most: usize) -> Vec<String> {
    let safe = escape::line(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut rows = escape::wrap_words(&safe, columns);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            // The mark takes the place of a letter where there is no room for it.
            *last = escape::fit(&format!("{last} …"), columns);
        }
    }
    rows
}

fn label(kind: Kind, text: &str) -> Label {
    let columns = if kind == Kind::Gate { 26 } else { COLUMNS };
    Label {
        kind,
        rows: rows(text, columns, MOST_ROWS),
        whole: escape::line(text),
        after: Vec::new(),
        gate: None,
    }
}

fn guarded(mut label: Label, after: &[After]) -> Label {
    label.after = after.iter().map(|a| a.gate.clone()).collect();
    label.after.dedup();
    for gate in &label.after {
        label.rows.push(format!("after gate {gate}"));
    }
    label
}

fn way(branch: &Branch) -> Way {
    Way {
        label: escape::fit(&escape::line(&branch.label), 30),
        dead: branch.taken == Some(false),
        items: items(&branch.body),
    }
}

fn item(node: &Node) -> Option<Item> {
    Some(match &node.what {
        What::Step(step) => {
            let mut title = vec![format!("step {}", step.name)];
            title.extend(step.title.iter().flat_map(|t| rows(&t.text, COLUMNS, 2)));
            let (body, undo) = (items(&step.body), items(&step.undo));
            Item::Group { title, items: body, undo, call: false }
        }
        What::Call(call) => {
            let inner = items(&call.body);
            if inner.is_empty() && call.after.is_empty() && call.expanded {
                return None;
            }
            if inner.is_empty() {
                let text = format!("call {}{}", call.task, if call.expanded { "" } else { " …" });
                return Some(Item::Box(guarded(label(Kind::Command, &text), &call.after)));
            }
            let mut title = vec![format!("call {}", call.task)];
            title.extend(call.after.iter().map(|a| format!("after gate {}", a.gate)));
            Item::Group { title, items: inner, undo: Vec::new(), call: true }
        }
        What::Run(run) => Item::Box(guarded(label(Kind::Command, &run.command.text), &run.verdict.after)),
        What::Ask(ask) => {
            let who = ask.agent.as_ref().map_or("", |a| &a.name);
            let mut l = label(Kind::Question, &format!("ask {who}").replace("ask  ", "ask "));
            l.rows = vec![
                format!("ask {who}").trim_end().to_owned(),
                escape::fit(&format!("-> {}", ask.ty), COLUMNS),
            ];
            l.whole = escape::line(&ask.prompt.text);
            let otherwise = ask.otherwise.as_ref().map(|o| items(&o.body)).unwrap_or_default();
            if otherwise.is_empty() {
                Item::Box(l)
            } else {
                let ways = vec![
                    Way { label: "answered".into(), dead: false, items: Vec::new() },
                    Way { label: "otherwise".into(), dead: false, items: otherwise },
                ];
                Item::Choice { head: l, ways }
            }
        }
        What::Gate(gate) => {
            let mut l = label(Kind::Gate, &gate.question.text);
            l.rows.insert(0, format!("gate {}", gate.name));
            let by = match gate.by.is_empty() {
                true => "by anyone who may approve".to_owned(),
                false => format!("by {}", gate.by.join("; and ")),
            };
            l.rows.extend(rows(&by, 30, 2));
            l.gate = Some(gate.name.clone());
            let no = match &gate.on_reject {
                Some(body) => items(body),
                None => vec![end(How::Fail, "rejected")],
            };
            Item::Gate(l, no)
        }
        What::Effect(effect) => {
            let after = effect.verdict.as_ref().map(|v| v.after.as_slice()).unwrap_or_default();
            let shown = effect.name == "write" || !after.is_empty();
            if !shown {
                return None;
            }
            let argument = effect.argument.as_ref().map_or("", |a| &a.text);
            Item::Box(guarded(label(Kind::Write, &format!("{} {argument}", effect.name)), after))
        }
        What::Vouch { value, .. } => Item::Box(label(Kind::Vouch, &format!("vouch {value}"))),
        What::Wait { time } => Item::Box(label(Kind::Wait, &format!("wait {}", time.text))),
        What::Choice(choice) => {
            let mut ways: Vec<Way> = choice.branches.iter().map(way).collect();
            if ways.iter().all(|w| w.items.is_empty()) {
                return None;
            }
            if choice.form != ChoiceForm::Match && ways.len() == 1 {
                let other = if ways[0].label == "yes" { "no" } else { "else" };
                ways.push(Way { label: other.into(), dead: false, items: Vec::new() });
            }
            if choice.form == ChoiceForm::Match {
                // Arms in which nothing is shown are one way.
                let empty: Vec<String> =
                    ways.iter().filter(|w| w.items.is_empty()).map(|w| w.label.clone()).collect();
                ways.retain(|w| !w.items.is_empty());
                if !empty.is_empty() {
                    let label = escape::fit(&empty.join(", "), 30);
                    ways.push(Way { label, dead: false, items: Vec::new() });
                }
            }
            let text = match choice.form {
                ChoiceForm::Match => format!("match {}", choice.subject),
                ChoiceForm::If | ChoiceForm::Sometimes => format!("{}?", choice.subject),
            };
            Item::Choice { head: label(Kind::Condition, &text), ways }
        }
        What::Loop(l) => {
            let word = match l.form {
                LoopForm::For => "for ",
                LoopForm::ParallelFor => "parallel for ",
                LoopForm::Repeat => "repeat ",
            };
            let inner = items(&l.body);
            let otherwise = l.otherwise.as_deref().map(items).unwrap_or_default();
            if inner.is_empty() && otherwise.is_empty() {
                return None;
            }
            Item::Loop { head: label(Kind::Loop, &format!("{word}{}", l.head)), items: inner, otherwise }
        }
        What::Parallel { branches } => {
            let ways: Vec<Way> = branches.iter().map(way).filter(|w| !w.items.is_empty()).collect();
            match ways.len() {
                0 => return None,
                _ => Item::Parallel { ways },
            }
        }
        What::Try { body, catches } => {
            let inner = items(body);
            if inner.is_empty() {
                return None;
            }
            let catches = catches
                .iter()
                .map(|c| Way { label: format!("catch {}", c.label), ..way(c) })
                .filter(|w| !w.items.is_empty())
                .collect();
            Item::Try { items: inner, catches }
        }
        What::Leave { how, text } => {
            let text = text.as_ref().map_or("", |t| &t.text);
            match how {
                How::Return => end(How::Return, "return"),
                How::Fail => end(How::Fail, &format!("fail {text}")),
                How::Break => end(How::Break, "leave the loop"),
                How::Continue => end(How::Continue, "next turn"),
            }
        }
        What::Say { .. } | What::Ensure { .. } | What::Unreached { .. } => return None,
    })
}

fn end(how: How, text: &str) -> Item {
    let kind = match how {
        How::Return | How::Fail => Kind::End,
        How::Break | How::Continue => Kind::Turn,
    };
    let mut label = label(kind, text);
    if label.rows.len() > 2 {
        label.rows = rows(text, COLUMNS, 2);
    }
    Item::Leave { how, label }
}
