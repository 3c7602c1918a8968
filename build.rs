//! Compiles `grammar/wflow.pest` to the functions of `src/syntax/quick.rs`, which read a good text and keep no account of
//! what could have stood where. pest's own parser of the same grammar does that, for texts with mistakes.
//!
//! pest's meta parser reads and optimises the grammar, so both mean the same; a test compares them.

use pest_meta::ast::RuleType;
use pest_meta::optimizer::{OptimizedExpr as Expr, OptimizedRule as Rule};
use std::collections::HashMap;
use std::fmt::Write;

const GRAMMAR: &str = "grammar/wflow.pest";
/// What these rules match is trivia: left out at the end of the rules that end with it.
const TRIVIA: &[&str] = &["o", "cmd_space"];

fn main() {
    println!("cargo::rerun-if-changed={GRAMMAR}");
    let out = std::env::var("OUT_DIR").expect("cargo gives build scripts a folder");
    let text = std::fs::read_to_string(GRAMMAR).expect("the grammar is part of the package");
    let rules = match pest_meta::parse_and_optimize(&text) {
        Ok((_, rules)) => rules,
        Err(errors) => panic!("{GRAMMAR}: {errors:?}"),
    };
    std::fs::write(format!("{out}/quick.rs"), Compiler::new(&rules).file())
        .expect("cargo's folder is writable");
}

/// The bytes that a match can begin with; `empty` if it may match nothing.
#[derive(Clone, PartialEq)]
struct First {
    bytes: [bool; 256],
    empty: bool,
}

impl First {
    const NOTHING: First = First { bytes: [false; 256], empty: false };
    const ANYTHING: First = First { bytes: [true; 256], empty: true };

    fn of(bytes: impl IntoIterator<Item = u8>) -> First {
        let mut out = First::NOTHING;
        bytes.into_iter().for_each(|b| out.bytes[b as usize] = true);
        out
    }

    fn or(&self, other: &First) -> First {
        let bytes = std::array::from_fn(|i| self.bytes[i] || other.bytes[i]);
        First { bytes, empty: self.empty || other.empty }
    }

    fn and(&self, other: &First) -> First {
        let bytes = std::array::from_fn(|i| self.bytes[i] && other.bytes[i]);
        First { bytes, empty: other.empty }
    }

    /// A test of the next byte that no match can fail, if there is one.
    fn guard(&self) -> Option<String> {
        (!self.empty && self.bytes.iter().any(|b| !b)).then(|| test("s.peek()", &self.bytes))
    }
}

/// A test whether a byte is one of some.
fn test(byte: &str, bytes: &[bool; 256]) -> String {
    let pattern = set(bytes);
    if pattern.matches('|').count() < 2 {
        return format!("matches!({byte}, {pattern})");
    }
    // Many ranges are one look into a table.
    let word = |n: usize| (0..64).filter(|i| bytes[n * 64 + i]).fold(0u64, |word, i| word | 1 << i);
    format!("is_in({byte}, &[{}, {}, {}, {}])", word(0), word(1), word(2), word(3))
}

/// Bytes as a pattern.
fn set(bytes: &[bool; 256]) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < 256 {
        let end = (at..256).find(|i| !bytes[*i]).unwrap_or(256);
        match end - at {
            0 => {}
            1 => out.push(format!("{at}")),
            _ => out.push(format!("{at}..={}", end - 1)),
        }
        at = end.max(at + 1);
    }
    if out.is_empty() { "256..".to_owned() } else { out.join(" | ") }
}

struct Compiler<'g> {
    rules: HashMap<&'g str, &'g Rule>,
    order: &'g [Rule],
    first: HashMap<&'g str, First>,
}

impl<'g> Compiler<'g> {
    fn new(order: &'g [Rule]) -> Self {
        let rules = order.iter().map(|r| (r.name.as_str(), r)).collect();
        let first = order.iter().map(|r| (r.name.as_str(), First::NOTHING)).collect();
        let mut out = Compiler { rules, order, first };
        loop {
            let next: HashMap<_, _> = order.iter().map(|r| (r.name.as_str(), out.first(&r.expr))).collect();
            if next == out.first {
                return out;
            }
            out.first = next;
        }
    }

