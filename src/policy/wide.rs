//! Wide matching, for `deny`, `after gate` and `untrusted`: whatever could be meant by a command, counts.
//!
//! An option of the pattern matches anywhere in the command: as `--opt value`, `--opt=value`, `-ovalue`, inside a
//! bundle (`-vf`), abbreviated (`--forc`), with one dash or two. The other words of the pattern match the words of
//! the command that are not options, in order. Whether an option takes the next word as its value is unknown, so
//! both readings are tried, for the pattern and for the command, and one that matches is enough. Programs are
//! compared by the last part of their path, as named and as resolved. A command behind a program that starts others
//! (`env`, `xargs`, `timeout` …) is looked at too.
//!
//! [`Mood::May`] never misses a filling of the holes that would match; [`Mood::Must`] is sure for every filling.

use super::grammar;
use super::pattern::MOST_OPTIONS;
use super::word::{Hole, Mood, PatternWord, Piece, Word, is_option};
use std::path::Path;

/// A pattern prepared for wide matching: each reading of its options.
#[derive(Debug, Clone)]
pub(super) struct Wide {
    program: PatternWord,
    readings: Vec<Reading>,
    rest: bool,
}

#[derive(Debug, Clone)]
struct Reading {
    positionals: Vec<PatternWord>,
    options: Vec<OptionWanted>,
}

#[derive(Debug, Clone)]
struct OptionWanted {
    option: PatternWord,
    value: Option<PatternWord>,
}

/// The program of a command, looked up once for a look through many rules.
pub(super) struct Subject<'a> {
    names: Vec<&'a str>,
    /// Any program may be meant: it is not known, or it starts others.
    open: bool,
}

impl<'a> Subject<'a> {
    pub(super) fn of(words: &'a [Word], resolved: Option<&'a Path>) -> Subject<'a> {
        let named = words.first().and_then(Word::known);
        let open = named.is_none_or(|n| grammar::starts_others(n, resolved));
        let names = named.map(base_name).into_iter().chain(grammar::file_name(resolved));
        Subject { names: names.flat_map(|n| [n, grammar::family(n)]).collect(), open }
    }
}

impl<'a> Subject<'a> {
    /// None: any program may be meant.
    pub(super) fn names(&self) -> Option<&[&'a str]> {
        (!self.open).then_some(self.names.as_slice())
    }
}

impl Wide {
    /// Whether a look at the words is worth it: otherwise [`Wide::matches`] is false.
    pub(super) fn concerns(&self, subject: &Subject<'_>) -> bool {
        subject.open || self.program.text().is_none_or(|own| subject.names.contains(&base_name(own)))
    }

    /// None if there are too many options to try both readings of each.
    pub(super) fn compile(words: &[PatternWord], rest: bool) -> Option<Wide> {
        let (program, words) = words.split_first()?;
        // Options that are followed by a plain word have two readings: that word is a value, or it is not.
        let open: Vec<usize> = (0..words.len().saturating_sub(1))
            .filter(|i| {
                let (here, next) = (&words[*i], &words[*i + 1]);
                wants_option(here) && here.split_value().is_none() && !wants_option(next)
            })
            .collect();
        if words.iter().filter(|w| wants_option(w)).count() > MOST_OPTIONS {
            return None;
        }
        let readings = (0..1u32 << open.len())
            .map(|choice| {
                let takes_value =
                    |i: usize| open.iter().position(|o| *o == i).is_some_and(|b| choice >> b & 1 == 1);
                let mut reading = Reading { positionals: Vec::new(), options: Vec::new() };
                let mut i = 0;
                while i < words.len() {
                    let word = &words[i];
                    if !wants_option(word) {
                        reading.positionals.push(word.clone());
                    } else if let Some((name, value)) = word.split_value() {
                        reading.want(&PatternWord::literal(name), Some(value));
                    } else if takes_value(i) {
                        i += 1;
                        reading.want(word, Some(words[i].clone()));
                    } else {
                        reading.want(word, None);
                    }
                    i += 1;
                }
                reading
            })
            .collect();
        Some(Wide { program: program.clone(), readings, rest })
    }

    /// Whether the pattern covers the command, or one that the command starts.
    pub(super) fn matches(&self, words: &[Word], resolved: Option<&Path>, mood: Mood) -> bool {
        let Some((program, rest)) = words.split_first() else { return false };
        if self.program_matches(program, resolved, mood) && self.arguments_match(rest, mood) {
            return true;
        }
        // A wrapped command: wherever it may begin.
        let wraps = match mood {
            Mood::May => program.known().is_none() || grammar::starts_others(program.fixed_start(), resolved),
            Mood::Must => program.known().is_some_and(|p| grammar::starts_others(p, None)),
        };
        wraps
            && (0..rest.len()).any(|i| {
                let inner = &rest[i..];
                match (&inner[0], mood) {
                    (Word::Many(_), Mood::May) => true,
                    // Behind words of unknown number or kind it is not sure that this one is the program.
                    (_, Mood::Must) if rest[..i].iter().any(|w| w.known().is_none()) => false,
                    (word, _) => {
                        self.program_matches(word, None, mood) && self.arguments_match(&inner[1..], mood)
                    }
                }
            })
    }

