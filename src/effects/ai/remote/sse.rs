//! Server-sent events: the lines of a stream as events.

use std::io::{self, BufRead, Read};

/// An event beyond this is no piece of an answer.
const MAX_EVENT: usize = 8 << 20;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Empty where it has no name.
    pub name: String,
    pub data: String,
}

/// Gives the events of a stream, one at a time.
pub struct Events<R> {
    source: R,
}

impl<R: BufRead> Events<R> {
    pub fn new(source: R) -> Events<R> {
        Events { source }
    }

    /// The next event with data; none at the end. An event that the end cuts off is none.
    pub fn next(&mut self) -> io::Result<Option<Event>> {
        let mut event = Event::default();
        let (mut any, mut size) = (false, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = self.source.by_ref().take(MAX_EVENT as u64).read_until(b'\n', &mut line)?;
            size += read;
            if size >= MAX_EVENT {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an event of the stream is too long"));
            }
            if read == 0 {
                return Ok(None);
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if text.is_empty() {
                if any {
                    return Ok(Some(event));
                }
                event = Event::default();
                continue;
            }
            let (field, value) = text.split_once(':').unwrap_or((text, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => event.name = value.to_owned(),
                "data" => {
                    if any {
                        event.data.push('\n');
                    }
                    event.data.push_str(value);
                    any = true;
                }
                // Comments, and fields that mean something only to a client that connects again.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<(String, String)> {
        let mut all = Events::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(e) = all.next().expect("it can be read") {
            out.push((e.name, e.data));
        }
        out
    }

    #[test]
    fn events_end_with_an_empty_line() {
        let text = ": hello\r\nevent: a\r\ndata: 1\r\n\r\ndata:2\ndata: 3\n\nid: 7\n\nevent: ping\n\ndata: [DONE]\n\n";
        let wanted = [("a", "1"), ("", "2\n3"), ("", "[DONE]")];
        assert_eq!(events(text), wanted.map(|(n, d)| (n.to_owned(), d.to_owned())));
    }

    #[test]
    fn an_event_that_is_cut_off_is_none() {
        assert_eq!(events("data: 1\n\ndata: {\"half\""), [(String::new(), String::from("1"))]);
        assert_eq!(events("data: whole line\n"), []);
    }
}
