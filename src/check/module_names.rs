//! How policies call modules: `work` in `allow work.create after gate commitment`.

use super::program::ModuleId;
use crate::source::{Origin, SourceFile};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// By module, all its names: those that the named file gives it, or, where that does not use it, those that
/// other modules give it; at last, of one of the standard library, its own. The named file has none.
pub(crate) fn module_names<'a>(
    modules: impl Iterator<Item = (&'a HashMap<Arc<str>, ModuleId>, &'a Arc<SourceFile>)>,
) -> Vec<Vec<Arc<str>>> {
    let modules: Vec<_> = modules.collect();
    let mut names: Vec<BTreeSet<Arc<str>>> = vec![BTreeSet::new(); modules.len()];
    let named = modules.first().map(|(uses, _)| *uses);
    for (name, id) in named.into_iter().flatten() {
        names[id.0 as usize].insert(name.clone());
    }
    let settled: Vec<bool> = names.iter().map(|names| !names.is_empty()).collect();
    for (name, id) in modules.iter().skip(1).flat_map(|(uses, _)| uses.iter()) {
        if !settled[id.0 as usize] {
            names[id.0 as usize].insert(name.clone());
        }
    }
    let mut names: Vec<Vec<Arc<str>>> = names.into_iter().map(|set| set.into_iter().collect()).collect();
    for (names, (_, file)) in names.iter_mut().zip(&modules) {
        if file.origin == Origin::Std
            && let Some(own) = file.name.strip_prefix("std/").and_then(|n| n.strip_suffix(".wflow"))
            && !names.iter().any(|name| **name == *own)
        {
            names.push(own.into());
        }
    }
    names
}
