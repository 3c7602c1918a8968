//! How the terminal wants things: colours, width, signs.

use super::args::ColorChoice;
use crate::diagnostics::render::Style as RenderStyle;
use crate::ui::style::Style;
use std::io::IsTerminal;

#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub color_out: bool,
    pub color_err: bool,
    pub unicode: bool,
    pub width: usize,
}

impl Screen {
    pub fn new(choice: ColorChoice) -> Screen {
        let out = std::io::stdout().is_terminal();
        let err = std::io::stderr().is_terminal();
        let size =
            rustix::termios::tcgetwinsize(std::io::stderr()).map(|w| usize::from(w.ws_col)).unwrap_or(0);
        Screen {
            color_out: super::wants_color(choice, out),
            color_err: super::wants_color(choice, err),
            unicode: Style::for_stderr().unicode,
            width: if size >= 40 { size.min(140) } else { 100 },
        }
    }

    /// For diagnostics on standard output.
    pub fn out(&self) -> RenderStyle {
        RenderStyle { color: self.color_out, width: self.width, unicode: self.unicode }
    }

    /// For diagnostics on standard error.
    pub fn err(&self) -> RenderStyle {
        RenderStyle { color: self.color_err, width: self.width, unicode: self.unicode }
    }
}
