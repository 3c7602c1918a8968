//! Types and fields.

use super::Printer;
use crate::syntax::ast::{FieldDecl, TypeExpr, TypeKind};

impl Printer {
    pub fn ty(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeKind::Name { module, name } => {
                if let Some(module) = module {
                    self.put(&module.name);
                    self.put(".");
                }
                self.put(&name.name);
            }
            TypeKind::List(item) => {
                self.put("[");
                self.ty(item);
                self.put("]");
            }
            TypeKind::Map(key, value) => {
                self.put("{");
                self.ty(key);
                self.put(": ");
                self.ty(value);
                self.put("}");
            }
            TypeKind::Optional(base) => {
                self.base(base);
                self.put("?");
            }
            TypeKind::Record(fields) => {
                self.put("{ ");
                self.list(fields, |p, f| p.field(f));
                self.put(" }");
            }
            TypeKind::Refined { base, predicate } => {
                self.base(base);
                self.put(" where ");
                self.bounded(predicate);
            }
            TypeKind::JsonLines(item) => {
                self.put("JsonLines<");
                self.ty(item);
                self.put(">");
            }
            TypeKind::Error => self.put("Error"),
        }
    }

    /// A type to which something is added.
    pub fn base(&mut self, ty: &TypeExpr) {
        if matches!(ty.kind, TypeKind::Refined { .. }) {
            self.put("(");
            self.ty(ty);
            self.put(")");
        } else {
            self.ty(ty);
        }
    }

    pub fn field(&mut self, field: &FieldDecl) {
        if field.docs.is_some() {
            self.line();
        }
        self.docs(&field.docs);
        self.put(&field.name.name);
        self.put(": ");
        self.ty(&field.ty);
        if let Some((name, _)) = &field.json_name {
            self.put(" as ");
            self.quoted(name);
        }
    }
}
