//! What a change of a file would newly allow, by comparing the plans of both versions.
//!
//! **What is promised.** If nothing is newly allowed and nothing unsure, then the new version does nothing of the
//! outside that the old one could not do, under the same conditions, behind the same gates, at most as often. Every
//! effect of the new version has one of the old version's of its own that covers it (`facts`, `compare`); what
//! only computes is the same, in the same order (`order`); so are the types, constants and functions (`declared`);
//! no rule of a policy was widened (`rules`).
//!
//! **What it cannot tell.** How values are computed is not understood. A statement that computes differently is
//! reported as such; whether it matters is for people to say. Values are compared by what their types allow.

mod compare;
mod covers;
mod declared;
mod facts;
mod order;
mod report;
mod rules;

pub use report::{Entry, PlanDiff, Side, schema, text};

use super::build::{Setting, plan};
use super::model::{ModeName, Place, Plan};
use crate::check::Program;
use crate::diagnostics::Failure;
use crate::interpreter::Lowered;
use crate::policy::Config;
use report::Judged;
use std::collections::HashSet;

/// One of the two versions.
#[derive(Clone, Copy)]
pub struct Version<'a> {
    pub program: &'a Program,
    pub config: Option<&'a Config>,
    /// As the person named it.
    pub name: &'a str,
}

impl Version<'_> {
    fn plans(&self, lowered: &Lowered, only: Option<&str>) -> Result<Vec<Plan>, Box<Failure>> {
        let setting = Setting {
            program: self.program,
            lowered,
            config: self.config,
            mode: ModeName::Ai,
            file: self.name,
            canonical: true,
        };
        let wanted = self.program.workflows().filter(|w| only.is_none_or(|name| *w.name == *name));
        wanted.map(|w| plan(setting, w.id, &None)).collect()
    }
}

/// Compares all workflows of a file, or one.
pub fn diff(old: Version<'_>, new: Version<'_>, only: Option<&str>) -> Result<PlanDiff, Box<Failure>> {
    let before = old.plans(&Lowered::new(old.program), only)?;
    let after = new.plans(&Lowered::new(new.program), only)?;
    let mut out = PlanDiff::new(old.name, new.name);
    let words: HashSet<&str> = old
        .program
        .own_files()
        .flat_map(|f| f.text.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .collect();
    for plan in &after {
        let was = before.iter().find(|p| p.workflow == plan.workflow);
        workflow(was, plan, &|word| words.contains(word), &mut out);
        let whole = plan.complete && was.is_none_or(|w| w.complete);
        if !whole && !same_text(old.program, new.program) {
            let name = format!("workflow {}", plan.workflow);
            out.add(Judged::Unsure, name, "is too large to be compared whole".into(), &plan.place);
        }
    }
    for gone in before.iter().filter(|p| !after.iter().any(|a| a.workflow == p.workflow)) {
        out.add(Judged::Less, format!("workflow {}", gone.workflow), "is gone".into(), &gone.place);
    }
    declared::declared(old.program, new.program, &mut out);
    rules::rules(old, new, &mut out);
    out.sort();
    Ok(out)
}

fn workflow(was: Option<&Plan>, plan: &Plan, known: &dyn Fn(&str) -> bool, out: &mut PlanDiff) {
    let name = format!("workflow {}", plan.workflow);
    let Some(was) = was else {
        out.add(Judged::New, name, "can be started".into(), &plan.place);
        compare::compare(&facts::Facts::default(), &facts::Facts::of(plan), out);
        return;
    };
    if plan.agent_startable && !was.agent_startable {
        out.add(Judged::New, name.clone(), "may be started by an AI".into(), &plan.place);
    } else if was.agent_startable && !plan.agent_startable {
        out.add(Judged::Less, name.clone(), "may be started by an AI".into(), &plan.place);
    }
    params(was, plan, &name, out);
    compare::compare(&facts::Facts::of(was), &facts::Facts::of(plan), out);
    order::order(&was.tokens, &plan.tokens, known, out);
}

fn same_text(old: &Program, new: &Program) -> bool {
    let texts = |p: &Program| p.modules.iter().map(|m| crate::syntax::print(&m.ast)).collect::<Vec<_>>();
    texts(old) == texts(new)
}

/// What is given can be more, or something else where nothing is given.
fn params(was: &Plan, plan: &Plan, name: &str, out: &mut PlanDiff) {
    let mut differs = |why: String, place: &Place| out.add(Judged::Unsure, name.to_owned(), why, place);
    for param in &plan.params {
        let default = |d: &Option<String>| d.clone().unwrap_or_else(|| "no default".into());
        match was.params.iter().find(|p| p.name == param.name) {
            None => differs(format!("takes a further parameter `{}`", param.name), &plan.place),
            Some(old) => {
                if old.ty != param.ty {
                    differs(
                        format!("takes {} for `{}` instead of {}", param.ty, param.name, old.ty),
                        &plan.place,
                    );
                }
                if old.default != param.default {
                    let (now, before) = (default(&param.default), default(&old.default));
                    differs(format!("`{}` has {now} instead of {before}", param.name), &plan.place);
                }
            }
        }
    }
    for gone in was.params.iter().filter(|o| !plan.params.iter().any(|p| p.name == o.name)) {
        differs(format!("takes no `{}` any more", gone.name), &plan.place);
    }
    if was.result != plan.result {
        differs(format!("gives {} instead of {}", plan.result, was.result), &plan.place);
    }
}
