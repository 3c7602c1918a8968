//! Where a value comes from, and what becomes of that when values are put together.

use super::cause::CauseId;
use std::rc::Rc;
use std::sync::Arc;

/// The worse the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Written in the file or its configuration, or approved by people who were shown it.
    Literal,
    /// Given by a person: who started the run, who answered a gate.
    Person,
    /// Command output, files, the environment.
    Outside,
    /// An AI's, or what the policy calls untrusted.
    Untrusted,
}

/// Parts deeper than this are one with what they are in.
const MOST_DEPTH: u8 = 4;

type Part = (Arc<str>, Origin);

#[derive(Debug, Clone)]
pub struct Origin {
    /// Of all that has no part of its own.
    pub level: Level,
    /// Of it as one word, which can be less: a choice of what the file spells out, a harmless pattern. For a list: of
    /// each item.
    pub alone: Level,
    pub number: bool,
    /// A number that is not negative.
    pub positive: bool,
    /// The loops around whose earlier turns may have made it, one bit for each depth.
    pub carried: u32,
    pub(super) depth: u8,
    pub cause: CauseId,
    /// Fields of a record (or of the items of a list) that are known one by one.
    pub(super) parts: Option<Rc<[Part]>>,
}

impl Origin {
    pub fn new(level: Level, cause: CauseId) -> Origin {
        Origin {
            level,
            alone: level,
            number: false,
            positive: false,
            carried: 0,
            depth: 0,
            cause,
            parts: None,
        }
    }

    pub fn literal() -> Origin {
        Origin::new(Level::Literal, CauseId::NONE)
    }

    pub fn number(positive: bool) -> Origin {
        Origin { number: true, positive, ..Origin::literal() }
    }

    pub fn record(fields: Vec<(Arc<str>, Origin)>) -> Origin {
        let deep = |o: &Origin| o.depth >= MOST_DEPTH;
        let parts: Vec<_> =
            fields.into_iter().map(|(n, o)| if deep(&o) { (n, o.whole()) } else { (n, o) }).collect();
        if parts.is_empty() {
            return Origin::literal();
        }
        let depth = parts.iter().map(|(_, o)| o.depth).max().unwrap_or(0) + 1;
        Origin { depth, parts: Some(parts.into()), ..Origin::literal() }
    }

    /// With a text that leaves no room.
    pub fn word(self) -> Origin {
        Origin { alone: Level::Literal, ..self }
    }

    /// As a number, which is a word if it is not negative.
    pub fn counted(self, positive: bool) -> Origin {
        let alone = if positive { Level::Literal } else { self.alone };
        Origin { number: true, positive, alone, ..self }
    }

    pub fn untrusted(&self) -> bool {
        self.level == Level::Untrusted
    }

    /// As one value: the worst of its parts.
    pub fn whole(&self) -> Origin {
        match &self.parts {
            None => self.clone(),
            Some(parts) => {
                let own = Origin { parts: None, depth: 0, ..self.clone() };
                parts.iter().fold(own, |all, (_, part)| all.mixed(&part.whole(), true))
            }
        }
    }

    /// The worse of two as one; whether each was a word may still count.
    fn mixed(&self, other: &Origin, keep: bool) -> Origin {
        let worse = if other.level > self.level { other } else { self };
        let alone = if keep { self.alone.max(other.alone) } else { worse.level };
        Origin {
            level: worse.level,
            cause: worse.cause,
            alone,
            number: false,
            positive: false,
            carried: self.carried | other.carried,
            depth: 0,
            parts: None,
        }
    }

    /// One or the other.
    pub fn join(&self, other: &Origin) -> Origin {
        let mut out = Origin { parts: None, depth: 0, ..self.clone() }
            .mixed(&Origin { parts: None, depth: 0, ..other.clone() }, true);
        if self.number && other.number {
            out.number = true;
            out.positive = self.positive && other.positive;
        }
        if self.parts.is_none() && other.parts.is_none() {
            return out;
        }
        let names = |o: &Origin| o.parts.iter().flat_map(|p| p.iter()).map(|(n, _)| n.clone()).collect();
        let mut all: Vec<Arc<str>> = names(self);
        let more: Vec<Arc<str>> = names(other);
        all.extend(more.into_iter().filter(|n| self.part(n).is_none()));
        let parts: Vec<_> = all
            .into_iter()
            .map(|n| {
                let part = self.field(&n).join(&other.field(&n));
                (n, part)
            })
            .collect();
        out.depth = parts.iter().map(|(_, o)| o.depth).max().unwrap_or(0) + 1;
        out.parts = Some(parts.into());
        out
    }

