//! Random programs, well typed but for slips, each with the policies that it runs under.
//!
//! A program is a tree of statements as text, so that a failing one can be made smaller by leaving statements out.
//! What a variable may be used for is guessed while the program grows: most values that arrive where not every value
//! may are chosen to be fine, so that a good part of all programs is accepted.
//!
//! A new construct is a production: an arm of [`Make::statement`] or of [`Make::text`], with the weight of its number of
//! arms there.

use crate::chance::Chance;
use crate::scope::{Scope, Ty, Var};
use std::fmt::Write as _;

/// A statement: its beginning, and the blocks in it, each with what follows it.
#[derive(Debug, Clone)]
pub struct Node {
    pub open: String,
    pub blocks: Vec<(Vec<Node>, String)>,
}

impl Node {
    pub(crate) fn line(text: impl Into<String>) -> Node {
        Node { open: text.into(), blocks: Vec::new() }
    }

    pub(crate) fn block(open: impl Into<String>, body: Vec<Node>) -> Node {
        Node { open: open.into(), blocks: vec![(body, "}".into())] }
    }
}

#[derive(Debug, Clone)]
pub struct Program {
    /// `wflow.toml`.
    pub config: String,
    /// Types, agents, the file's policy.
    pub head: String,
    pub items: Vec<Node>,
}

impl Program {
    pub fn text(&self) -> String {
        let mut out = self.head.clone();
        self.items.iter().for_each(|item| write_node(item, 0, &mut out));
        out
    }
}

fn write_node(node: &Node, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    // Writing into a String does not fail.
    let _ = writeln!(out, "{indent}{}", node.open);
    for (body, close) in &node.blocks {
        body.iter().for_each(|inner| write_node(inner, depth + 1, out));
        let _ = writeln!(out, "{indent}{close}");
    }
}

const HEAD: &str = r#"type Name = Text where it.len <= 20 and it matches r"^[a-z][a-z0-9]*$"
type Count = Int where it >= 0
enum Mode { Fast, Slow }
enum Wish { Idle, Named { name: Name }, Told { text: Text, times: Count } }
type Plan {
    name: Name, note: Text, count: Count, delta: Int, mode: Mode, flag: Bool
    tags: [Name], notes: [Text], bits: [Bool], wish: Wish
}
agent helper { system: "You plan." }
const main_branch = "main"
"#;

pub(crate) const GATES: &[&str] = &["ship", "other"];

pub struct Make {
    pub(crate) chance: Chance,
    /// How many values of a hundred are taken without looking at what they are.
    pub(crate) risk: u64,
    pub(crate) names: u32,
    pub(crate) scope: Scope,
    /// Statements that may still be made.
    pub(crate) budget: i32,
    pub(crate) tasks: Vec<Task>,
    /// Gates that the callable has already.
    pub(crate) gates: Vec<&'static str>,
    /// Commands that a gate guards, with it.
    pub(crate) guarded: Vec<(&'static str, Option<&'static str>)>,
    pub(crate) loops: u32,
    pub(crate) in_task: bool,
    /// Within a lambda or a branch of `parallel`, where nothing outer is assigned.
    pub(crate) closed: usize,
    pub(crate) result: Option<Ty>,
    pub(crate) side: bool,
}

#[derive(Clone)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) params: Vec<Ty>,
    pub(crate) result: Ty,
    pub(crate) pure_one: bool,
    pub(crate) gate: Option<&'static str>,
}

pub fn program(seed: u64) -> Program {
    let mut chance = Chance(seed);
    let risk = [0, 15, 25, 40, 60, 90][chance.below(6) as usize];
    let mut make = Make {
        chance,
        risk,
        names: 0,
        scope: Scope::default(),
        budget: 0,
        tasks: Vec::new(),
        gates: Vec::new(),
        guarded: Vec::new(),
        loops: 0,
        in_task: false,
        closed: 0,
        result: None,
        side: false,
    };
    make.whole()
}

