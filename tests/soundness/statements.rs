//! Statements without blocks: questions, commands, gates, variables, calls.

use crate::program::{GATES, Make, Node, Task};
use crate::scope::{Ty, Var};
use std::fmt::Write as _;

impl Make {
    pub(crate) fn statement(&mut self) -> Vec<Node> {
        match self.below(47) {
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
            39 => vec![self.until_approved()],
            43..=45 => self.accumulate(),
            40 => vec![self.search()],
            41 => vec![Node::line("wait 1ms")],
            42 => self.variables(),
            _ => vec![self.say()],
        }
    }

    pub(crate) fn ask(&mut self) -> Node {
        let ty = self.pick(&[
            Ty::Text,
            Ty::Name,
            Ty::Plan,
            Ty::Plan,
            Ty::Plan,
            Ty::Bool,
            Ty::Bools,
            Ty::Mode,
            Ty::Texts,
            Ty::Wish,
            Ty::Count,
            Ty::Int,
        ]);
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
    pub(crate) fn words(&mut self, strict: bool) -> String {
        let mut out = String::new();
        let fine = if strict { 1 } else { 2 };
        for _ in 0..1 + self.below(2) {
            out.push(' ');
            let level = self.most(fine);
            match self.below(6) {
                0 => out.push_str(self.pick(&["main", "x1", "--quiet", "plan"])),
                1 => {
                    let (a, b) =
                        (self.expr(Ty::Text, level, 1, true).0, self.expr(Ty::Count, level, 1, true).0);
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

    pub(crate) fn clauses(&mut self) -> String {
        let mut out = String::new();
        let level = self.most(2);
        if self.odds(8) {
            let _ = write!(out, " in {}", self.expr(Ty::Name, level, 1, true).0);
        }
        if self.odds(12) {
            let level = self.most(2);
            let value = self.expr(Ty::Text, level, 1, true).0;
            let _ = match self.scope.any(&mut self.chance, |v| v.ty == Ty::Vars && v.level <= level) {
                Some(vars) if self.odds(60) => write!(out, " env {}", vars.name),
                _ => write!(out, " env {{ LEVEL: {value} }}"),
            };
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
    pub(crate) fn run_value(&mut self) -> Node {
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

    pub(crate) fn command(&mut self) -> Node {
        let wild = self.odds(self.risk);
        let ready: Vec<(&'static str, Option<&'static str>)> = self
            .guarded
            .iter()
            .filter(|(p, gate)| {
                *p != "write" && (wild || gate.is_none_or(|g| self.scope.passed.contains(&g)))
            })
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

    pub(crate) fn gate(&mut self) -> Node {
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
    pub(crate) fn on_reject(&mut self) -> String {
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

    pub(crate) fn let_value(&mut self) -> Node {
        let ty = self.pick(&[
            Ty::Text,
            Ty::Text,
            Ty::Name,
            Ty::Count,
            Ty::Texts,
            Ty::Names,
            Ty::Bool,
            Ty::Plan,
            Ty::Int,
        ]);
        let pure_one = self.odds(60);
        let (value, level) = self.expr(ty, 3, 2, pure_one);
        let of = if ty == Ty::Name || self.odds(20) { format!(": {}", ty.text()) } else { String::new() };
        let level = if of.is_empty() { level } else { ty.harmless_from(level) };
        let name = self.declare("x", ty, level);
        Node::line(format!("let {name}{of} = {value}"))
    }

    pub(crate) fn var(&mut self) -> Node {
        let ty = self.pick(&[Ty::Text, Ty::Text, Ty::Texts, Ty::Name, Ty::Bool, Ty::Plan, Ty::Count]);
        let (value, level) = self.expr(ty, 3, 1, true);
        let name = self.name("v");
        self.scope.add(Var { name: name.clone(), ty, level, mutable: true });
        Node::line(format!("var {name}: {} = {value}", ty.text()))
    }

    pub(crate) fn assign(&mut self) -> Vec<Node> {
        let vars: Vec<Var> = self.scope.vars[self.closed..].iter().filter(|v| v.mutable).cloned().collect();
        if vars.is_empty() {
            return vec![self.var()];
        }
        let var = vars[self.below(vars.len())].clone();
        let name = &var.name;
        let (text, level) = match (var.ty, self.below(4)) {
            (Ty::Text, 0 | 1) => {
                let (value, level) = self.expr(Ty::Text, 3, 1, true);
                (
                    format!("{name} = {name} + {value}"),
                    if self.loops > 0 { level.max(var.level).max(self.scope.under) } else { level },
                )
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

    pub(crate) fn condition(&mut self) -> (String, u8) {
        let (value, level) = self.expr(Ty::Bool, 3, 1, true);
        (value, level)
    }

    pub(crate) fn write(&mut self) -> Node {
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

    pub(crate) fn call(&mut self) -> Node {
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

    pub(crate) fn ensure(&mut self) -> Node {
        let (test, _) = self.condition();
        Node::line(format!("ensure {test} else \"not so\""))
    }

    /// A map with a key that is computed.
    pub(crate) fn variables(&mut self) -> Vec<Node> {
        let (key, x) = self.expr(Ty::Text, 3, 1, true);
        let (value, y) = self.expr(Ty::Text, 3, 1, true);
        let name = self.name("m");
        let first = Node::line(format!("var {name}: {{Text: Text}} = {{}}"));
        let put = Node::line(format!("{name}[{key}] = {value}"));
        self.scope.add(Var { name, ty: Ty::Vars, level: x.max(y), mutable: false });
        vec![first, put]
    }

    pub(crate) fn destructure(&mut self) -> Node {
        let (plan, level) = self.expr(Ty::Plan, 3, 1, true);
        let (a, b) = (self.declare("d", Ty::Name, 0), self.declare("d", Ty::Text, level));
        Node::line(format!("let {{ name: {a}, note: {b}, .. }} = {plan}"))
    }

    pub(crate) fn say(&mut self) -> Node {
        Node::line(format!("say \"It is {{{}}}\"", self.expr(Ty::Text, 3, 1, true).0))
    }
}
