//! Progress of a run, as it happens: live on a terminal, plain lines without one, JSON lines for programs, or nothing.
//!
//! Whoever executes reports [`Event`]s; what is drawn, when, and where it may not disturb is decided here. A frame at
//! the bottom shows what goes on now; above it stay the lines of what is over.

mod board;
mod event;

pub use event::{Event, How};

use super::style::Style;
use super::terminal::Hush;
use board::Board;
use rustix::termios;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const TICK: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A frame that is redrawn, with spinners.
    Live,
    /// One line for each thing that happens.
    Plain,
    /// One JSON object for each event.
    Json,
    Quiet,
}

/// Reports of one run. Shared by the branches of `parallel`; ends its thread when dropped.
pub struct Progress {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    look: Look,
    style: Style,
    out: Box<dyn Write + Send>,
    board: Board,
    begun: Instant,
    /// Widths of the lines of the frame that stands at the bottom now.
    drawn: Vec<usize>,
    /// Somebody else has the terminal; how many times.
    paused: usize,
    /// Lines that wait for the terminal.
    held: Vec<String>,
    tick: usize,
    over: bool,
    /// While a frame stands: what is typed would be shown in it, and Enter would break it off its place.
    hush: Option<Hush>,
}

impl Progress {
    /// On standard error, live where that is a terminal; as JSON lines on standard output.
    pub fn new(quiet: bool, json: bool) -> Progress {
        let look = match (quiet, json) {
            (_, true) => Look::Json,
            (true, _) => Look::Quiet,
            _ if std::io::stderr().is_terminal() && Style::moves() => Look::Live,
            _ => Look::Plain,
        };
        let out: Box<dyn Write + Send> =
            if look == Look::Json { Box::new(std::io::stdout()) } else { Box::new(std::io::stderr()) };
        Progress::to(look, Style::for_stderr(), out)
    }

    /// Anywhere.
    pub fn to(look: Look, style: Style, out: Box<dyn Write + Send>) -> Progress {
        let state = State {
            look,
            style,
            out,
            board: Board::default(),
            begun: Instant::now(),
            drawn: Vec::new(),
            paused: 0,
            held: Vec::new(),
            tick: 0,
            over: false,
            hush: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), wake: Condvar::new() });
        let thread = (look == Look::Live).then(|| {
            let shared = shared.clone();
            std::thread::spawn(move || shared.keep_drawing())
        });
        Progress { shared, thread }
    }

    pub fn event(&self, event: Event) {
        let mut state = self.shared.lock();
        match event {
            Event::TerminalTaken => state.pause(),
            Event::TerminalFree => state.resume(),
            event => state.take(&event),
        }
    }

    /// Leaves the terminal to a question until the guard is dropped.
    pub fn pause(&self) -> Pause {
        self.shared.lock().pause();
        Pause { shared: self.shared.clone() }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        let mut text = state.clear();
        text.extend(std::mem::take(&mut state.held).into_iter().map(|l| l + "\n"));
        state.write(&text);
        state.hush = None;
        drop(state);
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // Its panic was shown when it happened, and a spinner is not worth another.
            let _ = thread.join();
        }
    }
}

/// While it lives nothing is drawn; what ends meanwhile is shown afterwards.
pub struct Pause {
    shared: Arc<Shared>,
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.shared.lock().resume();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Whatever panicked while drawing left nothing that a next frame would not draw anew.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep_drawing(&self) {
        let mut state = self.lock();
        while !state.over {
            state = self.wake.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner).0;
            let due = state.begun.elapsed().as_millis() / TICK.as_millis();
            let due = usize::try_from(due).unwrap_or_default();
            if due != state.tick && !state.over && (!state.board.is_idle() || !state.drawn.is_empty()) {
                state.tick = due;
                state.flush();
            }
        }
    }
}

