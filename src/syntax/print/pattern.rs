//! Patterns.

use super::Printer;
use crate::syntax::ast::{FieldPattern, Pattern, PatternKind};

impl Printer {
    pub fn pattern(&mut self, pattern: &Pattern) {
        match &pattern.kind {
            PatternKind::Any => self.put("_"),
            PatternKind::Bind(name) => self.put(&name.name),
            PatternKind::Literal(e) => self.expr(e),
            PatternKind::Range { start, end, inclusive } => {
                self.expr(start);
                self.put(if *inclusive { "..=" } else { ".." });
                self.expr(end);
            }
            PatternKind::Variant { module, enum_name, variant, fields, rest } => {
                for part in [module, enum_name].into_iter().flatten() {
                    self.put(&part.name);
                    self.put(".");
                }
                if module.is_none() && enum_name.is_none() {
                    self.put(".");
                }
                self.put(&variant.name);
                if !fields.is_empty() || *rest {
                    self.put(" ");
                    self.field_patterns(fields, *rest);
                }
            }
            PatternKind::Record { fields, rest } => self.field_patterns(fields, *rest),
            PatternKind::List { items, rest } => {
                self.put("[");
                self.list(items, |p, item| p.pattern(item));
                if let Some(rest) = rest {
                    self.put(if items.is_empty() { ".." } else { ", .." });
                    if let Some(name) = rest {
                        self.put(&name.name);
                    }
                }
                self.put("]");
            }
            PatternKind::Or(of) => {
                for (i, one) in of.iter().enumerate() {
                    self.put(if i > 0 { " or " } else { "" });
                    self.pattern(one);
                }
            }
            PatternKind::Error => self.put("_"),
        }
    }

    fn field_patterns(&mut self, fields: &[FieldPattern], rest: bool) {
        self.put("{ ");
        self.list(fields, |p, f| {
            p.put(&f.name.name);
            if let Some(pattern) = &f.pattern {
                p.put(": ");
                p.pattern(pattern);
            }
        });
        if rest {
            self.put(if fields.is_empty() { ".." } else { ", .." });
        }
        self.put(" }");
    }
}
