//! Mermaid, as Markdown renderers draw it.

use super::flow::{Flow, Line, Part, Shape, flow};
use super::items::Kind;
use crate::plan::model::Plan;
use std::fmt::Write as _;

pub fn mermaid(plan: &Plan) -> String {
    let flow = flow(plan);
    let mut out = String::from("flowchart TD\n");
    parts(&flow, &flow.parts, 1, &mut 0, &mut out);
    let mut guards = Vec::new();
    for (i, arrow) in flow.arrows.iter().enumerate() {
        if arrow.line == Line::Guard {
            guards.push(i.to_string());
        }
        let line = match arrow.line {
            Line::Way | Line::Back => "-->",
            Line::Undo | Line::Guard => "-.->",
        };
        let label = match arrow.label.is_empty() {
            true => String::new(),
            false => format!("|\"{}\"|", escaped(&arrow.label)),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "    n{} {line}{label} n{}", arrow.from, arrow.to);
    }
    if !guards.is_empty() {
        let _ = writeln!(out, "    linkStyle {} stroke:#c0392b", guards.join(","));
    }
    for (class, style) in CLASSES {
        let of: Vec<String> = flow
            .spots
            .iter()
            .enumerate()
            .filter(|(_, s)| self::class(s.shape, !s.label.after.is_empty()) == *class)
            .map(|(i, _)| format!("n{i}"))
            .collect();
        if !of.is_empty() {
            let _ = writeln!(out, "    classDef {class} {style}");
            let _ = writeln!(out, "    class {} {class}", of.join(","));
        }
    }
    out
}

const CLASSES: &[(&str, &str)] = &[
    ("person", "fill:#fff3d6,stroke:#b7791f,color:#3d2b00"),
    ("guarded", "fill:#fde8e8,stroke:#c0392b,stroke-width:2px,color:#3b0d0d"),
    ("effect", "fill:#eef2f7,stroke:#5b6b80,color:#1b2430"),
    ("machine", "fill:#e8e6fb,stroke:#5b4fc4,color:#1f1a4d"),
    ("way", "fill:#ffffff,stroke:#8a94a3,color:#1b2430"),
    ("bar", "fill:#1b2430,stroke:#1b2430,color:#1b2430"),
    ("finish", "fill:#e5f4ea,stroke:#2f855a,color:#123524"),
];

fn class(shape: Shape, guarded: bool) -> &'static str {
    match shape {
        _ if guarded => "guarded",
        Shape::Start | Shape::Stop => "finish",
        Shape::Bar => "bar",
        Shape::Of(kind) => match kind {
            Kind::Gate => "person",
            Kind::Command | Kind::Write | Kind::Vouch => "effect",
            Kind::Question => "machine",
            Kind::Condition | Kind::Loop | Kind::Wait | Kind::End | Kind::Turn => "way",
        },
    }
}

fn parts(flow: &Flow, list: &[Part], depth: usize, groups: &mut usize, out: &mut String) {
    let pad = "    ".repeat(depth.min(12));
    for part in list {
        match part {
            Part::Spot(i) => {
                let spot = &flow.spots[*i];
                let text: Vec<String> = spot.label.rows.iter().map(|r| escaped(r)).collect();
                let text = text.join("<br/>");
                let text = if text.is_empty() { " ".to_owned() } else { text };
                let (open, close) = match spot.shape {
                    Shape::Start | Shape::Stop => ("([", "])"),
                    Shape::Bar => ("[", "]"),
                    Shape::Of(Kind::Gate) => ("{", "}"),
                    Shape::Of(Kind::Condition | Kind::Loop) => ("{{", "}}"),
                    Shape::Of(Kind::Question | Kind::Wait) => ("(", ")"),
                    Shape::Of(Kind::End | Kind::Turn) => ("([", "])"),
                    Shape::Of(Kind::Write) => ("[/", "/]"),
                    Shape::Of(Kind::Command | Kind::Vouch) => ("[", "]"),
                };
                let _ = writeln!(out, "{pad}n{i}{open}\"{text}\"{close}");
            }
            Part::Group(title, inner) => {
                // Mermaid leaves room for one row.
                let title = escaped(&crate::ui::escape::fit(&title.join(": "), 48));
                let _ = writeln!(out, "{pad}subgraph g{groups}[\"{title}\"]");
                *groups += 1;
                parts(flow, inner, depth + 1, groups, out);
                let _ = writeln!(out, "{pad}end");
            }
        }
    }
}

/// Everything that could mean something to Mermaid or to HTML is a number.
fn escaped(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || !c.is_ascii() || " ._-/:,=()+*?!@'".contains(c);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match plain(c) {
            true => out.push(c),
            false => {
                let _ = write!(out, "#{};", c as u32);
            }
        }
    }
    out
}