    fn program_matches(&self, word: &Word, resolved: Option<&Path>, mood: Mood) -> bool {
        if self.program.is_star() {
            return true;
        }
        let own = self.program.text().map(base_name);
        let same = |name: &str| match own {
            Some(own) => own == base_name(name) || own == grammar::family(base_name(name)),
            None => self.program.matches_text(name) || self.program.matches_text(base_name(name)),
        };
        let by_path = grammar::file_name(resolved).is_some_and(&same);
        by_path
            || match word {
                Word::Known { text, .. } => same(text),
                _ => mood == Mood::May,
            }
    }

    fn arguments_match(&self, words: &[Word], mood: Mood) -> bool {
        let program_aliases = grammar::aliases(self.program.text().map_or("", base_name));
        self.readings.iter().any(|r| {
            r.options.iter().all(|o| o.found(words, mood, program_aliases))
                && positionals(r, self.rest, words, mood)
        })
    }
}

/// `/usr/bin/git` is `git`.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether any text can stand at the start of the word.
pub(super) fn starts_with_star(word: &PatternWord) -> bool {
    word.prefix().is_empty() && word.text().is_none()
}

fn wants_option(word: &PatternWord) -> bool {
    let prefix = word.prefix();
    is_option(prefix) || (prefix == "-" && word.text().is_none())
}

impl Reading {
    /// A short bundle (`-rf`) is each of its letters, so that `-r -f` counts too; the last one has the value.
    fn want(&mut self, option: &PatternWord, value: Option<PatternWord>) {
        let text = option.text().unwrap_or("");
        let letters =
            text.strip_prefix('-').filter(|l| !l.starts_with('-') && (2..=3).contains(&l.chars().count()));
        let Some((last, first)) =
            letters.and_then(|l| l.char_indices().last().map(|(i, _)| (&l[i..], &l[..i])))
        else {
            self.options.push(OptionWanted { option: option.clone(), value });
            return;
        };
        let single = |c: &str| PatternWord::literal(&format!("-{c}"));
        let one = |c: char| OptionWanted { option: single(c.encode_utf8(&mut [0; 4])), value: None };
        self.options.extend(first.chars().map(one));
        self.options.push(OptionWanted { option: single(last), value });
    }
}

impl OptionWanted {
    fn found(&self, words: &[Word], mood: Mood, aliases: &[&[&str]]) -> bool {
        (0..words.len()).any(|i| {
            let next = words.get(i + 1);
            if self.at(&self.option, &words[i], next, mood) {
                return true;
            }
            let Some(name) = self.option.text() else { return false };
            aliases
                .iter()
                .filter(|group| group.contains(&name))
                .flat_map(|group| group.iter())
                .any(|alias| *alias != name && self.at(&PatternWord::literal(alias), &words[i], next, mood))
        })
    }

    fn at(&self, option: &PatternWord, word: &Word, next: Option<&Word>, mood: Mood) -> bool {
        match word {
            Word::Many(hole) => mood == Mood::May && *hole != Hole::NoDash,
            Word::Known { text, .. } => match names(option, text) {
                None => false,
                Some(inline) => match &self.value {
                    None => true,
                    Some(value) => {
                        inline.iter().any(|v| value.matches_text(v))
                            || next.is_some_and(|w| value.matches(w, mood))
                    }
                },
            },
            Word::Pieces(pieces) => {
                let start = word.fixed_start();
                match mood {
                    Mood::May => may_name(option, start, pieces),
                    Mood::Must => {
                        let settled = match start.strip_prefix("--") {
                            Some(long) => long.contains('='),
                            // Only a letter of a bundle is there whatever follows.
                            None => is_option(start) && option.text().is_some_and(|o| o.chars().count() == 2),
                        };
                        self.value.is_none()
                            && settled
                            && option.text().is_some()
                            && names(option, start).is_some()
                    }
                }
            }
        }
    }
}

