//! What the grammar found in a text, as plain nodes in one row.

use super::parser::{Grammar, Rule};
use super::quick;
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use std::cell::Cell;

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

thread_local! {
    /// The nodes of the last text, for the next. A block of this size that comes and goes would make the allocator tidy
    /// up after the tree's many small ones each time.
    static SPARE: Cell<Vec<Node>> = const { Cell::new(Vec::new()) };
}

/// A thread keeps no more.
const SPARE_NODES: usize = 1 << 17;

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        if self.nodes.capacity() <= SPARE_NODES {
            SPARE.set(std::mem::take(&mut self.nodes));
        }
    }
}

impl<'t> Tree<'t> {
    pub fn read(rule: Rule, text: &'t str, base: usize) -> Result<Tree<'t>, Stopped> {
        let mut tree = Tree { text, base, nodes: SPARE.take() };
        match quick::read(rule, text, &mut tree.nodes) {
            true => Ok(tree),
            false => Err(stopped(rule, text)),
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

    /// Its child, if it has one, no more, and that is no prefix.
    pub fn only(self) -> Option<P<'t>> {
        let child = P { at: self.at + 1, ..self };
        let only = child.at < self.node().next && child.node().next == self.node().next;
        (only && child.as_rule() != Rule::prefix).then_some(child)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::scan;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|e| e == "wflow") {
                out.push(path);
            }
        }
    }

    /// pest's matches in the same form. What a rule has eaten behind its last token counts to neither.
    fn by_pest(rule: Rule, text: &str) -> Option<Vec<(Rule, usize, String)>> {
        let pairs = Grammar::parse(rule, text).ok()?.flatten();
        let own = |p: pest::iterators::Pair<'_, Rule>| (p.as_rule(), p.as_span().start(), ended(p.as_str()));
        Some(pairs.map(own).collect())
    }

    fn by_us(rule: Rule, text: &str) -> Option<Vec<(Rule, usize, String)>> {
        let own = |n: Node| (n.rule, n.start as usize, ended(&text[n.start as usize..n.end as usize]));
        let mut nodes = Vec::new();
        quick::read(rule, text, &mut nodes).then(|| nodes.into_iter().map(own).collect())
    }

    /// Without trivia at the end: white space, and lines that are comments.
    fn ended(text: &str) -> String {
        let mut text = text.trim_end();
        while let Some(at) = text.rfind("//").filter(|at| !text[*at..].contains('\n')) {
            text = text[..at].trim_end_matches('/').trim_end();
        }
        text.to_owned()
    }

    /// Both are the same grammar: they accept the same texts and find the same in them.
    #[test]
    fn the_quick_reading_is_the_grammars() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = Vec::new();
        for folder in ["tests/syntax", "tests/check", "tests/interpreter", "stdlib", "examples"] {
            sources(&root.join(folder), &mut paths);
        }
        assert!(paths.len() > 100, "only {} cases", paths.len());
        for path in paths {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            // pest's functions need more stack than a test has for what nests deepest.
            if scan::scan(FileId(0), &text, false).nesting > 12 {
                continue;
            }
            for rule in [Rule::file, Rule::stmts] {
                assert_eq!(by_us(rule, &text), by_pest(rule, &text), "{}", path.display());
            }
        }
    }
}
