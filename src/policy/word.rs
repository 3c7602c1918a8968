//! Words of a command as far as they are known, and one word of a pattern.
//!
//! The same matching serves a run, where every word is known, and the checker, where a word may have holes. Each
//! question is therefore asked in one of two moods: [`Mood::May`] answers yes if some filling of the holes would make
//! it so, [`Mood::Must`] only if every filling does. For a command without holes both answers are the same.

use std::sync::Arc;

/// Which of the two questions is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    May,
    Must,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `interpolated`: its first character comes from a value, not from the text of the workflow.
    Known { text: Arc<str>, interpolated: bool },
    /// Literal parts and holes, at least one hole.
    Pieces(Vec<Piece>),
    /// `{list...}`: any number of words, none included.
    Many(Hole),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Lit(Arc<str>),
    Hole(Hole),
}

/// What a value that is not known yet can turn into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hole {
    Any,
    /// Never empty and never starting with `-`: a number that is not negative, say.
    NoDash,
    /// One of these texts.
    OneOf(Arc<[Arc<str>]>),
}

impl Word {
    /// A word that the workflow spells out.
    pub fn literal(text: impl Into<Arc<str>>) -> Word {
        Word::Known { text: text.into(), interpolated: false }
    }

    /// A word whose first character comes from a value.
    pub fn interpolated(text: impl Into<Arc<str>>) -> Word {
        Word::Known { text: text.into(), interpolated: true }
    }

    /// A word about which nothing is known.
    pub fn unknown() -> Word {
        Word::Pieces(vec![Piece::Hole(Hole::Any)])
    }

