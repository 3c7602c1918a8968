//! Items.

use super::Printer;
use crate::syntax::ast::*;

impl Printer {
    pub fn file(&mut self, file: &File) {
        for line in file.docs.iter().flat_map(|d| d.split('\n')) {
            self.put("//!");
            if !line.is_empty() {
                self.put(" ");
                self.put(line);
            }
            self.line();
        }
        for item in &file.items {
            if !self.out.is_empty() {
                self.line();
            }
            self.item(item);
            self.line();
        }
    }

    pub fn attribute(&mut self, attribute: &Attribute) {
        self.put("@");
        self.put(&attribute.name.name);
        if !attribute.args.is_empty() {
            self.put("(");
            self.list(&attribute.args, |p, a| p.put(&a.name));
            self.put(")");
        }
    }

    pub fn item(&mut self, item: &Item) {
        self.docs(&item.docs);
        for attribute in &item.attributes {
            self.attribute(attribute);
            self.line();
        }
        match &item.kind {
            ItemKind::Use(u) => {
                self.put("use ");
                match &u.source {
                    UseSource::Library(name) => self.put(&name.name),
                    UseSource::File { path, .. } => self.quoted(path),
                }
                if let Some(alias) = &u.alias {
                    self.put(" as ");
                    self.put(&alias.name);
                }
            }
            ItemKind::Type(t) => {
                self.put("type ");
                self.put(&t.name.name);
                match &t.body {
                    TypeBody::Record(fields) => {
                        self.put(" ");
                        self.fields(fields);
                    }
                    TypeBody::Alias(ty) => {
                        self.put(" = ");
                        self.ty(ty);
                    }
                }
            }
            ItemKind::Enum(e) => {
                self.put("enum ");
                self.put(&e.name.name);
                self.put(" ");
                self.braced(e.variants.is_empty(), |p| {
                    for variant in &e.variants {
                        p.line();
                        p.variant(variant);
                    }
                });
            }
            ItemKind::Const(c) => {
                self.put("const ");
                self.put(&c.name.name);
                if let Some(ty) = &c.ty {
                    self.put(": ");
                    self.ty(ty);
                }
                self.put(" = ");
                self.expr(&c.value);
            }
            ItemKind::Agent(a) => {
                self.put("agent ");
                self.put(&a.name.name);
                self.put(" ");
                self.braced(a.settings.is_empty(), |p| {
                    for (key, value) in &a.settings {
                        p.line();
                        p.put(&key.name);
                        p.put(": ");
                        p.bounded(value);
                        p.put(",");
                    }
                });
            }
            ItemKind::Policy(policy) => {
                self.put("policy ");
                self.braced(policy.rules.is_empty(), |p| {
                    for rule in &policy.rules {
                        p.line();
                        p.rule(rule);
                    }
                });
            }
            ItemKind::Callable(c) => self.callable(c),
            ItemKind::Test(t) => self.test(t),
        }
    }

    fn fields(&mut self, fields: &[FieldDecl]) {
        self.braced(fields.is_empty(), |p| {
            for field in fields {
                // A field with docs begins its own line.
                if field.docs.is_none() {
                    p.line();
                }
                p.field(field);
                p.put(",");
            }
        });
    }

    fn variant(&mut self, variant: &VariantDecl) {
        self.docs(&variant.docs);
        self.put(&variant.name.name);
        if !variant.fields.is_empty() {
            self.put(" ");
            self.fields(&variant.fields);
        }
        if let Some((text, _)) = &variant.text {
            self.put(" = ");
            self.quoted(text);
        }
        self.put(",");
    }

    fn rule(&mut self, rule: &PolicyRule) {
        self.put(match rule.kind {
            PolicyRuleKind::Allow => "allow ",
            PolicyRuleKind::Deny => "deny ",
            PolicyRuleKind::Reads => "reads ",
            PolicyRuleKind::Trusted => "trusted ",
            PolicyRuleKind::Untrusted => "untrusted ",
        });
        self.list(&rule.subjects, |p, subject| match subject {
            PolicySubject::Command(command) => p.command(command),
            PolicySubject::Effect { path, argument, .. } => {
                let path: Vec<&str> = path.iter().map(|part| &*part.name).collect();
                p.put(&path.join("."));
                if let Some((text, _)) = argument {
                    p.put(" ");
                    p.quoted(text);
                }
            }
        });
        if let Some(gate) = &rule.after {
            self.put(" after gate ");
            self.put(&gate.name);
        }
        if let Some(agent) = &rule.agent {
            self.put(" for agent ");
            self.put(&agent.name);
        }
    }

    fn callable(&mut self, c: &CallableItem) {
        self.put(c.kind.keyword());
        self.put(" ");
        self.put(&c.name.name);
        self.put("(");
        self.indent += 1;
        self.list(&c.params, |p, param| {
            if param.docs.is_some() {
                p.line();
            }
            p.docs(&param.docs);
            p.put(&param.name.name);
            p.put(": ");
            p.ty(&param.ty);
            if let Some(default) = &param.default {
                p.put(" = ");
                p.bounded(default);
            }
        });
        self.indent -= 1;
        self.put(")");
        if let Some(result) = &c.result {
            self.put(" -> ");
            self.ty(result);
        }
        self.put(" ");
        self.block(&c.body);
    }
}
