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
    fn line(text: impl Into<String>) -> Node {
        Node { open: text.into(), blocks: Vec::new() }
    }

    fn block(open: impl Into<String>, body: Vec<Node>) -> Node {
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

const GATES: &[&str] = &["ship", "other"];

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
    name: String,
    params: Vec<Ty>,
    result: Ty,
    pure_one: bool,
    gate: Option<&'static str>,
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

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    /// The worst that a value may be here: mostly what is asked for.
    fn most(&mut self, level: u8) -> u8 {
        if self.odds(self.risk) { 3 } else { level }
    }

    fn whole(&mut self) -> Program {
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
            self.tasks.push(Task { name, params: vec![], result: Ty::Nothing, pure_one: false, gate: Some(gate) });
        }
        items.push(self.workflow());
        Program { config, head: format!("{HEAD}{policy}"), items }
    }

    fn policies(&mut self) -> (String, String) {
        let mut config = String::from("[policy]\nallow = [\"look *\", \"curl *\", \"cat *\", \"sh\", \"python3\"");
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
        config.push_str("]\nwrite = [\"out/**\", \"live/**\"]\nuntrusted = [\"curl *\", { read = \"in/**\" }]\n");
        config.push_str("trusted = [\"cat *\", { read = \"ok.txt\" }]\n");
        if self.odds(30) {
            config.push_str("deny = [\"push --force *\"]\n");
        }
        config.push_str("[people.ada]\nname = \"Ada\"\n[people.bob]\nname = \"Bob\"\n");
        let own = file.iter().any(|l| l.contains("after")) || self.odds(50);
        let policy = if own { format!("policy {{\n    {}\n}}\n", file.join("\n    ")) } else { String::new() };
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

    fn params(&mut self, types: &[Ty], level: u8) -> String {
        let mut out = Vec::new();
        for ty in types {
            let name = self.name("p");
            out.push(format!("{name}: {}", ty.text()));
            self.scope.add(Var { name, ty: *ty, level, mutable: false });
        }
        out.join(", ")
    }

    fn function(&mut self) -> Node {
        self.scope = Scope::default();
        let name = self.name("f");
        let types = [self.pick(&[Ty::Text, Ty::Name]), self.pick(&[Ty::Text, Ty::Count, Ty::Bool])];
        let params = self.params(&types, 3);
        let value = vec![Node::line(format!("let z = {}", self.expr(Ty::Text, 3, 2, true).0)), Node::line("z")];
        self.tasks.push(Task { name: name.clone(), params: types.into(), result: Ty::Text, pure_one: true, gate: None });
        Node::block(format!("fn {name}({params}) -> Text {{"), value)
    }

    fn begin(&mut self, budget: i32, result: Option<Ty>) {
        self.scope = Scope::default();
        self.gates.clear();
        self.budget = budget;
        self.loops = 0;
        self.closed = 0;
        self.result = result;
    }

    fn task(&mut self) -> Node {
        let result = self.pick(&[Ty::Text, Ty::Name, Ty::Plan, Ty::Nothing, Ty::Bool]);
        self.begin(4, (result != Ty::Nothing).then_some(result));
        let name = self.name("t");
        let count = self.below(3);
        let types: Vec<Ty> = (0..count).map(|_| self.pick(&[Ty::Text, Ty::Name, Ty::Plan, Ty::Bool, Ty::Texts])).collect();
        let level = self.pick(&[0, 3, 3]);
        let params = self.params(&types, level);
        self.in_task = true;
        let body = self.body(Some(result));
        let gate = self.gates.first().copied();
        self.tasks.push(Task { name: name.clone(), params: types, result, pure_one: false, gate });
        let arrow = if result == Ty::Nothing { String::new() } else { format!(" -> {}", result.text()) };
        Node::block(format!("task {name}({params}){arrow} {{"), body)
    }

    fn workflow(&mut self) -> Node {
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
    fn body(&mut self, result: Option<Ty>) -> Vec<Node> {
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
    fn last(&mut self, ty: Ty, most: u8, depth: u32) -> Vec<Node> {
        let value = self.expr(ty, most, depth, false).0;
        let name = self.name("z");
        vec![Node::line(format!("let {name}: {} = {value}", ty.text())), Node::line(name)]
    }

    /// A block of a few statements, whose names end with it.
    fn inner(&mut self, most: usize) -> Vec<Node> {
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
    fn valued(&mut self, ty: Ty, level: u8, most: usize) -> Vec<Node> {
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

    fn declare(&mut self, prefix: &str, ty: Ty, level: u8) -> String {
        let name = self.name(prefix);
        self.scope.add(Var { name: name.clone(), ty, level, mutable: false });
        name
    }

    // Statements

    fn statement(&mut self) -> Vec<Node> {
        match self.below(40) {
            0..=3 => vec![self.ask()],
            4..=5 => vec![self.run_value()],
            6..=8 => vec![self.let_value()],
            9..=10 => vec![self.var()],
            11..=13 => self.assign(),
            14..=18 => vec![self.command()],
            19..=20 => vec![self.gate()],
            21..=23 => vec![self.branch()],
            24 => vec![self.match_wish()],
            25..=26 => vec![self.for_each()],
            27 => vec![self.repeat()],
            28..=29 => vec![self.attempt()],
            30 => vec![self.parallel()],
            31..=32 => vec![self.step()],
            33 => vec![self.leave()],
            34 => vec![self.write()],
            35..=36 => vec![self.call()],
            37 => vec![self.ensure()],
            38 => vec![self.destructure()],
            _ => vec![self.say()],
        }
    }

    fn ask(&mut self) -> Node {
        let ty = self.pick(&[Ty::Text, Ty::Name, Ty::Plan, Ty::Plan, Ty::Plan, Ty::Bool, Ty::Bools, Ty::Mode, Ty::Texts, Ty::Wish, Ty::Count, Ty::Int]);
        let level = self.most(2);
        let mut prompt = String::from("Say.");
        if self.odds(25) {
            let value = self.expr(Ty::Text, level, 1, true).0;
            prompt = format!("About {{{value}}}.");
        }
        let agent = if self.odds(50) { "helper " } else { "" };
        let of = if ty == Ty::Text { String::new() } else { format!(" as {}", ty.text()) };
        let with = match self.odds(25) {
            true => format!(" with {{ data: {} }}", self.expr(Ty::Text, 3, 1, true).0),
            false => String::new(),
        };
        let retry = if self.odds(25) { " retry 1" } else { "" };
        let mut otherwise = String::new();
        if self.odds(25) {
            otherwise = format!(" otherwise {}", self.expr(ty, 3, 1, true).0);
        }
        let name = self.declare("a", ty, ty.harmless_from(3));
        Node::line(format!("let {name} = ask {agent}\"{prompt}\"{of}{with}{retry}{otherwise}"))
    }

    /// The words of a command behind its program.
    fn words(&mut self, strict: bool) -> String {
        let mut out = String::new();
        let fine = if strict { 1 } else { 2 };
        for _ in 0..1 + self.below(2) {
            out.push(' ');
            let level = self.most(fine);
            match self.below(6) {
                0 => out.push_str(self.pick(&["main", "x1", "--quiet", "plan"])),
                1 => {
                    let (a, b) = (self.expr(Ty::Text, level, 1, true).0, self.expr(Ty::Count, level, 1, true).0);
                    let _ = write!(out, "v{{{a}}}-{{{b}}}");
                }
                2 => {
                    let ty = self.pick(&[Ty::Count, Ty::Mode, Ty::Int, Ty::Bool]);
                    let value = self.expr(ty, level, 1, true).0;
                    let _ = write!(out, "{{{value}}}");
                }
                3 if self.odds(50) => {
                    let ty = self.pick(&[Ty::Texts, Ty::Names]);
                    let value = self.expr(ty, level, 1, true).0;
                    let _ = write!(out, "{{{value}...}}");
                }
                _ => {
                    let ty = self.pick(&[Ty::Text, Ty::Text, Ty::Name]);
                    let value = self.expr(ty, level, 1, true).0;
                    let _ = write!(out, "{{{value}}}");
                }
            }
        }
        out
    }

    fn clauses(&mut self) -> String {
        let mut out = String::new();
        let level = self.most(2);
        if self.odds(8) {
            let _ = write!(out, " in {}", self.expr(Ty::Name, level, 1, true).0);
        }
        if self.odds(12) {
            let level = self.most(2);
            let _ = write!(out, " env {{ LEVEL: {} }}", self.expr(Ty::Text, level, 1, true).0);
        }
        if self.odds(15) {
            let _ = write!(out, " stdin {}", self.expr(Ty::Text, 3, 1, true).0);
        }
        if self.odds(10) {
            out.push_str(" timeout 5s");
        }
        if self.odds(10) {
            out.push_str(" retry 1");
        }
        if self.odds(10) {
            out.push_str(" exits [0, 1]");
        }
        out
    }

    /// A command whose output is used.
    fn run_value(&mut self) -> Node {
        let program = self.pick(&["look", "look", "curl", "cat"]);
        let (first, form, ty) = match self.below(5) {
            0 => (" lines", " as Lines", Ty::Texts),
            1 => (" plan", " as Plan", Ty::Plan),
            2 => ("", "", Ty::Output),
            _ => (" text", " as Text", Ty::Text),
        };
        let words = self.words(false);
        let clauses = self.clauses();
        let level = match program {
            "curl" => 3,
            "cat" => 0,
            _ => self.scope.files.max(2),
        };
        let name = self.declare("o", ty, ty.harmless_from(level));
        Node::line(format!("let {name} = run `{program}{first}{words}`{form}{clauses}"))
    }

    fn command(&mut self) -> Node {
        let wild = self.odds(self.risk);
        let ready: Vec<(&'static str, Option<&'static str>)> = self
            .guarded
            .iter()
            .filter(|(p, gate)| *p != "write" && (wild || gate.is_none_or(|g| self.scope.passed.contains(&g))))
            .copied()
            .collect();
        if self.odds(8) {
            let level = self.most(2);
            let program = self.pick(&["sh", "python3"]);
            return Node::line(format!("run `{program}` stdin {}", self.expr(Ty::Text, level, 1, true).0));
        }
        if self.odds(4) {
            let level = self.most(1);
            return Node::line(format!("run `{{{}}} x`", self.expr(Ty::Text, level, 1, true).0));
        }
        let (program, gate) = match ready.is_empty() || self.odds(25) {
            true => (self.pick(&["look", "look", "curl"]), None),
            false => self.pick(&ready),
        };
        let words = self.words(gate.is_some());
        let clauses = self.clauses();
        Node::line(format!("run `{program}{words}`{clauses}"))
    }

    fn gate(&mut self) -> Node {
        let free: Vec<&'static str> = GATES.iter().filter(|g| !self.gates.contains(g)).copied().collect();
        if free.is_empty() {
            return self.call();
        }
        let gate = self.pick(&free);
        self.gates.push(gate);
        let mut out = format!("gate {gate} \"Go?\"");
        if self.odds(15) {
            let level = self.most(2);
            out = format!("gate {gate} \"Go with {{{}}}?\"", self.expr(Ty::Text, level, 1, true).0);
        }
        let mut shown = Vec::new();
        if self.odds(55) {
            let vars: Vec<Var> = self.scope.vars.iter().filter(|v| v.level > 0).cloned().collect();
            let mut fields = Vec::new();
            for i in 0..1 + self.below(2) {
                if vars.is_empty() {
                    break;
                }
                let var = vars[self.below(vars.len())].clone();
                match (var.ty, self.below(3)) {
                    (Ty::Plan, 0) => fields.push(format!("s{i}: {}.note", var.name)),
                    (Ty::Text, 0) => fields.push(format!("s{i}: {}.trim()", var.name)),
                    _ => {
                        fields.push(format!("s{i}: {}", var.name));
                        shown.push(var.name);
                    }
                }
            }
            if !fields.is_empty() {
                let _ = write!(out, " show {{ {} }}", fields.join(", "));
            }
        }
        if self.odds(15) {
            let level = self.most(2);
            let _ = write!(out, " require \"Fine: {{{}}}\"", self.expr(Ty::Text, level, 1, true).0);
        }
        let mut bound = None;
        match self.below(8) {
            0 => {
                let ty = self.pick(&[Ty::Text, Ty::Plan, Ty::Name]);
                let _ = write!(out, " edit {}", self.expr(ty, 3, 1, true).0);
                bound = Some((ty, 0));
            }
            1 => {
                let ty = self.pick(&[Ty::Text, Ty::Mode, Ty::Name, Ty::Bool]);
                let _ = write!(out, " as {}", ty.text());
                bound = Some((ty, 1));
            }
            _ => {}
        }
        let mut node = Node::line(out);
        if let Some((ty, level)) = bound {
            let name = self.name("g");
            node.open = format!("let {name} = {}", node.open);
            if self.odds(25) {
                node.open.push_str(&self.on_reject());
            }
            self.scope.add(Var { name, ty, level, mutable: false });
        } else if self.odds(25) {
            node.open.push_str(&self.on_reject());
        }
        for name in shown {
            self.scope.endorse(&name);
        }
        self.scope.passed.push(gate);
        node
    }

    /// What happens after a rejection; it must leave.
    fn on_reject(&mut self) -> String {
        let mut out = String::from(" on reject r { ");
        if self.odds(20) {
            let _ = write!(out, "run `look {{{}}}`  ", self.expr(Ty::Count, 2, 0, true).0);
        }
        match (self.loops > 0, self.below(3)) {
            (true, 0) => out.push_str("continue }"),
            (true, 1) => out.push_str("break }"),
            _ => match self.result.filter(|_| self.closed == 0) {
                Some(ty) => {
                    let _ = write!(out, "return {} }}", self.expr(ty, 3, 0, true).0);
                }
                None => out.push_str("fail business \"no\" }"),
            },
        }
        out
    }

    fn let_value(&mut self) -> Node {
        let ty = self.pick(&[Ty::Text, Ty::Text, Ty::Name, Ty::Count, Ty::Texts, Ty::Names, Ty::Bool, Ty::Plan, Ty::Int]);
        let pure_one = self.odds(60);
        let (value, level) = self.expr(ty, 3, 2, pure_one);
        let of = if ty == Ty::Name || self.odds(20) { format!(": {}", ty.text()) } else { String::new() };
        let level = if of.is_empty() { level } else { ty.harmless_from(level) };
        let name = self.declare("x", ty, level);
        Node::line(format!("let {name}{of} = {value}"))
    }

    fn var(&mut self) -> Node {
        let ty = self.pick(&[Ty::Text, Ty::Text, Ty::Texts, Ty::Name, Ty::Bool, Ty::Plan, Ty::Count]);
        let (value, level) = self.expr(ty, 3, 1, true);
        let name = self.name("v");
        self.scope.add(Var { name: name.clone(), ty, level, mutable: true });
        Node::line(format!("var {name}: {} = {value}", ty.text()))
    }

    fn assign(&mut self) -> Vec<Node> {
        let vars: Vec<Var> = self.scope.vars[self.closed..].iter().filter(|v| v.mutable).cloned().collect();
        if vars.is_empty() {
            return vec![self.var()];
        }
        let var = vars[self.below(vars.len())].clone();
        let name = &var.name;
        let (text, level) = match (var.ty, self.below(4)) {
            (Ty::Text, 0 | 1) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                (format!("{name} = {name} + {value}"), if self.loops > 0 { level.max(var.level).max(self.scope.under) } else { level })
            }
            (Ty::Text, 2) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                (format!("{name} = \"{{{name}}}{{{value}}}\""), level)
            }
            (Ty::Texts, 0) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                (format!("{name} = {name} + [{value}]"), level)
            }
            (Ty::Texts, 1) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                let index = self.expr(Ty::Count, 3, 0, true).0;
                (format!("{name}[{index}] = {value}"), level)
            }
            (Ty::Plan, 0 | 1) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                (format!("{name}.note = {value}"), level)
            }
            _ => {
                let (value, level) = self.expr(var.ty, 3, 1, true);
                let level = if var.ty == Ty::Name { 0 } else { level };
                if self.scope.under == 0 {
                    self.scope.set(name, level);
                    return vec![Node::line(format!("{name} = {value}"))];
                }
                (format!("{name} = {value}"), level)
            }
        };
        self.scope.raise(name, level);
        vec![Node::line(text)]
    }

    fn condition(&mut self) -> (String, u8) {
        let (value, level) = self.expr(Ty::Bool, 3, 1, true);
        (value, level)
    }

    fn branch(&mut self) -> Node {
        let narrows = self.odds(25);
        if narrows && let Some(var) = self.scope.any(&mut self.chance, |v| v.ty == Ty::Text && v.level == 3) {
            let list = self.pick(&["[\"a\", \"main\"]", "[main_branch, \"x1\"]", "[\"-f\", \"abc\"]"]);
            let test = match self.below(3) {
                0 => format!("{list}.contains({})", var.name),
                1 => format!("{} == \"main\"", var.name),
                _ => format!("{} in {list}", var.name),
            };
            let state = self.scope.state();
            self.scope.set(&var.name, 0);
            let body = self.inner(3);
            self.scope.restore(state);
            return Node::block(format!("if {test} {{"), body);
        }
        let (test, level) = self.condition();
        let outer = self.scope.under;
        let state = self.scope.state();
        self.scope.under = outer.max(level);
        let then = self.inner(3);
        self.scope.meet(&state);
        let mut node = Node::block(format!("if {test} {{"), then);
        if self.odds(40) {
            let body = self.inner(2);
            self.scope.meet(&state);
            node.blocks[0].1 = "} else {".into();
            node.blocks.push((body, "}".into()));
        }
        self.scope.under = outer;
        node
    }

    fn match_wish(&mut self) -> Node {
        let guard = match self.odds(30) {
            true => format!(" if {}", self.expr(Ty::Bool, 3, 0, true).0),
            false => String::new(),
        };
        let wish = self.expr(Ty::Wish, 3, 1, true);
        let state = self.scope.state();
        let outer = self.scope.under;
        self.scope.under = wish.1;
        let mark = self.scope.mark();
        let named = self.declare("n", Ty::Name, 0);
        let first = self.inner(2);
        self.scope.back(mark);
        self.scope.meet(&state);
        let told = self.declare("w", Ty::Text, wish.1);
        let second = self.inner(2);
        self.scope.back(mark);
        self.scope.meet(&state);
        self.scope.under = outer;
        let mut node = Node::block(format!("match {} {{ .Named {{ name: {named} }}{guard} => {{", wish.0), first);
        node.blocks[0].1 = format!("}} .Told {{ text: {told}, .. }} => {{");
        node.blocks.push((second, "} _ => {} }".into()));
        node
    }

    fn for_each(&mut self) -> Node {
        let (over, ty, level) = match self.below(5) {
            0 => (String::from("0..3"), Ty::Int, 0),
            1 => {
                let (count, level) = self.expr(Ty::Count, 3, 0, true);
                (format!("0..{count}"), Ty::Int, level)
            }
            2 => {
                let (list, level) = self.expr(Ty::Names, 3, 1, true);
                (list, Ty::Name, level)
            }
            3 => {
                let (list, level) = self.expr(Ty::Bools, 3, 1, true);
                (list, Ty::Bool, level)
            }
            _ => {
                let (list, level) = self.expr(Ty::Texts, 3, 1, true);
                (list, Ty::Text, level)
            }
        };
        let item = self.name("i");
        let state = self.scope.state();
        let (outer, mark) = (self.scope.under, self.scope.mark());
        self.scope.under = outer.max(level);
        self.scope.add(Var { name: item.clone(), ty, level: ty.harmless_from(level), mutable: false });
        self.loops += 1;
        let collects = self.odds(30);
        let side_by_side = self.odds(15);
        let closed = self.closed;
        if side_by_side {
            self.closed = self.scope.vars.len();
            self.side = true;
        }
        let loops = self.loops;
        let (open, body) = match collects {
            true => (format!("for {item} in {over} {{"), self.valued(Ty::Text, 3, 2)),
            false => (format!("for {item} in {over} {{"), self.inner(4)),
        };
        let mut body = body;
        if side_by_side && !collects {
            body.push(Node::line("say \"done\""));
        }
        self.loops = loops - 1;
        self.closed = closed;
        self.scope.back(mark);
        self.scope.under = outer;
        self.scope.meet(&state);
        let open = if side_by_side { format!("parallel {open}") } else { open };
        match collects {
            true => {
                let name = self.declare("l", Ty::Texts, 3);
                Node::block(format!("let {name} = {open}"), body)
            }
            false => Node::block(open, body),
        }
    }

    fn repeat(&mut self) -> Node {
        let limit = self.pick(&["2", "3"]).to_owned();
        let state = self.scope.state();
        self.loops += 1;
        let mut body = self.inner(4);
        if self.odds(80) {
            let (test, _) = self.condition();
            body.push(Node::block(format!("if {test} {{"), vec![Node::line("break")]));
        }
        self.loops -= 1;
        self.scope.meet(&state);
        let mut node = Node::block(format!("repeat up to {limit} {{"), body);
        node.blocks[0].1 = "} else {".into();
        let body = self.inner(1);
        self.scope.meet(&state);
        node.blocks.push((body, "}".into()));
        node
    }

    fn attempt(&mut self) -> Node {
        let state = self.scope.state();
        let valued = self.odds(30);
        let body = if valued { self.valued(Ty::Text, 3, 2) } else { self.inner(3) };
        self.scope.meet(&state);
        let mark = self.scope.mark();
        let error = self.name("e");
        self.scope.add(Var { name: error.clone(), ty: Ty::Failure, level: 3, mutable: false });
        let catch = if valued { self.valued(Ty::Text, 3, 1) } else { self.inner(2) };
        self.scope.back(mark);
        self.scope.meet(&state);
        let kind = self.pick(&["", "", "business ", "timeout "]);
        let open = match valued {
            true => format!("let {} = try {{", self.declare("y", Ty::Text, 3)),
            false => String::from("try {"),
        };
        let mut node = Node::block(open, body);
        node.blocks[0].1 = format!("}} catch {kind}{error} {{");
        node.blocks.push((catch, "}".into()));
        node
    }

    fn parallel(&mut self) -> Node {
        let state = self.scope.state();
        let closed = std::mem::replace(&mut self.closed, self.scope.vars.len());
        let loops = std::mem::take(&mut self.loops);
        let first = self.valued(Ty::Text, 3, 2);
        let passed = self.scope.passed.clone();
        self.scope.meet(&state);
        let second = self.valued(Ty::Text, 3, 2);
        self.scope.passed.extend(passed);
        self.closed = closed;
        self.loops = loops;
        let name = self.name("b");
        self.scope.add(Var { name: name.clone(), ty: Ty::Both, level: 3, mutable: false });
        let mut node = Node::block(format!("let {name} = parallel {{ first: {{"), first);
        node.blocks[0].1 = "}, second: {".into();
        node.blocks.push((second, "} }".into()));
        node
    }

    fn step(&mut self) -> Node {
        let name = self.name("s");
        let title = match self.odds(15) {
            true => format!(" \"With {{{}}}\"", self.expr(Ty::Text, 3, 0, true).0),
            false => String::new(),
        };
        let state = self.scope.state();
        let body = self.valued(Ty::Text, 3, 3);
        let mut node = Node::block(format!("step {name}{title} {{"), body);
        if self.odds(55) {
            let passed = std::mem::replace(&mut self.scope.passed, state.passed.clone());
            let gates = self.gates.clone();
            self.gates = GATES.to_vec();
            let result = self.result.take();
            let loops = std::mem::take(&mut self.loops);
            let closed = std::mem::replace(&mut self.closed, self.scope.vars.len());
            let undo = self.inner(2);
            self.closed = closed;
            self.loops = loops;
            self.result = result;
            self.gates = gates;
            self.scope.passed = passed;
            node.blocks[0].1 = "} undo {".into();
            node.blocks.push((undo, "}".into()));
        }
        self.scope.add(Var { name, ty: Ty::Text, level: 3, mutable: false });
        node
    }

    /// Early, if something holds.
    fn leave(&mut self) -> Node {
        let (test, _) = self.condition();
        let what = match (self.loops > 0, self.below(3)) {
            (true, 0) => String::from("continue"),
            (true, 1) => String::from("break"),
            _ => match self.result.filter(|_| self.closed == 0) {
                Some(ty) => format!("return {}", self.expr(ty, 3, 1, true).0),
                None => String::from("fail business \"enough\""),
            },
        };
        Node::block(format!("if {test} {{"), vec![Node::line(what)])
    }

    fn write(&mut self) -> Node {
        let (text, level) = self.expr(Ty::Text, 3, 1, true);
        let guarded = self.guarded.iter().find(|(p, _)| *p == "write").and_then(|(_, g)| *g);
        let wild = self.odds(self.risk);
        let live = wild || guarded.is_none_or(|g| self.scope.passed.contains(&g));
        let folder = if live && self.odds(50) { "live" } else { "out" };
        let path = match self.odds(30) {
            true => {
                let most = self.most(2);
                format!("\"{folder}/{{{}}}\"", self.expr(Ty::Name, most, 1, true).0)
            }
            false => format!("\"{folder}/a.txt\""),
        };
        self.scope.files = self.scope.files.max(level);
        Node::line(format!("write({path}, {text})"))
    }

    fn call(&mut self) -> Node {
        let tasks: Vec<Task> = self.tasks.iter().filter(|t| !t.pure_one).cloned().collect();
        if tasks.is_empty() || self.in_task && self.odds(40) {
            return self.say();
        }
        let task = tasks[self.below(tasks.len())].clone();
        let mut args = Vec::new();
        for ty in &task.params {
            let most = self.most(2);
            args.push(self.expr(*ty, most, 1, true).0);
        }
        if let Some(gate) = task.gate {
            self.scope.passed.push(gate);
        }
        let call = format!("{}({})", task.name, args.join(", "));
        match task.result {
            Ty::Nothing => Node::line(call),
            ty => {
                let name = self.declare("c", ty, ty.harmless_from(3));
                Node::line(format!("let {name} = {call}"))
            }
        }
    }

    fn ensure(&mut self) -> Node {
        let (test, _) = self.condition();
        Node::line(format!("ensure {test} else \"not so\""))
    }

    fn destructure(&mut self) -> Node {
        let (plan, level) = self.expr(Ty::Plan, 3, 1, true);
        let (a, b) = (self.declare("d", Ty::Name, 0), self.declare("d", Ty::Text, level));
        Node::line(format!("let {{ name: {a}, note: {b}, .. }} = {plan}"))
    }

    fn say(&mut self) -> Node {
        Node::line(format!("say \"It is {{{}}}\"", self.expr(Ty::Text, 3, 1, true).0))
    }
}

