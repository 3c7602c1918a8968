//! The places of a run's path: steps, branches, turns, calls, and what is told of each.

use super::page::Page;
use crate::journal::Timestamp;
use crate::ui::style::{Paint, Symbol};
use crate::ui::time;
use serde_json::Value as Json;

/// How something stands that has no end on record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A process works on it.
    UnderWay,
    /// None does, and it can go on.
    Paused,
    /// It cannot: it never ended.
    Over,
    /// Its end cannot be read.
    Unknown,
}

/// Something that holds other things.
pub struct Place {
    pub kind: Kind,
    /// A step's title, if it has one.
    pub name: String,
    /// Of a branch: which `parallel` it belongs to.
    pub site: String,
    /// Of a step in this sitting.
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    pub value: Option<Json>,
    pub failure: Option<Json>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Step,
    /// A step that began before the process took the run up.
    Continued,
    Undo,
    Call,
    Conversation,
    Parallel,
    Branch,
    Turn(u64),
}

impl Place {
    pub fn new(kind: Kind, name: &str, started: Option<Timestamp>) -> Place {
        Place {
            kind,
            name: name.to_owned(),
            site: String::new(),
            started,
            ended: None,
            value: None,
            failure: None,
        }
    }

    pub fn tell(&self, page: &mut Page, depth: usize, now: Standing) {
        let (symbol, paint) = match (self.ended, &self.failure) {
            (Some(_), None) => (Symbol::Done, Paint::Good),
            (Some(_), Some(_)) => (Symbol::Failed, Paint::Bad),
            (None, _) => match now {
                Standing::UnderWay => (Symbol::Waiting, Paint::Accent),
                Standing::Paused | Standing::Unknown => (Symbol::Waiting, Paint::Warn),
                Standing::Over => (Symbol::Failed, Paint::Bad),
            },
        };
        let mark = page.symbol(symbol);
        let took = match (self.started, self.ended) {
            (Some(from), Some(to)) => format!("  {}", time::duration(to.0.saturating_sub(from.0))),
            (_, None) if now == Standing::Over => String::from("  did not end"),
            _ => String::new(),
        };
        let dim = Some(Paint::Dim);
        match self.kind {
            Kind::Step => {
                page.put(depth, &[(Some(paint), &mark), (Some(Paint::Bold), &self.name), (dim, &took)]);
            }
            Kind::Continued => {
                let took = if self.ended.is_some() { "" } else { &took };
                let parts = [
                    (Some(paint), &*mark),
                    (Some(Paint::Bold), &self.name),
                    (dim, " (continued)"),
                    (dim, took),
                ];
                page.put(depth, &parts);
            }
            Kind::Undo => {
                let back = page.symbol(Symbol::Undo);
                page.put(
                    depth,
                    &[
                        (Some(paint), &back),
                        (None, "taking back "),
                        (Some(Paint::Bold), &self.name),
                        (dim, &took),
                    ],
                );
            }
            Kind::Call => page.put(depth, &[(dim, &format!("{}()", self.name))]),
            Kind::Conversation => page.put(depth, &[(dim, "conversation")]),
            Kind::Branch => page.put(depth, &[(dim, &format!("branch {}", self.name))]),
            Kind::Turn(turn) => page.put(depth, &[(dim, &format!("turn {}", turn.saturating_add(1)))]),
            Kind::Parallel => page.put(depth, &[(dim, "parallel")]),
        }
    }

    /// What stands below all that happened in it.
    pub fn tell_end(&self, page: &mut Page, depth: usize) {
        if let Some(value) = self.value.as_ref().filter(|_| page.full) {
            page.put(depth, &[(Some(Paint::Dim), "value")]);
            page.json(depth, value);
        }
        if let Some(failure) = &self.failure {
            page.failure(depth, failure);
        }
    }
}

pub fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

pub fn last(path: &str) -> &str {
    path.rfind('/').map_or(path, |at| &path[at + 1..])
}

/// What a part of a path stands for, with the name that people see.
pub fn kind_of(segment: &str) -> (Kind, &str) {
    let turn = segment.strip_prefix('[').and_then(|s| s.strip_suffix(']'));
    if let Some(turn) = turn.and_then(|t| t.parse().ok()) {
        return (Kind::Turn(turn), segment);
    }
    match segment.split_once('#') {
        Some((name, rest)) => match rest.split_once('.') {
            Some((_, branch)) => (Kind::Branch, branch),
            None if name == "parallel" => (Kind::Parallel, name),
            None if name == "ask" => (Kind::Conversation, name),
            None => (Kind::Call, name),
        },
        None => (Kind::Continued, segment),
    }
}
