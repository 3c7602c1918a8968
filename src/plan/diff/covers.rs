//! Whether what a command or a path can be in one version, it can be in the other.

use super::facts::Subject;
use crate::plan::model::{Bit, Open, WordShape};

pub fn covers(old: &Subject, new: &Subject) -> bool {
    match (old, new) {
        (Subject::Command(old), Subject::Command(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(o, n)| word(o, n))
        }
        (Subject::Path(old), Subject::Path(new)) => bits(old, new),
        (Subject::Whole, Subject::Whole) => true,
        _ => false,
    }
}

fn word(old: &WordShape, new: &WordShape) -> bool {
    if old.spread != new.spread {
        return false;
    }
    // A value could not be an option before, unless a rule spells it; what stands in the file can.
    let option =
        |w: &WordShape| w.spelled && matches!(w.bits.first(), Some(Bit::Lit(t)) if t.starts_with('-'));
    if option(new) && !option(old) {
        return false;
    }
    bits(&old.bits, &new.bits)
}

/// Texts piece by piece; where one hole takes a whole text, all of it.
fn bits(old: &[Bit], new: &[Bit]) -> bool {
    let (old, new) = (joined(old), joined(new));
    if let ([Bit::Hole(hole)], [Bit::Lit(text)]) = (&old[..], &new[..]) {
        return takes(hole, text);
    }
    old.len() == new.len()
        && old.iter().zip(&new).all(|(o, n)| match (o, n) {
            (Bit::Lit(o), Bit::Lit(n)) => o == n,
            (Bit::Hole(o), Bit::Hole(n)) => hole(o, n),
            (Bit::Hole(_), Bit::Lit(_)) | (Bit::Lit(_), Bit::Hole(_)) => false,
        })
}

fn joined(bits: &[Bit]) -> Vec<Bit> {
    let mut out: Vec<Bit> = Vec::new();
    for bit in bits {
        match (out.last_mut(), bit) {
            (_, Bit::Lit(t)) if t.is_empty() => {}
            (Some(Bit::Lit(before)), Bit::Lit(t)) => before.push_str(t),
            _ => out.push(bit.clone()),
        }
    }
    out
}

fn takes(hole: &Open, text: &str) -> bool {
    match &hole.values {
        Some(values) => values.iter().any(|v| **v == *text),
        None => hole.ty == "Text",
    }
}

/// Declared types are compared by name: that a declaration has changed is said by itself.
fn hole(old: &Open, new: &Open) -> bool {
    if old.ty == new.ty || old.ty == "Text" {
        return true;
    }
    match (&old.values, &new.values) {
        (Some(o), Some(n)) => n.iter().all(|v| o.contains(v)),
        _ => false,
    }
}
