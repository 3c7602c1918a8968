//! Types as written.

use super::Builder;
use crate::syntax::ast::{FieldDecl, TypeExpr, TypeKind};
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    pub fn type_expr(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        let mut ty = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::type_opt => ty = Some(self.type_opt(part)),
                Rule::expr => {
                    let predicate = Box::new(self.expr(part));
                    if let Some(base) = ty.take() {
                        let kind = TypeKind::Refined { base: Box::new(base), predicate };
                        ty = Some(TypeExpr { id: self.id(), span, kind });
                    }
                }
                _ => {}
            }
        }
        ty.unwrap_or_else(|| TypeExpr { id: self.id(), span, kind: TypeKind::Error })
    }

    /// A base type with its question marks.
    pub fn type_opt(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        let mut ty: Option<TypeExpr> = None;
        for part in pair.into_inner() {
            if part.as_rule() == Rule::question {
                if let Some(base) = ty.take() {
                    // `T??` is `T?`; one node, however many marks.
                    ty = Some(match base.kind {
                        TypeKind::Optional(_) => base,
                        _ => TypeExpr { id: self.id(), span, kind: TypeKind::Optional(Box::new(base)) },
                    });
                }
            } else {
                ty = Some(self.type_base(part));
            }
        }
        ty.unwrap_or_else(|| TypeExpr { id: self.id(), span, kind: TypeKind::Error })
    }

    fn type_base(&mut self, pair: P<'_>) -> TypeExpr {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        let kind = match rule {
            Rule::type_expr => {
                return match inner.next() {
                    Some(first) => {
                        let mut ty = self.type_opt(first);
                        if let Some(predicate) = inner.next() {
                            let predicate = Box::new(self.expr(predicate));
                            ty = TypeExpr {
                                id: self.id(),
                                span,
                                kind: TypeKind::Refined { base: Box::new(ty), predicate },
                            };
                        }
                        ty
                    }
                    None => TypeExpr { id: self.id(), span, kind: TypeKind::Error },
                };
            }
            Rule::type_name => {
                let mut module = None;
                let mut name = None;
                for part in inner {
                    match part.as_rule() {
                        Rule::lower => module = Some(self.name(&part)),
                        _ => name = Some(self.any_name(&part)),
                    }
                }
                match name {
                    Some(name) => TypeKind::Name { module, name },
                    None => TypeKind::Error,
                }
            }
            Rule::type_list => match inner.next() {
                Some(item) => TypeKind::List(Box::new(self.type_expr(item))),
                None => TypeKind::Error,
            },
            Rule::type_lines => match inner.next() {
                Some(item) => TypeKind::JsonLines(Box::new(self.type_expr(item))),
                None => TypeKind::Error,
            },
            Rule::type_map => match (inner.next(), inner.next()) {
                (Some(key), Some(value)) => {
                    let key_span = self.span(&key);
                    let name = self.any_name(&key);
                    let key = TypeExpr {
                        id: self.id(),
                        span: key_span,
                        kind: TypeKind::Name { module: None, name },
                    };
                    TypeKind::Map(Box::new(key), Box::new(self.type_expr(value)))
                }
                _ => TypeKind::Error,
            },
            Rule::type_record => TypeKind::Record(inner.map(|f| self.field_decl(f)).collect()),
            _ => TypeKind::Error,
        };
        TypeExpr { id: self.id(), span, kind }
    }

    pub fn field_decl(&mut self, pair: P<'_>) -> FieldDecl {
        let span = self.without_comma(&pair);
        let docs = self.docs(span);
        let mut inner = pair.into_inner();
        let name = inner.next().map(|n| self.any_name(&n));
        let ty = inner.next().map(|t| self.type_expr(t));
        let json_name = inner.next().map(|t| self.plain_text(t));
        let name = name.unwrap_or_else(|| crate::syntax::ast::Ident { id: self.id(), name: "".into(), span });
        let ty = ty.unwrap_or_else(|| TypeExpr { id: self.id(), span, kind: TypeKind::Error });
        FieldDecl { docs, name, ty, json_name, span }
    }
}
