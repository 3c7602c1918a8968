//! Primary expressions and what is attached to them.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::*;
use crate::syntax::foreign;
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    pub fn primary(&mut self, pair: P<'_>, negated: bool) -> Expr {
        let outer = std::mem::take(&mut self.height);
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let kind = match rule {
            Rule::lower => ExprKind::Name(self.name(&pair)),
            Rule::type_ref => self.type_ref(&pair, span),
            Rule::variant_ref => match pair.into_inner().next() {
                Some(name) => ExprKind::Variant(self.any_name(&name)),
                None => ExprKind::Error,
            },
            Rule::none => ExprKind::None,
            Rule::boolean => ExprKind::Bool(pair.as_str() == "true"),
            Rule::number => self.number(pair.as_str(), span, negated),
            Rule::quoted_text | Rule::block_text | Rule::raw_text => ExprKind::Text(self.text_lit(pair)),
            Rule::paren => match pair.into_inner().next() {
                Some(e) => ExprKind::Paren(Box::new(self.expr(e))),
                None => ExprKind::Error,
            },
            Rule::list => ExprKind::List(pair.into_inner().map(|i| self.list_item(i)).collect()),
            Rule::record => ExprKind::Record(pair.into_inner().map(|f| self.record_field(f)).collect()),
            Rule::map => ExprKind::Map(pair.into_inner().filter_map(|e| self.map_entry(e)).collect()),
            Rule::block_expr => match pair.into_inner().next() {
                Some(b) => ExprKind::Block(self.block(b)),
                None => ExprKind::Error,
            },
            Rule::block => ExprKind::Block(self.block(pair)),
            Rule::lambda => self.lambda(pair),
            Rule::run => ExprKind::Run(Box::new(self.run(pair))),
            Rule::ask => ExprKind::Ask(Box::new(self.ask(pair))),
            Rule::gate => ExprKind::Gate(Box::new(self.gate(pair))),
            _ => self.control(pair),
        };
        self.raise(outer, 1);
        Expr { id: self.id(), span, kind }
    }

    /// A type's name; or what other languages call `none`, `true` and `false`, where nothing is taken from it.
    fn type_ref(&mut self, pair: &P<'_>, span: Span) -> ExprKind {
        let meant = match pair.as_str() {
            "None" | "NULL" | "Null" => ExprKind::None,
            "True" | "TRUE" => ExprKind::Bool(true),
            "False" | "FALSE" => ExprKind::Bool(false),
            _ => return ExprKind::TypeName(self.any_name(pair)),
        };
        if matches!(self.text.as_bytes().get(span.end as usize), Some(b'.' | b'(')) {
            return ExprKind::TypeName(self.any_name(pair));
        }
        self.diagnostics.extend(foreign::about_word(pair.as_str(), span));
        meant
    }

    fn list_item(&mut self, pair: P<'_>) -> ListItem {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let value = inner.next().map(|e| self.expr(e));
        let value = value.unwrap_or_else(|| self.expr_error(span));
        ListItem { value, spread: inner.next().is_some() }
    }

    pub fn record_field(&mut self, pair: P<'_>) -> RecordField {
        let span = self.span(&pair);
        let mut inner = pair.into_inner();
        let Some(word) = inner.next() else {
            let value = self.expr_error(span);
            return RecordField {
                name: Ident { id: value.id, name: "".into(), span },
                value,
                shorthand: false,
            };
        };
        match inner.next() {
            Some(e) => {
                let name = self.any_name(&word);
                RecordField { name, value: self.expr(e), shorthand: false }
            }
            None => {
                let name = self.name(&word);
                let own = self.any_name(&word);
                let value = Expr { id: self.id(), span: name.span, kind: ExprKind::Name(own) };
                RecordField { name, value, shorthand: true }
            }
        }
    }

    fn map_entry(&mut self, pair: P<'_>) -> Option<(Expr, Expr)> {
        let mut inner = pair.into_inner();
        let key = self.text_expr(inner.next()?);
        let value = self.expr(inner.next()?);
        Some((key, value))
    }

    fn lambda(&mut self, pair: P<'_>) -> ExprKind {
        let span = self.span(&pair);
        let mut params = Vec::new();
        let mut body = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::lower => params.push(self.name(&part)),
                _ => body = Some(self.body(part)),
            }
        }
        let body = body.unwrap_or_else(|| self.expr_error(span));
        ExprKind::Lambda { params, body: Box::new(body) }
    }

    /// What stands after an arrow, `otherwise` or a branch name: an expression, or a block as one.
    pub fn body(&mut self, pair: P<'_>) -> Expr {
        match pair.as_rule() {
            Rule::expr => self.expr(pair),
            Rule::block => {
                let expr = self.primary(pair, false);
                self.refuse_record_like(&expr);
                expr
            }
            _ => self.primary(pair, false),
        }
    }

    /// `=> { name }` could be meant as a record; it has to say which.
    fn refuse_record_like(&mut self, expr: &Expr) {
        let ExprKind::Block(block) = &expr.kind else { return };
        let [Stmt { kind: StmtKind::Expr(only), attributes, .. }] = block.stmts.as_slice() else { return };
        if let ExprKind::Name(name) = &only.kind
            && attributes.is_empty()
        {
            let name = name.name.clone();
            self.error(
                Diagnostic::error(
                    syntax::E0111,
                    expr.span,
                    format!("`{{ {name} }}` could be a block or a record"),
                )
                .label("which one is meant?")
                .help(format!(
                    "write `{name}` for the value, or `{{ {name}: {name} }}` for a record with that field"
                )),
            );
        }
    }

    pub fn postfix(&mut self, base: Expr, pair: P<'_>) -> Expr {
        let own = self.span(&pair);
        let span = base.span.to(own);
        let rule = pair.as_rule();
        let kind = match rule {
            Rule::call => ExprKind::Call {
                callee: Box::new(base),
                args: pair.into_inner().map(|a| self.arg(a)).collect(),
            },
            Rule::index => match pair.into_inner().next() {
                Some(i) => {
                    let index = Box::new(self.expr(i));
                    ExprKind::Index { base: Box::new(base), index }
                }
                None => ExprKind::Error,
            },
            Rule::as_clause => {
                let ty = self.as_clause(pair);
                ExprKind::ReadAs { call: Box::new(base), ty: Box::new(ty) }
            }
            _ => match pair.into_inner().next() {
                Some(name) => {
                    let name = self.any_name(&name);
                    ExprKind::Field { base: Box::new(base), name, optional: rule == Rule::optional_field }
                }
                None => ExprKind::Error,
            },
        };
        Expr { id: self.id(), span, kind }
    }

    fn arg(&mut self, pair: P<'_>) -> Arg {
        let span = self.span(&pair);
        let mut name = None;
        let mut value = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::name => name = Some(self.any_name(&part)),
                _ => value = Some(self.expr(part)),
            }
        }
        let value = value.unwrap_or_else(|| self.expr_error(span));
        Arg { name, value, span }
    }

    /// A number with its unit, if any. `negated`: a minus sign stands before it.
    pub fn number(&mut self, text: &str, span: Span, negated: bool) -> ExprKind {
        // Nearly all; eighteen digits are always in range.
        if text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit()) {
            return ExprKind::Int(text.bytes().fold(0, |n, b| n * 10 + i64::from(b - b'0')));
        }
        let digits = text
            .find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.'))
            .map_or(text, |i| &text[..i])
            .trim_end_matches('_');
        // `1.5_000` keeps its digits; a trailing `_` belongs to a unit that does not exist.
        let unit = &text[digits.len()..];
        let plain: String = digits.chars().filter(|c| *c != '_').collect();
        if let Some(exponent) = unit.strip_prefix(['e', 'E'])
            && exponent.chars().all(|c| c.is_ascii_digit())
            && !exponent.is_empty()
        {
            return self.float(&format!("{plain}e{exponent}"), span);
        }
        let scale: Option<(i64, bool)> = match unit {
            "" => None,
            "ms" => Some((1, true)),
            "s" => Some((1_000, true)),
            "m" => Some((60_000, true)),
            "h" => Some((3_600_000, true)),
            "d" => Some((86_400_000, true)),
            "B" => Some((1, false)),
            "KiB" => Some((1 << 10, false)),
            "MiB" => Some((1 << 20, false)),
            "GiB" => Some((1 << 30, false)),
            "TiB" => Some((1 << 40, false)),
            _ => {
                let help = match unit {
                    "KB" | "kB" | "K" | "k" | "MB" | "M" | "GB" | "G" | "TB" => {
                        "sizes are B, KiB, MiB, GiB, TiB: powers of 1024".to_owned()
                    }
                    _ => "durations end in ms, s, m, h, d; sizes in B, KiB, MiB, GiB, TiB".to_owned(),
                };
                self.error(
                    Diagnostic::error(
                        syntax::E0106,
                        span,
                        format!("`{text}` is no number, duration or size"),
                    )
                    .label(format!("`{unit}` is not a unit"))
                    .help(help),
                );
                return ExprKind::Error;
            }
        };
        if plain.contains('.') && scale.is_none() {
            return self.float(&plain, span);
        }
        let value = match scale {
            // `1.5h` is exact in milliseconds; `0.3ms` is not.
            Some((factor, _)) if plain.contains('.') => scaled(&plain, factor),
            Some((factor, _)) => plain.parse::<i64>().ok().and_then(|n| n.checked_mul(factor)),
            None => match plain.parse::<u64>() {
                Ok(n) if n <= i64::MAX as u64 => Some(n as i64),
                Ok(n) if negated && n == i64::MAX as u64 + 1 => Some(i64::MIN),
                _ => None,
            },
        };
        let Some(value) = value else {
            let what = match scale {
                None => "an Int",
                Some((_, true)) => "a Duration",
                Some((_, false)) => "a Size",
            };
            self.error(
                Diagnostic::error(syntax::E0106, span, format!("`{text}` is out of the range of {what}"))
                    .label(format!("whole numbers go from {} to {}", i64::MIN, i64::MAX))
                    .help("durations are counted in milliseconds and sizes in bytes; larger numbers can be Float"),
            );
            return ExprKind::Error;
        };
        match scale {
            None => ExprKind::Int(value),
            Some((_, true)) => ExprKind::Duration(value),
            Some((_, false)) => ExprKind::Size(value),
        }
    }

    fn float(&mut self, text: &str, span: Span) -> ExprKind {
        match text.parse::<f64>() {
            Ok(f) if f.is_finite() => ExprKind::Float(f),
            _ => {
                self.error(
                    Diagnostic::error(syntax::E0106, span, format!("`{text}` is out of the range of Float"))
                        .label("the largest is about 1.8e308"),
                );
                ExprKind::Error
            }
        }
    }
}

/// A decimal number times a factor, if that is whole.
fn scaled(plain: &str, factor: i64) -> Option<i64> {
    let (whole, fraction) = plain.split_once('.')?;
    let mut value = whole.parse::<i64>().ok()?.checked_mul(factor)?;
    let places = 10i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<i64>().ok()?.checked_mul(factor)?;
    if part % places != 0 {
        return None;
    }
    value = value.checked_add(part / places)?;
    Some(value)
}