    fn first(&self, expr: &Expr) -> First {
        match expr {
            Expr::Str(s) => s.bytes().next().map_or(First::ANYTHING, |b| First::of([b])),
            Expr::Range(..) => First::of(range(expr)),
            Expr::Ident(name) => match self.first.get(name.as_str()) {
                Some(first) => first.clone(),
                None => match class_of(name) {
                    Some(class) => First::of(class),
                    None => First { empty: name != "ANY", ..First::ANYTHING },
                },
            },
            Expr::PosPred(_) | Expr::NegPred(_) | Expr::Skip(_) => First::ANYTHING,
            Expr::Seq(left, right) => {
                let (left_first, right) = (self.first(left), self.first(right));
                match left.as_ref() {
                    Expr::PosPred(ahead) if !self.first(ahead).empty => self.first(ahead).and(&right),
                    Expr::PosPred(_) | Expr::NegPred(_) => right,
                    _ if left_first.empty => First { empty: right.empty, ..left_first.or(&right) },
                    _ => left_first,
                }
            }
            Expr::Choice(left, right) => self.first(left).or(&self.first(right)),
            Expr::Opt(inner) | Expr::Rep(inner) => First { empty: true, ..self.first(inner) },
            other => panic!("{GRAMMAR}: {other:?} is not provided for"),
        }
    }

    /// The bytes that an expression matches, if it matches exactly one of some.
    fn class(&self, expr: &Expr) -> Option<Vec<u8>> {
        match expr {
            Expr::Str(s) if s.len() == 1 => Some(s.bytes().collect()),
            Expr::Range(..) => Some(range(expr)),
            Expr::Ident(name) => match self.rules.get(name.as_str()) {
                Some(rule) if rule.ty == RuleType::Silent => self.class(&rule.expr),
                Some(_) => None,
                None => class_of(name),
            },
            Expr::Choice(left, right) => Some([self.class(left)?, self.class(right)?].concat()),
            _ => None,
        }
    }

    fn file(&self) -> String {
        let mut out = String::new();
        let mut entries = String::new();
        // A silent rule that is one byte of some is written where it is used.
        let own = |r: &&Rule| r.ty != RuleType::Silent || self.class(&r.expr).is_none();
        for rule in self.order.iter().filter(own) {
            let name = &rule.name;
            let guard =
                self.first[name.as_str()].guard().map(|g| format!("if !{g} {{ return false; }}\n    "));
            let guard = guard.unwrap_or_default();
            let body = match rule.ty {
                RuleType::Silent if TRIVIA.contains(&name.as_str()) => {
                    let body = self.expr(&rule.expr, "false");
                    format!("let start = s.at; let _ = {body}; s.trivia(start); true")
                }
                RuleType::Silent => format!("{guard}{}", self.expr(&rule.expr, "N")),
                RuleType::Normal | RuleType::Atomic => {
                    let nodes = if rule.ty == RuleType::Atomic { "false" } else { "N" };
                    let body = self.expr(&rule.expr, nodes);
                    format!(
                        "{guard}let node = if N {{ s.open(Rule::{name}) }} else {{ 0 }};\n    if {body} {{ if N {{ s.close(node); }} true }} else {{ if N {{ s.nodes.truncate(node); }} false }}"
                    )
                }
                other => panic!("{GRAMMAR}: the kind {other:?} of `{name}` is not provided for"),
            };
            let _ = write!(
                out,
                "#[allow(unused_parens, clippy::all)]\nfn rule_{name}<const N: bool>(s: &mut Quick<'_>) -> bool {{\n    {body}\n}}\n\n"
            );
            if matches!(&rule.expr, Expr::Seq(first, _) if matches!(first.as_ref(), Expr::Ident(i) if i == "SOI"))
            {
                let _ = writeln!(entries, "        Rule::{name} => rule_{name}::<true>(s),");
            }
        }
        let _ = write!(
            out,
            "fn enter(rule: Rule, s: &mut Quick<'_>) -> bool {{\n    match rule {{\n{entries}        _ => false,\n    }}\n}}\n"
        );
        out
    }

