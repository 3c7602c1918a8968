//! What goes on now, as lines for the frame; and the line that stays when something is over. Knows no terminal.

use super::event::{Event, How};
use crate::ui::style::{Paint, Style, Symbol};
use crate::ui::{escape, time};

/// A step, an undo, or an effect outside any step.
#[derive(Debug)]
struct Item {
    path: String,
    title: String,
    begun: i64,
    /// Whether it leaves a line when it ends.
    stays: bool,
}

/// Something slow below an item.
#[derive(Debug)]
struct Activity {
    path: String,
    text: String,
    last: String,
    /// When the next try begins, with the words before the time.
    retry: Option<(i64, String)>,
}

#[derive(Debug, Default)]
pub struct Board {
    items: Vec<Item>,
    activities: Vec<Activity>,
}

impl Board {
    pub fn is_idle(&self) -> bool {
        self.items.is_empty() && self.activities.is_empty()
    }

    /// Takes note of an event at `now` (milliseconds); gives the lines that stay.
    pub fn take(&mut self, event: &Event, now: i64, style: Style) -> Vec<String> {
        match event {
            Event::StepStarted { path, name, title } => {
                let title = match title {
                    Some(title) => format!("{}  {}", escape::line(name), escape::line(title)),
                    None => escape::line(name),
                };
                self.items.push(Item { path: path.clone(), title, begun: now, stays: true });
            }
            Event::StepEnded { path, name, how, millis } => {
                let depth = self.depth(path);
                let item = self.end(path);
                let title = item.as_ref().map_or_else(|| escape::line(name), |i| i.title.clone());
                let took = millis.or(item.map(|i| now - i.begun));
                return vec![ended(&title, how, took, depth, style)];
            }
            Event::UndoStarted { path, step } => {
                let title = format!("undo {}", escape::line(step));
                self.items.push(Item { path: path.clone(), title, begun: now, stays: true });
            }
            Event::UndoEnded { path, step, failure } => {
                let depth = self.depth(path);
                let took = self.end(path).map(|i| now - i.begun);
                let how = failure.as_ref().map_or(How::Done, |why| How::Failed(why.clone()));
                let title = format!("{} undo {}", style.symbol(Symbol::Undo), escape::line(step));
                return vec![ended(&title, &how, took, depth, style)];
            }
            Event::Started { path, text } => {
                self.activities.retain(|a| a.path != *path);
                self.activities.push(Activity {
                    path: path.clone(),
                    text: escape::line(text),
                    last: String::new(),
                    retry: None,
                });
                if self.owner(path).is_none() {
                    self.items.push(Item {
                        path: path.clone(),
                        title: escape::line(text),
                        begun: now,
                        stays: false,
                    });
                }
            }
            Event::Output { path, line } => {
                if let Some(a) = self.activities.iter_mut().find(|a| a.path == *path) {
                    a.last = escape::line(line.trim_end());
                }
            }
            Event::Ended { path } => {
                self.activities.retain(|a| a.path != *path);
                self.items.retain(|i| i.stays || i.path != *path);
            }
            Event::Retry { path, attempt, of, delay_ms, why } => {
                let words = format!("try {attempt} of {of}: {}", escape::line(why));
                self.activities.retain(|a| a.path != *path);
                self.activities.push(Activity {
                    path: path.clone(),
                    text: String::new(),
                    last: String::new(),
                    retry: Some((now.saturating_add(*delay_ms), words)),
                });
            }
            Event::Said { text } => return escape::block(text),
            Event::GateOpened { .. } | Event::TerminalTaken | Event::TerminalFree => {}
            Event::GateEnded { gate, how, path } => {
                let depth = self.depth(path);
                return vec![format!("{}gate {}: {}", pad(depth), escape::line(gate), escape::line(how))];
            }
            Event::Note { text } => return vec![style.paint(Paint::Dim, &escape::line(text))],
        }
        Vec::new()
    }

    fn end(&mut self, path: &str) -> Option<Item> {
        self.activities.retain(|a| !below(&a.path, path));
        let at = self.items.iter().rposition(|i| i.path == path)?;
        Some(self.items.remove(at))
    }

    /// How many items it lies in.
    fn depth(&self, path: &str) -> usize {
        self.items.iter().filter(|i| i.path != path && below(path, &i.path)).count()
    }

    /// The innermost item that a path belongs to.
    fn owner(&self, path: &str) -> Option<usize> {
        let fits = self.items.iter().enumerate().filter(|(_, i)| below(path, &i.path));
        fits.max_by_key(|(_, i)| i.path.len()).map(|(at, _)| at)
    }

