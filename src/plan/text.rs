//! A plan for people: what happens first stands first, what belongs to something stands indented below it.

mod nodes;
mod page;

use super::model::*;
use crate::ui::escape;
use crate::ui::style::{Paint, Style};
use page::Page;

/// As lines of at most about `width` columns.
pub fn text(plan: &Plan, style: Style, width: usize) -> String {
    let mut page = Page::new(style, width, plan.place.file.clone());
    head(&mut page, plan);
    if plan.body.is_empty() {
        page.blank();
        page.dim(0, "Nothing of it touches the outside.");
    }
    nodes::top(&mut page, &plan.body);
    foot(&mut page, plan);
    page.finish()
}

fn head(page: &mut Page, plan: &Plan) {
    let params: Vec<String> = plan
        .params
        .iter()
        .map(|p| match &p.value {
            Some(value) => format!("{}: {}", p.name, shown(value)),
            None => format!("{}: {}", p.name, p.ty),
        })
        .collect();
    let signature = format!("({}) -> {}", params.join(", "), plan.result);
    page.line(
        0,
        &[(Some(Paint::Bold), "workflow "), (Some(Paint::Bold), &plan.workflow), (None, &signature)],
        Some(&plan.place),
    );
    if let Some(about) = &plan.about {
        let first = about.split("\n\n").next().unwrap_or(about).replace('\n', " ");
        page.dim(0, &first);
    }
    if plan.mode != ModeName::Ai {
        let text = match plan.mode {
            ModeName::Pure => "mode pure: no AI is asked, what stands after `otherwise` serves",
            _ => "mode interactive: each question is a conversation",
        };
        page.dim(0, text);
    }
    if !plan.configured {
        page.painted(
            0,
            Paint::Warn,
            "There is no wflow.toml: `wflow run` shows what the file wants to do, and asks once.",
        );
    }
}

fn foot(page: &mut Page, plan: &Plan) {
    for (title, paint, list) in [
        ("A run would end here:", Paint::Bad, &plan.refused),
        ("Allowed or not by a value that is not known yet:", Paint::Warn, &plan.depends),
        ("The file vouches for:", Paint::Warn, &plan.vouches),
    ] {
        if list.is_empty() {
            continue;
        }
        page.blank();
        page.painted(0, paint, title);
        for m in list {
            page.line(1, &[(None, &escape::line(&m.text))], Some(&m.place));
            page.dim(2, &escape::line(&m.why));
        }
    }
    if !plan.complete {
        page.blank();
        page.painted(
            0,
            Paint::Warn,
            "The plan is too large to be shown whole: calls marked … are not expanded.",
        );
    }
    page.blank();
    let uses = &plan.uses;
    let count = |n: usize, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts: Vec<String> = [
        count(uses.commands.len(), "command", "commands"),
        count(uses.writes.len(), "file written", "files written"),
        count(uses.agents.len(), "AI asked", "AIs asked"),
        count(uses.gates.len(), "gate", "gates"),
        count(uses.secrets.len(), "secret", "secrets"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !parts.is_empty() {
        page.dim(0, &format!("{}. Nothing was done.", parts.join(", ")));
    }
}

/// A value of JSON, short and safe to look at.
fn shown(value: &serde_json::Value) -> String {
    escape::fit(&crate::ui::json::compact(value), 60)
}
