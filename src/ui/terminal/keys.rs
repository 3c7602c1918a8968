//! What is typed as keys: letters, and the sequences that special keys send.

use super::editor::{MAX_LINE, SEQUENCE, letter};
use super::{Ended, Terminal, Wait};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Letter(char),
    Enter,
    /// Enter with Alt.
    NewLine,
    Left,
    Right,
    WordLeft,
    WordRight,
    Up,
    Down,
    Home,
    End,
    Delete,
    Pasted(String),
    Unknown,
}

/// How the terminal marks the end of what is pasted.
const PASTE_ENDS: &[u8] = b"\x1b[201~";

pub(super) fn next(terminal: &mut Terminal, wait: &Wait<'_>) -> Result<Key, Ended> {
    let first = terminal.byte(wait)?;
    match first {
        0x1b => sequence(terminal, wait),
        b'\n' | b'\r' => Ok(Key::Enter),
        _ => Ok(letter(terminal, first, wait)?.map_or(Key::Unknown, Key::Letter)),
    }
}

fn sequence(terminal: &mut Terminal, wait: &Wait<'_>) -> Result<Key, Ended> {
    if !terminal.more(SEQUENCE)? {
        return Ok(Key::Unknown);
    }
    match terminal.byte(wait)? {
        b'\n' | b'\r' => Ok(Key::NewLine),
        b'b' => Ok(Key::WordLeft),
        b'f' => Ok(Key::WordRight),
        b'O' if terminal.more(SEQUENCE)? => Ok(plain(terminal.byte(wait)?)),
        b'[' => {
            let mut numbers = String::new();
            while terminal.more(SEQUENCE)? {
                match terminal.byte(wait)? {
                    end @ 0x40..=0x7e => return named(terminal, &numbers, end, wait),
                    other => numbers.push(char::from(other)),
                }
            }
            Ok(Key::Unknown)
        }
        _ => Ok(Key::Unknown),
    }
}

fn plain(end: u8) -> Key {
    match end {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => Key::Unknown,
    }
}

fn named(terminal: &mut Terminal, numbers: &str, end: u8, wait: &Wait<'_>) -> Result<Key, Ended> {
    Ok(match (numbers, end) {
        ("200", b'~') => pasted(terminal, wait)?,
        ("3", b'~') => Key::Delete,
        ("1" | "7", b'~') => Key::Home,
        ("4" | "8", b'~') => Key::End,
        // With Ctrl or Alt.
        ("1;5" | "1;3", b'C') => Key::WordRight,
        ("1;5" | "1;3", b'D') => Key::WordLeft,
        (_, end) => plain(end),
    })
}

/// Up to the mark of the end, whatever it holds.
fn pasted(terminal: &mut Terminal, wait: &Wait<'_>) -> Result<Key, Ended> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(PASTE_ENDS) {
        bytes.push(terminal.byte(wait)?);
        if bytes.len() > MAX_LINE + PASTE_ENDS.len() {
            // What is too long is not taken, but where it ends has to be seen.
            bytes.remove(MAX_LINE);
        }
    }
    bytes.truncate(bytes.len() - PASTE_ENDS.len());
    let mut text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\r', "\n");
    text.retain(|c| !c.is_control() || matches!(c, '\n' | '\t'));
    Ok(Key::Pasted(text))
}
