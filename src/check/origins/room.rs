//! Whether a type leaves room for a word that does harm. Patterns are decided on their automata: the texts that a
//! pattern takes and the harmful words have none in common.

use crate::types::{DefKind, Refinement, Shape, Type, TypeDefs, spelled_out};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, LazyLock};

/// What no word may be that an AI has written: empty or a single dot, an option, an `@file`, a path, anything with
/// white space, a control character or one that hides or turns what stands beside it.
const HARMFUL: &str = concat!(
    r"\A[-@]|/|\.\.|\A\.?\z|[\x00-\x20\x7f-\u{a0}\u{ad}\u{61c}\u{1680}\u{180e}\u{2000}-\u{200f}",
    r"\u{2028}-\u{202f}\u{205f}-\u{206f}\u{3000}\u{feff}\u{fff9}-\u{fffb}]"
);

/// An automaton larger than this is not looked at; the type then leaves room.
const MOST_BYTES: usize = 4 << 20;
/// Pairs of states, the same.
const MOST_PAIRS: usize = 200_000;

static HARM: LazyLock<Option<Dfa>> = LazyLock::new(|| automaton(HARMFUL));

type Dfa = dense::DFA<Vec<u32>>;

/// Why a text type leaves room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    /// It has no pattern.
    Any,
    /// This word satisfies the pattern.
    Lets(Arc<str>),
    /// No limit of its length.
    Endless,
    /// The pattern is too large to be decided.
    TooLarge,
}

/// What is known of patterns.
#[derive(Default)]
pub struct Rooms(HashMap<Arc<str>, Option<Room>>);

impl Rooms {
    /// None: none.
    pub fn of_text(&mut self, refinement: &Refinement) -> Option<Room> {
        let mut shapes: Vec<&Shape> = Vec::new();
        let mut next = Some(refinement);
        while let Some(r) = next {
            shapes.extend(&r.shapes);
            next = match &r.base {
                Type::Refined(inner) => Some(inner),
                _ => None,
            };
        }
        if shapes.iter().any(|s| matches!(s, Shape::OneOf(_))) {
            return None;
        }
        let short = shapes.iter().any(|s| matches!(s, Shape::MaxLen(_)));
        let mut why = Room::Any;
        for shape in shapes {
            let Shape::Matches { pattern, .. } = shape else { continue };
            match self.of_pattern(pattern) {
                None if short || bounded(pattern) => return None,
                None => why = Room::Endless,
                Some(room) => why = room,
            }
        }
        Some(why)
    }

    fn of_pattern(&mut self, pattern: &Arc<str>) -> Option<Room> {
        self.0.entry(pattern.clone()).or_insert_with(|| meets(pattern)).clone()
    }
}

/// Whether the pattern itself limits the length: it is bound at both ends and nothing in it goes on for ever.
fn bounded(pattern: &str) -> bool {
    let Ok(tree) = regex_syntax::parse(&spelled_out(pattern)) else { return false };
    use regex_syntax::hir::Look;
    let about = tree.properties();
    about.maximum_len().is_some()
        && about.look_set_prefix().contains(Look::Start)
        && about.look_set_suffix().contains(Look::End)
}

fn automaton(pattern: &str) -> Option<Dfa> {
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .dfa_size_limit(Some(MOST_BYTES))
        .determinize_size_limit(Some(MOST_BYTES));
    let syntax = syntax::Config::new().utf8(false);
    dense::Builder::new().configure(config).syntax(syntax).build(pattern).ok()
}

