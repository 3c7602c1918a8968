//! What the grammar found in a text, as plain nodes in one row.

use super::parser::{Grammar, Rule};
use super::quick;
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};

/// One match of a rule, without the trivia behind it. Its children follow it; `next` is the node behind them all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    pub rule: Rule,
    pub start: u32,
    pub end: u32,
    pub next: u32,
}

/// The matches of a text that starts at `base` of its file.
pub struct Tree<'t> {
    text: &'t str,
    base: usize,
    nodes: Vec<Node>,
}

/// Where a text stopped making sense, and what could have stood there.
pub struct Stopped {
    pub at: usize,
    pub expected: Vec<Rule>,
}

impl<'t> Tree<'t> {
    pub fn read(rule: Rule, text: &'t str, base: usize) -> Result<Tree<'t>, Stopped> {
        match quick::read(rule, text) {
            Some(nodes) => Ok(Tree { text, base, nodes }),
            None => Err(stopped(rule, text)),
        }
    }

    /// What the rule holds that the text was read by.
    pub fn parts(&self) -> Pairs<'_> {
        let end = self.nodes.first().map_or(0, |n| n.next);
        Pairs { tree: self, at: 1, end }
    }

    /// The match of the whole text.
    pub fn whole(&self) -> Option<P<'_>> {
        (!self.nodes.is_empty()).then_some(P { tree: self, at: 0 })
    }

    /// All matches, parents before their children: the rule, and from where to where in this text.
    pub fn all(&self) -> impl Iterator<Item = (Rule, usize, usize)> {
        self.nodes.iter().map(|n| (n.rule, n.start as usize, n.end as usize))
    }
}

/// pest keeps account of what could have stood where.
fn stopped(rule: Rule, text: &str) -> Stopped {
    let Err(error) = Grammar::parse(rule, text) else { return Stopped { at: 0, expected: Vec::new() } };
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    let expected = match error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives,
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    Stopped { at, expected }
}

/// A match of a rule.
#[derive(Clone, Copy)]
pub struct P<'t> {
    tree: &'t Tree<'t>,
    at: u32,
}

impl<'t> P<'t> {
    fn node(self) -> &'t Node {
        &self.tree.nodes[self.at as usize]
    }

    pub fn as_rule(self) -> Rule {
        self.node().rule
    }

    pub fn as_str(self) -> &'t str {
        let node = self.node();
        &self.tree.text[node.start as usize..node.end as usize]
    }

    /// From where to where in the file.
    pub fn range(self) -> (usize, usize) {
        let node = self.node();
        (self.tree.base + node.start as usize, self.tree.base + node.end as usize)
    }

    pub fn into_inner(self) -> Pairs<'t> {
        Pairs { tree: self.tree, at: self.at + 1, end: self.node().next }
    }
}

/// The matches inside another, in their order.
#[derive(Clone)]
pub struct Pairs<'t> {
    tree: &'t Tree<'t>,
    at: u32,
    end: u32,
}

impl<'t> Iterator for Pairs<'t> {
    type Item = P<'t>;

    fn next(&mut self) -> Option<P<'t>> {
        if self.at >= self.end {
            return None;
        }
        let pair = P { tree: self.tree, at: self.at };
        self.at = pair.node().next;
        Some(pair)
    }
}
