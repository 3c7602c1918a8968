//! Programs that can run others, or worse, through an option: what a rule must spell out before it allows that.
//!
//! `git *` says "any git command"; it does not say "any program", which `git -c core.pager=… log` would be. An option
//! listed here is therefore refused wherever a star of the rule would have to cover it, also abbreviated
//! (`--upload-p`), bundled (`-xI`) or with its value in the same word. A rule that spells the option allows it.

use super::grammar_table::{ALIASES, MANY_IN_ONE, PROGRAMS, Program, Script, WRAPPERS, Where, Wrapper};
use super::wide::base_name;
use super::word::{Hole, Mood, PatternWord, Piece, Word};
use std::path::Path;

/// Why a word may not be covered by a star.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    pub word: String,
    /// What it can do, as the rest of a sentence that begins with the word.
    pub why: &'static str,
}

/// The name under which the tables know a program: without a version, a `.exe`, or the `g` of GNU tools elsewhere.
pub(super) fn family(base: &str) -> &str {
    let base = base.strip_suffix(".exe").unwrap_or(base);
    let bare = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    let known = |name: &str| {
        PROGRAMS.iter().any(|p| p.names.contains(&name)) || WRAPPERS.iter().any(|w| w.names.contains(&name))
    };
    [base, bare].into_iter().find(|n| known(n)).unwrap_or_else(|| {
        match bare.strip_prefix('g').filter(|n| known(n)) {
            Some(gnu) => gnu,
            None if bare.is_empty() => base,
            None => bare,
        }
    })
}

/// The name of the program's file, unless that is one file for many programs, which acts by the name it is called.
pub(super) fn file_name(resolved: Option<&Path>) -> Option<&str> {
    let name = base_name(resolved?.to_str()?);
    (!MANY_IN_ONE.contains(&name)).then_some(name)
}

/// Found once for a look through a table: each is itself a look through the tables.
fn names<'a>(program: &'a str, resolved: Option<&'a Path>) -> [Option<&'a str>; 2] {
    [Some(base_name(program)), file_name(resolved)].map(|name| name.map(family))
}

fn programs<'a>(program: &'a str, resolved: Option<&'a Path>) -> impl Iterator<Item = &'static Program> + 'a {
    let names = names(program, resolved);
    PROGRAMS.iter().filter(move |p| names.iter().flatten().any(|n| p.names.contains(n)))
}

fn wrapper(program: &str, resolved: Option<&Path>) -> Option<&'static Wrapper> {
    let names = names(program, resolved);
    WRAPPERS.iter().find(|w| names.iter().flatten().any(|n| w.names.contains(n)))
}

/// Whether the program's own words can hold another command.
pub(super) fn starts_others(program: &str, resolved: Option<&Path>) -> bool {
    wrapper(program, resolved).is_some() || programs(program, resolved).any(|p| p.holds_command)
}

/// Options of a program that mean the same.
pub(super) fn aliases(program: &str) -> &'static [&'static [&'static str]] {
    ALIASES.iter().find(|(name, _)| *name == family(program)).map_or(&[], |(_, groups)| groups)
}

/// The first word that the rule would have to spell out and does not. `Mood::May` asks whether the command is sure to
/// be free of such words for some filling (no objection then), `Mood::Must` whether it is for every filling.
pub(super) fn objection(
    rule: &[PatternWord],
    words: &[Word],
    resolved: Option<&Path>,
    mood: Mood,
) -> Option<Objection> {
    let program = words.first()?.known()?;
    // A word behind `{list...}` has no fixed place, so nobody knows which word of the rule covers it.
    let fixed = words.iter().position(|w| matches!(w, Word::Many(_))).unwrap_or(words.len());
    let spelled = |i: usize| {
        if i >= fixed { mood == Mood::May } else { rule.get(i).is_some_and(|p| spells(p, &words[i], mood)) }
    };
    let object = |i: usize, why: &'static str| Some(Objection { word: words[i].show(), why });
    for table in programs(program, resolved) {
        let subcommands = subcommands(&words[1..], mood);
        let mut script_seen = false;
        for (i, word) in words.iter().enumerate().skip(1) {
            if spelled(i) {
                let plain = !word.fixed_start().starts_with('-');
                if plain && table.hands_over {
                    break;
                }
                script_seen |= plain;
                continue;
            }
            for danger in table.dangers {
                let here = match danger.place {
                    Where::Anywhere => true,
                    Where::Before => i <= subcommands.certain,
                    Where::Under(name) => {
                        subcommands.names.contains(&name) || (mood == Mood::Must && subcommands.unknown)
                    }
                };
                if here && danger.options.iter().any(|o| covers(o, word, mood)) {
                    return object(i, danger.why);
                }
            }
            for (start, why) in table.words {
                if begins(word, start, mood) {
                    return object(i, why);
                }
            }
            if let Some(script) = &table.script
                && !script_seen
            {
                // The first plain word; one that may be an option leaves it open which.
                let plain = !word.optionish(Mood::May);
                let perhaps = !word.optionish(Mood::Must);
                let (looked_at, is_it) = match mood {
                    Mood::May => (plain, perhaps),
                    Mood::Must => (perhaps, plain),
                };
                script_seen = is_it;
                let harmless = word.known().is_some_and(script.harmless);
                let doubt = word.known().is_some() || mood == Mood::Must;
                if looked_at && !harmless && doubt && !sandboxed(&words[1..], mood) {
                    return object(i, Script::WHY);
                }
            }
        }
    }
    let wrapper = wrapper(program, resolved)?;
    let mut i = 1;
    while let Some(word) = words.get(i) {
        let start = word.fixed_start();
        if word.known().is_none() && mood == Mood::May {
            return None;
        }
        if start.starts_with('-') {
            if !spelled(i) {
                return object(i, Wrapper::WHY_OPTION);
            }
            if wrapper.with_value.contains(&start) {
                i += 1;
            }
        } else if (wrapper.skips)(start) {
            // An assignment, a number: belongs to the wrapper, however it goes on.
        } else {
            // Spelled words are at most as many as the rule has, which bounds the recursion.
            return match spelled(i) {
                true => objection(rule.get(i..).unwrap_or(&[]), &words[i..], None, mood),
                false => object(i, Wrapper::WHY_PROGRAM),
            };
        }
        i += 1;
    }
    None
}

