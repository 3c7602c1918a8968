//! Built-in methods: the variables of their signatures are found from the receiver and the arguments.

use super::arguments::Callee;
use super::{Want, Why, unparen};
use crate::check::body::{Frame, LocalKind};
use crate::check::world::World;
use crate::diagnostics::codes::types as code;
use crate::syntax::ast::{Arg, Expr, ExprKind, Ident};
use crate::types::methods::{Bound, Method, Sig};
use crate::types::{Field, Fit, FnType, Type, fields_of, fit, forms, join};
use std::sync::Arc;

pub(super) type Vars = [Option<Type>; 2];

impl World<'_> {
    pub(super) fn call_method(
        &mut self,
        e: &Expr,
        receiver: &Type,
        method: &'static Method,
        args: &[Arg],
        want: Want<'_>,
    ) -> Type {
        let mut vars: Vars = [None, None];
        if !self.unify(&method.receiver, receiver, &mut vars) {
            let shown = self.show(receiver);
            let d = self
                .error(
                    code::E0303,
                    e.span,
                    format!("`{}` works on `{}`, this is `{shown}`", method.name, method.receiver),
                )
                .label("not of that shape");
            self.report(d);
            self.any_arguments(args);
            return Type::Error;
        }
        let params: Vec<(&str, bool)> = method.params.iter().map(|p| (p.name, p.optional)).collect();
        let plain = args.len() == params.len() && args.iter().all(|a| a.name.is_none());
        let signature = if plain { String::new() } else { method.signature() };
        let order = match method.property {
            true => Vec::new(),
            false => self.arguments(e, args, &Callee { signature, declared: None, params: &params }),
        };
        let mut hints: Vars = vars.clone();
        if let Some(wanted) = want.hint() {
            self.hint(&method.result, wanted, &mut hints);
        }
        for (param, arg) in method.params.iter().zip(&order) {
            if let Some(arg) = arg {
                self.argument(&args[*arg as usize].value, &param.ty, &mut vars, &hints);
            }
        }
        for (var, bound) in method.bounds {
            let ty = instantiate(var, &vars, None).unwrap_or(Type::Never);
            if !forms::can(&ty, *bound, &self.defs) {
                self.unbound(e, method, &ty, *bound);
                return Type::Error;
            }
        }
        let ty = instantiate(&method.result, &vars, None);
        // A variable that nothing has told stands for no value: the list is empty.
        ty.unwrap_or_else(|| {
            let vars = vars.map(|v| Some(v.unwrap_or(Type::Never)));
            instantiate(&method.result, &vars, None).unwrap_or(Type::Error)
        })
    }

    fn unbound(&mut self, e: &Expr, method: &Method, ty: &Type, bound: Bound) {
        let shown = self.show(ty);
        let secret = matches!(ty.base(), Type::Secret);
        let (id, lacks) = match bound {
            _ if secret => (code::E0310, "a secret gives nothing away".to_owned()),
            Bound::Ordered => (code::E0322, format!("`{shown}` has no order")),
            Bound::Equal => (code::E0322, format!("`{shown}` cannot be compared")),
            Bound::Sum => (code::E0308, format!("`{shown}` cannot be added up")),
            Bound::Text => (code::E0309, format!("`{shown}` has no text form")),
            Bound::Json => (code::E0320, format!("`{shown}` has no JSON form")),
        };
        let mut d = self.error(id, e.span, format!("`{}` cannot work here: {lacks}", method.name));
        d = match (bound, ty.base()) {
            (_, Type::Optional(_)) => d.help("give a value for `none` first, with `??`"),
            (Bound::Ordered, _) if method.params.is_empty() && method.name != "to_text" => {
                d.help(format!("`{}_by(x => x.field)` says by what", method.name))
            }
            (Bound::Sum, _) => d.help("`.map(x => x.field).sum()` adds up one field"),
            (Bound::Text, Type::Named(_) | Type::Record(_)) if method.name == "join" => {
                d.help("`.map(x => \"{x.field}\").join(\", \")` makes texts first")
            }
            _ => d,
        };
        self.report(d);
    }

    fn argument(&mut self, arg: &Expr, sig: &Sig, vars: &mut Vars, hints: &Vars) {
        if let Sig::Function(params, result) = sig {
            return self.function_argument(arg, params, result, vars, hints);
        }
        if let Some(ty) = instantiate(sig, vars, None)
            && !is_open(&ty)
        {
            self.check(arg, &ty, Why::Of("the method takes this type"));
            return;
        }
        let hint = instantiate(sig, hints, None);
        let got = self.expr(arg, hint.as_ref().map_or(Want::Any, Want::Hint));
        // What is wanted of the whole call says more than an empty list does.
        let got = match hint {
            Some(h) if is_open(&got) && fit(&got, &h, &self.defs) != Fit::No => h,
            _ => got,
        };
        if !self.unify(sig, &got, vars) {
            let (wanted, found) = (sig.to_string(), self.show(&got));
            let d = self
                .error(code::E0301, arg.span, format!("expected `{wanted}`, found `{found}`"))
                .label(format!("this is `{found}`"));
            self.report(d);
        }
    }

    fn function_argument(
        &mut self,
        arg: &Expr,
        params: &'static [Sig],
        result: &Sig,
        vars: &mut Vars,
        hints: &Vars,
    ) {
        let types: Vec<Type> =
            params.iter().map(|p| instantiate(p, vars, None).unwrap_or(Type::Never)).collect();
        let inner = unparen(arg);
        let wanted = instantiate(result, vars, None).filter(|t| !is_open(t));
        if let ExprKind::Lambda { params: names, body } = &inner.kind {
            if names.len() != types.len() {
                let n = types.len();
                let d = self
                    .error(
                        code::E0304,
                        inner.span,
                        format!("this lambda takes {} values and gets {n}", names.len()),
                    )
                    .label(if n == 1 {
                        "write `x => …`".into()
                    } else {
                        format!("write it with {n} parameters")
                    });
                self.report(d);
                self.lambda(inner, names, body, &vec![Type::Error; names.len()], Want::Any);
                return;
            }
            let hint = instantiate(result, hints, None);
            let want = match (&wanted, &hint) {
                (Some(t), _) => Want::Must(t, Why::Of("what the lambda must give")),
                (None, Some(t)) => Want::Hint(t),
                (None, None) => Want::Any,
            };
            let got = self.lambda(inner, names, body, &types, want);
            match wanted {
                Some(wanted) => {
                    if *result == Sig::Bool {
                        return self.lambda_condition(body, &got);
                    }
                    self.fits(body, &got, &wanted, Why::Of("what the lambda must give"));
                }
                None => self.learn(body, result, &got, vars),
            }
            return;
        }
        let got = self.expr(arg, Want::Any);
        match &got {
            Type::Function(f) => {
                let fits = f.params.len() == types.len()
                    && types.iter().zip(&f.params).all(|(t, p)| fit(t, p, &self.defs) == Fit::Same)
                    && wanted.as_ref().is_none_or(|w| fit(&f.result, w, &self.defs) == Fit::Same);
                if !fits {
                    let shown = self.show(&got);
                    let needed: Vec<String> = types.iter().map(|t| self.show(t)).collect();
                    let d = self
                        .error(
                            code::E0301,
                            arg.span,
                            format!("`{shown}` does not take ({})", needed.join(", ")),
                        )
                        .help("write a lambda that calls it: `x => f(x)`");
                    self.report(d);
                    return;
                }
                if wanted.is_none() {
                    self.learn(arg, result, &f.result.clone(), vars);
                }
            }
            Type::Error => {}
            other => {
                let shown = self.show(other);
                let d = self
                    .error(code::E0301, arg.span, format!("expected a lambda, found `{shown}`"))
                    .label(format!("this is `{shown}`"))
                    .help("write `x => …`");
                self.report(d);
            }
        }
    }

    fn lambda_condition(&mut self, body: &Expr, got: &Type) {
        if matches!(got.base(), Type::Bool | Type::Error | Type::Never) {
            return;
        }
        let shown = self.show(got);
        let d = self
            .error(code::E0311, body.span, format!("this lambda must give a Bool and gives `{shown}`"))
            .label("must be true or false");
        self.report(d);
    }

    /// The result of a lambda tells a variable, or widens one that started as an empty list.
    fn learn(&mut self, body: &Expr, result: &Sig, got: &Type, vars: &mut Vars) {
        let before = vars.clone();
        match instantiate(result, vars, None) {
            Some(open) => match join(&open, got, &self.defs) {
                Some(joined) => {
                    let mut fresh: Vars = [before[0].clone(), None];
                    if self.unify(result, &joined, &mut fresh) {
                        *vars = fresh;
                    }
                }
                None => {
                    self.fits(body, got, &open, Why::Of("what the lambda must give"));
                }
            },
            None => {
                if !self.unify(result, got, vars) {
                    let shown = self.show(got);
                    let d = self
                        .error(code::E0301, body.span, format!("expected `{result}`, found `{shown}`"))
                        .label(format!("the lambda gives `{shown}`"));
                    self.report(d);
                }
            }
        }
    }

    /// Checks a lambda's body with these types of its parameters; its type is the result's.
    pub(super) fn lambda(
        &mut self,
        e: &Expr,
        names: &[Ident],
        body: &Expr,
        types: &[Type],
        want: Want<'_>,
    ) -> Type {
        let mark = self.body.mark();
        let pure = self.body.pure.replace(self.body.pure.unwrap_or("a lambda"));
        let result = self.body.result.take();
        self.body.depth += 1;
        self.body.frames.push(Frame::Wall("a lambda"));
        for (i, (name, ty)) in names.iter().zip(types).enumerate() {
            if let Some(first) = names[..i].iter().find(|n| n.name == name.name)
                && &*name.name != "_"
            {
                let d = self
                    .error(code::E0324, name.span, format!("two parameters are called `{}`", name.name))
                    .also(first.span, "the first one");
                self.report(d);
            }
            self.bind(name, ty, LocalKind::Lambda);
        }
        let got = self.expr(body, want);
        self.body.frames.pop();
        self.body.depth -= 1;
        self.body.result = result;
        self.body.pure = pure;
        self.body.leave(mark);
        let function = Type::Function(Arc::new(FnType { params: types.to_vec(), result: got.clone() }));
        self.set_type(e.id, &function);
        got
    }

    /// Finds variables so that the signature's type is this one.
    pub(super) fn unify(&self, sig: &Sig, ty: &Type, vars: &mut Vars) -> bool {
        let slot = match sig {
            Sig::T => Some(0),
            Sig::U => Some(1),
            _ => None,
        };
        if let Some(slot) = slot {
            if matches!(ty, Type::Never) {
                return true;
            }
            return match &vars[slot] {
                None => {
                    vars[slot] = Some(ty.clone());
                    true
                }
                Some(known) => match join(known, ty, &self.defs) {
                    Some(joined) => {
                        vars[slot] = Some(joined);
                        true
                    }
                    None => false,
                },
            };
        }
        match (sig, ty.base()) {
            (_, Type::Error | Type::Never) => true,
            (Sig::List(s), Type::List(t))
            | (Sig::Map(s), Type::Map(t))
            | (Sig::Optional(s), Type::Optional(t)) => self.unify(s, t, vars),
            (Sig::Optional(_), Type::NoneType) => true,
            (Sig::Record(fields), t) => match fields_of(t, &self.defs) {
                Some(have) => fields.iter().all(|(n, s)| {
                    have.iter().find(|f| &*f.name == *n).is_some_and(|f| self.unify(s, &f.ty, vars))
                }),
                None => false,
            },
            (sig, t) => instantiate(sig, vars, None).is_some_and(|s| fit(t, &s, &self.defs) == Fit::Same),
        }
    }

    /// What the surroundings want tells variables that nothing else has told; never an error.
    fn hint(&self, sig: &Sig, wanted: &Type, hints: &mut Vars) {
        match (sig, wanted) {
            (Sig::T, t) if hints[0].is_none() => hints[0] = Some(t.clone()),
            (Sig::U, t) if hints[1].is_none() => hints[1] = Some(t.clone()),
            (sig, Type::Refined(r)) => self.hint(sig, &r.base, hints),
            (Sig::Optional(s), Type::Optional(t))
            | (Sig::List(s), Type::List(t))
            | (Sig::Map(s), Type::Map(t)) => self.hint(s, t, hints),
            (sig, Type::Optional(t)) => self.hint(sig, t, hints),
            (Sig::Optional(s), t) => self.hint(s, t, hints),
            _ => {}
        }
    }
}

