//! Regular expressions of a program. The checker, the schema and the lowered program need the same few, and compiling
//! one costs more than checking a screen of code, so each is compiled once a thread.
//!
//! A pattern means what ECMA 262 says, since that is how a JSON Schema that carries it is read: `\d`, `\w` and `\b`
//! speak of ASCII, `\s` is any white space, and `.` is any character but those that end a line. The engine's own
//! classes are wider, so they are spelled out before it sees them.

use regex::Regex;
use regex_syntax::ast::{self, Ast};
use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::ops::Range;

/// A program with more has its patterns compiled anew; it is large enough for that not to matter.
const KEPT: usize = 64;

/// What `\s` stands for in ECMA 262, as members of a class.
const SPACE: &str =
    r"\t\n\x0b\x0c\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";

/// The compiled pattern; a clone shares what was compiled.
pub fn compiled(pattern: &str) -> Result<Regex, regex::Error> {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return Ok(regex.clone());
        }
        let regex = Regex::new(&spelled_out(pattern))?;
        if known.len() == KEPT {
            known.clear();
        }
        known.insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    })
}

/// The pattern with its classes spelled out, so that any engine means the same by it as ECMA 262 does; one that is no
/// pattern stays as it is, for the engine to say why.
pub fn spelled_out(pattern: &str) -> String {
    let Some(found) = Found::of(pattern) else { return pattern.to_owned() };
    let mut out = String::with_capacity(pattern.len());
    let mut from = 0;
    for (at, text) in &found.spelled {
        out.push_str(&pattern[from..at.start]);
        out.push_str(text);
        from = at.end;
    }
    out.push_str(&pattern[from..]);
    out
}

/// Whether ECMA 262 has everything that the pattern uses, so that a schema may carry it.
pub fn is_portable(pattern: &str) -> bool {
    Found::of(pattern).is_some_and(|found| !found.foreign)
}

#[derive(Default)]
struct Found {
    /// What must be spelled out, in the order of the pattern.
    spelled: Vec<(Range<usize>, String)>,
    /// Something that only this engine knows.
    foreign: bool,
    /// `(?s)` stands somewhere: `.` is then meant to match what ends a line.
    dot_all: bool,
}

impl Found {
    fn of(pattern: &str) -> Option<Found> {
        let tree = ast::parse::Parser::new().parse(pattern).ok()?;
        let mut found = match ast::visit(&tree, Search::default()) {
            Ok(found) => found,
            Err(never) => match never {},
        };
        if found.dot_all {
            found.spelled.retain(|(at, _)| &pattern[at.clone()] != ".");
        }
        found.spelled.sort_by_key(|(at, _)| at.start);
        Some(found)
    }
}

#[derive(Default)]
struct Search(Found);

impl Search {
    fn spell(&mut self, span: &ast::Span, text: impl Into<String>) {
        self.0.spelled.push((span.start.offset..span.end.offset, text.into()));
    }

    fn class(&mut self, class: &ast::ClassPerl) {
        let members = match class.kind {
            ast::ClassPerlKind::Digit => "0-9",
            ast::ClassPerlKind::Word => "0-9A-Za-z_",
            ast::ClassPerlKind::Space => SPACE,
        };
        // A class inside a class joins it.
        let not = if class.negated { "^" } else { "" };
        self.spell(&class.span, format!("[{not}{members}]"));
    }

    fn flags(&mut self, flags: &ast::Flags) {
        self.0.foreign |= !flags.items.is_empty();
        let all = ast::FlagsItemKind::Flag(ast::Flag::DotMatchesNewLine);
        self.0.dot_all |= flags.items.iter().any(|item| item.kind == all);
    }

    fn literal(&mut self, literal: &ast::Literal) {
        use ast::{HexLiteralKind, LiteralKind, SpecialLiteralKind};
        self.0.foreign |= matches!(
            literal.kind,
            LiteralKind::HexBrace(HexLiteralKind::X | HexLiteralKind::UnicodeLong)
                | LiteralKind::HexFixed(HexLiteralKind::UnicodeLong)
                | LiteralKind::Special(SpecialLiteralKind::Bell)
        );
    }
}