/// Whether the option is there that keeps a script from doing anything outside.
fn sandboxed(words: &[Word], mood: Mood) -> bool {
    let other = match mood {
        Mood::May => Mood::Must,
        Mood::Must => Mood::May,
    };
    let (sandbox, end) = (PatternWord::literal("--sandbox"), PatternWord::literal("--"));
    // Behind `--` it is no option.
    words.iter().take_while(|w| !end.matches(w, other)).any(|w| sandbox.matches(w, mood))
}

/// Where a program's subcommand can stand: the first plain word, or one that could be an option's value, and then
/// those behind it.
struct Subcommands<'a> {
    names: Vec<&'a str>,
    /// Some word that is not known could be it.
    unknown: bool,
    /// How many words there are up to the one that is it for sure.
    certain: usize,
}

/// In the mood of certainty, whatever could be a subcommand counts; otherwise only what is one with every value.
fn subcommands(words: &[Word], mood: Mood) -> Subcommands<'_> {
    let mut out = Subcommands { names: Vec::new(), unknown: false, certain: words.len() };
    let mut after_option = false;
    for (at, word) in words.iter().enumerate() {
        if word.known().is_none() {
            out.unknown = true;
            if mood == Mood::May && (!after_option || matches!(word, Word::Many(_))) {
                out.certain = at + 1;
                break;
            }
            after_option = mood == Mood::Must;
            continue;
        }
        if word.optionish(mood) {
            after_option = true;
            continue;
        }
        // Behind an open word nobody is sure that it still counts.
        if mood == Mood::Must || !out.unknown {
            out.names.extend(word.known());
        }
        if !after_option {
            out.certain = at + 1;
            break;
        }
        after_option = false;
    }
    out
}

/// Whether a word of the rule says, or may say, literally what a word of the command does: all of it, or all up to its
/// `=`.
fn spells(pattern: &PatternWord, word: &Word, mood: Mood) -> bool {
    let known = word.known().is_some();
    if pattern.text().is_some() {
        return (known || mood == Mood::May) && pattern.matches(word, mood);
    }
    let Some((name, _)) = pattern.prefix().split_once('=') else { return false };
    let start = word.fixed_start();
    match start.split_once('=') {
        Some((own, _)) => own == name,
        None => !known && mood == Mood::May && format!("{name}=").starts_with(start),
    }
}

/// Whether a word begins, or may begin, like this.
fn begins(word: &Word, start: &str, mood: Mood) -> bool {
    match word {
        Word::Pieces(pieces) if mood == Mood::Must => may_begin(pieces, start),
        // A number or a time begins like none of them.
        Word::Many(hole) => mood == Mood::Must && may_begin(&[Piece::Hole(hole.clone())], start),
        _ => word.fixed_start().starts_with(start),
    }
}

fn may_begin(pieces: &[Piece], start: &str) -> bool {
    let Some((piece, behind)) = pieces.split_first() else { return start.is_empty() };
    let goes_on = |text: &str| {
        text.starts_with(start) || start.strip_prefix(text).is_some_and(|rest| may_begin(behind, rest))
    };
    match piece {
        Piece::Lit(text) => goes_on(text),
        Piece::Hole(Hole::OneOf(texts)) => texts.iter().any(|text| goes_on(text)),
        Piece::Hole(Hole::Any) => true,
        Piece::Hole(Hole::NoDash) => false,
    }
}

/// Whether a word of a command is, or may be, this option of the table.
fn covers(option: &str, word: &Word, mood: Mood) -> bool {
    let start = word.fixed_start();
    if !option.starts_with('-') {
        return match word.known() {
            Some(known) => known == option,
            None => mood == Mood::Must && option.starts_with(start),
        };
    }
    if !start.starts_with('-') {
        // A value never begins an option under a star, so nothing of it can be one.
        return false;
    }
    let open = word.known().is_none();
    if let Some(long) = option.strip_prefix("--") {
        let Some(own) = start.strip_prefix("--") else { return open && start == "-" && mood == Mood::Must };
        let (name, settled) = match own.split_once('=') {
            Some((n, _)) => (n, true),
            None => (own, !open),
        };
        return if settled {
            !name.is_empty() && long.starts_with(name)
        } else {
            mood == Mood::Must && long.starts_with(name)
        };
    }
    let wanted = &option[1..];
    // A name with one dash, as of `find`; many take it with two as well.
    let named = |own: &str| match own.split_once('=') {
        Some((name, _)) => name == wanted,
        None if open => mood == Mood::Must && wanted.starts_with(own),
        None => own == wanted,
    };
    if let Some(long) = start.strip_prefix("--") {
        return wanted.len() > 1 && named(long);
    }
    let own = &start[1..];
    if wanted.chars().count() == 1 {
        let letters = own.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("");
        return letters.contains(wanted) || (open && mood == Mood::Must && letters.len() == own.len());
    }
    named(own)
}