/// Whether an empty list or `none` stands in it, of which nobody knows the type yet.
pub(super) fn is_open(ty: &Type) -> bool {
    match ty {
        Type::Never | Type::NoneType => true,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => is_open(t),
        Type::Record(fields) => fields.iter().any(|f| is_open(&f.ty)),
        _ => false,
    }
}

/// The type that a signature's type stands for; none while a variable in it is unknown.
pub(super) fn instantiate(sig: &Sig, vars: &Vars, this: Option<&Type>) -> Option<Type> {
    Some(match sig {
        Sig::T => vars[0].clone()?,
        Sig::U => vars[1].clone()?,
        Sig::This => this?.clone(),
        Sig::Text => Type::Text,
        Sig::Int => Type::Int,
        Sig::Float => Type::Float,
        Sig::Bool => Type::Bool,
        Sig::Duration => Type::Duration,
        Sig::Size => Type::Size,
        Sig::Time => Type::Time,
        Sig::Path => Type::Path,
        Sig::Json => Type::Json,
        Sig::Secret => Type::Secret,
        Sig::Nothing => Type::Nothing,
        Sig::Range => Type::Range,
        Sig::List(s) => Type::list(instantiate(s, vars, this)?),
        Sig::Map(s) => Type::map(instantiate(s, vars, this)?),
        Sig::Optional(s) => Type::optional(instantiate(s, vars, this)?),
        Sig::Record(fields) => Type::Record(
            fields
                .iter()
                .map(|(n, s)| Some(Field::new(*n, instantiate(s, vars, this)?)))
                .collect::<Option<Vec<_>>>()?
                .into(),
        ),
        Sig::Function(params, result) => Type::Function(Arc::new(FnType {
            params: params.iter().map(|p| instantiate(p, vars, this)).collect::<Option<Vec<_>>>()?,
            result: instantiate(result, vars, this)?,
        })),
    })
}
