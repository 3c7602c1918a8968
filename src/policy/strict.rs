//! Strict matching, for `allow`, `reads`, `trusted` and `network`: word by word from the left.
//!
//! A star does not cover a word that begins with `-` where that comes from a value, nor an option that makes the
//! program run others (see `grammar`). The program is the one that the rule names, by name or by absolute path.

use super::grammar::{self, Objection};
use super::pattern::Pattern;
use super::wide::starts_with_star;
use super::word::{Mood, Word};
use std::path::Path;

/// Why a rule that names the program does not cover a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Miss {
    /// Another program.
    Program,
    /// The words differ, after so many that agree.
    Words(usize),
    /// A value would become an option.
    Dash {
        word: String,
    },
    Option(Objection),
}

impl Pattern {
    /// Whether the rule covers the command.
    pub fn covers(&self, words: &[Word], resolved: Option<&Path>, mood: Mood) -> bool {
        self.check(words, resolved, mood).is_ok()
    }

    /// The same, saying why not.
    pub(super) fn check(&self, words: &[Word], resolved: Option<&Path>, mood: Mood) -> Result<(), Miss> {
        let Some(program) = words.first() else { return Err(Miss::Words(0)) };
        let by_path = self
            .program()
            .filter(|p| p.starts_with('/'))
            .is_some_and(|p| resolved.is_some_and(|r| r == Path::new(p)));
        if !by_path && !self.words[0].matches(program, mood) {
            return Err(Miss::Program);
        }
        self.walk(&words[1..], mood)?;
        match grammar::objection(&self.words, words, resolved, mood) {
            Some(objection) => Err(Miss::Option(objection)),
            None => Ok(()),
        }
    }

    /// Whether the words are those of the pattern, whatever their options can do.
    pub(super) fn describes(&self, words: &[Word]) -> bool {
        words.split_first().is_some_and(|(program, rest)| {
            self.words[0].matches(program, Mood::Must) && self.walk(rest, Mood::Must).is_ok()
        })
    }

    fn walk(&self, words: &[Word], mood: Mood) -> Result<(), Miss> {
        let wanted = &self.words[1..];
        let n = wanted.len();
        let mut now = vec![false; n + 1];
        now[0] = true;
        for (at, word) in words.iter().enumerate() {
            let mut next = vec![false; n + 1];
            let mut dash = false;
            for k in (0..=n).filter(|k| now[*k]) {
                if let Word::Many(_) = word {
                    match mood {
                        Mood::May => (k..=n).for_each(|to| next[to] = true),
                        Mood::Must => next[k] = k == n && self.rest && !word.dashed(Mood::May),
                    }
                    continue;
                }
                let (fits, to, star) = match wanted.get(k) {
                    Some(w) => (w.matches(word, mood), k + 1, starts_with_star(w)),
                    None => (self.rest, n, true),
                };
                let refused = star && word.starts_with_value() && dashed(word, mood);
                dash |= fits && refused;
                next[to] |= fits && !refused;
            }
            if !next.contains(&true) {
                return Err(if dash { Miss::Dash { word: word.show() } } else { Miss::Words(at + 1) });
            }
            now = next;
        }
        if now[n] { Ok(()) } else { Err(Miss::Words(words.len() + 1)) }
    }
}

/// Whether a star must refuse the word: in the mood of certainty already if it could begin with a dash.
fn dashed(word: &Word, mood: Mood) -> bool {
    word.dashed(match mood {
        Mood::May => Mood::Must,
        Mood::Must => Mood::May,
    })
}