/// A word that the pattern takes and that does harm: both automata are walked side by side, the shortest words first.
fn meets(pattern: &str) -> Option<Room> {
    let (Some(ours), Some(harm)) = (automaton(&spelled_out(pattern)), &*HARM) else {
        return Some(Room::TooLarge);
    };
    let config = start::Config::new().anchored(Anchored::No);
    let (Ok(a), Ok(b)) = (ours.start_state(&config), harm.start_state(&config)) else {
        return Some(Room::TooLarge);
    };
    // States that give the same for the same bytes are walked once; the bytes that people can read come first.
    let mut bytes: Vec<u8> = Vec::new();
    let mut seen_classes = std::collections::HashSet::new();
    let readable = (b'a'..=b'z').chain(b'-'..=b'9').chain(b'!'..=b'~').chain([b' ']);
    for byte in readable.chain(0..=u8::MAX) {
        if seen_classes.insert((ours.byte_classes().get(byte), harm.byte_classes().get(byte))) {
            bytes.push(byte);
        }
    }
    type Pair = (StateID, StateID, bool, bool);
    let begin: Pair = (a, b, ours.is_match_state(a), harm.is_match_state(b));
    let mut from: HashMap<Pair, (Pair, u8)> = HashMap::new();
    let mut todo = VecDeque::from([begin]);
    from.insert(begin, (begin, 0));
    while let Some(pair) = todo.pop_front() {
        let (a, b, ours_met, harm_met) = pair;
        let ends = ours_met || ours.is_match_state(ours.next_eoi_state(a));
        if ends && (harm_met || harm.is_match_state(harm.next_eoi_state(b))) {
            let mut word = Vec::new();
            let mut at = pair;
            while at != begin {
                let (before, byte) = from[&at];
                word.push(byte);
                at = before;
            }
            word.reverse();
            return Some(Room::Lets(String::from_utf8_lossy(&word).into()));
        }
        if from.len() > MOST_PAIRS {
            return Some(Room::TooLarge);
        }
        for byte in &bytes {
            let (x, y) = (ours.next_state(a, *byte), harm.next_state(b, *byte));
            if ours.is_quit_state(x) || harm.is_quit_state(y) {
                return Some(Room::TooLarge);
            }
            let (ours_met, harm_met) =
                (ours_met || ours.is_match_state(x), harm_met || harm.is_match_state(y));
            if ours.is_dead_state(x) && !ours_met {
                continue;
            }
            let next = (x, y, ours_met, harm_met);
            if let std::collections::hash_map::Entry::Vacant(slot) = from.entry(next) {
                slot.insert((pair, *byte));
                todo.push_back(next);
            }
        }
    }
    None
}

/// A choice of what the file spells out.
pub fn is_choice(ty: &Type, defs: &TypeDefs) -> bool {
    match ty {
        Type::Named(id) => match &defs.get(*id).kind {
            DefKind::Enum(variants) => variants.iter().all(|v| v.fields.is_empty()),
            DefKind::Record(_) => false,
        },
        _ => false,
    }
}

/// A number type without negative values.
pub fn is_positive(ty: &Type) -> bool {
    match ty {
        Type::Refined(r) => {
            // A Float has a negative zero, which is not less than zero.
            let zero = *ty.base() == Type::Int;
            let least = |value: f64, exclusive: bool| value > 0.0 || (value == 0.0 && (zero || exclusive));
            r.shapes
                .iter()
                .any(|s| matches!(s, Shape::Minimum { value, exclusive } if least(*value, *exclusive)))
                || is_positive(&r.base)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_decided_by_what_it_takes() {
        for pattern in [
            r"^[a-z][a-z0-9-]*$",
            r"^[0-9]+\.[0-9]+\.[0-9]+$",
            r"^v\d+$",
            r"^(dev|prod)$",
            r"^\w+$",
            r"^(?:a-b|c)$",
            r"^[a-z]+(\.[a-z]+)*$",
            r"\A[a-f]{3}\z",
            r"^[0-9a-f]{40}$",
        ] {
            assert_eq!(meets(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn a_word_that_it_lets_through_is_shown() {
        let harm = regex::Regex::new(HARMFUL).expect("a pattern");
        for pattern in [
            r".*",
            r"[a-z]+",
            r"^[a-z]+",
            r"[a-z]+$",
            r"^-?[0-9]+$",
            r"^[a-z.]+$",
            r"^[a-z/]+$",
            r"^[^ ]+$",
            r"^@?a$",
            r"^a|b$",
            r"^$",
            r"^[a-z]*$",
            r"^\S+$",
            r"^a\sb$",
            "^a\u{202e}$",
            r"(?m)^a$",
            r"^a.b$",
            r"\bab\b",
        ] {
            let Some(Room::Lets(word)) = meets(pattern) else { panic!("{pattern}: {:?}", meets(pattern)) };
            let regex = crate::types::compiled(pattern).expect("a pattern");
            if !word.contains('\u{fffd}') {
                assert!(regex.is_match(&word) && harm.is_match(&word), "{pattern}: {word:?}");
            }
        }
    }

    #[test]
    fn a_pattern_bounds_its_length_only_if_it_holds_both_ends() {
        for (pattern, is) in [
            (r"^[a-z]{3}$", true),
            (r"^(a|bc)$", true),
            (r"^[a-z]+$", false),
            (r"a", false),
            (r"^a|b$", false),
        ] {
            assert_eq!(bounded(pattern), is, "{pattern}");
        }
    }
}