    /// An expression that is true if it matches; if not, nothing has changed. `nodes`: whether rules make any.
    fn expr(&self, expr: &Expr, nodes: &str) -> String {
        if let Some(class) = self.class(expr) {
            return format!("s.one({})", test("s.peek()", &First::of(class).bytes));
        }
        match expr {
            Expr::Str(text) => format!("s.text({:?}.as_bytes())", text),
            Expr::Ident(name) => match name.as_str() {
                "ANY" => "s.any()".to_owned(),
                "SOI" => "s.at == 0".to_owned(),
                "EOI" => format!("s.end_of_input::<{{ {nodes} }}>()"),
                _ => format!("rule_{name}::<{nodes}>(s)"),
            },
            Expr::PosPred(inner) => self.ahead(inner),
            Expr::NegPred(inner) => format!("!{}", self.ahead(inner)),
            Expr::Seq(..) => {
                let parts: Vec<String> = sequence(expr).into_iter().map(|e| self.expr(e, nodes)).collect();
                format!("{{ let saved = s.save(); ({}) || s.back(saved) }}", parts.join(" && "))
            }
            Expr::Choice(..) => {
                let parts: Vec<String> =
                    self.merged(expr).into_iter().map(|e| self.guarded(&e, nodes)).collect();
                format!("({})", parts.join(" || "))
            }
            Expr::Opt(inner) => format!("{{ let _ = {}; true }}", self.guarded(inner, nodes)),
            Expr::Rep(inner) => match self.all_but(inner) {
                Some(stops) => format!("s.skip(|b| {})", test("b", &First::of(stops).bytes)),
                None => format!("{{ while {} {{}} true }}", self.guarded(inner, nodes)),
            },
            Expr::Skip(ends) if ends.iter().all(|e| e.len() == 1) => {
                let stops = ends.iter().flat_map(|e| e.bytes());
                format!("s.skip(|b| {})", test("b", &First::of(stops).bytes))
            }
            Expr::Skip(ends) => format!("s.skip_until(&{ends:?})"),
            other => panic!("{GRAMMAR}: {other:?} is not provided for"),
        }
    }

    fn guarded(&self, expr: &Expr, nodes: &str) -> String {
        let own = self.expr(expr, nodes);
        match (self.first(expr).guard(), self.class(expr), expr) {
            (Some(guard), None, Expr::Seq(..) | Expr::Ident(_)) => format!("({guard} && {own})"),
            _ => own,
        }
    }

    fn ahead(&self, expr: &Expr) -> String {
        match self.class(expr) {
            Some(class) => test("s.peek()", &First::of(class).bytes),
            None => format!("{{ let at = s.at; let ok = {}; s.at = at; ok }}", self.guarded(expr, "false")),
        }
    }

    /// The alternatives; neighbours that are single bytes become one.
    fn merged(&self, expr: &Expr) -> Vec<Expr> {
        let mut out: Vec<Expr> = Vec::new();
        let mut rest = expr;
        loop {
            let (one, next) = match rest {
                Expr::Choice(left, right) => (left.as_ref(), Some(right.as_ref())),
                last => (last, None),
            };
            match out.pop() {
                Some(last) if self.class(&last).is_some() && self.class(one).is_some() => {
                    out.push(Expr::Choice(Box::new(last), Box::new(one.clone())));
                }
                last => {
                    out.extend(last);
                    out.push(one.clone());
                }
            }
            match next {
                Some(next) => rest = next,
                None => return out,
            }
        }
    }

    /// `(!x ~ ANY)*`, where x is one of some bytes.
    fn all_but(&self, expr: &Expr) -> Option<Vec<u8>> {
        let Expr::Seq(not, any) = expr else { return None };
        match (not.as_ref(), any.as_ref()) {
            (Expr::NegPred(stop), Expr::Ident(any)) if any == "ANY" => self.class(stop),
            _ => None,
        }
    }
}

fn sequence(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Seq(left, right) => [vec![left.as_ref()], sequence(right)].concat(),
        other => vec![other],
    }
}

fn range(expr: &Expr) -> Vec<u8> {
    let Expr::Range(from, to) = expr else { return Vec::new() };
    assert!(
        from.is_ascii() && to.is_ascii() && from.len() == 1 && to.len() == 1,
        "{GRAMMAR}: a range beyond ASCII"
    );
    (from.as_bytes()[0]..=to.as_bytes()[0]).collect()
}

/// pest's own rules that match one byte.
fn class_of(name: &str) -> Option<Vec<u8>> {
    let fits: fn(&u8) -> bool = match name {
        "ASCII_ALPHA" => u8::is_ascii_alphabetic,
        "ASCII_ALPHANUMERIC" => u8::is_ascii_alphanumeric,
        "ASCII_DIGIT" => u8::is_ascii_digit,
        "ANY" | "SOI" | "EOI" => return None,
        _ => panic!("{GRAMMAR}: `{name}` is not provided for"),
    };
    Some((0..=127).filter(fits).collect())
}
