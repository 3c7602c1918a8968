//! Types, constants, functions and agents: whether they are the same.

use super::report::{Judged, PlanDiff};
use crate::check::Program;
use crate::plan::model::Place;
use crate::plan::source::place;
use crate::source::Origin;
use crate::syntax::ast::{CallableKind, Item, ItemKind, UseSource};
use crate::syntax::print_item;
use std::collections::BTreeMap;

/// What its text is, without comments, and where it stands.
type Declared = BTreeMap<String, (String, Place)>;

pub fn declared(old: &Program, new: &Program, out: &mut PlanDiff) {
    let (before, after) = (items(old), items(new));
    for (name, (text, at)) in &after {
        match before.get(name) {
            Some((was, place)) if was != text => {
                let why = "is declared otherwise: what that changes is not known".to_owned();
                out.pair(Judged::Unsure, name.clone(), why, at, place);
            }
            // What is new does nothing by itself, and what is gone nothing at all.
            _ => {}
        }
    }
}

fn items(program: &Program) -> Declared {
    let mut out = Declared::new();
    for (i, module) in program.modules.iter().enumerate() {
        let file = program.sources.file(module.ast.id);
        // The library is part of the program itself: the same on both sides.
        if file.origin == Origin::Std {
            continue;
        }
        let prefix = if i == 0 { String::new() } else { format!("{}: ", file.name) };
        for item in &module.ast.items {
            if let Some(name) = name(item) {
                let bare = Item { docs: None, attributes: Vec::new(), ..item.clone() };
                let text = print_item(&undocumented(bare));
                out.insert(format!("{prefix}{name}"), (text, place(&program.sources, item.span)));
            }
        }
    }
    out
}

/// Of what is not compared otherwise: tasks and workflows are by what they do, agents where they are asked.
fn name(item: &Item) -> Option<String> {
    Some(match &item.kind {
        ItemKind::Use(u) => match (&u.alias, &u.source) {
            (Some(alias), _) => format!("use {}", alias.name),
            (None, UseSource::Library(name)) => format!("use {}", name.name),
            (None, UseSource::File { path, .. }) => format!("use {path}"),
        },
        ItemKind::Type(t) => format!("type {}", t.name.name),
        ItemKind::Enum(e) => format!("enum {}", e.name.name),
        ItemKind::Const(c) => format!("const {}", c.name.name),
        ItemKind::Callable(c) if c.kind == CallableKind::Fn => format!("fn {}", c.name.name),
        ItemKind::Callable(_) | ItemKind::Agent(_) | ItemKind::Policy(_) | ItemKind::Test(_) => return None,
    })
}

/// What is written for readers alone says nothing about what happens.
fn undocumented(mut item: Item) -> Item {
    match &mut item.kind {
        ItemKind::Type(t) => {
            if let crate::syntax::ast::TypeBody::Record(fields) = &mut t.body {
                fields.iter_mut().for_each(|f| f.docs = None);
            }
        }
        ItemKind::Enum(e) => {
            for variant in &mut e.variants {
                variant.docs = None;
                variant.fields.iter_mut().for_each(|f| f.docs = None);
            }
        }
        ItemKind::Callable(c) => c.params.iter_mut().for_each(|p| p.docs = None),
        _ => {}
    }
    item
}
