//! Items.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::syntax::ast::*;
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    pub fn item(&mut self, pair: P<'_>) -> Item {
        let span = self.span(&pair);
        let docs = self.docs(span);
        let mut attributes = Vec::new();
        let mut kind = None;
        for p in pair.into_inner() {
            kind = match p.as_rule() {
                Rule::attribute => {
                    attributes.push(self.attribute(p));
                    continue;
                }
                Rule::use_item => self.use_item(p),
                Rule::const_item => self.const_item(p),
                Rule::type_item => self.type_item(p),
                Rule::enum_item => self.enum_item(p),
                Rule::agent_item => self.agent_item(p),
                Rule::policy_item => Some(ItemKind::Policy(self.policy_item(p))),
                Rule::callable => self.callable(p),
                Rule::test_item => Some(ItemKind::Test(self.test_item(p))),
                _ => None,
            };
        }
        // The grammar gives every item its name; an empty policy stands for nothing.
        let kind = kind.unwrap_or(ItemKind::Policy(PolicyItem { rules: Vec::new(), span }));
        Item { span, docs, attributes, kind }
    }

    pub fn attribute(&mut self, pair: P<'_>) -> Attribute {
        let span = self.span(&pair);
        let mut names: Vec<Ident> = pair.into_inner().map(|n| self.any_name(&n)).collect();
        let name =
            if names.is_empty() { Ident { id: self.id(), name: "".into(), span } } else { names.remove(0) };
        Attribute { name, args: names, span }
    }

    fn use_item(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let mut source = None;
        let mut alias = None;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::plain_text => {
                    let (path, span) = self.plain_text(p);
                    source = Some(UseSource::File { path, span });
                }
                _ if source.is_none() => source = Some(UseSource::Library(self.name(&p))),
                _ => alias = Some(self.name(&p)),
            }
        }
        Some(ItemKind::Use(UseItem { source: source?, alias }))
    }

    fn const_item(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let (mut name, mut ty, mut value) = (None, None, None);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::lower => name = Some(self.name(&p)),
                Rule::type_expr => ty = Some(self.type_expr(p)),
                _ => value = Some(self.expr(p)),
            }
        }
        Some(ItemKind::Const(ConstItem { name: name?, ty, value: value? }))
    }

    fn type_item(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let (mut name, mut body) = (None, None);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::upper => name = Some(self.any_name(&p)),
                Rule::fields => {
                    body = Some(TypeBody::Record(p.into_inner().map(|f| self.field_decl(f)).collect()));
                }
                _ => body = Some(TypeBody::Alias(self.type_expr(p))),
            }
        }
        Some(ItemKind::Type(TypeItem { name: name?, body: body? }))
    }

    fn enum_item(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let mut name = None;
        let mut variants = Vec::new();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::upper => name = Some(self.any_name(&p)),
                _ => variants.extend(self.variant(p)),
            }
        }
        Some(ItemKind::Enum(EnumItem { name: name?, variants }))
    }

    pub fn variant(&mut self, pair: P<'_>) -> Option<VariantDecl> {
        let span = self.without_comma(&pair);
        let docs = self.docs(span);
        let (mut name, mut fields, mut text) = (None, Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::upper => name = Some(self.any_name(&part)),
                Rule::fields => fields = part.into_inner().map(|f| self.field_decl(f)).collect(),
                _ => text = Some(self.plain_text(part)),
            }
        }
        Some(VariantDecl { docs, name: name?, fields, text, span })
    }

    fn agent_item(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let mut name = None;
        let mut settings = Vec::new();
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::lower => name = Some(self.name(&p)),
                _ => settings.extend(self.setting(p)),
            }
        }
        Some(ItemKind::Agent(AgentItem { name: name?, settings }))
    }

    pub fn setting(&mut self, pair: P<'_>) -> Option<(Ident, Expr)> {
        let mut inner = pair.into_inner();
        let key = self.any_name(&inner.next()?);
        let value = self.expr(inner.next()?);
        Some((key, value))
    }

    fn policy_item(&mut self, pair: P<'_>) -> PolicyItem {
        let span = self.span(&pair);
        let rules = pair.into_inner().filter_map(|r| self.policy_rule(r)).collect();
        PolicyItem { rules, span }
    }

    pub fn policy_rule(&mut self, pair: P<'_>) -> Option<PolicyRule> {
        let span = self.span(&pair);
        let mut kind = None;
        let mut subjects = Vec::new();
        let (mut after, mut agent) = (None, None);
        for p in pair.into_inner() {
            let own = self.span(&p);
            match p.as_rule() {
                Rule::policy_kind => {
                    kind = Some(match p.as_str() {
                        "allow" => PolicyRuleKind::Allow,
                        "deny" => PolicyRuleKind::Deny,
                        "reads" => PolicyRuleKind::Reads,
                        "trusted" => PolicyRuleKind::Trusted,
                        _ => PolicyRuleKind::Untrusted,
                    });
                }
                Rule::policy_subject => {
                    let mut path = Vec::new();
                    let mut argument = None;
                    for part in p.into_inner() {
                        match part.as_rule() {
                            Rule::command => subjects.push(PolicySubject::Command(self.command(part, true))),
                            Rule::plain_text => argument = Some(self.plain_text(part)),
                            _ => path.push(self.any_name(&part)),
                        }
                    }
                    if !path.is_empty() {
                        subjects.push(PolicySubject::Effect { path, argument, span: own });
                    }
                }
                Rule::policy_after => {
                    if let Some(n) = p.into_inner().next() {
                        let name = self.name(&n);
                        self.once(&mut after, name, "after gate", own);
                    }
                }
                Rule::policy_agent => {
                    if let Some(n) = p.into_inner().next() {
                        let name = self.name(&n);
                        self.once(&mut agent, name, "for agent", own);
                    }
                }
                _ => {}
            }
        }
        Some(PolicyRule { kind: kind?, subjects, after, agent, span })
    }

    fn callable(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let whole = self.span(&pair);
        let (mut kind, mut name, mut params, mut result, mut body) = (None, None, Vec::new(), None, None);
        let mut head = whole;
        for p in pair.into_inner() {
            let own = self.span(&p);
            match p.as_rule() {
                Rule::callable_kind => {
                    kind = Some(match p.as_str() {
                        "fn" => CallableKind::Fn,
                        "task" => CallableKind::Task,
                        _ => CallableKind::Workflow,
                    });
                }
                Rule::lower => name = Some(self.name(&p)),
                Rule::params => {
                    head = whole.to(own);
                    head.end = own.end;
                    params = p.into_inner().filter_map(|p| self.param(p)).collect();
                }
                Rule::type_expr => {
                    head.end = own.end;
                    result = Some(self.type_expr(p));
                }
                _ => body = Some(self.block(p)),
            }
        }
        if params.len() > 64 {
            self.error(
                Diagnostic::error(
                    syntax::E0102,
                    head,
                    format!("{} parameters are more than 64", params.len()),
                )
                .help("put some of them into a record type"),
            );
        }
        Some(ItemKind::Callable(CallableItem { kind: kind?, name: name?, params, result, body: body?, head }))
    }

    fn param(&mut self, pair: P<'_>) -> Option<Param> {
        let span = self.span(&pair);
        let docs = self.docs(span);
        let (mut name, mut ty, mut default) = (None, None, None);
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::lower => name = Some(self.name(&p)),
                Rule::type_expr => ty = Some(self.type_expr(p)),
                _ => default = Some(self.expr(p)),
            }
        }
        Some(Param { docs, name: name?, ty: ty?, default })
    }
}
