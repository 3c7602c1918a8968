//! Random expressions of a wanted type, with a guess of what they are.

use crate::program::Make;
use crate::scope::Ty;

impl Make {
    /// `most`: what it may be at the worst, as far as it is guessed; `plain`: without effects.
    pub(crate) fn expr(&mut self, ty: Ty, most: u8, depth: u32, plain: bool) -> (String, u8) {
        for _ in 0..4 {
            let (text, level) = self.one(ty, most, depth, plain);
            if level <= most {
                return (text, level);
            }
        }
        (literal(ty).to_owned(), 0)
    }

    fn one(&mut self, ty: Ty, most: u8, depth: u32, plain: bool) -> (String, u8) {
        let var = self.scope.any(&mut self.chance, |v| v.ty == ty && v.level <= most);
        if let Some(var) = var
            && self.odds(if depth == 0 { 85 } else { 55 })
        {
            return (var.name, var.level);
        }
        if let Some(part) = self.part(ty, most)
            && self.odds(60)
        {
            return part;
        }
        if depth == 0 {
            return (literal(ty).to_owned(), 0);
        }
        match ty {
            Ty::Text => self.text(most, depth - 1, plain),
            Ty::Name if self.odds(30) => {
                let (a, level) = self.expr(Ty::Name, most, depth - 1, plain);
                let (c, _) = self.expr(Ty::Bool, 3, depth - 1, true);
                (format!("(if {c} {{ {a} }} else {{ \"other\" }})"), level)
            }
            Ty::Bool => self.truth(depth - 1, plain),
            Ty::Count => self.count(most, depth - 1),
            Ty::Int => {
                let (a, level) = self.expr(Ty::Count, most, depth - 1, true);
                match self.below(3) {
                    0 => (format!("({a} - 2)"), level.max(if level > 1 { level } else { 0 })),
                    1 => (format!("({a} * 2 + 1)"), level),
                    _ => (format!("-{a}"), level),
                }
            }
            Ty::Texts => self.texts(most, depth - 1, plain),
            Ty::Names => {
                let (a, level) = self.expr(Ty::Name, most, depth - 1, true);
                (format!("[{a}, \"z\"]"), level)
            }
            Ty::Mode if self.odds(40) => {
                let (c, _) = self.expr(Ty::Bool, 3, depth - 1, true);
                (format!("(if {c} {{ Mode.Fast }} else {{ Mode.Slow }})"), 0)
            }
            Ty::Plan => {
                let (name, a) = self.expr(Ty::Name, most, depth - 1, true);
                let (note, b) = self.expr(Ty::Text, most, depth - 1, true);
                let (count, c) = self.expr(Ty::Count, most, depth - 1, true);
                (
                    format!(
                        "Plan(name: {name}, note: {note}, count: {count}, delta: 1, mode: .Fast, flag: true, tags: [], \
                         notes: [{note}], bits: [], wish: .Idle)"
                    ),
                    a.max(b).max(c),
                )
            }
            Ty::Wish => {
                let (text, level) = self.expr(Ty::Text, most, depth - 1, true);
                (format!("Wish.Told(text: {text}, times: 1)"), level)
            }
            _ => (literal(ty).to_owned(), 0),
        }
    }

    /// A field of something.
    fn part(&mut self, ty: Ty, most: u8) -> Option<(String, u8)> {
        let field: &[&str] = match ty {
            Ty::Text => &["note", "note", "name"],
            Ty::Name => &["name"],
            Ty::Count => &["count"],
            Ty::Int => &["delta", "count"],
            Ty::Bool => &["flag"],
            Ty::Mode => &["mode"],
            Ty::Wish => &["wish"],
            Ty::Texts => &["notes", "tags"],
            Ty::Names => &["tags"],
            Ty::Bools => &["bits"],
            _ => return None,
        };
        let harmless = |field: &str| !matches!(field, "note" | "notes" | "delta" | "wish");
        let field = self.pick(field);
        if ty == Ty::Text && self.odds(30) {
            let other = self.scope.any(&mut self.chance, |v| {
                v.level <= most && matches!(v.ty, Ty::Output | Ty::Failure | Ty::Both | Ty::Wish)
            })?;
            let field = match other.ty {
                Ty::Output => "stdout",
                Ty::Failure => self.pick(&["message", "kind"]),
                Ty::Both => self.pick(&["first", "second"]),
                _ => return None,
            };
            return Some((format!("{}.{field}", other.name), if field == "kind" { 0 } else { other.level }));
        }
        let plan =
            self.scope.any(&mut self.chance, |v| v.ty == Ty::Plan && (v.level <= most || harmless(field)))?;
        Some((format!("{}.{field}", plan.name), if harmless(field) { 0 } else { plan.level }))
    }

