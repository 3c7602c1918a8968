//! What stands in a plan, as single facts: what is done, under which conditions, and what must hold before.

use crate::plan::model::*;
use std::collections::BTreeSet;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Run,
    Effect,
    Ask,
    Vouch,
    Gate,
    Ensure,
    Stop,
    Wait,
}

impl Kind {
    /// Whether it holds something back, so that less of it is more.
    pub fn restricts(self) -> bool {
        matches!(self, Kind::Gate | Kind::Ensure | Kind::Stop | Kind::Wait)
    }
}

#[derive(Debug, Clone)]
pub enum Subject {
    Command(Vec<WordShape>),
    Path(Vec<Bit>),
    Whole,
}

#[derive(Debug, Clone)]
pub struct Fact {
    pub kind: Kind,
    /// As people read it; equal facts are the same.
    pub key: String,
    pub subject: Subject,
    pub around: Around,
    pub traits: Vec<(&'static str, Trait)>,
    pub place: Place,
}

/// What of a fact can be more or less.
#[derive(Debug, Clone, PartialEq)]
pub enum Trait {
    /// Each more allows more.
    Gives(BTreeSet<String>),
    /// Each fewer allows more.
    Asks(BTreeSet<String>),
    /// The greater, the more; as people read it.
    Upto(i64, String),
    /// The smaller, the more.
    AtLeast(i64, String),
    /// What another text allows nobody can tell.
    Says(String),
}

/// Where it stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Around {
    pub conditions: Vec<String>,
    /// The head of each loop, and how many turns it has at most, where that is known.
    pub loops: Vec<(String, Option<usize>)>,
    pub gates: BTreeSet<String>,
    /// How many `try` catch its failure.
    pub tries: usize,
}

#[derive(Debug, Default)]
pub struct Facts {
    pub list: Vec<Fact>,
    /// The steps so far: their values are what a gate shows that names nothing.
    steps: BTreeSet<String>,
}

impl Facts {
    pub fn of(plan: &Plan) -> Facts {
        let mut out = Facts::default();
        out.nodes(&plan.body, &Around::default());
        out
    }

    fn nodes(&mut self, nodes: &[Node], around: &Around) {
        for node in nodes {
            self.node(node, around);
        }
    }

