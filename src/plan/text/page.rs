//! Lines with indentation, colours, and the place in the file at their right.

use crate::plan::model::Place;
use crate::ui::escape;
use crate::ui::style::{Paint, Style};
use std::sync::Arc;

const INDENT: usize = 2;
/// Deeper than this nothing moves further to the right.
const DEEPEST: usize = 16;

pub type Part<'a> = (Option<Paint>, &'a str);

pub struct Page {
    style: Style,
    width: usize,
    /// The started file: places in it are given by their line alone.
    file: Arc<str>,
    out: String,
}

impl Page {
    pub fn new(style: Style, width: usize, file: Arc<str>) -> Page {
        Page { style, width: width.max(40), file, out: String::new() }
    }

    pub fn finish(self) -> String {
        self.out
    }

    pub fn style(&self) -> Style {
        self.style
    }

    /// Whether so many columns are one row.
    pub fn fits(&self, depth: usize, columns: usize) -> bool {
        INDENT * depth.min(DEEPEST) + columns <= self.width
    }

    pub fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    pub fn dim(&mut self, depth: usize, text: &str) {
        self.line(depth, &[(Some(Paint::Dim), text)], None);
    }

    pub fn painted(&mut self, depth: usize, paint: Paint, text: &str) {
        self.line(depth, &[(Some(paint), text)], None);
    }

    /// `label` in a column of its own, `text` beside it.
    pub fn fact(&mut self, depth: usize, label: &str, text: &str) {
        let label = format!("{label:<8} ");
        self.hanging(depth, &[(Some(Paint::Dim), &label), (None, text)], None, escape::width(&label));
    }

    pub fn line(&mut self, depth: usize, parts: &[Part<'_>], place: Option<&Place>) {
        self.hanging(depth, parts, place, 4);
    }

    fn at(&self, place: &Place) -> String {
        let file: &str = place.file.rsplit('/').next().unwrap_or(&place.file);
        match place.file == self.file {
            true => format!(":{}", place.line),
            false => format!("{}:{}", escape::line(file), place.line),
        }
    }

    /// Broken between words where it is too wide; further rows are indented by `hang`.
    fn hanging(&mut self, depth: usize, parts: &[Part<'_>], place: Option<&Place>, hang: usize) {
        let indent = INDENT * depth.min(DEEPEST);
        let room = self.width.saturating_sub(indent).max(24);
        let place = place.filter(|p| p.line > 0).map(|p| self.at(p)).unwrap_or_default();
        // Words with the space before them; each knows its colour.
        let mut rows: Vec<Vec<(Option<Paint>, String)>> = vec![Vec::new()];
        let mut used = 0;
        for (paint, text) in parts {
            for (i, word) in text.split(' ').enumerate() {
                let gap = usize::from(i > 0);
                let w = escape::width(word);
                let first = rows.last().is_none_or(Vec::is_empty);
                let reserve = if rows.len() == 1 && !place.is_empty() { place.len() + 1 } else { 0 };
                let most = if rows.len() == 1 { room } else { room - hang.min(room / 2) };
                if !first && gap == 1 && used + gap + w > most.saturating_sub(reserve) {
                    rows.push(Vec::new());
                    used = 0;
                }
                let row = rows.len();
                let most = if row == 1 { room } else { room - hang.min(room / 2) };
                let fresh = rows.last().is_none_or(Vec::is_empty);
                let mut piece =
                    if gap == 1 && (!fresh || row == 1) { format!(" {word}") } else { word.to_owned() };
                // One word that is wider than a row.
                while used + escape::width(&piece) > most && most > 8 && fits_nowhere(&piece, most) {
                    let mut broken = escape::wrap(&piece, most.saturating_sub(used).max(2));
                    let head = broken.remove(0);
                    piece = broken.concat();
                    if let Some(last) = rows.last_mut() {
                        last.push((*paint, head));
                    }
                    rows.push(Vec::new());
                    used = 0;
                }
                used += escape::width(&piece);
                if let Some(last) = rows.last_mut() {
                    last.push((*paint, piece));
                }
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let lead = if i == 0 { indent } else { indent + hang.min(room / 2) };
            let mut width = lead;
            let mut line = " ".repeat(lead);
            let mut pending: Option<(Option<Paint>, String)> = None;
            for (paint, piece) in row {
                width += escape::width(piece);
                match &mut pending {
                    Some((p, text)) if p == paint => text.push_str(piece),
                    _ => {
                        self.flush(&mut line, pending.take());
                        pending = Some((*paint, piece.clone()));
                    }
                }
            }
            self.flush(&mut line, pending);
            if i == 0 && !place.is_empty() {
                let gap = self.width.saturating_sub(width + place.len()).max(1);
                line.push_str(&" ".repeat(gap));
                line.push_str(&self.style.paint(Paint::Dim, &place));
            }
            self.out.push_str(line.trim_end());
            self.out.push('\n');
        }
    }

    fn flush(&self, line: &mut String, part: Option<(Option<Paint>, String)>) {
        match part {
            Some((Some(paint), text)) => line.push_str(&self.style.paint(paint, &text)),
            Some((None, text)) => line.push_str(&text),
            None => {}
        }
    }
}

fn fits_nowhere(piece: &str, most: usize) -> bool {
    escape::width(piece) > most
}
