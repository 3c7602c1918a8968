//! What of a file is drawn: the lines that labels touch, made harmless, tabs widened and long lines cut, in a text
//! that keeps the numbers of lines. All other lines are empty in it, so that a large file costs no more than it must.

use super::clean::visible;
use super::place::Place;
use std::collections::BTreeSet;
use std::ops::Range;

const TAB: usize = 4;
/// Lines between the first and the last of a span that are kept near its ends.
const NEAR: usize = 2;

pub(super) struct Excerpt {
    pub text: String,
    /// For each place that was given, its range in characters of the text.
    pub ranges: Vec<Range<usize>>,
}

/// The part of a line that is drawn: which character of it begins the part, and where each character stands.
struct Line {
    text: String,
    /// Column of each character of the original line, and one behind the last.
    columns: Vec<usize>,
    /// The characters from here on are drawn.
    first: usize,
}

impl Line {
    /// At most `width` columns, around the characters `focus`.
    fn cut(original: &str, focus: Range<usize>, width: usize) -> Line {
        let count = original.chars().count();
        let (mut first, mut last) = (0, count);
        if count > width {
            // A third of what is left stands before the place, as far as there is so much.
            let length = focus.len().min(width);
            first = focus.start.min(count).saturating_sub((width - length) / 3);
            last = (first + width).min(count);
            first = last.saturating_sub(width);
        }
        let mut line = Line { text: String::new(), columns: Vec::with_capacity(last - first + 1), first };
        let mut column = 0;
        if first > 0 {
            line.text.push('…');
            column = 1;
        }
        for c in original.chars().skip(first).take(last - first) {
            line.columns.push(column);
            if c == '\t' {
                let next = (column / TAB + 1) * TAB;
                line.text.extend(std::iter::repeat_n(' ', next - column));
                column = next;
            } else {
                line.text.push(visible(c));
                column += 1;
            }
        }
        line.columns.push(column);
        // Room for a place behind the last character.
        line.text.push(if last < count { '…' } else { ' ' });
        line
    }

    /// Where a character of the original line is drawn.
    fn column(&self, character: usize) -> usize {
        let last = self.columns.len() - 1;
        self.columns[character.saturating_sub(self.first).min(last)]
    }
}

impl Excerpt {
    /// All places are in the same file; the first is the most important.
    pub fn of(places: &[Place<'_>], width: usize) -> Excerpt {
        let Some(first) = places.first() else { return Excerpt { text: String::new(), ranges: Vec::new() } };
        let file = first.file;
        // Lines are counted from zero here.
        let ends: Vec<(usize, usize)> =
            places.iter().map(|p| (p.from.line - 1, last_line(p).max(p.from.line) - 1)).collect();
        let mut shown = BTreeSet::new();
        for (from, to) in &ends {
            shown.extend(*from..=(*from + NEAR).min(*to));
            shown.extend(to.saturating_sub(NEAR).max(*from)..=*to);
        }
        let highest = shown.last().copied().unwrap_or(0);
        let mut text = String::new();
        let mut at = 0;
        let mut lines: Vec<(usize, usize, Line)> = Vec::new();
        for number in 0..=highest {
            if shown.contains(&number) {
                let focus = places.iter().zip(&ends).find_map(|(p, (from, to))| match () {
                    () if *from == number && *to == number => Some(p.from.column - 1..p.to.column - 1),
                    () if *from == number => Some(p.from.column - 1..p.from.column),
                    () if *to == number => Some(p.to.column - 1..p.to.column),
                    () => None,
                });
                let line = Line::cut(file.line(number + 1), focus.unwrap_or(0..0), width);
                let length = line.text.chars().count();
                text.push_str(&line.text);
                lines.push((number, at, line));
                at += length;
            }
            text.push('\n');
            at += 1;
        }
        let find = |number: usize| lines.iter().find(|(n, ..)| *n == number);
        let ranges = places
            .iter()
            .zip(&ends)
            .map(|(p, (from, to))| {
                let (Some((_, start_at, start)), Some((_, end_at, end))) = (find(*from), find(*to)) else {
                    return 0..1;
                };
                let begin = start_at + start.column(p.from.column - 1);
                // A span that ends at the start of a line ends with the line before.
                let stop = match p.to.line - 1 > *to {
                    true => end_at + end.text.chars().count() - 1,
                    false => end_at + end.column(p.to.column - 1),
                };
                begin..stop.max(begin + 1)
            })
            .collect();
        Excerpt { text, ranges }
    }

    /// The range, shorter where the words of its label, which stand behind its end, would leave the screen: a line
    /// that the terminal breaks is harder to read than a line that is not underlined to its end.
    pub fn shortened(&self, range: Range<usize>, width: usize, words: usize) -> Range<usize> {
        // The margin with the number of the line, and the arrow.
        let around = (self.text.matches('\n').count().max(1).ilog10() + 8) as usize;
        let before = self.text.chars().take(range.start);
        let start = before.fold(0, |column, c| if c == '\n' { 0 } else { column + 1 });
        let mut span = self.text.chars().skip(range.start).take(range.len());
        // Over several lines the label stands at the margin.
        if span.any(|c| c == '\n') {
            return range;
        }
        let room = width.saturating_sub(around + words).saturating_sub(start).max(1);
        range.start..range.end.min(range.start + room)
    }
}

/// The last line that a place touches (from one): not one of which it has no character.
fn last_line(place: &Place<'_>) -> usize {
    match place.to.column == 1 && place.to.line > place.from.line {
        true => place.to.line - 1,
        false => place.to.line,
    }
}
