//! What stands in a plan, at one glance: collected from its nodes.

use crate::plan::model::*;

pub fn summarise(plan: &mut Plan) {
    let mut found = Found::default();
    found.nodes(&plan.body);
    let Found { refused, depends, vouches, uses } = found;
    (plan.refused, plan.depends, plan.vouches, plan.uses) = (refused, depends, vouches, uses);
}

#[derive(Default)]
struct Found {
    refused: Vec<Mention>,
    depends: Vec<Mention>,
    vouches: Vec<Mention>,
    uses: Uses,
}

fn once(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|t| t == text) {
        list.push(text.to_owned());
    }
}

fn mention(list: &mut Vec<Mention>, text: &str, why: &str, place: &Place) {
    if !list.iter().any(|m| m.place == *place && m.text == text) {
        list.push(Mention { text: text.to_owned(), why: why.to_owned(), place: place.clone() });
    }
}

impl Found {
    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.node(node);
        }
    }

    fn verdict(&mut self, text: &str, verdict: &Verdict, place: &Place) {
        let why = verdict.why.as_deref().unwrap_or("it depends on a value");
        match verdict.says {
            Says::Never => mention(&mut self.refused, text, why, place),
            Says::Depends => mention(&mut self.depends, text, why, place),
            Says::Allowed | Says::Asked => {}
        }
        for after in verdict.after.iter().filter(|a| !a.always) {
            let why = format!("gate `{}` protects it for some values", after.gate);
            mention(&mut self.depends, text, &why, place);
        }
    }

    fn node(&mut self, node: &Node) {
        let place = &node.place;
        match &node.what {
            What::Unreached { .. } => return,
            What::Run(run) => {
                once(&mut self.uses.commands, &run.command.text);
                self.verdict(&run.command.text, &run.verdict, place);
            }
            What::Effect(effect) => {
                let argument = effect.argument.as_ref().map_or("", |a| &a.text);
                let list = match effect.name {
                    "read" | "glob" | "exists" => Some(&mut self.uses.reads),
                    "write" => Some(&mut self.uses.writes),
                    "env" => Some(&mut self.uses.env),
                    "secret" => Some(&mut self.uses.secrets),
                    _ => None,
                };
                if let Some(list) = list {
                    once(list, argument);
                }
                if let Some(verdict) = &effect.verdict {
                    self.verdict(&format!("{} {argument}", effect.name), verdict, place);
                }
            }
            What::Ask(ask) => {
                let name = ask.agent.as_ref().map_or("", |a| &a.name);
                if ask.asked {
                    once(&mut self.uses.agents, if name.is_empty() { &ask.provider } else { name });
                } else if ask.otherwise.is_none() {
                    let text = format!("ask {name}");
                    let why = "mode `pure` asks nobody, and there is no `otherwise`";
                    mention(&mut self.refused, text.trim_end(), why, place);
                }
            }
            What::Gate(gate) => once(&mut self.uses.gates, &gate.name),
            What::Vouch { value, because } => mention(&mut self.vouches, value, &because.text, place),
            What::Ensure { condition, message, holds: Some(false) } => {
                let why = message.as_ref().map_or("this does not hold", |m| &m.text);
                mention(&mut self.refused, &format!("ensure {condition}"), why, place);
            }
            _ => {}
        }
        match &node.what {
            What::Choice(choice) => {
                for branch in choice.branches.iter().filter(|b| b.taken != Some(false)) {
                    self.nodes(&branch.body);
                }
            }
            what => what.bodies().into_iter().for_each(|body| self.nodes(body)),
        }
    }
}