/// Whether a word of a command names the option of a pattern, and if so, the values that stand in the same word.
fn names<'a>(option: &PatternWord, word: &'a str) -> Option<Vec<&'a str>> {
    if !is_option(word) {
        return None;
    }
    let (name, inline) = match word.split_once('=') {
        Some((n, v)) => (n, vec![v]),
        None => (word, vec![]),
    };
    let Some(wanted) = option.text() else {
        return (option.matches_text(word) || option.matches_text(name)).then_some(inline);
    };
    if wanted == "--" {
        return (word == "--").then(Vec::new);
    }
    if wanted == word || wanted == name {
        return Some(inline);
    }
    let bare = |s: &'a str| s.trim_start_matches('-');
    let wanted_bare = wanted.trim_start_matches('-');
    if bare(name) == wanted_bare && wanted_bare.chars().count() > 1 {
        // `-auto-approve` and `--auto-approve` are the same to many programs.
        return Some(inline);
    }
    if wanted.starts_with("--") {
        // An abbreviation: a beginning of the wanted name, of at least one letter.
        return (name.starts_with("--") && name.len() > 2 && wanted.starts_with(name)).then_some(inline);
    }
    if name.starts_with("--") {
        return None;
    }
    // Short options: each letter of a bundle counts, up to the first character that can only be part of a value.
    let cluster: &str = &word[1..];
    let end = cluster.find(|c: char| "=/.,: \t\n".contains(c)).unwrap_or(cluster.len());
    let letters = &cluster[..end];
    if wanted_bare.chars().count() != 1 {
        return None;
    }
    let values: Vec<&str> = letters
        .match_indices(wanted_bare)
        .map(|(at, l)| &cluster[at + l.len()..])
        .flat_map(|behind| [behind, behind.strip_prefix('=').unwrap_or(behind)])
        .collect();
    (!values.is_empty()).then_some(values)
}

/// Whether a word that begins with `start` and goes on with something unknown could name the option.
fn may_name(option: &PatternWord, start: &str, pieces: &[Piece]) -> bool {
    if start.is_empty() {
        return !matches!(pieces.first(), Some(Piece::Hole(Hole::NoDash)) | None);
    }
    if !start.starts_with('-') {
        return false;
    }
    let Some(wanted) = option.text() else { return true };
    match start.strip_prefix("--") {
        Some(_) if start.contains('=') => names(option, start).is_some(),
        Some(long) => {
            // It may grow into the whole name or an abbreviation of it.
            let wanted = wanted.trim_start_matches('-');
            wanted.starts_with(long)
        }
        // One dash: a bundle can go on with any letter.
        None => true,
    }
}

/// Whether the pattern's plain words can be found, in order, among the command's words that are not options.
fn positionals(reading: &Reading, rest: bool, words: &[Word], mood: Mood) -> bool {
    let wanted = &reading.positionals;
    let n = wanted.len();
    // now[k]: k plain words are found; .1: the word before may take the next one as its value.
    let mut now = vec![(false, false); n + 1];
    now[0].0 = true;
    let mut ended = false;
    for word in words {
        let mut next = vec![(false, false); n + 1];
        for k in 0..=n {
            let (reached, after_option) = now[k];
            if !reached {
                continue;
            }
            let mut go = |to: usize, option: bool| {
                next[to].0 = true;
                next[to].1 |= option;
            };
            if k == n && rest {
                go(k, true);
                continue;
            }
            if let Word::Many(_) = word {
                if mood == Mood::May {
                    (k..=n).for_each(|to| go(to, true));
                }
                continue;
            }
            let option_may = word.optionish(Mood::May);
            let option_must = word.optionish(Mood::Must);
            let option = if mood == Mood::May { option_may } else { option_must };
            let plain = if mood == Mood::May { !option_must } else { !option_may };
            let fits = |w: &Word| k < n && wanted[k].matches(w, mood);
            if option {
                go(k, true);
                if k < n && value_fits(&wanted[k], word, mood) {
                    go(k + 1, false);
                }
            }
            // A star takes an option as well, as does any word behind `--`.
            let takes = k < n && starts_with_star(&wanted[k]);
            if (plain || takes || (option && ended)) && fits(word) {
                go(k + 1, false);
            }
            // An empty word hides nothing that stands behind it.
            if after_option || word.may_be_empty(mood) {
                go(k, false);
            }
        }
        // Behind `--` a word with a dash may be a plain one.
        ended |= word.known() == Some("--") || (mood == Mood::May && word.known().is_none());
        now = next;
    }
    now[n].0
}

/// Whether a value inside an option's word (`--opt=value`, `-ovalue`) fits.
fn value_fits(wanted: &PatternWord, word: &Word, mood: Mood) -> bool {
    let Word::Known { text, .. } = word else { return mood == Mood::May };
    if let Some((_, value)) = text.split_once('=')
        && wanted.matches_text(value)
    {
        return true;
    }
    !text.starts_with("--")
        && text.char_indices().skip(2).take(MOST_BUNDLE).any(|(i, _)| wanted.matches_text(&text[i..]))
}

/// Where in a long word with one dash a value can begin.
const MOST_BUNDLE: usize = 32;