    /// From parts: joined when nothing is open, with neighbours merged and empty literals dropped.
    pub fn from_pieces(pieces: impl IntoIterator<Item = Piece>) -> Word {
        let mut out: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (out.last_mut(), piece) {
                (_, Piece::Lit(t)) if t.is_empty() => {}
                (Some(Piece::Lit(before)), Piece::Lit(t)) => *before = format!("{before}{t}").into(),
                (_, piece) => out.push(piece),
            }
        }
        match out.as_slice() {
            [] => Word::literal(""),
            [Piece::Lit(t)] => Word::literal(t.clone()),
            _ => Word::Pieces(out),
        }
    }

    pub fn known(&self) -> Option<&str> {
        match self {
            Word::Known { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The part at the start that no value can change.
    pub(super) fn fixed_start(&self) -> &str {
        match self {
            Word::Known { text, .. } => text,
            Word::Pieces(p) => match p.first() {
                Some(Piece::Lit(t)) => t,
                _ => "",
            },
            Word::Many(_) => "",
        }
    }

    /// Whether the first character comes from a value.
    pub(super) fn starts_with_value(&self) -> bool {
        match self {
            Word::Known { interpolated, .. } => *interpolated,
            Word::Pieces(p) => matches!(p.first(), Some(Piece::Hole(_))),
            Word::Many(_) => true,
        }
    }

    /// Whether it starts with `-`.
    pub(super) fn dashed(&self, mood: Mood) -> bool {
        match self {
            Word::Known { text, .. } => text.starts_with('-'),
            Word::Pieces(p) => match p.first() {
                Some(Piece::Lit(t)) => t.starts_with('-'),
                Some(Piece::Hole(h)) => h.dashed(mood, p.len() > 1),
                None => false,
            },
            Word::Many(h) => h.dashed(mood, false),
        }
    }

    /// Whether it reads as an option: `-` and something behind it.
    pub(super) fn optionish(&self, mood: Mood) -> bool {
        match self {
            Word::Known { text, .. } => is_option(text),
            Word::Pieces(_) => match self.fixed_start() {
                "-" => mood == Mood::May,
                start if !start.is_empty() => start.starts_with('-'),
                _ => self.dashed(mood),
            },
            Word::Many(_) => mood == Mood::May && self.dashed(mood),
        }
    }

    /// Whether it is, or may be, no character at all.
    pub(super) fn may_be_empty(&self, mood: Mood) -> bool {
        let may = |piece: &Piece| match piece {
            Piece::Lit(_) | Piece::Hole(Hole::NoDash) => false,
            Piece::Hole(Hole::Any) => true,
            Piece::Hole(Hole::OneOf(texts)) => texts.iter().any(|t| t.is_empty()),
        };
        match self {
            Word::Known { text, .. } => text.is_empty(),
            Word::Pieces(pieces) => mood == Mood::May && pieces.iter().all(may),
            Word::Many(_) => false,
        }
    }

    /// Every word that this one can be, if it has only holes with a list of texts and there are few.
    pub(super) fn alternatives(&self, most: usize) -> Option<Vec<Word>> {
        let Word::Pieces(pieces) = self else { return None };
        let mut texts = vec![String::new()];
        for piece in pieces {
            match piece {
                Piece::Lit(t) => texts.iter_mut().for_each(|x| x.push_str(t)),
                Piece::Hole(Hole::OneOf(options)) if !options.is_empty() => {
                    if texts.len().saturating_mul(options.len()) > most {
                        return None;
                    }
                    texts =
                        texts.iter().flat_map(|x| options.iter().map(move |o| format!("{x}{o}"))).collect();
                }
                Piece::Hole(_) => return None,
            }
        }
        let interpolated = self.starts_with_value();
        Some(texts.into_iter().map(|t| Word::Known { text: t.into(), interpolated }).collect())
    }

    /// As people see it: holes are `{…}`.
    pub fn show(&self) -> String {
        match self {
            Word::Known { text, .. } if text.is_empty() || text.contains(char::is_whitespace) => {
                format!("'{}'", readable(text).replace('\'', "\\'"))
            }
            Word::Known { text, .. } => readable(text),
            Word::Pieces(p) => p
                .iter()
                .map(|p| match p {
                    Piece::Lit(t) => readable(t),
                    Piece::Hole(_) => String::from("{…}"),
                })
                .collect(),
            Word::Many(_) => String::from("{…...}"),
        }
    }
}

/// Nothing in it acts upon a terminal; quotes stay as they are.
fn readable(text: &str) -> String {
    let shown = |c: char| if matches!(c, '"' | '\'') { c.to_string() } else { c.escape_debug().to_string() };
    text.chars().map(shown).collect()
}

impl Hole {
    fn dashed(&self, mood: Mood, more: bool) -> bool {
        match self {
            Hole::Any => mood == Mood::May,
            Hole::NoDash => false,
            Hole::OneOf(texts) => {
                // An empty text leaves the start to what follows.
                let may = |t: &Arc<str>| t.starts_with('-') || (more && t.is_empty());
                match mood {
                    Mood::May => texts.iter().any(may),
                    Mood::Must => !texts.is_empty() && texts.iter().all(|t| is_option(t)),
                }
            }
        }
    }
}

/// A command as people see it.
pub fn show(words: &[Word]) -> String {
    words.iter().map(Word::show).collect::<Vec<_>>().join(" ")
}

pub(super) fn is_option(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('-')
}

/// One word of a pattern: literal text with stars, each of which stands for any text within that one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternWord {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Lit(Arc<str>),
    Star,
}

/// A byte of a text, or a place where any text can stand.
#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Byte(u8),
    Open,
}

impl PatternWord {
    pub(super) fn new(parts: impl IntoIterator<Item = Part>) -> PatternWord {
        let mut out: Vec<Part> = Vec::new();
        for part in parts {
            match (out.last_mut(), part) {
                (_, Part::Lit(t)) if t.is_empty() => {}
                (Some(Part::Star), Part::Star) => {}
                (Some(Part::Lit(before)), Part::Lit(t)) => *before = format!("{before}{t}").into(),
                (_, part) => out.push(part),
            }
        }
        PatternWord { parts: out }
    }

    pub(super) fn literal(text: &str) -> PatternWord {
        PatternWord::new([Part::Lit(text.into())])
    }

