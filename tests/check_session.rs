//! A session checks piece after piece: definitions stay, values have the types that they got.

use wflow::check::{Environment, Memory, Session, Typed, VALUE};

fn session() -> Session {
    Session::new(
        Environment::default(),
        Box::new(Memory::new().with("lib.wflow", "fn twice(x: Int) -> Int { x * 2 }")),
    )
}

fn value_type(s: &mut Session, text: &str) -> String {
    match s.enter(text) {
        Typed::Statements(st) => {
            let shown = st.value.show(&st.checked.program.defs).to_string();
            let kept: Vec<_> = st.results.iter().filter(|k| &*k.name != VALUE).cloned().collect();
            s.keep(kept);
            shown
        }
        Typed::Items { names, .. } => format!("items {}", names.join(", ")),
        Typed::Incomplete => "incomplete".to_owned(),
        Typed::Wrong { diagnostics, .. } => {
            diagnostics.iter().map(|d| d.code.id()).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn values_and_definitions_stay() {
    let mut s = session();
    assert_eq!(value_type(&mut s, "let xs = [1, 2, 3]"), "Nothing");
    assert_eq!(value_type(&mut s, "xs.map(x => x * 2.5)"), "[Float]");
    assert_eq!(value_type(&mut s, "fn half(x: Int) -> Float { x / 2 }"), "items half");
    assert_eq!(value_type(&mut s, "half(xs[0])"), "Float");
    assert_eq!(value_type(&mut s, "enum Risk { Low, High }"), "items Risk");
    assert_eq!(value_type(&mut s, "let r = Risk.Low"), "Nothing");
    assert_eq!(value_type(&mut s, "match r { .Low => 1  .High => 2 }"), "Int");
    assert_eq!(value_type(&mut s, "var n = 1"), "Nothing");
    assert_eq!(value_type(&mut s, "n = 2"), "Nothing");
    assert_eq!(value_type(&mut s, "xs = [1]"), "E0403");
    assert_eq!(value_type(&mut s, "y + 1"), "E0201");
    assert_eq!(value_type(&mut s, "half(\"x\")"), "E0301");
    assert_eq!(value_type(&mut s, "fn broken("), "incomplete");
}

#[test]
fn a_file_can_be_loaded_and_used() {
    let mut s = session();
    assert_eq!(value_type(&mut s, "use \"./lib.wflow\" as lib"), "items lib");
    assert_eq!(value_type(&mut s, "lib.twice(4)"), "Int");
    assert!(matches!(s.load("lib.wflow".as_ref()), Ok(Typed::Items { .. })));
    assert_eq!(value_type(&mut s, "twice(4)"), "Int");
    assert!(s.load("missing.wflow".as_ref()).is_err());
}
