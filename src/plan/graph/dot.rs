//! DOT, the language of Graphviz.

use super::flow::{Flow, Line, Part, Shape, flow};
use super::items::Kind;
use crate::plan::model::Plan;
use std::fmt::Write as _;

pub fn dot(plan: &Plan) -> String {
    let flow = flow(plan);
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = writeln!(out, "digraph {} {{", quoted(&plan.workflow));
    out.push_str("    graph [fontname=\"Helvetica\", fontsize=11, compound=true, nodesep=0.3, ranksep=0.35, color=\"#b8c0cc\", style=rounded];\n");
    out.push_str("    node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"filled,rounded\", fillcolor=\"#eef2f7\", color=\"#5b6b80\"];\n");
    out.push_str("    edge [fontname=\"Helvetica\", fontsize=10, color=\"#5b6b80\"];\n");
    parts(&flow, &flow.parts, 1, &mut 0, &mut out);
    for arrow in &flow.arrows {
        let mut set = Vec::new();
        if !arrow.label.is_empty() {
            set.push(format!("label={}", quoted(&arrow.label)));
        }
        match arrow.line {
            Line::Way => {}
            Line::Back => set.push("constraint=false".into()),
            Line::Undo => set.push("style=dashed".into()),
            Line::Guard => {
                set.push("style=dotted, color=\"#c0392b\", fontcolor=\"#c0392b\", constraint=false".into());
            }
        }
        let set = if set.is_empty() { String::new() } else { format!(" [{}]", set.join(", ")) };
        let _ = writeln!(out, "    n{} -> n{}{set};", arrow.from, arrow.to);
    }
    out.push_str("}\n");
    out
}

fn parts(flow: &Flow, list: &[Part], depth: usize, groups: &mut usize, out: &mut String) {
    let pad = "    ".repeat(depth.min(12));
    for part in list {
        match part {
            Part::Spot(i) => {
                let spot = &flow.spots[*i];
                let text = quoted(&spot.label.rows.join("\n"));
                let look = match spot.shape {
                    Shape::Start | Shape::Stop => "shape=oval, fillcolor=\"#e5f4ea\", color=\"#2f855a\"",
                    Shape::Bar => {
                        "shape=box, style=filled, fillcolor=\"#1b2430\", height=0.06, width=1.2, fixedsize=true"
                    }
                    Shape::Of(kind) => match kind {
                        Kind::Gate => {
                            "shape=diamond, style=filled, fillcolor=\"#fff3d6\", color=\"#b7791f\", margin=0"
                        }
                        Kind::Condition | Kind::Loop => {
                            "shape=hexagon, style=filled, fillcolor=\"#ffffff\", color=\"#8a94a3\""
                        }
                        Kind::Question => "fillcolor=\"#e8e6fb\", color=\"#5b4fc4\"",
                        Kind::Wait => "fillcolor=\"#ffffff\"",
                        Kind::Write => "shape=note, style=filled",
                        Kind::Vouch => "fillcolor=\"#fff3d6\"",
                        Kind::Command => "",
                        Kind::End | Kind::Turn => "shape=oval, fillcolor=\"#ffffff\"",
                    },
                };
                let guarded = match spot.label.after.is_empty() {
                    true => "",
                    false => ", fillcolor=\"#fde8e8\", color=\"#c0392b\", penwidth=2",
                };
                let look = if look.is_empty() { String::new() } else { format!(", {look}") };
                let tip = quoted(&spot.label.whole);
                let _ = writeln!(out, "{pad}n{i} [label={text}, tooltip={tip}{look}{guarded}];");
            }
            Part::Group(title, inner) => {
                let _ = writeln!(out, "{pad}subgraph cluster_{groups} {{");
                *groups += 1;
                let _ = writeln!(out, "{pad}    label={};", quoted(&title.join("\n")));
                parts(flow, inner, depth + 1, groups, out);
                let _ = writeln!(out, "{pad}}}");
            }
        }
    }
}

/// A quoted string; a backslash is itself, a line end a new row.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
