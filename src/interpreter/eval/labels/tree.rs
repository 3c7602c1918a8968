//! What the text of a body says, whatever is executed of it.

use crate::interpreter::node::*;
use std::collections::{HashMap, HashSet};

/// Whether something in it leaves it: `break`, `continue`, `return`.
pub fn leaves(node: &Node) -> bool {
    matches!(node, Node::Break(_) | Node::Continue | Node::Return(_)) || any(node, &leaves)
}

pub fn returns(node: &Node) -> bool {
    matches!(node, Node::Return(_)) || any(node, &returns)
}

/// Variables that are assigned at more than one place.
pub fn variables(body: &Node) -> HashSet<Slot> {
    fn count(node: &Node, places: &mut HashMap<Slot, u32>) {
        match node {
            Node::Set(set) | Node::SetInt(set) => *places.entry(set.0).or_default() += 1,
            Node::Append(append) => *places.entry(append.slot).or_default() += 2,
            Node::Place(place) => *places.entry(place.slot).or_default() += 2,
            _ => {}
        }
        each(node, &mut |inner| count(inner, places));
    }
    let mut places = HashMap::new();
    count(body, &mut places);
    places.into_iter().filter(|(_, n)| *n > 1).map(|(slot, _)| slot).collect()
}

fn any(node: &Node, test: &dyn Fn(&Node) -> bool) -> bool {
    let mut found = false;
    each(node, &mut |inner| found = found || test(inner));
    found
}

/// The nodes that a node is made of.
fn each(node: &Node, f: &mut dyn FnMut(&Node)) {
    let mut parts = |parts: &[Part]| {
        parts.iter().for_each(|p| {
            if let Part::Expr(node) = p {
                f(node);
            }
        });
    };
    match node {
        Node::Const(_)
        | Node::Local(_)
        | Node::Global(_)
        | Node::Function(_)
        | Node::Continue
        | Node::Broken(_) => {}
        Node::Text(all) => parts(all),
        Node::List(items) => items.iter().for_each(|i| f(&i.value)),
        Node::Map(map) => map.0.iter().for_each(|(k, v)| {
            f(k);
            f(v);
        }),
        Node::Record(r) => r.fields.iter().for_each(|(_, n)| f(n)),
        Node::Variant(v) => v.fields.iter().for_each(|(_, n)| f(n)),
        Node::Range(r) => [&r.start, &r.end].into_iter().for_each(f),
        Node::Field(n) => f(&n.base),
        Node::Index(p)
        | Node::IntAdd(p)
        | Node::IntSub(p)
        | Node::IntMul(p)
        | Node::IntRem(p)
        | Node::FloatAdd(p)
        | Node::FloatSub(p)
        | Node::FloatMul(p)
        | Node::FloatDiv(p)
        | Node::In(p)
        | Node::MatchesValue(p) => [&p.left, &p.right].into_iter().for_each(f),
        Node::Len(n) | Node::IntNegate(n) => f(&n.0),
        Node::Call(n) => n.args.iter().for_each(|(_, n)| f(n)),
        Node::Method(n) => [&n.receiver].into_iter().chain(&n.args).for_each(f),
        Node::Higher(n) => {
            [&n.receiver].into_iter().chain(&n.args).for_each(&mut *f);
            n.functions.iter().for_each(|function| match function {
                Func::Inline { body, .. } => f(body),
                Func::Value(n) => f(n),
                Func::Named(_) => {}
            });
        }
        Node::Parse(n) | Node::FromJson(n) => f(&n.value),
        Node::FloatNegate(n) | Node::Not(n) | Node::Widen(n) | Node::Return(n) | Node::Break(n) => f(n),
        Node::IntLt(p)
        | Node::IntLe(p)
        | Node::IntEq(p)
        | Node::IntNe(p)
        | Node::FloatLt(p)
        | Node::FloatLe(p)
        | Node::And(p)
        | Node::Or(p)
        | Node::Equal(p)
        | Node::Less(p)
        | Node::LessEqual(p)
        | Node::Coalesce(p) => [&p.0, &p.1].into_iter().for_each(f),
        Node::Matches(n) => f(&n.0),
        Node::Arithmetic(n) => [&n.left, &n.right].into_iter().for_each(f),
        Node::Convert(n) => f(&n.value),
        Node::Seq(nodes) => nodes.iter().for_each(f),
        Node::Set(n) | Node::SetInt(n) => f(&n.1),
        Node::Bind(n) => f(&n.value),
        Node::Append(n) => n.parts.iter().for_each(f),
        Node::Place(n) => {
            n.steps.iter().for_each(|s| {
                if let PlaceStep::Index { index, .. } = s {
                    f(index);
                }
            });
            f(&n.value);
        }
        Node::If(n) => [&n.condition, &n.then, &n.otherwise].into_iter().for_each(f),
        Node::Match(n) => {
            f(&n.subject);
            n.arms.iter().flat_map(|a| a.guard.iter().chain([&a.body])).for_each(f);
        }
        Node::For(n) => [&n.iterable, &n.body].into_iter().for_each(f),
        Node::Repeat(n) => [&n.limit, &n.body].into_iter().chain(&n.otherwise).for_each(f),
        Node::Try(n) => [&n.body].into_iter().chain(n.catches.iter().map(|c| &c.body)).for_each(f),
        Node::Ensure(n) => [&n.condition].into_iter().chain(&n.message).chain(&n.help).for_each(f),
        Node::Fail(n) => [&n.message].into_iter().chain(&n.help).for_each(f),
        Node::Wait(n) | Node::Say(n) => f(&n.value),
        Node::Effect(n) => n.args.iter().for_each(f),
        Node::Run(n) => {
            for word in &n.words {
                match word {
                    WordNode::Lit(_) => {}
                    WordNode::Parts(all) => all.iter().for_each(|p| {
                        if let Part::Expr(node) = p {
                            f(node);
                        }
                    }),
                    WordNode::Spread(node) => f(node),
                }
            }
            [&n.dir, &n.env, &n.stdin, &n.timeout, &n.exits].into_iter().flatten().for_each(&mut *f);
            if let Some(retry) = &n.retry {
                [&retry.times].into_iter().chain(&retry.every).chain(&retry.on).for_each(f);
            }
        }
        Node::Ask(n) => {
            f(&n.prompt);
            n.with.iter().for_each(|(_, n)| f(n));
            [&n.retry, &n.otherwise, &n.turns, &n.timeout].into_iter().flatten().for_each(f);
        }
        Node::Gate(n) => {
            f(&n.question);
            n.show.iter().flatten().for_each(|(_, n)| f(n));
            n.require.iter().chain(&n.edit).chain(&n.timeout).for_each(&mut *f);
            n.on_reject.iter().for_each(|(_, n)| f(n));
        }
        Node::Step(n) => {
            n.title.iter().for_each(&mut *f);
            f(&n.body);
            n.undo.iter().for_each(|u| f(&u.body));
        }
        Node::Parallel(n) => n.branches.iter().for_each(|(_, n)| f(n)),
        Node::ParallelFor(n) => [&n.iterable, &n.body].into_iter().chain(&n.limit).for_each(f),
    }
}