    fn node(&mut self, node: &Node, around: &Around) {
        let mut here = around.clone();
        here.gates.extend(node.approved.iter().map(ToString::to_string));
        let only = |condition: String| {
            let mut inner = here.clone();
            inner.conditions.push(condition);
            inner
        };
        let list = &mut self.list;
        let mut add = |kind: Kind, key: String, subject: Subject, traits: Vec<(&'static str, Trait)>| {
            list.push(Fact { kind, key, subject, around: here.clone(), traits, place: node.place.clone() });
        };
        match &node.what {
            What::Run(run) => add(
                Kind::Run,
                format!("run {}", run.command.text),
                Subject::Command(run.shape.clone()),
                self::run(run),
            ),
            // The time and a fresh name tell nobody anything.
            What::Effect(Effect { name: "now" | "uuid", .. }) => {}
            What::Effect(effect) => {
                let argument = effect.argument.clone().unwrap_or_default();
                let mut traits = vec![("content", Trait::Says(effect.content.clone().unwrap_or_default()))];
                traits.extend(effect.verdict.iter().flat_map(verdict));
                let key = format!("{} {}", effect.name, argument.text);
                let mut bits = vec![Bit::Lit(format!("{} ", effect.name))];
                bits.extend(argument.bits);
                add(Kind::Effect, key.trim_end().to_owned(), Subject::Path(bits), traits);
            }
            What::Ask(ask) => {
                let who = ask.agent.as_ref().map(|a| format!(" {}", a.name)).unwrap_or_default();
                add(Kind::Ask, format!("ask{who} -> {}", ask.ty), Subject::Whole, self::ask(ask));
            }
            What::Gate(gate) => {
                add(Kind::Gate, format!("gate {}", gate.name), Subject::Whole, self::gate(gate, &self.steps))
            }
            What::Vouch { value, because } => {
                let traits = vec![("because", Trait::Says(because.text.clone()))];
                add(Kind::Vouch, format!("vouch {value}"), Subject::Whole, traits);
            }
            What::Ensure { condition, .. } => {
                add(Kind::Ensure, format!("ensure {condition}"), Subject::Whole, Vec::new());
            }
            What::Wait { time } => add(Kind::Wait, format!("wait {}", time.text), Subject::Whole, Vec::new()),
            What::Leave { how, text } => {
                let key = match how {
                    How::Return => "return".to_owned(),
                    How::Break => "break".to_owned(),
                    How::Continue => "continue".to_owned(),
                    // What is said with it is for people alone, its kind is for `catch`.
                    How::Fail => {
                        let text = text.as_ref().map_or("", |t| &t.text);
                        format!("fail {}", text.split(':').next().unwrap_or_default())
                    }
                };
                add(Kind::Stop, key, Subject::Whole, Vec::new());
            }
            What::Step(_)
            | What::Say { .. }
            | What::Choice(_)
            | What::Loop(_)
            | What::Parallel { .. }
            | What::Try { .. }
            | What::Call(_)
            | What::Unreached { .. } => {}
        }
        match &node.what {
            What::Step(step) => {
                self.nodes(&step.body, &here);
                self.steps.insert(format!("the value of step {}", step.name));
                self.nodes(&step.undo, &only("it is taken back".into()));
            }
            What::Ask(ask) => {
                if let Some(otherwise) = &ask.otherwise {
                    self.nodes(&otherwise.body, &only("the AI gives no answer".into()));
                }
            }
            What::Gate(gate) => {
                if let Some(body) = &gate.on_reject {
                    self.nodes(body, &only(format!("gate {} was rejected", gate.name)));
                }
            }
            What::Choice(choice) => {
                for branch in choice.branches.iter().filter(|b| b.taken != Some(false)) {
                    let when = match (choice.form, branch.label.as_str()) {
                        _ if branch.taken == Some(true) => None,
                        (ChoiceForm::If, "yes") => Some(choice.subject.clone()),
                        (ChoiceForm::If, _) => Some(format!("not ({})", choice.subject)),
                        (ChoiceForm::Match, label) => Some(format!("{} is {label}", choice.subject)),
                        (ChoiceForm::Sometimes, label) => Some(format!("{} {label}", choice.subject)),
                    };
                    match when {
                        Some(when) => self.nodes(&branch.body, &only(when)),
                        None => self.nodes(&branch.body, &here),
                    }
                }
            }
            What::Loop(l) => {
                let mut inner = here.clone();
                let head = match l.form {
                    LoopForm::For => format!("for {}", l.head),
                    LoopForm::ParallelFor => format!("parallel for {}", l.head),
                    // How often is compared by itself, where it is known.
                    LoopForm::Repeat if l.times.is_some() => "repeat".to_owned(),
                    LoopForm::Repeat => format!("repeat {}", l.head),
                };
                let limit = l.limit.as_ref().map(|l| format!(" limit {l}")).unwrap_or_default();
                inner.loops.push((format!("{head}{limit}"), l.times));
                self.nodes(&l.body, &inner);
                if let Some(otherwise) = &l.otherwise {
                    self.nodes(otherwise, &only("the tries ran out".into()));
                }
            }
            What::Try { body, catches } => {
                self.nodes(body, &Around { tries: here.tries + 1, ..here.clone() });
                for catch in catches {
                    self.nodes(&catch.body, &only(format!("it catches {}", catch.label)));
                }
            }
            What::Parallel { branches } => branches.iter().for_each(|b| self.nodes(&b.body, &here)),
            What::Call(call) => self.nodes(&call.body, &here),
            What::Unreached { body } => self.nodes(body, &only("never".into())),
            _ => {}
        }
    }
}

fn set(items: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    items.into_iter().collect()
}

fn named(list: &[Named]) -> BTreeSet<String> {
    set(list
        .iter()
        .map(|n| if *n.name == *n.value { n.value.clone() } else { format!("{}: {}", n.name, n.value) }))
}

fn checks(list: &[Check]) -> Trait {
    Trait::Asks(set(list.iter().map(|c| c.condition.clone())))
}

fn verdict(v: &Verdict) -> Vec<(&'static str, Trait)> {
    let says = match v.says {
        Says::Allowed => (2, "allowed"),
        Says::Asked => (2, "allowed by whoever starts it"),
        Says::Depends => (1, "allowed for some values"),
        Says::Never => (0, "never allowed"),
    };
    let after = v.after.iter().map(|a| format!("only after gate {}", a.gate));
    vec![("policy", Trait::Upto(says.0, says.1.into())), ("protected", Trait::Asks(set(after)))]
}

