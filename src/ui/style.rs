//! Colours and symbols, by what the terminal and the environment allow.

use std::io::IsTerminal;
use unicode_width::UnicodeWidthChar;

/// What a place to write to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub color: bool,
    /// Whether symbols beyond ASCII are fine.
    pub unicode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Bold,
    Dim,
    Good,
    Bad,
    Warn,
    /// Names and headings.
    Accent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbol {
    Done,
    Failed,
    Skipped,
    Waiting,
    Bullet,
    Undo,
    Dash,
}

impl Style {
    pub const PLAIN: Style = Style { color: false, unicode: false };

    pub fn for_stdout() -> Style {
        Style::from_environment(std::io::stdout().is_terminal())
    }

    pub fn for_stderr() -> Style {
        Style::from_environment(std::io::stderr().is_terminal())
    }

    /// For the controlling terminal itself.
    pub fn for_terminal() -> Style {
        Style::from_environment(true)
    }

    /// Whether the controlling terminal can go back to what it showed before.
    pub fn moves() -> bool {
        !matches!(std::env::var("TERM").as_deref(), Err(_) | Ok("" | "dumb"))
    }

    fn from_environment(terminal: bool) -> Style {
        let var = |name: &str| std::env::var(name).unwrap_or_default();
        Style::new(terminal, &var("NO_COLOR"), &var("TERM"), [var("LC_ALL"), var("LC_CTYPE"), var("LANG")])
    }

    fn new(terminal: bool, no_color: &str, term: &str, locale: [String; 3]) -> Style {
        let locale = locale.into_iter().find(|v| !v.is_empty()).unwrap_or_default().to_lowercase();
        Style {
            color: terminal && no_color.is_empty() && term != "dumb" && !term.is_empty(),
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }

    pub fn paint(self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_string();
        }
        let code = match paint {
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Warn => "33",
            Paint::Accent => "36",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    pub fn symbol(self, symbol: Symbol) -> &'static str {
        match (symbol, self.unicode) {
            (Symbol::Done, true) => "✓",
            (Symbol::Done, false) => "ok",
            (Symbol::Failed, true) => "✗",
            (Symbol::Failed, false) => "x",
            (Symbol::Skipped, true) => "○",
            (Symbol::Skipped, false) => "o",
            (Symbol::Waiting, true) => "…",
            (Symbol::Waiting, false) => "...",
            (Symbol::Bullet, true) => "•",
            (Symbol::Bullet, false) => "*",
            (Symbol::Undo, true) => "↶",
            (Symbol::Undo, false) => "<-",
            (Symbol::Dash, true) => "—",
            (Symbol::Dash, false) => "-",
        }
    }

    /// Stands before each row of what comes from outside.
    pub fn bar(self) -> &'static str {
        if self.unicode { "│ " } else { "| " }
    }

    /// The frame of a spinner at a tick.
    pub fn spinner(self, tick: usize) -> &'static str {
        const ROUND: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
        const BAR: [&str; 4] = ["|", "/", "-", "\\"];
        if self.unicode { ROUND[tick % ROUND.len()] } else { BAR[tick % BAR.len()] }
    }
}

/// Columns that safe text takes, which may have colours of a style.
pub fn painted_width(text: &str) -> usize {
    let mut width = 0;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            chars.by_ref().find(|c| *c == 'm');
        } else {
            width += c.width().unwrap_or(0);
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(terminal: bool, no_color: &str, term: &str, lang: &str) -> Style {
        Style::new(terminal, no_color, term, [String::new(), String::new(), lang.to_string()])
    }

    #[test]
    fn colours_follow_terminal_and_environment() {
        assert!(style(true, "", "xterm", "").color);
        assert!(!style(false, "", "xterm", "").color);
        assert!(!style(true, "1", "xterm", "").color);
        assert!(!style(true, "", "dumb", "").color);
        assert_eq!(style(false, "", "", "").paint(Paint::Bad, "x"), "x");
    }

    #[test]
    fn symbols_follow_the_locale() {
        assert_eq!(style(true, "", "xterm", "de_DE.UTF-8").symbol(Symbol::Done), "✓");
        assert_eq!(style(true, "", "xterm", "C").symbol(Symbol::Done), "ok");
    }
}
