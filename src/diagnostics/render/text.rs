//! Findings drawn for people.

use super::clean::{clean, clean_line, wrap};
use super::excerpt::Excerpt;
use super::place::Place;
use super::{Style, severity_name};
use crate::diagnostics::{Code, Diagnostic, ErrorKind, Failure, Label, Severity};
use crate::source::{FileId, SourceMap};
use ariadne::{Color, Fmt};
use std::collections::HashMap;
use std::fmt::Write;

/// What a diagnostic and a failure have in common.
struct Finding<'a> {
    severity: Severity,
    /// `error`, `rejected` …
    word: &'a str,
    code: Code,
    message: &'a str,
    primary: Option<Label>,
    secondary: &'a [Label],
    notes: &'a [String],
    help: &'a [String],
}

/// More findings than this are not drawn but listed, a line each: nobody scrolls through them.
const MOST_DRAWN: usize = 200;

/// Each finding with its piece of source, and at the end where more can be read.
pub fn text(diagnostics: &[Diagnostic], sources: &SourceMap, style: &Style) -> String {
    let mut out = String::new();
    let mut codes: Vec<Code> = Vec::new();
    let (drawn, listed) = diagnostics.split_at(diagnostics.len().min(MOST_DRAWN));
    for d in drawn {
        let finding = Finding {
            severity: d.severity,
            word: severity_name(d.severity),
            code: d.code,
            message: &d.message,
            primary: Some(d.primary.clone()),
            secondary: &d.secondary,
            notes: &[],
            help: &d.help,
        };
        finding.draw(&mut out, sources, style);
        out.push('\n');
        if !codes.contains(&d.code) {
            codes.push(d.code);
        }
    }
    if !listed.is_empty() {
        let _ = writeln!(out, "{}", super::short(listed, sources));
    }
    explain_hint(&mut out, &codes);
    out
}

/// An error of a run.
pub fn failure(failure: &Failure, sources: &SourceMap, style: &Style) -> String {
    let mut out = String::new();
    let finding = Finding {
        severity: Severity::Error,
        word: match failure.kind {
            ErrorKind::Rejected => "rejected",
            ErrorKind::InDoubt => "in doubt",
            _ => "error",
        },
        code: failure.code,
        message: &failure.message,
        primary: failure.span.map(|span| Label { span, text: failure.label.clone() }),
        secondary: &[],
        notes: &failure.notes,
        help: &failure.help,
    };
    finding.draw(&mut out, sources, style);
    out
}

/// Once at the end, however many findings there are.
fn explain_hint(out: &mut String, codes: &[Code]) {
    let Some((first, others)) = codes.split_first() else { return };
    let _ = match others {
        [] => writeln!(out, "More about it: wflow explain {first}\n"),
        _ => {
            let list = others.iter().take(6).map(|c| c.id()).collect::<Vec<_>>().join(", ");
            let more = if others.len() > 6 { ", …" } else { "" };
            writeln!(out, "More about them: wflow explain {first} (and {list}{more})\n")
        }
    };
}

