//! Where a value came from, as it is known while the program runs.

use crate::source::Span;
use std::collections::BTreeSet;
use std::fmt;
use std::rc::Rc;

/// The worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Written in the file or its configuration, or approved by people who were shown it.
    Literal,
    /// Given by a person.
    Person,
    /// Command output, files, the environment.
    Outside,
    /// An AI's, or what the policy calls untrusted.
    Untrusted,
}

/// What happened to a value, from its source on.
#[derive(Debug)]
pub struct Way {
    pub span: Span,
    pub what: &'static str,
    pub before: Option<Rc<Way>>,
}

impl Way {
    /// From the source on.
    pub fn steps(&self) -> Vec<(Span, &'static str)> {
        let mut out = vec![(self.span, self.what)];
        let mut at = self;
        while let Some(before) = &at.before {
            out.push((before.span, before.what));
            at = before;
        }
        out.reverse();
        out
    }
}

/// Of one value that has no parts, or of what holds parts.
#[derive(Debug, Clone)]
pub struct Label {
    pub level: Level,
    /// As one word: less where this very text, whoever chose it, does no harm, or stands in the file.
    pub alone: Level,
    /// The places that have put it together, each with the calls around it.
    pub(super) made: Option<Rc<BTreeSet<u64>>>,
    /// The turn of a loop in which a place put together what it had put together before.
    pub(super) again: Option<u64>,
    pub way: Option<Rc<Way>>,
}

impl Label {
    pub fn new(level: Level, way: Option<Rc<Way>>) -> Label {
        Label { level, alone: level, made: None, again: None, way }
    }

    pub fn literal() -> Label {
        Label::new(Level::Literal, None)
    }

    pub fn untrusted(&self) -> bool {
        self.level == Level::Untrusted
    }

    /// Of something computed from both, or held together with the other if `keep`.
    pub(super) fn with(&self, other: &Label, keep: bool) -> Label {
        let worse = if other.level > self.level { other } else { self };
        let alone = if keep { self.alone.max(other.alone) } else { worse.level };
        let made = match (&self.made, &other.made) {
            (None, one) | (one, None) => one.clone(),
            (Some(a), Some(b)) => Some(Rc::new(a.union(b).copied().collect())),
        };
        Label { level: worse.level, alone, made, again: self.again.max(other.again), way: worse.way.clone() }
    }

    /// Chosen among others by what is untrusted; `turn` tells whether a loop is still going on.
    pub(super) fn chosen(&self, by: &Rc<Way>, in_loop: impl Fn(u64) -> bool) -> Label {
        let spelled = self.again.is_some_and(in_loop);
        Label {
            level: Level::Untrusted,
            alone: if spelled { Level::Untrusted } else { self.alone },
            way: if self.untrusted() { self.way.clone() } else { Some(by.clone()) },
            ..self.clone()
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, as a word {:?}", self.level, self.alone)
    }
}

/// Whether a word does no harm wherever it stands: no option, no `@file`, no path, nothing that hides or parts it.
pub fn harmless(word: &str) -> bool {
    let hides = |c: char| {
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    !word.is_empty()
        && word != "."
        && !word.starts_with(['-', '@'])
        && !word.contains("..")
        && !word.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control() || hides(c))
}
