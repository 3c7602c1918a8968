//! Whatever nests is either refused by name or read, shown, copied and dropped on a small stack.

use wflow::source::FileId;
use wflow::syntax::parse;

/// The stack of an ordinary thread.
const STACK: usize = 2 * 1024 * 1024;

type Form = (&'static str, fn(usize) -> String);

fn nest(n: usize, open: &str, inner: &str, close: &str) -> String {
    format!("{}{inner}{}", open.repeat(n), close.repeat(n))
}

fn body(text: String) -> String {
    format!("workflow main() {{ {text} }}")
}

fn lines(n: usize, one: &str) -> String {
    one.repeat(n)
}

/// Nest by brackets or by words that take an expression.
const NESTING: &[Form] = &[
    ("parentheses", |n| body(nest(n, "(", "1", ")"))),
    ("lists", |n| body(nest(n, "[", "1", "]"))),
    ("records", |n| body(nest(n, "{ a: ", "1", " }"))),
    ("maps", |n| body(nest(n, "{ \"a\": ", "1", " }"))),
    ("map keys", |n| body(nest(n, "{ \"{", "1", "}\": 1 }"))),
    ("blocks", |n| body(nest(n, "{ say 1 ", "", "}"))),
    ("calls", |n| body(nest(n, "f(", "1", ")"))),
    ("named arguments", |n| body(nest(n, "f(a: ", "1", ")"))),
    ("indexes", |n| body(nest(n, "a[", "1", "]"))),
    ("interpolations", |n| body(nest(n, "\"{", "1", "}\""))),
    ("interpolated blocks", |n| body(nest(n, "\"{ {", "1", "} }\""))),
    ("text blocks", |n| body(nest(n, "\"\"\"{", "1", "}\"\"\""))),
    ("commands", |n| body(nest(n, "run `a {", "1", "}`"))),
    ("quoted words", |n| body(nest(n, "run `a '{", "1", "}'`"))),
    ("ifs", |n| body(nest(n, "if a { ", "1", " }"))),
    ("conditions", |n| body(nest(n, "if ", "a", " { }"))),
    ("elses", |n| body(nest(n, "if a { } else { ", "1", " }"))),
    ("matches", |n| body(nest(n, "match a { _ => ", "1", " }"))),
    ("match blocks", |n| body(nest(n, "match a { _ => { ", "1", " } }"))),
    ("fors", |n| body(nest(n, "for x in xs { ", "1", " }"))),
    ("repeats", |n| body(nest(n, "repeat up to 3 { ", "1", " } else { 1 }"))),
    ("tries", |n| body(nest(n, "try { ", "1", " } catch e { 1 }"))),
    ("catches", |n| body(nest(n, "try { 1 } catch e { ", "1", " }"))),
    ("steps", |n| body(nest(n, "step a \"A\" { ", "1", " }"))),
    ("undos", |n| body(nest(n, "step a \"A\" { 1 } undo { ", "1", " }"))),
    ("rejects", |n| body(nest(n, "gate a \"A?\" on reject r { ", "1", " }"))),
    ("parallels", |n| body(nest(n, "parallel { a: ", "1", " }"))),
    ("parallel loops", |n| body(nest(n, "parallel for x in xs limit 3 { ", "1", " }"))),
    ("lambdas", |n| body(nest(n, "x => ", "1", ""))),
    ("lambdas of two", |n| body(nest(n, "(x, y) => ", "1", ""))),
    ("lambda blocks", |n| body(nest(n, "x => { 1 ", "1", " }"))),
    ("lambdas in calls", |n| body(nest(n, "f(x => { let y = ", "1", " })"))),
    ("says", |n| body(nest(n, "say ", "1", ""))),
    ("waits", |n| body(nest(n, "wait ", "1", ""))),
    ("ensures", |n| body(nest(n, "ensure ", "1", ""))),
    ("else messages", |n| body(nest(n, "ensure 1 else ", "1", ""))),
    ("fails", |n| body(nest(n, "fail business ", "1", ""))),
    ("helps", |n| body(nest(n, "fail business 1 help ", "1", ""))),
    ("otherwise", |n| body(nest(n, "ask \"a\" otherwise ", "1", ""))),
    ("checks", |n| body(nest(n, "ask \"a\" check ", "1", ""))),
    ("gate checks", |n| body(nest(n, "gate a \"A?\" edit ", "1", ""))),
    ("timeouts", |n| body(nest(n, "run `a` timeout ", "1", ""))),
    ("folders", |n| body(nest(n, "run `a` in ", "1", ""))),
    ("inputs", |n| body(nest(n, "run `a` stdin ", "1", ""))),
    ("exits", |n| body(nest(n, "run `a` exits ", "1", ""))),
    ("with", |n| body(nest(n, "ask \"a\" with { a: ", "1", " }"))),
    ("prompts", |n| body(nest(n, "ask (", "\"a\"", ")"))),
    ("shows", |n| body(nest(n, "gate a \"A?\" show { a: ", "1", " }"))),
    ("approvers", |n| body(format!("gate a \"A?\" by {}", nest(n, "(", "alice", ")")))),
    ("quorums", |n| body(format!("gate a \"A?\" by {}", nest(n, "1 of [", "alice", "]")))),
    ("counts", |n| body(format!("gate a \"A?\" by {} of [a]", nest(n, "(", "1", ")")))),
    ("patterns", |n| body(format!("match a {{ {} => 1 }}", nest(n, "[", "b", "]")))),
    ("record patterns", |n| body(format!("match a {{ {} => 1 }}", nest(n, "{ a: ", "b", " }")))),
    ("variant patterns", |n| body(format!("match a {{ {} => 1 }}", nest(n, ".A { a: ", "b", " }")))),
    ("guards", |n| body(nest(n, "match a { b if ", "c", " => 1 }"))),
    ("list types", |n| format!("type A = {}", nest(n, "[", "Int", "]"))),
    ("map types", |n| format!("type A = {}", nest(n, "{Text: ", "Int", "}"))),
    ("record types", |n| format!("type A = {}", nest(n, "{a: ", "Int", "}"))),
    ("types in parentheses", |n| format!("type A = {}", nest(n, "(", "Int", ")"))),
    ("lines", |n| body(format!("run `a` as {}", nest(n, "JsonLines<", "Int", ">")))),
    ("refinements", |n| format!("type A = {}", nest(n, "(Int where f(", "1", "))"))),
    ("wheres", |n| format!("type A = {}", nest(n, "(", "Int", " where it > 0)"))),
    ("parameters", |n| format!("fn f(a: Int = {}) {{}}", nest(n, "(", "1", ")"))),
    ("given", |n| format!("test \"a\" {{ given f({}) -> 1 }}", nest(n, "(", "1", ")"))),
    ("expect", |n| format!("test \"a\" {{ expect {} }}", nest(n, "f(", "1", ")"))),
    ("settings", |n| format!("agent a {{ context: {} }}", nest(n, "[", "1", "]"))),
];

/// Nest in the tree without any bracket.
const CHAINS: &[Form] = &[
    ("nots", |n| body(nest(n, "not ", "a", ""))),
    ("minus signs", |n| body(nest(n, "-", "a", ""))),
    ("sums", |n| body(format!("1{}", lines(n, " + 1")))),
    ("tight differences", |n| body(format!("1{}", lines(n, "-1")))),
    ("ors", |n| body(format!("a{}", lines(n, " or a")))),
    ("coalesces", |n| body(format!("a{}", lines(n, " ?? a")))),
    ("mixed operators", |n| body(format!("a{}", lines(n / 4, " or a and not a + a * a")))),
    ("fields", |n| body(format!("a{}", lines(n, ".b")))),
    ("fields on lines", |n| body(format!("a{}", lines(n, "\n.b")))),
    ("optional fields", |n| body(format!("a{}", lines(n, "?.b")))),
    ("calls of calls", |n| body(format!("a{}", lines(n, "(1)")))),
    ("indexes of indexes", |n| body(format!("a{}", lines(n, "[1]")))),
    ("methods", |n| body(format!("a{}", lines(n / 2, ".b()")))),
    ("prompt calls", |n| body(format!("ask a{}", lines(n, "(1)")))),
    ("approver calls", |n| body(format!("gate a \"A?\" by a{}", lines(n, "(1)")))),
    ("else ifs", |n| body(format!("if a {{ }}{}", lines(n, " else if a { }")))),
];

/// Long, but flat in the tree.
const FLAT: &[Form] = &[
    ("question marks", |n| format!("type A = Int{}", "?".repeat(n))),
    ("or patterns", |n| body(format!("match a {{ 1{} => 1 }}", lines(n, " or 1")))),
    ("approvers", |n| body(format!("gate a \"A?\" by a{}", lines(n, " and a")))),
    ("returns", |n| body(nest(n, "return ", "1", ""))),
    ("breaks", |n| body(nest(n, "break\n", "", ""))),
    ("statements", |n| body(lines(n, "a()\n"))),
    ("catches", |n| body(format!("try {{ }}{}", lines(n, " catch e { }")))),
    ("items", |n| lines(n, "fn f() {}\n")),
];

#[test]
fn chains_inside_brackets_are_read_or_refused() {
    for (chain, depth) in [(150, 2), (199, 90), (7, 90)] {
        for (open, close) in [("(", ")"), ("f(", ")"), ("[", "]"), ("\"{", "}\"")] {
            let ahead = format!(
                "{}1{}",
                open.repeat(depth),
                format!("{close}{}", " + 1".repeat(chain)).repeat(depth)
            );
            let behind = format!(
                "{}1{}",
                format!("{}{open}", "1 + ".repeat(chain)).repeat(depth),
                close.repeat(depth)
            );
            for text in [ahead, behind] {
                let found = codes(body(text));
                assert!(found.iter().all(|c| c == "E0102"), "{chain} {depth} {open}: {found:?}");
                assert!((chain + 1) * depth > 750 || found.is_empty(), "{chain} {depth} {open}: {found:?}");
            }
        }
    }
}

/// Reads, shows, copies and drops; gives the codes of the findings.
fn codes(text: String) -> Vec<String> {
    let run = move || {
        let parsed = parse(FileId(0), &text);
        let shown = format!("{:?}", parsed.file);
        assert!(!shown.is_empty());
        let copy = parsed.file.clone();
        drop(copy);
        parsed.diagnostics.iter().map(|d| d.code.id().to_owned()).collect()
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(run);
    thread.expect("a thread").join().expect("no panic")
}

fn check(forms: &[Form], read: usize, refused: bool) {
    for (name, form) in forms {
        // Some open two brackets a level.
        let opened = |n| form(n).chars().filter(|c| "([{<".contains(*c)).count();
        let read = read / (opened(2) - opened(1)).max(1);
        let found = codes(form(read));
        assert!(!found.iter().any(|c| c == "E0102"), "{name} nested {read} times: {found:?}");
        for n in [read + 35, 250, 5_000] {
            let found = codes(form(n));
            assert!(n < 250 || !refused || found == ["E0102"], "{name} nested {n} times: {found:?}");
        }
    }
}

#[test]
fn what_nests_is_read_or_refused() {
    check(NESTING, 60, true);
}

#[test]
fn chains_are_read_or_refused() {
    check(CHAINS, 150, true);
}

#[test]
fn what_is_long_but_flat_is_read() {
    check(FLAT, 1_000, false);
}

/// The same with a mistake in the middle: it must be told in a time that does not multiply with the depth.
#[test]
fn a_mistake_deep_inside_is_told() {
    for (name, form) in NESTING {
        let text = form(45);
        let middle = text.len() / 2;
        let at = (middle..text.len()).find(|i| text.as_bytes()[*i] == b'1').unwrap_or(middle);
        for wrong in ["1 +", "let x =", ")"] {
            let mut text = text.clone();
            text.replace_range(at..at + 1, wrong);
            let found = codes(text.clone());
            assert!(wrong != ")" || !found.is_empty(), "{name}: {text}");
        }
    }
}