impl Finding<'_> {
    fn color(&self) -> Color {
        match self.severity {
            Severity::Error => Color::Red,
            Severity::Warning => Color::Yellow,
            Severity::Note => Color::Blue,
        }
    }

    fn draw(&self, out: &mut String, sources: &SourceMap, style: &Style) {
        let head = format!("{}[{}]", self.word, self.code);
        let message = wrap(&format!("{head}: {}", clean(self.message)), style.width.max(40));
        for (i, line) in message.iter().enumerate() {
            let _ = match line.strip_prefix(&head) {
                Some(rest) if i == 0 && style.color => {
                    writeln!(out, "{}{rest}", head.as_str().fg(self.color()))
                }
                _ if i == 0 => writeln!(out, "{line}"),
                _ => writeln!(out, "  {line}"),
            };
        }
        let width = style.width.saturating_sub(12).max(40);
        if let Some(drawing) = self.drawing(sources, style, width) {
            out.push_str(&drawing);
        }
        for note in self.notes {
            block(out, "note", note, style, Color::Blue);
        }
        for help in self.help {
            block(out, "help", help, style, Color::Green);
        }
    }

    /// The source with its labels; none where the place is not known.
    fn drawing(&self, sources: &SourceMap, style: &Style, width: usize) -> Option<String> {
        let primary = self.primary.as_ref()?;
        // A file that could not be read has no text to show; the message names it.
        sources.get(primary.span.file).filter(|f| !f.text.is_empty())?;
        let own = Place::of(primary.span, sources)?;
        let own_file = primary.span.file;
        let mut by_file: Vec<(FileId, Vec<(&Label, Place<'_>)>)> = vec![(own_file, vec![(primary, own)])];
        for label in self.secondary {
            let Some(place) = Place::of(label.span, sources) else { continue };
            match by_file.iter_mut().find(|(f, _)| *f == label.span.file) {
                Some((_, labels)) => labels.push((label, place)),
                None => by_file.push((label.span.file, vec![(label, place)])),
            }
        }
        let mut cache = Cache::default();
        // Each label with its file's rank and its last line: in any other order a file is drawn in pieces.
        let mut labels = Vec::new();
        let mut start = 0;
        for (rank, (file, of_file)) in by_file.iter().enumerate() {
            let places: Vec<Place<'_>> = of_file.iter().map(|(_, p)| *p).collect();
            let excerpt = Excerpt::of(&places, width);
            for ((label, place), range) in of_file.iter().zip(excerpt.ranges.iter().cloned()) {
                let is_primary = std::ptr::eq(*label, primary);
                if is_primary {
                    start = range.start;
                }
                let text = match clean_line(&label.text) {
                    t if t.is_empty() => "here".into(),
                    t => t,
                };
                let range = excerpt.shortened(range, style.width, text.chars().count());
                let mut drawn = ariadne::Label::new((file.0, range)).with_message(text);
                if style.color {
                    drawn = drawn.with_color(if is_primary { self.color() } else { Color::Blue });
                }
                labels.push(((rank, place.to.line), drawn.with_priority(i32::from(is_primary))));
            }
            let source = ariadne::Source::from(excerpt.text);
            cache.sources.insert(file.0, (source, of_file[0].1.show()));
        }
        labels.sort_by_key(|(order, _)| *order);
        let config = ariadne::Config::new()
            .with_color(style.color)
            .with_index_type(ariadne::IndexType::Char)
            .with_char_set(if style.unicode { ariadne::CharSet::Unicode } else { ariadne::CharSet::Ascii });
        let mut report = ariadne::Report::build(ariadne::ReportKind::Error, (own_file.0, start..start))
            .with_config(config)
            .with_message("");
        let (mut order, mut last) = (0, None);
        for (key, label) in labels {
            order += i32::from(last.replace(key).is_some_and(|l| l != key));
            report = report.with_label(label.with_order(order));
        }
        let mut bytes = Vec::new();
        report.finish().write(&mut cache, &mut bytes).ok()?;
        let drawn = String::from_utf8(bytes).ok()?;
        let mut out = String::new();
        // Its first line is the head, which is written above.
        for line in drawn.lines().skip(1) {
            out.push_str(place_marks(line, &cache).trim_end());
            out.push('\n');
        }
        Some(out)
    }
}

fn block(out: &mut String, word: &str, text: &str, style: &Style, color: Color) {
    let head = if style.color { format!("{}", word.fg(color)) } else { word.to_owned() };
    let indent = " ".repeat(word.len() + 4);
    let width = style.width.saturating_sub(indent.len()).max(40);
    for (i, line) in wrap(&clean(text).replace('\t', "    "), width).into_iter().enumerate() {
        let start = if i == 0 { format!("  {head}: ") } else { indent.clone() };
        let _ = writeln!(out, "{}", format!("{start}{line}").trim_end());
    }
}

#[derive(Default)]
struct Cache {
    /// The excerpt of each file, and the place to name at its head.
    sources: HashMap<u32, (ariadne::Source<String>, String)>,
}

impl ariadne::Cache<u32> for Cache {
    type Storage = String;

    fn fetch(&mut self, id: &u32) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        self.sources.get(id).map(|(source, _)| source).ok_or("no such file")
    }

    fn display<'a>(&self, id: &'a u32) -> Option<impl std::fmt::Display + 'a> {
        Some(format!("{MARK}{id}{MARK}"))
    }
}

/// Stands around a file's number where its place belongs; it occurs in no other text, since all of it is cleaned.
const MARK: char = '\u{1}';

/// The drawing knows excerpts only, whose columns are not those of the file: its own place is put in for theirs.
fn place_marks<'a>(line: &'a str, cache: &Cache) -> std::borrow::Cow<'a, str> {
    let mut parts = line.splitn(3, MARK);
    let (Some(before), Some(id), Some(after)) = (parts.next(), parts.next(), parts.next()) else {
        return line.into();
    };
    let place = id.parse().ok().and_then(|id: u32| cache.sources.get(&id)).map_or("?", |(_, p)| p);
    let end = after.find(' ').unwrap_or(after.len());
    format!("{before}{place}{}", &after[end..]).into()
}
