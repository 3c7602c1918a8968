//! `run` and its clauses.

use super::literals::bare;
use super::{Want, Why};
use crate::check::world::World;
use crate::diagnostics::codes::types as code;
use crate::syntax::ast::{Command, Expr, ExprKind, Run, TypeExpr, TypeKind, WordPart};
use crate::types::{Type, forms};

impl World<'_> {
    pub(super) fn run(&mut self, e: &Expr, run: &Run) -> Type {
        self.effect(e.span, "runs a command");
        self.command(&run.command);
        self.plan(&run.command);
        if let Some(dir) = &run.dir {
            self.check(dir, &Type::Path, Why::Of("a command runs in a folder of the project"));
        }
        if let Some(env) = &run.env {
            self.environment(env);
        }
        if let Some(stdin) = &run.stdin {
            self.text_value(stdin, "the standard input is a text");
        }
        if let Some(timeout) = &run.timeout {
            self.check(timeout, &Type::Duration, Why::Of("a timeout is a Duration such as `20m`"));
        }
        if let Some(retry) = &run.retry {
            self.check(&retry.times, &Type::Int, Why::Of("how often to try again is an Int"));
            self.positive(&retry.times, "`retry` tries again at least once");
            if let Some(every) = &retry.every {
                self.check(
                    every,
                    &Type::Duration,
                    Why::Of("the pause between tries is a Duration such as `10s`"),
                );
            }
            if let Some(on) = &retry.on {
                self.exit_codes(on);
            }
        }
        if let Some(exits) = &run.exits {
            self.exit_codes(exits);
        }
        match &run.form {
            Some(form) => self.output_form(form),
            None => Type::Output,
        }
    }

    /// The values in a command's words need a text form.
    pub fn command(&mut self, command: &Command) {
        for word in &command.words {
            for part in &word.parts {
                match part {
                    WordPart::Lit(_) | WordPart::Any => {}
                    WordPart::Expr(e) => {
                        self.interpolated(e, "a command");
                    }
                    WordPart::Spread(e) => {
                        let ty = self.expr(e, Want::Any);
                        match ty.base() {
                            Type::List(item) => self.needs_text_form(e.span, &item.clone(), "a command"),
                            Type::Error | Type::Never => {}
                            _ => {
                                let shown = self.show(&ty);
                                let d = self
                                    .error(
                                        code::E0301,
                                        e.span,
                                        format!("`...` needs a list, found `{shown}`"),
                                    )
                                    .label(format!("this is `{shown}`"))
                                    .help("one value makes one word: write it without the dots");
                                self.report(d);
                            }
                        }
                    }
                }
            }
        }
    }

    fn environment(&mut self, env: &Expr) {
        if let ExprKind::Record(fields) = &env.kind {
            for f in fields {
                let ty = self.expr(&f.value, Want::Any);
                if !matches!(ty.base(), Type::Secret) {
                    self.needs_text_form(f.value.span, &ty, "the environment");
                }
            }
            return;
        }
        if let ExprKind::Map(entries) = &env.kind {
            for (key, value) in entries {
                self.check(key, &Type::Text, Why::Of("the name of a variable is a Text"));
                let ty = self.expr(value, Want::Any);
                if !matches!(ty.base(), Type::Secret) {
                    self.needs_text_form(value.span, &ty, "the environment");
                }
            }
            return;
        }
        let ty = self.expr(env, Want::Any);
        match bare(&ty) {
            Type::Map(item)
                if matches!(item.base(), Type::Secret) || forms::has_text_form(item, &self.defs) => {}
            Type::Error => {}
            _ => {
                let shown = self.show(&ty);
                let d = self
                    .error(code::E0301, env.span, format!("`env` takes variables, found `{shown}`"))
                    .label(format!("this is `{shown}`"))
                    .help("write `env { NAME: value }`, or give a map of Text");
                self.report(d);
            }
        }
    }

    fn exit_codes(&mut self, e: &Expr) {
        let hint = Type::list(Type::Int);
        let ty = self.expr(e, Want::Hint(&hint));
        if !matches!(ty.base(), Type::Range) {
            self.fits(e, &ty, &hint, Why::Of("exit codes are a list or a range of Int"));
        }
    }

    /// The type after `run … as`: `Lines` and `JsonLines<T>` stand only there.
    fn output_form(&mut self, form: &TypeExpr) -> Type {
        let ty = match &form.kind {
            TypeKind::Name { module: None, name } if &*name.name == "Lines" => Type::list(Type::Text),
            TypeKind::JsonLines(item) => {
                let item_type = self.resolve(item);
                self.needs_json_form(item.span, &item_type, "the output of a command");
                Type::list(item_type)
            }
            _ => {
                let ty = self.resolve(form);
                self.needs_json_form(form.span, &ty, "the output of a command");
                ty
            }
        };
        self.set_type(form.id, &ty);
        ty
    }
}
