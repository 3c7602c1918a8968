//! Patterns of `match`, `let` and `for`.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::syntax::ast::*;
use crate::syntax::cases;
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    pub fn pattern(&mut self, pair: P<'_>) -> Pattern {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let Some(first) = inner.next().map(|p| self.pattern_one(p)) else {
            return Pattern { id: self.id(), span, kind: PatternKind::Error };
        };
        let mut options = vec![];
        for other in inner {
            options.push(self.pattern_one(other));
        }
        if options.is_empty() {
            return first;
        }
        options.insert(0, first);
        Pattern { id: self.id(), span, kind: PatternKind::Or(options) }
    }

    /// A pattern of `let` and `for`, where a name is meant: `let Count = 5` would ask for a variant.
    pub fn binding(&mut self, pair: P<'_>) -> Pattern {
        let pattern = self.pattern(pair);
        if let PatternKind::Variant { module: None, enum_name: None, variant, fields, rest: false } =
            &pattern.kind
            && fields.is_empty()
            && variant.span == pattern.span
        {
            let found = cases::capital(variant.span, &variant.name);
            self.error(found);
        }
        pattern
    }

    fn pattern_one(&mut self, pair: P<'_>) -> Pattern {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::pat_any => PatternKind::Any,
            Rule::lower => PatternKind::Bind(self.name(&pair)),
            Rule::pat_literal => match pair.into_inner().next() {
                Some(p) => PatternKind::Literal(Box::new(self.pattern_literal(p))),
                None => PatternKind::Error,
            },
            Rule::pat_range => {
                let mut ends = Vec::new();
                let mut inclusive = false;
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::range_op => inclusive = p.as_str() == "..=",
                        _ => ends.push(self.pattern_literal(p)),
                    }
                }
                match (ends.pop(), ends.pop()) {
                    (Some(end), Some(start)) => {
                        PatternKind::Range { start: Box::new(start), end: Box::new(end), inclusive }
                    }
                    _ => PatternKind::Error,
                }
            }
            Rule::pat_variant => {
                let mut module = None;
                let mut uppers = Vec::new();
                let (mut fields, mut rest) = (Vec::new(), false);
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::lower => module = Some(self.name(&p)),
                        Rule::upper => uppers.push(self.any_name(&p)),
                        _ => (fields, rest) = self.pattern_fields(p),
                    }
                }
                match uppers.pop() {
                    Some(variant) => PatternKind::Variant {
                        module: module.map(Box::new),
                        enum_name: uppers.pop().map(Box::new),
                        variant,
                        fields,
                        rest,
                    },
                    None => PatternKind::Error,
                }
            }
            Rule::pat_record => match pair.into_inner().next() {
                Some(p) => {
                    let (fields, rest) = self.pattern_fields(p);
                    PatternKind::Record { fields, rest }
                }
                None => PatternKind::Error,
            },
            Rule::pat_list => {
                let (mut items, mut rest) = (Vec::new(), None);
                for p in pair.into_inner() {
                    match p.as_rule() {
                        Rule::pattern => items.push(self.pattern(p)),
                        _ => rest = Some(p.into_inner().next().map(|n| self.name(&n))),
                    }
                }
                PatternKind::List { items, rest }
            }
            _ => PatternKind::Error,
        };
        Pattern { id: self.id(), span, kind }
    }

    fn pattern_literal(&mut self, pair: P<'_>) -> Expr {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::pat_number {
            let text = pair.as_str();
            let (negative, digits) = match text.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let kind = match (self.number(digits, span, negative), negative) {
                (ExprKind::Int(i), true) => ExprKind::Int(i.wrapping_neg()),
                (ExprKind::Float(f), true) => ExprKind::Float(-f),
                (ExprKind::Duration(d), true) => ExprKind::Duration(d.wrapping_neg()),
                (kind, _) => kind,
            };
            return Expr { id: self.id(), span, kind };
        }
        let expr = self.primary(pair, false);
        if let ExprKind::Text(lit) = &expr.kind
            && lit.plain().is_none()
        {
            self.error(
                Diagnostic::error(syntax::E0113, span, "a pattern's text takes no interpolation")
                    .label("`{…}` cannot be used here")
                    .help("bind the value to a name and compare it with `if`"),
            );
        }
        expr
    }

    fn pattern_fields(&mut self, pair: P<'_>) -> (Vec<FieldPattern>, bool) {
        let (mut fields, mut rest) = (Vec::new(), false);
        for p in pair.into_inner() {
            if p.as_rule() == Rule::pat_rest {
                rest = true;
                continue;
            }
            let mut inner = p.into_inner();
            let Some(word) = inner.next() else { continue };
            match inner.next() {
                Some(p) => {
                    let name = self.any_name(&word);
                    fields.push(FieldPattern { name, pattern: Some(self.pattern(p)) });
                }
                None => fields.push(FieldPattern { name: self.name(&word), pattern: None }),
            }
        }
        (fields, rest)
    }
}
