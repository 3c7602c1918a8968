//! Statements with blocks: branches, loops, errors, steps.

use crate::program::{GATES, Make, Node};
use crate::scope::{Ty, Var};

impl Make {
    pub(crate) fn branch(&mut self) -> Node {
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

    pub(crate) fn match_wish(&mut self) -> Node {
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
        let mut node =
            Node::block(format!("match {} {{ .Named {{ name: {named} }}{guard} => {{", wish.0), first);
        node.blocks[0].1 = format!("}} .Told {{ text: {told}, .. }} => {{");
        node.blocks.push((second, "} _ => {} }".into()));
        node
    }

    pub(crate) fn for_each(&mut self) -> Node {
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

    pub(crate) fn repeat(&mut self) -> Node {
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

    /// A text that grows in a loop, whose pieces, turns or both something decides.
    pub(crate) fn accumulate(&mut self) -> Vec<Node> {
        let name = self.name("v");
        let level = if self.odds(self.risk) { 0 } else { 3 };
        let start = self.pick(&["\"\"", "\"a\"", "main_branch"]);
        let piece = match self.below(3) {
            0 => self.pick(&["\"a\"", "\"-\"", "\"f\""]).to_owned(),
            1 => format!("(if {} {{ \"-\" }} else {{ \"f\" }})", self.expr(Ty::Bool, 3, 1, true).0),
            _ => self.expr(Ty::Name, 3, 1, true).0,
        };
        let grow = match self.below(3) {
            0 => format!("{name} = {name} + {piece}"),
            1 => format!("{name} = \"{{{name}}}{{{piece}}}\""),
            _ => format!(
                "{name} = if {} {{ {name} + {piece} }} else {{ {name} }}",
                self.expr(Ty::Bool, 3, 1, true).0
            ),
        };
        let mut body = vec![Node::line(grow)];
        let test = self.expr(Ty::Bool, 3, 1, true).0;
        match self.below(4) {
            0 => body = vec![Node::block(format!("if {test} {{"), body)],
            1 => body.push(Node::block(format!("if {test} {{"), vec![Node::line("break")])),
            2 => body.insert(0, Node::block(format!("if {test} {{"), vec![Node::line("continue")])),
            _ => {}
        }
        let ensure = Node::line(format!("ensure {} else \"no\"", self.expr(Ty::Bool, 3, 1, true).0));
        let attempt = |body: Vec<Node>, catch: &str| Node {
            open: "try {".into(),
            blocks: vec![(body, "} catch {".into()), (vec![Node::line(catch)], "}".into())],
        };
        match self.below(10) {
            0 => {
                body.insert(0, ensure);
                body = vec![attempt(body, "say \"no\"")];
            }
            1 => body.insert(0, attempt(vec![ensure], "continue")),
            2 => body.insert(0, attempt(vec![ensure, Node::line("continue")], "say \"no\"")),
            3 => {
                body.push(ensure);
                body = vec![attempt(body, "break")];
            }
            _ => {}
        }
        let over = match self.below(4) {
            0 => format!("for b in {} {{", self.expr(Ty::Bools, 3, 1, true).0),
            1 => format!("for n in 0..{} {{", self.expr(Ty::Count, 3, 1, true).0),
            _ => String::from("for n in 0..3 {"),
        };
        let first = Node::line(format!("var {name}: Text = {start}"));
        self.scope.add(Var { name, ty: Ty::Text, level, mutable: true });
        vec![first, Node::block(over, body)]
    }

    /// A gate that is asked until somebody says yes.
    pub(crate) fn until_approved(&mut self) -> Node {
        let Some(gate) = GATES.iter().find(|g| !self.gates.contains(g)).copied() else { return self.call() };
        self.gates.push(gate);
        let state = self.scope.state();
        self.loops += 1;
        let mut body = self.inner(2);
        self.loops -= 1;
        self.scope.meet(&state);
        body.push(Node::line(format!("gate {gate} \"Again?\" on reject {{ continue }}")));
        if self.odds(90) {
            body.push(Node::line("break"));
            self.scope.passed.push(gate);
        }
        let mut node = Node::block("repeat up to 2 {", body);
        node.blocks[0].1 = "} else {".into();
        node.blocks.push((vec![Node::line("fail business \"nobody said yes\"")], "}".into()));
        node
    }

    /// A loop whose value is what it is left with.
    pub(crate) fn search(&mut self) -> Node {
        let state = self.scope.state();
        self.loops += 1;
        let (test, _) = self.condition();
        let (value, level) = self.expr(Ty::Text, 3, 1, true);
        let mut body = vec![Node::block(format!("if {test} {{"), vec![Node::line(format!("break {value}"))])];
        body.extend(self.inner(2));
        self.loops -= 1;
        self.scope.meet(&state);
        let (other, more) = self.expr(Ty::Text, 3, 1, true);
        let name = self.declare("r", Ty::Text, level.max(more));
        let mut node = Node::block(format!("let {name} = repeat up to 3 {{"), body);
        node.blocks[0].1 = "} else {".into();
        node.blocks.push((vec![Node::line(format!("\"{{{other}}}\""))], "}".into()));
        node
    }

    pub(crate) fn attempt(&mut self) -> Node {
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

    pub(crate) fn parallel(&mut self) -> Node {
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

    pub(crate) fn step(&mut self) -> Node {
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
    pub(crate) fn leave(&mut self) -> Node {
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
}
