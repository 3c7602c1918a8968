//! What the engine, the command line and the test runner ask of a lowered program.

use super::world::ScriptedWorld;
use serde_json::json;
use wflow::check::{Environment, Memory, ModuleId, Program, check_source};
use wflow::interpreter::{CancelToken, Given, Lowered, Root, Stop, World};
use wflow::syntax::ast::{ExpectKind, ExprKind, ItemKind, TestItem, TestStmt};
use wflow::value::Value;

fn program(text: &str) -> Program {
    let checked = check_source("case.wflow", text, &Memory::default(), &Environment::default());
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    checked.program
}

fn run(text: &str, world: &dyn World, root: &Root) -> Result<Value, Stop> {
    let program = program(text);
    let main = program.workflows().next().expect("a workflow").id;
    Lowered::new(&program).run_callable(main, Vec::new(), world, root)
}

#[test]
fn flags_become_arguments() {
    let program = program(
        "enum Stage { Staging = \"staging\", Production = \"production\" }
         type Version = Text where it matches r\"^\\d+\\.\\d+$\"
         workflow main(version: Version, stage: Stage = .Staging, tags: [Text] = [], pause: Duration = 5m, note: Text?) -> Nothing {
             say \"{version} {stage} {tags.len} {pause} {note ?? \"\"}\"
         }",
    );
    let lowered = Lowered::new(&program);
    let main = program.workflows().next().expect("a workflow").id;
    let read = |flags: &[(&str, &str)]| {
        let flags: Vec<_> = flags.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        lowered.arguments(main, &Given::Flags(&flags), &|_| false).map_err(|problems| {
            problems.into_iter().map(|p| format!("{}: {}", p.name, p.message)).collect::<Vec<_>>()
        })
    };
    let args = read(&[("version", "1.2"), ("stage", "production"), ("tags", "a,b")]).expect("fine");
    let shown: Vec<String> = args.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["1.2", "production", "[\"a\", \"b\"]", "5m", "none"]);
    assert_eq!(
        read(&[("version", "x"), ("stage", "test"), ("pause", "soon"), ("nots", "1")])
            .expect_err("much is wrong"),
        [
            "nots: `main` has no parameter `nots`; did you mean `note`?",
            "version: not a valid `Version`: \"x\" does not match `^\\d+\\.\\d+$`",
            "stage: expected one of \"staging\", \"production\", found \"test\"",
            "pause: expected a duration such as 20m, found \"soon\"",
        ]
    );
    assert_eq!(read(&[]).expect_err("one is missing"), ["version: it is missing and has no default"]);
}

#[test]
fn a_pure_loop_can_be_interrupted() {
    let root = Root { path: String::from("main"), cancel: CancelToken::default() };
    root.cancel.cancel();
    let text = "workflow main() -> Int { var n = 0  for i in 0..9_000_000_000 { n = n + 1 }  n }";
    assert!(matches!(run(text, &ScriptedWorld::new(""), &root), Err(Stop::Interrupted)));
}

#[test]
fn expressions_of_a_test_are_evaluated_in_its_variables() {
    let program = program(
        "workflow greet(name: Text) -> Text { say \"hi {name}\"  \"hello {name}\" }
         test \"greeting\" for { who, n } in [{ who: \"ann\", n: 1 }, { who: \"bob\", n: 2 }] {
             let wanted = \"hello {who}\"
             expect greet(name: who) == wanted
             expect n > 1
         }",
    );
    let lowered = Lowered::new(&program);
    let world = ScriptedWorld::new("");
    let root = Root { path: String::from("greet"), ..Root::default() };
    let test = &program.tests[0];
    let ItemKind::Test(item) = &program.item(test.at).kind else { panic!("a test") };
    let module = ModuleId(0);
    let TestItem { table: Some((_, rows)), body, .. } = item else { panic!("a table") };
    let mut locals = lowered.test_locals(test.locals);
    let table = lowered.evaluate(module, rows.id, &mut locals, &world, &root).expect("rows");
    let mut outcomes = Vec::new();
    for row in table.as_list().expect("a list") {
        lowered.bind_row(module, rows.id, row.clone(), &mut locals).expect("a row");
        for statement in body {
            let id = match statement {
                TestStmt::Stmt(s) => match &s.kind {
                    wflow::syntax::ast::StmtKind::Let { value, .. } => value.id,
                    _ => panic!("a let"),
                },
                TestStmt::Expect(e) => match &e.kind {
                    ExpectKind::Holds(e) => {
                        assert!(matches!(e.kind, ExprKind::Binary { .. }));
                        e.id
                    }
                    _ => panic!("a condition"),
                },
                TestStmt::Given(_) => panic!("no given"),
            };
            outcomes.push(lowered.evaluate(module, id, &mut locals, &world, &root).expect("a value"));
        }
    }
    let expected = [json!(null), json!(true), json!(false), json!(null), json!(true), json!(true)];
    let outcomes: Vec<_> = outcomes.iter().map(|v| lowered.result_to_json(v).expect("flat")).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(world.trace(), ["say greet/greet#1/say#1: hi ann", "say greet/greet#1/say#1: hi bob"]);
}

#[test]
fn constants_and_agents_are_known_before_a_run() {
    let program = program(
        "const base = 20
         agent a { system: \"You are {base}\"  max_turns: base + 1  temperature: 1 }
         workflow main() -> Text { ask a \"x\" }",
    );
    let lowered = Lowered::new(&program);
    let value = lowered.constant(program.consts[0].id, &|_| false).expect("a constant");
    assert_eq!(value, Value::Int(20));
    let agent = lowered.agent_settings(program.agents[0].id, &|_| false).expect("an agent");
    assert_eq!(agent.system.as_deref(), Some("You are 20"));
    assert_eq!((agent.max_turns, agent.temperature), (Some(21), Some(1.0)));
}
