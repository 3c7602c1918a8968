//! How a part of the program is written: for people as they wrote it, for comparisons in the one canonical form, which
//! formatting does not change.

use crate::check::Program;
use crate::source::{SourceMap, Span};
use crate::syntax::ast::{Expr, Pattern};
use crate::syntax::{print_expr, print_pattern};
use crate::types::Type;

use super::model::Place;

/// As the person wrote it, on one line; in the canonical form where it is to be compared.
pub fn expr(e: &Expr, sources: &SourceMap, canonical: bool) -> String {
    written(e.span, sources, canonical).unwrap_or_else(|| one_line(&print_expr(e)))
}

pub fn pattern(p: &Pattern, sources: &SourceMap, canonical: bool) -> String {
    written(p.span, sources, canonical).unwrap_or_else(|| one_line(&print_pattern(p)))
}

/// A type as people write it; where it is to be compared, with its refinements in the canonical form.
pub fn ty(ty: &Type, program: &Program, canonical: bool) -> String {
    if !canonical {
        return ty.show(&program.defs).to_string();
    }
    let inner = |t: &Type| self::ty(t, program, true);
    match ty {
        Type::Refined(r) if r.name.is_none() => {
            let predicate = program.predicates.get(r.id.0 as usize).map(|p| print_expr(&p.expr));
            format!("{} where {}", inner(&r.base), predicate.as_deref().map_or_else(String::new, one_line))
        }
        Type::List(t) => format!("[{}]", inner(t)),
        Type::Map(t) => format!("{{Text: {}}}", inner(t)),
        Type::Optional(t) => format!("({})?", inner(t)),
        Type::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|f| format!("{}: {}", f.name, inner(&f.ty))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        other => other.show(&program.defs).to_string(),
    }
}

/// None where a comment would stand in it.
fn written(span: Span, sources: &SourceMap, canonical: bool) -> Option<String> {
    let text = sources.slice(span);
    (!canonical && !text.is_empty() && !text.contains("//")).then(|| one_line(text))
}

/// Lines that the printer broke for looks are joined; line ends inside of texts are escapes or belong to a block.
fn one_line(text: &str) -> String {
    match text.contains('\n') {
        false => text.to_owned(),
        true => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

pub fn place(sources: &SourceMap, span: Span) -> Place {
    match sources.get(span.file) {
        Some(file) => {
            let at = file.line_column(span.start as usize);
            Place { file: file.name.clone(), line: at.line, column: at.column }
        }
        None => Place::default(),
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