    /// The text if it has no star.
    pub fn text(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Lit(t)] => Some(t),
            _ => None,
        }
    }

    /// Just `*`.
    pub fn is_star(&self) -> bool {
        self.parts == [Part::Star]
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The literal text before the first star.
    pub(super) fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Lit(t)) => t,
            _ => "",
        }
    }

    /// Cuts at the first `=` of the literal prefix: `--opt=v*` gives `--opt` and `v*`.
    pub(super) fn split_value(&self) -> Option<(&str, PatternWord)> {
        let (name, rest) = self.prefix().split_once('=')?;
        let mut parts = vec![Part::Lit(rest.into())];
        parts.extend(self.parts[1..].iter().cloned());
        Some((name, PatternWord::new(parts)))
    }

    pub(super) fn matches_text(&self, text: &str) -> bool {
        if self.is_star() {
            return true;
        }
        match self.text() {
            Some(own) => own == text,
            None => self.matches_units(text.bytes().map(Unit::Byte), Mood::May),
        }
    }

    pub(super) fn matches(&self, word: &Word, mood: Mood) -> bool {
        match word {
            Word::Known { text, .. } => self.matches_text(text),
            Word::Pieces(_) if self.is_star() => true,
            Word::Pieces(pieces) => {
                let units = pieces.iter().flat_map(|p| {
                    let (lit, open) = match p {
                        Piece::Lit(t) => (t.as_bytes(), None),
                        Piece::Hole(_) => (&[][..], Some(Unit::Open)),
                    };
                    lit.iter().map(|b| Unit::Byte(*b)).chain(open)
                });
                self.matches_units(units, mood)
            }
            Word::Many(_) => mood == Mood::May,
        }
    }

    /// Walks the word with the set of places in the pattern that can be reached. An open place of the word can stand
    /// for whatever the pattern wants (may), or only ever be taken by a star (must).
    fn matches_units(&self, word: impl Iterator<Item = Unit>, mood: Mood) -> bool {
        let pattern: Vec<Unit> = self
            .parts
            .iter()
            .flat_map(|p| {
                let (lit, star) = match p {
                    Part::Lit(t) => (t.as_bytes(), None),
                    Part::Star => (&[][..], Some(Unit::Open)),
                };
                lit.iter().map(|b| Unit::Byte(*b)).chain(star)
            })
            .collect();
        let past_stars = |set: &mut Vec<bool>| {
            for i in 0..pattern.len() {
                if set[i] && pattern[i] == Unit::Open {
                    set[i + 1] = true;
                }
            }
        };
        let mut now = vec![false; pattern.len() + 1];
        now[0] = true;
        past_stars(&mut now);
        for unit in word {
            let mut next = vec![false; pattern.len() + 1];
            if unit == Unit::Open && mood == Mood::May {
                let first = now.iter().position(|x| *x).unwrap_or(pattern.len() + 1);
                next.iter_mut().skip(first).for_each(|x| *x = true);
            } else {
                for i in (0..pattern.len()).filter(|i| now[*i]) {
                    match (pattern[i], unit) {
                        (Unit::Open, _) => next[i] = true,
                        (a, b) if a == b => next[i + 1] = true,
                        _ => {}
                    }
                }
            }
            past_stars(&mut next);
            now = next;
        }
        now[pattern.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> PatternWord {
        let mut parts = Vec::new();
        for (i, lit) in text.split('*').enumerate() {
            if i > 0 {
                parts.push(Part::Star);
            }
            parts.push(Part::Lit(lit.into()));
        }
        PatternWord::new(parts)
    }

    #[test]
    fn a_star_stays_within_its_word() {
        for (p, yes, no) in [
            ("feature/*", vec!["feature/", "feature/a/b"], vec!["feature", "xfeature/a"]),
            ("*", vec!["", "a b"], vec![]),
            ("v*.*", vec!["v1.2", "v."], vec!["v1", "1.2"]),
            ("a*a", vec!["aa", "aba"], vec!["a", "ab"]),
            ("", vec![""], vec!["a"]),
        ] {
            for text in yes {
                assert!(pattern(p).matches_text(text), "{p} should match {text:?}");
            }
            for text in no {
                assert!(!pattern(p).matches_text(text), "{p} should not match {text:?}");
            }
        }
    }

    #[test]
    fn holes_may_but_need_not_fit() {
        let word =
            Word::from_pieces([Piece::Lit("v".into()), Piece::Hole(Hole::Any), Piece::Lit("-rc".into())]);
        for (p, may, must) in [
            ("v*", true, true),
            ("v*-rc", true, true),
            ("v1-rc", true, false),
            ("v1", false, false),
            ("*rc", true, true),
            ("x*", false, false),
            ("v", false, false),
        ] {
            assert_eq!(pattern(p).matches(&word, Mood::May), may, "may {p}");
            assert_eq!(pattern(p).matches(&word, Mood::Must), must, "must {p}");
        }
    }
}
