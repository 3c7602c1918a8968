//! The laid-out picture as SVG: no script, no outside reference, every text escaped.

use super::items::Kind;
use super::layout::picture;
use super::shape::{LETTER, Look, ROW, Shape};
use crate::plan::model::Plan;
use std::fmt::Write as _;

const STYLE: &str = "text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#1b2430}\
.small{font-size:11px;fill:#5b6b80}.title{font-weight:bold;fill:#3c4a5e}.after{fill:#a02818}.head{font-weight:bold}\
.box{fill:#eef2f7;stroke:#5b6b80}.ask{fill:#e8e6fb;stroke:#5b4fc4}.gate{fill:#fff3d6;stroke:#b7791f;stroke-width:1.5}\
.if{fill:#fff;stroke:#8a94a3}.end{fill:#e5f4ea;stroke:#2f855a}.no{fill:#fdeeee;stroke:#c0392b}\
.turn{fill:#fff;stroke:#8a94a3;stroke-dasharray:4 3}\
.vouch{fill:#fff3d6;stroke:#b7791f}.guarded{stroke:#c0392b;stroke-width:2}\
.frame{fill:#fbfcfd;stroke:#c5ccd6}.dashed{stroke-dasharray:5 4}.way{fill:none;stroke:#5b6b80}\
.back{fill:none;stroke:#5b6b80;stroke-dasharray:6 3}.refuse{fill:none;stroke:#c0392b}\
.guard{fill:none;stroke:#c0392b;stroke-width:1;stroke-dasharray:1.5 3;opacity:.75}.bar{fill:#1b2430}.dead{opacity:.4}";

pub fn svg(plan: &Plan) -> String {
    let all = picture(plan);
    let (w, h) = (all.w.ceil(), all.h.ceil());
    // Writing to a String cannot fail.
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\">"
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(&format!("workflow {}", plan.workflow)));
    let _ = writeln!(out, "<style>{STYLE}</style>");
    for (id, color) in [("way", "#5b6b80"), ("no", "#c0392b")] {
        let _ = writeln!(
            out,
            "<marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"{color}\"/></marker>"
        );
    }
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
    // Frames lie below lines, lines below boxes.
    for layer in 0..3 {
        all.shapes.iter().filter(|s| self::layer(s) == layer).for_each(|s| shape(s, &mut out));
    }
    out.push_str("</svg>\n");
    out
}

fn layer(shape: &Shape) -> u8 {
    match shape {
        Shape::Frame { .. } => 0,
        Shape::Line { .. } => 1,
        _ => 2,
    }
}

fn shape(shape: &Shape, out: &mut String) {
    let _ = match shape {
        Shape::Frame { x, y, w, h, title, dashed } => {
            let class = if *dashed { "frame dashed" } else { "frame" };
            let _ = writeln!(
                out,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"6\"/>"
            );
            for (i, row) in title.iter().enumerate() {
                let class = if i == 0 { "title" } else { "small" };
                let y = y + 17.0 + i as f64 * ROW;
                let _ = writeln!(
                    out,
                    "<text class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                    x + 10.0,
                    escaped(row)
                );
            }
            Ok(())
        }
        Shape::Line { points, arrow, line } => {
            let (class, marker) = match line {
                Look::Way => ("way", "way"),
                Look::Back => ("back", "way"),
                Look::No => ("refuse", "no"),
                Look::Guard => ("guard", "no"),
            };
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let marker = if *arrow { format!(" marker-end=\"url(#{marker})\"") } else { String::new() };
            writeln!(out, "<polyline class=\"{class}\" points=\"{}\"{marker}/>", points.join(" "))
        }
        Shape::Text { x, y, text, end } => {
            let anchor = if *end { " text-anchor=\"end\"" } else { "" };
            writeln!(out, "<text class=\"small\" x=\"{x:.1}\" y=\"{y:.1}\"{anchor}>{}</text>", escaped(text))
        }
        Shape::Bar { x, y, w } => {
            writeln!(
                out,
                "<rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"4\" rx=\"2\"/>"
            )
        }
        Shape::Dot { x, y } => writeln!(out, "<circle class=\"bar\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
        Shape::Box { x, y, w, h, label, dead } => {
            let class = match label.kind {
                Kind::Gate => "gate",
                Kind::Question => "ask",
                Kind::Condition | Kind::Loop | Kind::Wait => "if",
                Kind::End if label.whole.starts_with("fail") || label.whole == "rejected" => "no",
                Kind::End => "end",
                Kind::Turn => "turn",
                Kind::Vouch => "vouch",
                Kind::Command | Kind::Write => "box",
            };
            let guarded = if label.after.is_empty() { "" } else { " guarded" };
            let faded = if *dead { " class=\"dead\"" } else { "" };
            let _ = writeln!(out, "<g{faded}><title>{}</title>", escaped(&label.whole));
            let (r, b, cx, cy) = (x + w, y + h, x + w / 2.0, y + h / 2.0);
            let _ = match label.kind {
                Kind::Gate => writeln!(
                    out,
                    "<polygon class=\"{class}{guarded}\" points=\"{cx:.1},{y:.1} {r:.1},{cy:.1} {cx:.1},{b:.1} {x:.1},{cy:.1}\"/>"
                ),
                Kind::Condition | Kind::Loop => {
                    let (a, c) = (x + 14.0, r - 14.0);
                    writeln!(
                        out,
                        "<polygon class=\"{class}{guarded}\" points=\"{a:.1},{y:.1} {c:.1},{y:.1} {r:.1},{cy:.1} {c:.1},{b:.1} {a:.1},{b:.1} {x:.1},{cy:.1}\"/>"
                    )
                }
                kind => {
                    let round = match kind {
                        Kind::End | Kind::Turn => h / 2.0,
                        Kind::Question | Kind::Wait => 10.0,
                        _ => 3.0,
                    };
                    writeln!(
                        out,
                        "<rect class=\"{class}{guarded}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{round:.1}\"/>"
                    )
                }
            };
            let first = cy - (label.rows.len() as f64 - 1.0) * ROW / 2.0 + 4.0;
            for (i, row) in label.rows.iter().enumerate() {
                let after = label.rows.len() - i <= label.after.len();
                let class = match (after, i, label.kind) {
                    (true, ..) => " class=\"after\"",
                    (_, 0, Kind::Gate | Kind::Question) => " class=\"head\"",
                    _ => "",
                };
                let y = first + i as f64 * ROW;
                let length = crate::ui::escape::width(row) as f64 * LETTER;
                let _ = writeln!(
                    out,
                    "<text{class} x=\"{cx:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                    escaped(row)
                );
            }
            writeln!(out, "</g>")
        }
    };
}

/// For XML: its own signs, and what it does not allow at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
