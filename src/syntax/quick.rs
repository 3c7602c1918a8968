//! The grammar without an account of what could have stood where: `build.rs` compiles it to these functions, which read
//! nearly every text. One that they refuse is given to pest, which says where it stopped making sense.

use super::parser::Rule;
use super::tree::Node;

struct Quick<'t> {
    bytes: &'t [u8],
    at: usize,
    nodes: Vec<Node>,
    /// The last run of trivia.
    trivia: (usize, usize),
}

/// The matches of a text, parents before their children, in place of what `nodes` held. False if it is refused.
pub fn read(rule: Rule, text: &str, nodes: &mut Vec<Node>) -> bool {
    nodes.clear();
    nodes.reserve(text.len() / 3);
    let mut quick = Quick { bytes: text.as_bytes(), at: 0, nodes: std::mem::take(nodes), trivia: (0, 0) };
    let good = enter(rule, &mut quick);
    *nodes = quick.nodes;
    good
}

/// Whether a byte is in a set of one bit a byte.
#[inline(always)]
fn is_in(byte: u8, set: &[u64; 4]) -> bool {
    set[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
}

impl Quick<'_> {
    /// The next byte; at the end one that nothing in the grammar begins with.
    #[inline(always)]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn one(&mut self, fits: bool) -> bool {
        self.at += usize::from(fits);
        fits
    }

    #[inline(always)]
    fn text(&mut self, text: &[u8]) -> bool {
        let fits = self.bytes[self.at..].starts_with(text);
        self.at += if fits { text.len() } else { 0 };
        fits
    }

    #[inline(always)]
    fn save(&self) -> (usize, usize) {
        (self.at, self.nodes.len())
    }

    /// A sequence has failed.
    #[inline(always)]
    fn back(&mut self, (at, nodes): (usize, usize)) -> bool {
        self.at = at;
        self.nodes.truncate(nodes);
        false
    }

    #[inline(always)]
    fn open(&mut self, rule: Rule) -> usize {
        self.nodes.push(Node { rule, start: self.at as u32, end: 0, next: 0 });
        self.nodes.len() - 1
    }

    #[inline(always)]
    fn close(&mut self, node: usize) {
        let next = self.nodes.len() as u32;
        // What was opened is there, unless it was given up.
        if let Some(node) = self.nodes.get_mut(node) {
            let end = if self.at == self.trivia.1 { self.trivia.0 } else { self.at };
            node.end = (end as u32).max(node.start);
            node.next = next;
        }
    }

    #[inline(always)]
    fn trivia(&mut self, start: usize) {
        if self.at > start {
            self.trivia = (start, self.at);
        }
    }

    #[inline(always)]
    fn skip(&mut self, ends: impl Fn(u8) -> bool) -> bool {
        while let Some(b) = self.bytes.get(self.at)
            && !ends(*b)
        {
            self.at += 1;
        }
        true
    }

    fn skip_until(&mut self, ends: &[&str]) -> bool {
        while self.at < self.bytes.len()
            && !ends.iter().any(|e| self.bytes[self.at..].starts_with(e.as_bytes()))
        {
            self.at += 1;
        }
        true
    }

    fn any(&mut self) -> bool {
        let Some(first) = self.bytes.get(self.at) else { return false };
        self.at += match first {
            0xF0.. => 4,
            0xE0.. => 3,
            0xC0.. => 2,
            _ => 1,
        };
        true
    }

    fn end_of_input<const N: bool>(&mut self) -> bool {
        let ends = self.at == self.bytes.len();
        if N && ends {
            let node = self.open(Rule::EOI);
            self.close(node);
        }
        ends
    }
}

include!(concat!(env!("OUT_DIR"), "/quick.rs"));