    fn text(&mut self, most: u8, depth: u32, plain: bool) -> (String, u8) {
        let joined = |level: u8| level;
        match self.below(if plain { 32 } else { 36 }) {
            0 | 1 => {
                let (a, x) = self.expr(Ty::Text, most, depth, plain);
                let (b, y) = self.expr(Ty::Count, most, depth, true);
                (format!("\"{{{a}}}-{{{b}}}\""), joined(x.max(y)))
            }
            2 => {
                let (a, x) = self.expr(Ty::Text, most, depth, plain);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (format!("({a} + {b})"), joined(x.max(y)))
            }
            3 | 4 => {
                let (a, x) = self.expr(Ty::Text, most, depth, plain);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                let (c, _) = self.expr(Ty::Bool, 3, depth, true);
                (format!("(if {c} {{ {a} }} else {{ {b} }})"), x.max(y))
            }
            5 => {
                let (a, x) = self.expr(Ty::Text, most.min(1), depth, plain);
                let method =
                    self.pick(&["trim()", "upper()", "replace(\"a\", \"-\")", "lower()", "slice(0, 2)"]);
                (format!("{a}.{method}"), x)
            }
            6 => {
                let (a, x) = self.expr(Ty::Texts, most.min(1), depth, plain);
                let sep = self.pick(&["", "-", " "]);
                (format!("{a}.join(\"{sep}\")"), x)
            }
            7 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, plain);
                let way = self.pick(&["first()", "last()", "sort().first()", "get(0)", "min()"]);
                (format!("({a}.{way} ?? \"none\")"), x)
            }
            8 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, plain);
                let (n, y) = self.expr(Ty::Count, most, depth, true);
                (format!("({a}.get({n}) ?? \"none\")"), x.max(y))
            }
            9 => {
                let (a, _) = self.expr(Ty::Text, 3, depth, true);
                (
                    format!(
                        "(match {a} {{ \"main\" => \"one\"  \"a\" or \"b\" => \"two\"  other => \"three\" }})"
                    ),
                    0,
                )
            }
            10 => {
                let (a, _) = self.expr(Ty::Mode, 3, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (format!("(match {a} {{ .Fast => \"f\"  .Slow => {b} }})"), y)
            }
            11 => {
                let tasks: Vec<String> = self.functions();
                match tasks.is_empty() {
                    true => (String::from("\"x1\""), 0),
                    false => {
                        let call = tasks[self.below(tasks.len())].clone();
                        (call, 3)
                    }
                }
            }
            12 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, plain);
                let test = self.pick(&[
                    "t in [\"a\", \"main\"]",
                    "t == \"abc\"",
                    "t.len > 1",
                    "[\"x1\"].contains(t)",
                ]);
                let level = if test.starts_with("t.len") { x } else { 0 };
                (format!("({a}.find(t => {test}) ?? \"none\")"), level)
            }
            13 => {
                let (a, x) = self.expr(Ty::Bools, 3, depth, true);
                let what = self.pick(&[
                    "map(b => if b { \"-\" } else { \"f\" }).join(\"\")",
                    "fold(\"\", (s, b) => s + (if b { \"-\" } else { \"f\" }))",
                ]);
                (format!("{a}.{what}"), x.max(3))
            }
            14 => {
                let (n, _) = self.expr(Ty::Count, 3, depth, true);
                (format!("([\"a\", \"b\", \"c\"].get({n}) ?? \"d\")"), 3)
            }
            15 => {
                let (a, _) = self.expr(Ty::Text, most, depth, true);
                (format!("(Name.parse({a}) ?? \"none\")"), 0)
            }
            16 => {
                let (a, _) = self.expr(Ty::Count, 3, depth, true);
                (format!("{a}.to_text()"), 0)
            }
            17 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                (format!("({a}.map(t => \"{{t}}!\").first() ?? \"none\")"), x)
            }
            18 => (self.pick(&["main_branch", "\"--quiet\"", "\"v1\"", "\"-\""]).to_owned(), 0),
            19 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                (format!("({a}.sort_by(t => t.len).first() ?? \"none\")"), x)
            }
            20 => {
                let (a, x) = self.expr(Ty::Text, most, depth, true);
                let (k, y) = self.expr(Ty::Text, 1, depth, true);
                (format!("(({{\"k\": {a}}}).get({k}) ?? \"none\")"), x.max(y))
            }
            21 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                (format!("(match {a} {{ [first, ..] => first  _ => \"none\" }})"), x)
            }
            22 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let way = self.pick(&[
                    "group_by(t => t.slice(0, 1)).keys().first()",
                    "to_map(t => t, t => \"v\").values().first()",
                    "to_map(t => \"k\", t => t).get(\"k\")",
                    "max_by(t => t.len)",
                    "min_by(t => t.len)",
                    "present().last()",
                ]);
                (format!("({a}.{way} ?? \"none\")"), x)
            }
            23 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let function = self.pick(&[
                    "(s, t) => s + t",
                    "(s, t) => if t == \"b\" { \"x\" } else { s }",
                    "(s, t) => if t.len > 2 { t } else { s }",
                    "(s, t) => \"{s}{t}\"",
                ]);
                (format!("{a}.fold(\"q\", {function})"), x)
            }
            24 => {
                let (a, x) = self.expr(Ty::Wish, most, depth, true);
                (
                    format!(
                        "(match {a} {{ .Named {{ name }} => name  .Told {{ text, .. }} => text  .Idle => \"i\" }})"
                    ),
                    x,
                )
            }
            25 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (
                    format!(
                        "(match {a} {{ [one, two] => two  [_, ..rest] => rest.first() ?? {b}  _ => {b} }})"
                    ),
                    x.max(y),
                )
            }
            26 => {
                let (a, x) = self.expr(Ty::Text, most, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                let (c, _) = self.expr(Ty::Bool, 3, depth, true);
                (format!("(match {a} {{ q if {c} => q  _ => {b} }})"), x.max(y))
            }
            27 => {
                let (a, x) = self.expr(Ty::Plan, most, depth, true);
                (format!("{a}.note"), x)
            }
            28 => {
                let (a, x) = self.expr(Ty::Text, most, depth, true);
                let (b, y) = self.expr(Ty::Name, most, depth, true);
                let field = self.pick(&["one", "two"]);
                (format!("({{ one: {a}, two: {b} }}).{field}"), if field == "two" { y } else { x })
            }
            29 => {
                let (a, x) = self.expr(Ty::Text, most, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                let (n, _) = self.expr(Ty::Count, 3, depth, true);
                (format!("([{a}, {b}][{n} % 2])"), x.max(y).max(2))
            }
            30 => {
                let (a, _) = self.expr(Ty::Bools, 3, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (format!("(if {a}.all(b => b) {{ \"-\" }} else {{ {b} }})"), y)
            }
            31 => {
                let (a, _) = self.expr(Ty::Texts, most, depth, true);
                let (b, _) = self.expr(Ty::Texts, most, depth, true);
                (format!("([{a}, {b}].flatten().filter(t => t in [\"a\", \"x1\"]).first() ?? \"none\")"), 0)
            }
            32 => {
                let path = self.pick(&["\"a.txt\"", "\"in/a.txt\"", "\"ok.txt\""]);
                let level = match path {
                    "\"in/a.txt\"" => 3,
                    "\"ok.txt\"" => 0,
                    _ => self.scope.files.max(2),
                };
                (format!("read({path})"), level)
            }
            33 => (String::from("(env(\"HOME_DIR\") ?? \"none\")"), 2),
            34 => {
                let (a, _) = self.expr(Ty::Text, 3, depth, true);
                (format!("vouch({a}, because: \"it is fine\")"), 0)
            }
            _ => (String::from("(glob(\"docs/*\").first() ?? \"none\").to_text()"), self.scope.files.max(2)),
        }
    }

    fn truth(&mut self, depth: u32, plain: bool) -> (String, u8) {
        match self.below(if plain { 8 } else { 9 }) {
            0 => {
                let (a, x) = self.expr(Ty::Text, 3, depth, true);
                (format!("{a}.contains(\"a\")"), x)
            }
            1 => {
                let (a, x) = self.expr(Ty::Count, 3, depth, true);
                (format!("({a} > 1)"), x)
            }
            2 => {
                let (a, x) = self.expr(Ty::Bool, 3, depth, true);
                let (b, y) = self.expr(Ty::Bool, 3, depth, true);
                let op = self.pick(&["and", "or"]);
                (format!("({a} {op} {b})"), x.max(y))
            }
            3 => {
                let (a, x) = self.expr(Ty::Bool, 3, depth, true);
                (format!("(not {a})"), x)
            }
            4 => {
                let (a, x) = self.expr(Ty::Text, 3, depth, true);
                (format!("({a} in [\"a\", \"main\", \"x1\"])"), x)
            }
            5 => {
                let (a, x) = self.expr(Ty::Bools, 3, depth, true);
                let what = self.pick(&["any(b => b)", "all(b => b)", "is_empty"]);
                (format!("{a}.{what}"), x)
            }
            6 => {
                let (a, x) = self.expr(Ty::Text, 3, depth, true);
                (format!("({a} matches r\"^[a-z]+$\")"), x)
            }
            7 => {
                let (a, x) = self.expr(Ty::Text, 3, depth, true);
                let (b, y) = self.expr(Ty::Text, 3, depth, true);
                (format!("({a} == {b})"), x.max(y))
            }
            _ => (String::from("exists(\"a.txt\")"), 2),
        }
    }

    fn count(&mut self, most: u8, depth: u32) -> (String, u8) {
        match self.below(4) {
            0 => {
                let (a, _) = self.expr(Ty::Texts, 3, depth, true);
                (format!("{a}.len"), 0)
            }
            1 => {
                let (a, _) = self.expr(Ty::Text, 3, depth, true);
                (format!("{a}.len"), 0)
            }
            2 => {
                let (a, x) = self.expr(Ty::Count, most, depth, true);
                (format!("({a} + 1)"), x)
            }
            _ => {
                let (a, _) = self.expr(Ty::Bools, 3, depth, true);
                (format!("{a}.count(b => b)"), 0)
            }
        }
    }

    fn texts(&mut self, most: u8, depth: u32, plain: bool) -> (String, u8) {
        match self.below(8) {
            0 | 1 => {
                let (a, x) = self.expr(Ty::Text, most, depth, plain);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (format!("[{a}, {b}]"), x.max(y))
            }
            2 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let test =
                    self.pick(&["t.len > 1", "t in [\"a\", \"abc\"]", "t != \"a\"", "t.starts_with(\"a\")"]);
                (format!("{a}.filter(t => {test})"), x)
            }
            3 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let (b, y) = self.expr(Ty::Text, most, depth, true);
                (format!("({a} + [{b}])"), x.max(y))
            }
            4 => {
                let (a, x) = self.expr(Ty::Text, most.min(1), depth, true);
                let way = self.pick(&["split(\",\")", "lines()"]);
                (format!("{a}.{way}"), x)
            }
            5 => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let way = self.pick(&[
                    "reverse()",
                    "take(2)",
                    "drop(1)",
                    "unique()",
                    "sort()",
                    "append(\"q\")",
                    "flat_map(t => [t, t])",
                ]);
                (format!("{a}.{way}"), x)
            }
            6 => {
                let (a, _) = self.expr(Ty::Bools, 3, depth, true);
                (format!("{a}.map(b => if b {{ \"a\" }} else {{ \"b\" }})"), 0)
            }
            _ => {
                let (a, x) = self.expr(Ty::Texts, most, depth, true);
                let way = self.pick(&[
                    "enumerate().map(e => e.item)",
                    "zip([\"x\", \"y\"]).map(z => z.left)",
                    "zip([\"x\", \"y\"]).map(z => z.right)",
                    "partition(t => t.len > 1).yes",
                    "partition(t => t in [\"a\"]).no",
                ]);
                (format!("{a}.{way}"), x)
            }
        }
    }
}

fn literal(ty: Ty) -> &'static str {
    match ty {
        Ty::Text => "\"t\"",
        Ty::Name => "\"nm\"",
        Ty::Int => "3",
        Ty::Count => "2",
        Ty::Bool => "true",
        Ty::Mode => "Mode.Slow",
        Ty::Wish => "Wish.Idle",
        Ty::Plan => {
            "Plan(name: \"nn\", note: \"n\", count: 1, delta: 1, mode: .Fast, flag: true, tags: [\"tg\"], notes: [\"n\"], \
             bits: [true], wish: .Idle)"
        }
        Ty::Texts => "[\"t\", \"u\"]",
        Ty::Names => "[\"n1\", \"n2\"]",
        Ty::Bools => "[true, false]",
        Ty::Output | Ty::Failure | Ty::Both | Ty::Vars | Ty::Nothing => "\"\"",
    }
}