impl Make {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.chance.below(n as u64) as usize
    }

    pub(crate) fn odds(&mut self, of_hundred: u64) -> bool {
        self.chance.below(100) < of_hundred
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(crate) fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// The worst that a value may be here: mostly what is asked for.
    pub(crate) fn most(&mut self, level: u8) -> u8 {
        if self.odds(self.risk) { 3 } else { level }
    }

    pub(crate) fn whole(&mut self) -> Program {
        let (config, policy) = self.policies();
        let mut items = Vec::new();
        for _ in 0..self.below(2) {
            items.push(self.function());
        }
        for _ in 0..self.below(3) {
            items.push(self.task());
        }
        items.push(Node::block("task asks_ship() {", vec![Node::line("gate ship \"Ship?\"")]));
        items.push(Node::block("task asks_other() {", vec![Node::line("gate other \"Other?\"")]));
        for gate in GATES {
            let name = format!("asks_{gate}");
            self.tasks.push(Task {
                name,
                params: vec![],
                result: Ty::Nothing,
                pure_one: false,
                gate: Some(gate),
            });
        }
        items.push(self.workflow());
        Program { config, head: format!("{HEAD}{policy}"), items }
    }

    pub(crate) fn policies(&mut self) -> (String, String) {
        let mut config =
            String::from("[policy]\nallow = [\"look *\", \"curl *\", \"cat *\", \"sh\", \"python3\"");
        let mut file: Vec<String> =
            ["look *", "curl *", "cat *", "sh", "python3"].map(|p| format!("allow `{p}`")).into();
        for program in ["push", "tag", "publish"] {
            let gate = match self.below(4) {
                0 => None,
                1 => Some("other"),
                _ => Some("ship"),
            };
            let in_file = self.odds(40);
            match (gate, in_file) {
                (Some(gate), false) => {
                    let _ = write!(config, ", {{ command = \"{program} *\", after = \"{gate}\" }}");
                    file.push(format!("allow `{program} *`"));
                }
                (Some(gate), true) => {
                    let _ = write!(config, ", \"{program} *\"");
                    file.push(format!("allow `{program} *` after gate {gate}"));
                }
                (None, _) => {
                    let _ = write!(config, ", \"{program} *\"");
                    file.push(format!("allow `{program} *`"));
                }
            }
            self.guarded.push((program, gate));
        }
        let write_gate = self.odds(30).then_some("ship");
        if let Some(gate) = write_gate {
            let _ = write!(config, ", {{ write = \"live/**\", after = \"{gate}\" }}");
        }
        self.guarded.push(("write", write_gate));
        config.push_str(
            "]\nwrite = [\"out/**\", \"live/**\"]\nuntrusted = [\"curl *\", { read = \"in/**\" }]\n",
        );
        config.push_str("trusted = [\"cat *\", { read = \"ok.txt\" }]\n");
        if self.odds(30) {
            config.push_str("deny = [\"push --force *\"]\n");
        }
        config.push_str("[people.ada]\nname = \"Ada\"\n[people.bob]\nname = \"Bob\"\n");
        let own = file.iter().any(|l| l.contains("after")) || self.odds(50);
        let policy =
            if own { format!("policy {{\n    {}\n}}\n", file.join("\n    ")) } else { String::new() };
        (config, policy)
    }

    /// Calls of the functions that there are.
    pub(crate) fn functions(&mut self) -> Vec<String> {
        let pure: Vec<Task> = self.tasks.iter().filter(|t| t.pure_one).cloned().collect();
        let mut calls = Vec::new();
        for task in pure {
            let args: Vec<String> = task.params.iter().map(|ty| self.expr(*ty, 3, 0, true).0).collect();
            calls.push(format!("{}({})", task.name, args.join(", ")));
        }
        calls
    }

    // Callables

    pub(crate) fn params(&mut self, types: &[Ty], level: u8) -> String {
        let mut out = Vec::new();
        for ty in types {
            let name = self.name("p");
            out.push(format!("{name}: {}", ty.text()));
            self.scope.add(Var { name, ty: *ty, level, mutable: false });
        }
        out.join(", ")
    }

    pub(crate) fn function(&mut self) -> Node {
        self.scope = Scope::default();
        let name = self.name("f");
        let types = [self.pick(&[Ty::Text, Ty::Name]), self.pick(&[Ty::Text, Ty::Count, Ty::Bool])];
        let params = self.params(&types, 3);
        let value =
            vec![Node::line(format!("let z = {}", self.expr(Ty::Text, 3, 2, true).0)), Node::line("z")];
        self.tasks.push(Task {
            name: name.clone(),
            params: types.into(),
            result: Ty::Text,
            pure_one: true,
            gate: None,
        });
        Node::block(format!("fn {name}({params}) -> Text {{"), value)
    }

    pub(crate) fn begin(&mut self, budget: i32, result: Option<Ty>) {
        self.scope = Scope::default();
        self.gates.clear();
        self.budget = budget;
        self.loops = 0;
        self.closed = 0;
        self.result = result;
    }

    pub(crate) fn task(&mut self) -> Node {
        let result = self.pick(&[Ty::Text, Ty::Name, Ty::Plan, Ty::Nothing, Ty::Bool]);
        self.begin(4, (result != Ty::Nothing).then_some(result));
        let name = self.name("t");
        let count = self.below(3);
        let types: Vec<Ty> =
            (0..count).map(|_| self.pick(&[Ty::Text, Ty::Name, Ty::Plan, Ty::Bool, Ty::Texts])).collect();
        let level = self.pick(&[0, 3, 3]);
        let params = self.params(&types, level);
        self.in_task = true;
        let body = self.body(Some(result));
        let gate = self.gates.first().copied();
        self.tasks.push(Task { name: name.clone(), params: types, result, pure_one: false, gate });
        let arrow = if result == Ty::Nothing { String::new() } else { format!(" -> {}", result.text()) };
        Node::block(format!("task {name}({params}){arrow} {{"), body)
    }

    pub(crate) fn workflow(&mut self) -> Node {
        let size = 4 + self.below(12) as i32;
        self.begin(size, Some(Ty::Text));
        let questions = 1 + self.below(2);
        self.in_task = false;
        let ai = self.odds(8);
        let params = self.params(&[Ty::Text, Ty::Name, Ty::Count], if ai { 3 } else { 1 });
        let mut body: Vec<Node> = (0..questions).map(|_| self.ask()).collect();
        body.extend(self.body(Some(Ty::Text)));
        let mark = if ai { "@agent_startable\n" } else { "" };
        Node::block(format!("{mark}workflow main({params}) -> Text {{"), body)
    }

    /// Statements to the end, and a value of this type.
    pub(crate) fn body(&mut self, result: Option<Ty>) -> Vec<Node> {
        let mut body = Vec::new();
        while self.budget > 0 {
            self.budget -= 1;
            body.extend(self.statement());
        }
        if let Some(ty) = result
            && ty != Ty::Nothing
        {
            body.extend(self.last(ty, 3, 1));
        }
        body
    }

    /// The value at the end of a block. It has a name first, for what begins with a bracket would go on with the line
    /// before.
    pub(crate) fn last(&mut self, ty: Ty, most: u8, depth: u32) -> Vec<Node> {
        let value = self.expr(ty, most, depth, false).0;
        let name = self.name("z");
        vec![Node::line(format!("let {name}: {} = {value}", ty.text())), Node::line(name)]
    }

    /// A block of a few statements, whose names end with it.
    pub(crate) fn inner(&mut self, most: usize) -> Vec<Node> {
        let mark = self.scope.mark();
        let mut body = Vec::new();
        for _ in 0..1 + self.below(most) {
            if self.budget <= 0 {
                break;
            }
            self.budget -= 1;
            body.extend(self.statement());
        }
        if body.is_empty() {
            body.push(Node::line("say \"so\""));
        }
        self.scope.back(mark);
        body
    }

    /// The same with a value at its end.
    pub(crate) fn valued(&mut self, ty: Ty, level: u8, most: usize) -> Vec<Node> {
        let mark = self.scope.mark();
        let mut body = Vec::new();
        for _ in 0..self.below(most + 1) {
            if self.budget <= 0 {
                break;
            }
            self.budget -= 1;
            body.extend(self.statement());
        }
        body.extend(self.last(ty, level, 1));
        self.scope.back(mark);
        body
    }

    pub(crate) fn declare(&mut self, prefix: &str, ty: Ty, level: u8) -> String {
        let name = self.name(prefix);
        self.scope.add(Var { name: name.clone(), ty, level, mutable: false });
        name
    }
}