    /// At most `rows` lines of at most `columns`, each with its width without colours.
    pub fn frame(
        &self,
        now: i64,
        tick: usize,
        style: Style,
        columns: usize,
        rows: usize,
    ) -> Vec<(usize, String)> {
        let mut out = Vec::new();
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        // Branches start in any order; below each other stands what belongs together.
        order.sort_by(|a, b| {
            let key = |i: usize| self.items[i].path.split('/');
            key(*a).cmp(key(*b)).then(a.cmp(b))
        });
        for at in order {
            let item = &self.items[at];
            let indent = pad(self.depth(&item.path));
            let took = time::duration(now - item.begun);
            let spinner = style.spinner(tick);
            let room =
                columns.saturating_sub(escape::width(&indent) + escape::width(spinner) + took.len() + 3);
            let title = escape::fit(&item.title, room);
            let width =
                escape::width(&indent) + escape::width(spinner) + 1 + escape::width(&title) + 2 + took.len();
            let line = format!(
                "{indent}{} {title}  {}",
                style.paint(Paint::Accent, spinner),
                style.paint(Paint::Dim, &took)
            );
            out.push((width, line));
            for activity in self.activities.iter().filter(|a| self.owner(&a.path) == Some(at)) {
                let text = match &activity.retry {
                    Some((at, words)) => format!("{words} (in {})", time::limit((at - now).max(0))),
                    None if !activity.last.is_empty() => activity.last.clone(),
                    None if item.stays => activity.text.clone(),
                    None => continue,
                };
                let text = escape::fit(&format!("{indent}    {text}"), columns);
                out.push((escape::width(&text), style.paint(Paint::Dim, &text)));
            }
        }
        if out.len() > rows {
            let more =
                format!("{} and {} more", style.symbol(Symbol::Waiting), out.len() - rows.saturating_sub(1));
            out.truncate(rows.saturating_sub(1));
            out.push((escape::width(&more), more));
        }
        out
    }
}

/// Whether `path` is `of` or lies below it.
fn below(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '[', '.']))
}

fn pad(depth: usize) -> String {
    "  ".repeat(depth.min(20))
}

fn ended(title: &str, how: &How, took: Option<i64>, depth: usize, style: Style) -> String {
    let (paint, symbol) = match how {
        How::Done => (Paint::Good, Symbol::Done),
        How::Replayed => (Paint::Dim, Symbol::Done),
        How::Failed(_) => (Paint::Bad, Symbol::Failed),
        How::Suspended => (Paint::Warn, Symbol::Waiting),
        How::Stopped => (Paint::Dim, Symbol::Skipped),
    };
    let mut line = format!("{}{} {title}", pad(depth), style.paint(paint, style.symbol(symbol)));
    if !matches!(how, How::Done | How::Failed(_)) {
        line.push_str(&format!("  {}", style.paint(Paint::Dim, how.word())));
    }
    if let Some(took) = took.filter(|_| *how != How::Replayed) {
        line.push_str(&format!("  {}", style.paint(Paint::Dim, &time::duration(took))));
    }
    if let How::Failed(why) = how {
        line.push_str(&format!("  {}", escape::line(why)));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { color: false, unicode: true };

    fn started(path: &str, name: &str) -> Event {
        Event::StepStarted { path: path.into(), name: name.into(), title: None }
    }

    fn frame(board: &Board, now: i64) -> Vec<String> {
        board.frame(now, 0, STYLE, 40, 10).into_iter().map(|(_, l)| l).collect()
    }

    #[test]
    fn branches_stand_below_their_step_with_the_last_line_of_output() {
        let mut board = Board::default();
        for event in [
            started("w/all", "all"),
            started("w/all/p.b/two", "two"),
            started("w/all/p.a/one", "one"),
            Event::Started { path: "w/all/p.a/one/run#1".into(), text: "cargo test".into() },
            Event::Started { path: "w/all/p.b/two/run#1".into(), text: "cargo doc".into() },
            Event::Output {
                path: "w/all/p.a/one/run#1".into(),
                line: "test a \x1b[31m... ok and so on for long\n".into(),
            },
        ] {
            assert!(board.take(&event, 0, STYLE).is_empty());
        }
        assert_eq!(
            frame(&board, 1_200),
            [
                "⠋ all  1.2s",
                "  ⠋ one  1.2s",
                "      test a \\x1b[31m... ok and so on f…",
                "  ⠋ two  1.2s",
                "      cargo doc",
            ]
        );
        let end = Event::StepEnded {
            path: "w/all/p.a/one".into(),
            name: "one".into(),
            how: How::Done,
            millis: None,
        };
        assert_eq!(board.take(&end, 2_000, STYLE), ["  ✓ one  2.0s"]);
        assert_eq!(frame(&board, 2_000).len(), 3);
    }

    #[test]
    fn a_retry_counts_down_and_an_effect_alone_is_shown() {
        let mut board = Board::default();
        board.take(&Event::Started { path: "w/run#1".into(), text: "gh pr list".into() }, 0, STYLE);
        assert_eq!(frame(&board, 500), ["⠋ gh pr list  0.5s"]);
        let why = String::from("exit code 75");
        board.take(
            &Event::Retry { path: "w/run#1".into(), attempt: 2, of: 3, delay_ms: 4_000, why },
            1_000,
            STYLE,
        );
        assert_eq!(frame(&board, 2_000)[1], "    try 2 of 3: exit code 75 (in 3s)");
        board.take(&Event::Ended { path: "w/run#1".into() }, 3_000, STYLE);
        assert!(board.is_idle());
    }

    #[test]
    fn endings_say_how_and_many_items_are_counted() {
        let mut board = Board::default();
        for i in 0..20 {
            board.take(&started(&format!("w/s{i}"), &format!("s{i}")), 0, STYLE);
        }
        let lines = frame(&board, 0);
        assert_eq!((lines.len(), lines[9].as_str()), (10, "… and 11 more"));
        let failed = How::Failed("exit code 1".into());
        let end = Event::StepEnded { path: "w/s1".into(), name: "s1".into(), how: failed, millis: Some(90) };
        assert_eq!(board.take(&end, 0, STYLE), ["✗ s1  90ms  exit code 1"]);
        let end =
            Event::StepEnded { path: "w/s2".into(), name: "s2".into(), how: How::Suspended, millis: None };
        assert_eq!(board.take(&end, 100, STYLE), ["… s2  waits  0.1s"]);
    }
}
