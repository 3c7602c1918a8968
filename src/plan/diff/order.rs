//! What only computes must be the same, and everything in the same order.

use super::report::{Judged, PlanDiff};
use crate::plan::model::{Token, Weight};
use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::HashMap;

/// `known`: whether the old version has a word anywhere.
pub fn order(old: &[Token], new: &[Token], known: &dyn Fn(&str) -> bool, out: &mut PlanDiff) {
    let texts = |list: &[Token]| list.iter().map(|t| t.text.clone()).collect::<Vec<_>>();
    let (before, after) = (texts(old), texts(new));
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        if op.tag() != DiffTag::Equal {
            gone.extend(&old[op.old_range()]);
            come.extend(&new[op.new_range()]);
        }
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    gone.iter().for_each(|t| *left.entry(&t.text).or_default() += 1);
    let mut moved: HashMap<&str, usize> = HashMap::new();
    for token in &come {
        let was = left.get_mut(token.text.as_str()).filter(|n| **n > 0);
        if let Some(n) = was {
            *n -= 1;
            *moved.entry(&token.text).or_default() += 1;
            out.add(Judged::Unsure, token.text.clone(), "stands in another place".into(), &token.place);
        } else if token.weight != Weight::Judged && !names_anew(&token.text, known) {
            out.add(
                Judged::Unsure,
                token.text.clone(),
                "is new: what it changes is not known".into(),
                &token.place,
            );
        }
    }
    for token in gone {
        if let Some(n) = moved.get_mut(token.text.as_str()).filter(|n| **n > 0) {
            *n -= 1;
        } else if token.weight == Weight::Plain {
            out.gone(
                Judged::Unsure,
                token.text.clone(),
                "is gone: what that changes is not known".into(),
                &token.place,
            );
        }
    }
}

/// A `let` of a name that was not there before: nothing that was there means anything else by it.
fn names_anew(text: &str, known: &dyn Fn(&str) -> bool) -> bool {
    let Some(rest) = text.strip_prefix("let ") else { return false };
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let simple = rest[name.len()..].starts_with(" = ") || rest[name.len()..].starts_with(": ");
    !name.is_empty() && simple && !known(&name)
}
