//! The ways through one body, as far as gates and protected effects are concerned.
//!
//! Nodes are numbered in an order in which every way goes forward: the way back of a loop is not drawn. What it could
//! bring, an approval of an earlier turn, does not count anyway; a `Forget` at the head of the turn takes it away.

use crate::check::bits::Bits;
use crate::check::program::CallableId;
use crate::source::Span;

/// What is said of the way into the next turn of a loop.
pub const EARLIER_TURN: &str = "an approval of an earlier turn does not count in the next";
/// What is said of the way into an `undo`.
pub const UNDO: &str = "an `undo` runs after any failure since its step began";

/// Index of a node.
pub type At = u32;

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Where ways part or meet.
    Plain,
    /// The gate is asked: what was approved under its name before does not count from here on.
    Ask(u16),
    Approve(u16),
    /// Index into [`Graph::effects`].
    Effect(u32),
    Call(CallableId),
    /// Index into [`Graph::sets`]: approvals of these gates do not count from here on.
    Forget(u32),
    /// All branches of a `parallel` have ended. Index into [`Graph::joins`].
    Join(u32),
}

#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    pub span: Span,
    /// The nodes from which a way leads here: a range of [`Graph::edges`].
    before: (u32, u32),
    /// Index into [`Graph::notes`] and one more.
    note: u32,
}

/// What somebody must know to follow a way through this node.
#[derive(Debug)]
pub struct Note {
    pub span: Span,
    pub text: &'static str,
    /// The nodes of the construct in which the way parts: the note only matters to gates that are asked there.
    pub region: (At, At),
    /// It is only of interest to what stands in the construct itself.
    pub inside: bool,
}

/// Something that changes the outside.
#[derive(Debug)]
pub struct Effect {
    pub span: Span,
    /// The gates that guard it, with the rule that says so.
    pub guards: Vec<(u16, Span)>,
    /// Whether it can change what was approved.
    pub changes: bool,
    /// As people see it.
    pub text: String,
}

/// How one branch of a `parallel` ends, and which gates it may ask.
#[derive(Debug)]
pub struct Branch {
    pub end: At,
    pub asked: Bits,
}

#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<At>,
    pub notes: Vec<Note>,
    pub effects: Vec<Effect>,
    pub sets: Vec<Bits>,
    pub joins: Vec<Vec<Branch>>,
    /// Where the body ends with a value, by its last expression or a `return`; none if it never does.
    pub exit: Option<At>,
    /// Every gate that may be asked, in calls, too.
    pub asked: Bits,
    /// Where gates are asked directly or by a call, in order: for the notes.
    pub asks: Vec<(At, Bits)>,
    /// What stands behind which node, where that was asked for.
    pub marks: Vec<(Span, At)>,
}

impl Graph {
    pub fn new(asked: Bits) -> Graph {
        Graph { asked, ..Graph::default() }
    }

    pub fn add(&mut self, kind: Kind, span: Span, before: &[At]) -> At {
        let first = self.edges.len() as u32;
        self.edges.extend_from_slice(before);
        let node = Node { kind, span, before: (first, self.edges.len() as u32), note: 0 };
        self.nodes.push(node);
        self.nodes.len() as At - 1
    }

    /// Says something about the way through a node; [`Graph::region`] closes it.
    pub fn note(&mut self, at: At, span: Span, text: &'static str) -> u32 {
        self.notes.push(Note { span, text, region: (at, at), inside: false });
        let index = self.notes.len() as u32;
        self.nodes[at as usize].note = index;
        index - 1
    }

    pub fn region(&mut self, note: u32, from: At, to: At) {
        self.notes[note as usize].region = (from, to);
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, at: At) -> &Node {
        &self.nodes[at as usize]
    }

    pub fn nodes(&self) -> impl Iterator<Item = (At, &Node)> {
        self.nodes.iter().enumerate().map(|(i, n)| (i as At, n))
    }

    pub fn before(&self, node: &Node) -> &[At] {
        &self.edges[node.before.0 as usize..node.before.1 as usize]
    }

    pub fn note_of(&self, node: &Node) -> Option<&Note> {
        self.notes.get((node.note as usize).checked_sub(1)?)
    }

    /// Whether the gate may be asked by a node of the range.
    pub fn asks_in(&self, gate: u16, region: (At, At)) -> bool {
        let from = self.asks.partition_point(|(at, _)| *at < region.0);
        self.asks[from..].iter().take_while(|(at, _)| *at < region.1).any(|(_, set)| set.has(gate.into()))
    }
}