    /// Something computed from both, of which nothing is known.
    pub fn combine(&self, other: &Origin) -> Origin {
        self.whole().mixed(&other.whole(), false)
    }

    /// Texts next to each other: no worse than its pieces, as long as the file says how many there are.
    pub fn concat(&self, other: &Origin) -> Origin {
        let mut out = self.whole().mixed(&other.whole(), true);
        if out.carried != 0 && out.untrusted() {
            out.alone = out.level;
        }
        out
    }

    /// One of several that `by` has chosen: what the file spells out is still a word, but no more than one.
    pub fn select(&self, by: &Origin) -> Origin {
        let by_level = by.whole();
        match by_level.untrusted() {
            true => self.chosen(by_level.cause),
            false => self.clone(),
        }
    }

    fn chosen(&self, by: CauseId) -> Origin {
        let spelled = self.carried != 0 && !self.number;
        let alone = if spelled { Level::Untrusted } else { self.alone };
        let cause = if self.untrusted() { self.cause } else { by };
        self.map(&|part| part.chosen(by), Origin { level: Level::Untrusted, alone, cause, ..self.clone() })
    }

    /// Kept from one turn of a loop to the next.
    pub fn carry(&self, depth: u32) -> Origin {
        self.marked(&|carried| carried | depth)
    }

    /// Behind the loop.
    pub fn settled(&self, depth: u32) -> Origin {
        self.marked(&|carried| carried & !depth)
    }

    pub fn marked(&self, by: &dyn Fn(u32) -> u32) -> Origin {
        self.map(&|part| part.marked(by), Origin { carried: by(self.carried), ..self.clone() })
    }

    /// The same with other causes.
    pub fn explained(&self, by: &dyn Fn(CauseId) -> CauseId) -> Origin {
        let own = Origin { cause: by(self.cause), ..self.clone() };
        self.map(&|part| part.explained(by), own)
    }

    fn map(&self, each: &dyn Fn(&Origin) -> Origin, own: Origin) -> Origin {
        match &self.parts {
            None => own,
            Some(parts) => {
                let parts = parts.iter().map(|(n, o)| (n.clone(), each(o))).collect();
                Origin { parts: Some(parts), ..own }
            }
        }
    }

    fn part(&self, name: &str) -> Option<&Origin> {
        self.parts.as_ref()?.iter().find(|(n, _)| **n == *name).map(|(_, o)| o)
    }

    pub fn field(&self, name: &str) -> Origin {
        match self.part(name) {
            Some(part) => part.clone(),
            None => Origin {
                alone: self.level,
                number: false,
                positive: false,
                parts: None,
                depth: 0,
                ..self.clone()
            },
        }
    }

    /// With another origin at the end of a path of fields.
    pub fn with(&self, path: &[Arc<str>], new: Origin) -> Origin {
        let [name, rest @ ..] = path else { return new };
        if path.len() > usize::from(MOST_DEPTH) {
            return self.join(&new);
        }
        let part = self.field(name).with(rest, new);
        let own = |p: &[(Arc<str>, Origin)]| p.iter().filter(|(n, _)| n != name).cloned().collect();
        let mut parts: Vec<(Arc<str>, Origin)> = self.parts.as_deref().map(own).unwrap_or_default();
        parts.push((name.clone(), part));
        let depth = parts.iter().map(|(_, o)| o.depth).max().unwrap_or(0) + 1;
        Origin { parts: Some(parts.into()), depth, ..self.clone() }
    }

    pub fn same(&self, other: &Origin) -> bool {
        let own = self.bits() == other.bits() && self.carried == other.carried;
        own && match (&self.parts, &other.parts) {
            (None, None) => true,
            (Some(a), Some(b)) => {
                a.len() == b.len() && a.iter().all(|(n, x)| b.iter().any(|(m, y)| n == m && x.same(y)))
            }
            _ => false,
        }
    }

    fn bits(&self) -> u8 {
        self.level as u8
            | (self.alone as u8) << 2
            | u8::from(self.number) << 4
            | u8::from(self.positive) << 5
            | u8::from(self.carried != 0) << 6
    }

    /// All but the causes, to look it up by.
    pub fn key(&self, out: &mut Vec<u8>) {
        match &self.parts {
            None => out.push(self.bits()),
            Some(parts) => {
                out.push(self.bits() | 1 << 7);
                out.extend((parts.len() as u32).to_le_bytes());
                for (name, part) in parts.iter() {
                    out.extend_from_slice(name.as_bytes());
                    out.push(0);
                    part.key(out);
                }
            }
        }
    }
}