impl State {
    fn now(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn pause(&mut self) {
        self.paused += 1;
        let clear = self.clear();
        self.write(&clear);
        self.hush = None;
    }

    fn resume(&mut self) {
        self.paused = self.paused.saturating_sub(1);
        self.flush();
    }

    fn take(&mut self, event: &Event) {
        match self.look {
            Look::Quiet => {}
            Look::Json => {
                let text = event.to_json().map(|v| format!("{v}\n")).unwrap_or_default();
                self.write(&text);
            }
            Look::Plain => {
                self.held.extend(event.plain_lines());
                self.flush();
            }
            Look::Live => {
                let now = self.now();
                let lines = self.board.take(event, now, self.style);
                if !lines.is_empty() {
                    self.held.extend(lines);
                    self.flush();
                }
            }
        }
    }

    /// Shows the lines that wait, and the frame below them.
    fn flush(&mut self) {
        if self.paused > 0 {
            return;
        }
        let mut text = self.clear();
        text.extend(std::mem::take(&mut self.held).into_iter().map(|l| l + "\n"));
        if self.look == Look::Live && !self.over {
            let (columns, rows) = self.size();
            let frame =
                self.board.frame(self.now(), self.tick, self.style, columns - 1, rows.saturating_sub(2));
            if !frame.is_empty() && self.hush.is_none() {
                self.hush = Hush::try_new();
            }
            self.drawn = frame.iter().map(|(width, _)| *width).collect();
            text.extend(frame.into_iter().map(|(_, line)| line + "\n"));
        }
        self.write(&text);
    }

    /// What takes the frame off the screen.
    fn clear(&mut self) -> String {
        if self.drawn.is_empty() {
            return String::new();
        }
        let columns = self.size().0;
        // A terminal made narrower since has broken the lines.
        let rows: usize = std::mem::take(&mut self.drawn).iter().map(|w| w.div_ceil(columns).max(1)).sum();
        format!("\x1b[{rows}A\r\x1b[J")
    }

    fn size(&self) -> (usize, usize) {
        match termios::tcgetwinsize(std::io::stderr()) {
            Ok(s) if s.ws_col > 1 && s.ws_row > 0 => (s.ws_col.into(), s.ws_row.into()),
            _ => (80, 24),
        }
    }

    fn write(&mut self, text: &str) {
        if !text.is_empty() {
            // Nobody is left to be told that a report cannot be shown; the journal has it.
            let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic holds it").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Sink {
        fn text(&self) -> String {
            String::from_utf8_lossy(&self.0.lock().expect("no panic holds it")).into_owned()
        }
    }

    fn step(look: Look) -> String {
        let sink = Sink::default();
        let progress = Progress::to(look, Style { color: false, unicode: true }, Box::new(sink.clone()));
        let path = String::from("release/tests");
        progress.event(Event::StepStarted { path: path.clone(), name: "tests".into(), title: None });
        progress.event(Event::Said { text: "hello\x1b[2J".into() });
        progress.event(Event::StepEnded { path, name: "tests".into(), how: How::Done, millis: Some(1_240) });
        drop(progress);
        sink.text()
    }

    #[test]
    fn plain_lines_without_a_terminal() {
        assert_eq!(step(Look::Plain), "step tests: started\nhello\\x1b[2J\nstep tests: ok 1.2s\n");
    }

    #[test]
    fn nothing_when_quiet_and_objects_for_programs() {
        assert_eq!(step(Look::Quiet), "");
        let lines: Vec<serde_json::Value> =
            step(Look::Json).lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1]["type"], "said");
        assert_eq!(lines[1]["text"], "hello\x1b[2J");
        assert_eq!(lines[2]["millis"], 1_240);
    }

    #[test]
    fn a_finished_step_stays_and_its_frame_goes() {
        let text = step(Look::Live);
        assert!(text.contains("hello\\x1b[2J\n"), "{text:?}");
        assert!(text.ends_with("✓ tests  1.2s\n"), "{text:?}");
    }

    #[test]
    fn a_pause_holds_what_ends_meanwhile() {
        let sink = Sink::default();
        let progress = Progress::to(Look::Live, Style::PLAIN, Box::new(sink.clone()));
        progress.event(Event::StepStarted { path: "w/a".into(), name: "a".into(), title: None });
        let pause = progress.pause();
        let before = sink.text();
        progress.event(Event::Said { text: "later".into() });
        assert_eq!(sink.text(), before);
        drop(pause);
        assert!(sink.text()[before.len()..].starts_with("later\n"));
    }
}