impl ast::Visitor for Search {
    type Output = Found;
    type Err = Infallible;

    fn finish(self) -> Result<Found, Infallible> {
        Ok(self.0)
    }

    fn visit_pre(&mut self, tree: &Ast) -> Result<(), Infallible> {
        use ast::{AssertionKind, GroupKind};
        match tree {
            Ast::Flags(flags) => self.flags(&flags.flags),
            Ast::Literal(literal) => self.literal(literal),
            Ast::Dot(span) => self.spell(span, r"[^\n\r\u{2028}\u{2029}]"),
            Ast::ClassPerl(class) => self.class(class),
            Ast::ClassUnicode(_) => self.0.foreign = true,
            Ast::Assertion(assertion) => match assertion.kind {
                AssertionKind::StartLine | AssertionKind::EndLine => {}
                AssertionKind::WordBoundary => self.spell(&assertion.span, r"(?-u:\b)"),
                AssertionKind::NotWordBoundary => self.spell(&assertion.span, r"(?-u:\B)"),
                _ => self.0.foreign = true,
            },
            Ast::Group(group) => match &group.kind {
                GroupKind::CaptureIndex(_) => {}
                GroupKind::CaptureName { starts_with_p, .. } => self.0.foreign |= *starts_with_p,
                GroupKind::NonCapturing(flags) => self.flags(flags),
            },
            Ast::Empty(_)
            | Ast::ClassBracketed(_)
            | Ast::Repetition(_)
            | Ast::Alternation(_)
            | Ast::Concat(_) => {}
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Infallible> {
        use ast::ClassSetItem;
        match item {
            ClassSetItem::Perl(class) => self.class(class),
            ClassSetItem::Literal(literal) => self.literal(literal),
            ClassSetItem::Range(range) => {
                self.literal(&range.start);
                self.literal(&range.end);
            }
            ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => {
                self.0.foreign = true;
            }
            ClassSetItem::Empty(_) | ClassSetItem::Union(_) => {}
        }
        Ok(())
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), Infallible> {
        self.0.foreign = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{compiled, is_portable, spelled_out};

    #[test]
    fn classes_mean_what_a_schema_says() {
        let matches = |pattern: &str, text: &str| compiled(pattern).expect("a pattern").is_match(text);
        for (pattern, yes, no) in [
            (r"^\d+$", "0123456789", "٣"),
            (r"^\D$", "٣", "3"),
            (r"^\w+$", "a_Z9", "é"),
            (r"^\W$", "é", "e"),
            (r"^[^\d]$", "٣", "3"),
            (r"^[\D]$", "٣", "3"),
            (r"^[\w.-]+$", "a.b-c", "ä"),
            (r"^\s$", "\u{a0}", "\u{85}"),
            (r"^\S$", "\u{85}", "\u{feff}"),
            (r"^.$", "é", "\r"),
            (r"^.$", "😀", "\u{2028}"),
            (r"(?s)^.$", "\r", ""),
            (r"\bb", "éb", "ab"),
            (r"é\B", "é", "éa"),
            (r"(?x) ^ \d # [ \w", "1", "a"),
        ] {
            assert!(matches(pattern, yes), "`{pattern}` takes {yes:?}");
            assert!(!matches(pattern, no), "`{pattern}` does not take {no:?}");
        }
    }

    #[test]
    fn nothing_else_is_touched() {
        for pattern in [r"^v[0-9]+\.[0-9]+$", r"\\d", r"[.]", r"a|b(?:c)", "(", ""] {
            assert_eq!(spelled_out(pattern), pattern);
        }
    }

    #[test]
    fn a_schema_carries_only_what_others_know() {
        for pattern in [r"^\d+\.\w$", r"[^\s,]+", r"\u{e9}", r"(?<year>\d{4})", r"^a.b\b"] {
            assert!(is_portable(pattern), "`{pattern}`");
        }
        for pattern in
            [r"(?i)a", r"(?i:a)", r"\Aa\z", r"[a-z&&[^b]]", r"[[:alpha:]]", r"(?P<y>a)", r"\x{e9}", "("]
        {
            assert!(!is_portable(pattern), "`{pattern}`");
        }
    }
}