fn run(run: &Run) -> Vec<(&'static str, Trait)> {
    let text = |t: &Option<Filled>| t.iter().map(|t| t.text.clone()).collect::<Vec<_>>();
    let mut out = verdict(&run.verdict);
    out.extend([
        ("in", Trait::Says(text(&run.dir).concat())),
        ("as", Trait::Says(run.form.clone().unwrap_or_default())),
        ("timeout", Trait::Says(run.timeout.clone().unwrap_or_default())),
        ("stdin", Trait::Gives(set(text(&run.stdin)))),
        ("env", Trait::Gives(named(&run.env))),
        ("exits", Trait::Gives(set(run.exits.clone()))),
        ("retry", Trait::Gives(set(run.retry.clone()))),
        ("again", Trait::Gives(set(run.idempotent.then(|| "may be run again after a crash".to_owned())))),
    ]);
    out
}

fn ask(ask: &Ask) -> Vec<(&'static str, Trait)> {
    let limit = |n: Option<i64>| {
        let text = n.map_or("no limit".to_owned(), |n| n.to_string());
        Trait::Upto(n.unwrap_or(i64::MAX), text)
    };
    let dollars = |x: Option<f64>| {
        let text = x.map_or("no limit".to_owned(), |x| format!("${x}"));
        Trait::Upto(x.map_or(i64::MAX, |x| (x * 1e6) as i64), text)
    };
    let agent = ask.agent.clone().unwrap_or_default();
    let model = ask.model.as_ref().map(|m| format!(", {m}")).unwrap_or_default();
    let schema = ask.schema.as_ref().map(ToString::to_string).unwrap_or_default();
    vec![
        ("by", Trait::Gives(set([format!("{}{model}", ask.provider)]))),
        ("prompt", Trait::Says(ask.prompt.text.clone())),
        ("system", Trait::Says(agent.system.unwrap_or_default())),
        ("type", Trait::Says(schema)),
        ("with", Trait::Gives(named(&ask.with))),
        ("context", Trait::Gives(set(agent.context))),
        ("tools", Trait::Gives(set(agent.tools))),
        ("may run", Trait::Gives(set(agent.commands))),
        ("check", checks(&ask.checks)),
        ("retry", Trait::Gives(set(ask.retry.clone()))),
        ("turns", Trait::Gives(set(ask.turns.clone().or(agent.max_turns.map(|n| n.to_string()))))),
        ("conversation", Trait::Gives(set(ask.interactive.then(|| "a person answers it".to_owned())))),
        ("tokens", limit(agent.max_tokens)),
        ("cost", dollars(agent.max_cost)),
        ("cost of a question", dollars(ask.max_cost_per_ask)),
        ("cost of the run", dollars(ask.max_cost)),
        ("temperature", Trait::Says(agent.temperature.map(|t| t.to_string()).unwrap_or_default())),
        ("strict", Trait::Asks(set(agent.strict.then(|| "only exactly JSON is an answer".to_owned())))),
        ("otherwise", Trait::Gives(set(ask.otherwise.as_ref().map(|o| o.value.clone())))),
    ]
}

fn gate(gate: &Gate, steps: &BTreeSet<String>) -> Vec<(&'static str, Trait)> {
    let people = gate.people.iter().flat_map(|h| h.people.iter().map(|p| format!("{} ({})", p, h.role)));
    let level = ["terminal", "key", "touch", "passkey"].iter().position(|l| *l == gate.assurance);
    let open = gate.timeout.clone().unwrap_or_else(|| "without end".into());
    let time = match (gate.timeout_ms, &gate.timeout) {
        (Some(ms), _) => Trait::Upto(ms, open),
        (None, None) => Trait::Upto(i64::MAX, open),
        (None, Some(_)) => Trait::Says(open),
    };
    let show = match &gate.show {
        Some(list) => named(list),
        None => steps.clone(),
    };
    vec![
        ("by", Trait::Asks(set(gate.by.iter().map(|b| format!("approved by {b}"))))),
        ("people", Trait::Gives(set(people))),
        (
            "starter",
            Trait::Gives(set(gate.self_approval.then(|| "whoever starts the run may approve".into()))),
        ),
        ("proof", Trait::AtLeast(level.unwrap_or(0) as i64, gate.assurance.into())),
        ("open", time),
        ("escalate", Trait::Gives(set(gate.escalate.iter().cloned()))),
        ("shows", Trait::Asks(show)),
        ("requires", Trait::Asks(set(gate.require.iter().map(|r| r.text.clone())))),
        ("edit", Trait::Gives(set(gate.edit.clone()))),
        ("answer", Trait::Says(gate.ty.clone().unwrap_or_default())),
        ("check", checks(&gate.checks)),
        (
            "rejection",
            Trait::Gives(set(gate.on_reject.as_ref().map(|_| "a rejection does not end the run".to_owned()))),
        ),
        ("question", Trait::Says(gate.question.text.clone())),
    ]
}
