//! What holds for values of every type: JSON out and in again, a total order, and depth without end.

use super::json::{self, Decoder, Mismatch, Mode, Predicates, describe, encode};
use super::*;
use crate::diagnostics::Failure;
use crate::source::Span;
use crate::types::DefKind;
use crate::types::{DefId, Field, PredicateId, Type, TypeDef, TypeDefs, Variant as VariantType};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::sync::Arc;

struct Anything;

impl Predicates for Anything {
    fn holds(&self, _: PredicateId, _: &Value) -> Result<bool, Box<Failure>> {
        Ok(true)
    }
    fn is_role(&self, name: &str) -> bool {
        name == "alice"
    }
}

const NOTES: DefId = DefId(0);
const RISK: DefId = DefId(1);
const NODE: DefId = DefId(2);

fn defs() -> TypeDefs {
    let mut defs = TypeDefs::default();
    let def = |name: &str, kind| TypeDef { name: name.into(), span: Span::default(), docs: None, kind };
    let draft = Field { json_name: Some("isDraft".into()), ..Field::new("is_draft", Type::Bool) };
    defs.add(def(
        "Notes",
        DefKind::Record(
            [
                Field::new("headline", Type::Text),
                draft,
                Field::new("risk", Type::optional(Type::Named(RISK))),
            ]
            .into(),
        ),
    ));
    let variant = |name: &str, fields: Vec<Field>, text: Option<&str>| VariantType {
        name: name.into(),
        fields: fields.into(),
        text: text.map(Into::into),
        docs: None,
    };
    defs.add(def(
        "Risk",
        DefKind::Enum(
            [variant("Low", vec![], Some("low")), variant("High", vec![Field::new("why", Type::Text)], None)]
                .into(),
        ),
    ));
    defs.add(def(
        "Node",
        DefKind::Record(
            [Field::new("n", Type::Int), Field::new("next", Type::optional(Type::Named(NODE)))].into(),
        ),
    ));
    defs
}

fn check(ty: &Type, text: &str, mode: Mode) -> Result<Value, Vec<String>> {
    let (defs, predicates) = (defs(), Anything);
    let layouts = Layouts::new(&defs);
    let decoder = Decoder { defs: &defs, layouts: &layouts, predicates: &predicates, mode };
    let json = json::parse(text).map_err(|f| vec![f.to_string()])?;
    decoder.decode(ty, &json).map_err(|m| m.iter().map(Mismatch::to_string).collect())
}

/// A type together with a value of it.
fn typed() -> impl Strategy<Value = (Type, Value)> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| (Type::Int, Value::Int(n))),
        any::<bool>().prop_map(|b| (Type::Bool, Value::Bool(b))),
        any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(|x| (Type::Float, Value::Float(x))),
        any::<i64>().prop_map(|n| (Type::Duration, Value::Duration(n))),
        any::<i64>().prop_map(|n| (Type::Size, Value::Size(n))),
        (time::MIN..=time::MAX).prop_map(|n| (Type::Time, Value::Time(n))),
        ".{0,8}".prop_map(|t| (Type::Text, Value::from(t))),
        "[a-z]{1,5}(/[a-z]{1,3})?".prop_map(|t| (Type::Path, Value::from(t))),
        Just((Type::Nothing, Value::Nothing)),
        ".{0,4}".prop_map(|t| (Type::Named(RISK), risk(Some(&t)))),
        Just((Type::Named(RISK), risk(None))),
        (".{0,4}", any::<bool>()).prop_map(|(t, b)| (Type::Named(NOTES), notes(&t, b))),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            // Items of a list have one type, so one value is repeated.
            (inner.clone(), 0..3usize).prop_map(|((ty, v), n)| (Type::list(ty), Value::list(vec![v; n]))),
            (inner.clone(), ".{0,3}", ".{0,3}").prop_map(|((ty, v), a, b)| {
                (
                    Type::map(ty),
                    Value::map([(Text::from(a), v.clone()), (Text::from(b), v)].into_iter().collect()),
                )
            }),
            // Null is the absent value, so an optional Nothing would come back as `none`.
            inner
                .clone()
                .prop_filter("not null", |(ty, _)| *ty != Type::Nothing)
                .prop_map(|(ty, v)| (Type::optional(ty), v)),
            inner.clone().prop_map(|(ty, _)| (Type::optional(ty), Value::None)),
            (inner.clone(), inner).prop_map(|((ta, a), (tb, b))| {
                let layout = RecordLayout::structural(vec!["a".into(), "b".into()]);
                let fields = [Field::new("a", ta), Field::new("b", tb)];
                (Type::Record(fields.into()), Value::record(&layout, vec![a, b]))
            }),
        ]
    })
}

fn risk(why: Option<&str>) -> Value {
    let layouts = Layouts::new(&defs());
    let layout = layouts.enumeration(RISK).expect("an enum");
    match why {
        Some(why) => Value::variant(layout, 1, vec![Value::from(why)]),
        None => Value::variant(layout, 0, vec![]),
    }
}

fn notes(headline: &str, low: bool) -> Value {
    let layouts = Layouts::new(&defs());
    let layout = layouts.record(NOTES).expect("a record");
    let risk = if low { risk(None) } else { Value::None };
    Value::record(layout, vec![Value::from(headline), Value::Bool(low), risk])
}

fn node(n: i64, next: Value) -> Value {
    thread_local! {
        static LAYOUTS: Layouts = Layouts::new(&defs());
    }
    LAYOUTS.with(|l| Value::record(l.record(NODE).expect("a record"), vec![Value::Int(n), next]))
}

fn chain(length: i64) -> Value {
    (0..length).fold(Value::None, |next, n| node(n, next))
}

proptest! {
    #[test]
    fn what_goes_out_as_json_comes_back((ty, value) in typed()) {
        let text = encode(&value).expect("not deep").to_string();
        prop_assert_eq!(check(&ty, &text, Mode::Strict), Ok(value.clone()), "{}", text);
        prop_assert_eq!(check(&ty, &text, Mode::Lenient), Ok(value), "{}", text);
    }

    #[test]
    fn any_json_is_read_or_refused_but_never_worse((ty, _) in typed(), (_, other) in typed()) {
        let text = encode(&other).expect("not deep").to_string();
        if let Err(problems) = check(&ty, &text, Mode::Strict) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn the_order_is_total((_, a) in typed(), (_, b) in typed(), (_, c) in typed()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        prop_assert_eq!(compare(&a, &a), Ordering::Equal);
        if compare(&a, &b) != Ordering::Greater && compare(&b, &c) != Ordering::Greater {
            prop_assert_ne!(compare(&a, &c), Ordering::Greater);
        }
        prop_assert_eq!(a == a.clone(), true);
    }

    #[test]
    fn equal_values_hash_equally((_, a) in typed(), (_, b) in typed()) {
        use std::hash::BuildHasher;
        let hasher = std::hash::RandomState::new();
        prop_assert_eq!(a == b, b == a);
        if a == b {
            prop_assert_eq!(hasher.hash_one(&a), hasher.hash_one(&b));
        }
    }

    #[test]
    fn quoted_text_is_one_line(text in ".*") {
        let quoted = quote(&text);
        prop_assert!(!quoted.contains('\n'));
        prop_assert!(quoted.starts_with('"') && quoted.ends_with('"'));
    }
}

#[test]
fn values_as_deep_as_memory_allows() {
    const DEEP: i64 = 300_000;
    let (a, b) = (chain(DEEP), chain(DEEP));
    assert!(a == b);
    assert_ne!(a, node(DEEP, b.clone()));
    assert_eq!(compare(&a, &b), Ordering::Equal);
    assert_eq!(compare(&a, &chain(DEEP - 1)), Ordering::Greater);
    assert!(a.to_string().ends_with(&")".repeat(DEEP as usize)));
    assert!(encode(&a).is_err());
    assert!(describe(&a).to_string().len() < 10_000);
    let set = std::collections::HashSet::from([a, b]);
    assert_eq!(set.len(), 1);
}

#[test]
fn json_has_a_depth() {
    let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(check(&Type::Json, &nested(json::MAX_DEPTH), Mode::Strict).is_ok());
    for n in [json::MAX_DEPTH + 1, 127, 200, 100_000] {
        let problem = check(&Type::Json, &nested(n), Mode::Strict).expect_err("too deep");
        assert!(problem[0].contains("[E1012]"), "{problem:?}");
    }
    assert!(encode(&chain(json::MAX_DEPTH as i64)).is_ok());
    assert!(encode(&chain(json::MAX_DEPTH as i64 + 1)).is_err());
}

#[test]
fn everything_that_is_wrong_is_said_with_its_place() {
    let ty = Type::list(Type::Named(NOTES));
    let text = r#"[
        {"headline": 5, "isDraft": "yes", "risk": "High"},
        {"headlin": "x", "isDraft": true, "risk": {"High": {}}},
        {"headline": "x", "isDraft": true, "risk": "Huge"},
        7
    ]"#;
    let problems = check(&ty, text, Mode::Strict).expect_err("much is wrong");
    assert_eq!(
        problems,
        [
            "$[0].headline: expected a text, found 5",
            "$[0].isDraft: expected true or false, found \"yes\"",
            "$[0].risk: `High` has fields: write {\"High\": {…}} with why",
            "$[1]: the field `headline` is missing",
            "$[1].risk.High: the field `why` is missing",
            "$[1]: there is no field `headlin`; did you mean `headline`?",
            "$[2].risk: expected one of \"low\", {\"High\": …}, found \"Huge\"",
            "$[3]: expected an object, found 7",
        ]
    );
}

#[test]
fn extra_fields_are_errors_only_where_people_or_ais_wrote_them() {
    let text = r#"{"headline": "x", "isDraft": false, "extra": 1}"#;
    assert!(check(&Type::Named(NOTES), text, Mode::Lenient).is_ok());
    assert_eq!(
        check(&Type::Named(NOTES), text, Mode::Strict),
        Err(vec![String::from("$: there is no field `extra`")])
    );
}

#[test]
fn numbers_keep_their_digits() {
    let big = i64::MAX;
    assert_eq!(encode(&Value::Int(big)).map(|j| j.to_string()), Ok(String::from("\"9223372036854775807\"")));
    assert_eq!(check(&Type::Int, "\"9223372036854775807\"", Mode::Strict), Ok(Value::Int(big)));
    assert_eq!(check(&Type::Int, "5.0", Mode::Strict), Ok(Value::Int(5)));
    assert!(check(&Type::Int, "\"5\"", Mode::Strict).is_err());
    assert!(check(&Type::Int, "5.5", Mode::Strict).is_err());
    assert!(check(&Type::Float, "1e999", Mode::Strict).is_err());
    assert_eq!(check(&Type::Float, "2", Mode::Strict), Ok(Value::Float(2.0)));
}

#[test]
fn paths_and_roles_are_checked() {
    for wrong in ["\"../x\"", "\"/etc/passwd\"", "\"a/../../b\"", "\"\""] {
        assert!(check(&Type::Path, wrong, Mode::Lenient).is_err(), "{wrong}");
    }
    assert!(check(&Type::Role, "\"alice\"", Mode::Strict).is_ok());
    assert!(check(&Type::Role, "\"mallory\"", Mode::Strict).is_err());
}

#[test]
fn words_become_values_of_their_type() {
    let (defs, predicates) = (defs(), Anything);
    let layouts = Layouts::new(&defs);
    let decoder = Decoder { defs: &defs, layouts: &layouts, predicates: &predicates, mode: Mode::Strict };
    let read = |ty: &Type, text: &str| {
        parse::parse(&decoder, ty, text).map(|v| v.to_string()).map_err(|m| m[0].to_string())
    };
    assert_eq!(read(&Type::Int, "1_000").as_deref(), Ok("1000"));
    assert_eq!(read(&Type::Int, "x"), Err(String::from("$: expected a whole number, found \"x\"")));
    assert!(read(&Type::Float, "inf").is_err());
    assert!(read(&Type::Float, "nan").is_err());
    assert_eq!(read(&Type::Duration, "20m").as_deref(), Ok("20m"));
    assert_eq!(read(&Type::Named(RISK), "low").as_deref(), Ok("low"));
    assert_eq!(read(&Type::Named(RISK), r#"{"High": {"why": "x"}}"#).as_deref(), Ok(r#"High(why: "x")"#));
    assert_eq!(read(&Type::list(Type::Int), "1, 2,3").as_deref(), Ok("[1, 2, 3]"));
    assert_eq!(read(&Type::list(Type::Int), "[1, 2]").as_deref(), Ok("[1, 2]"));
    assert_eq!(
        read(&Type::list(Type::Int), "1,x"),
        Err(String::from("$[1]: expected a whole number, found \"x\""))
    );
    assert_eq!(read(&Type::list(Type::Text), "").as_deref(), Ok("[]"));
}

#[test]
fn plans_look_only_where_types_differ() {
    let defs = defs();
    let layouts = Layouts::new(&defs);
    let plan = |from: &Type, to: &Type| Convert::plan(from, to, &defs, &layouts);
    assert!(plan(&Type::list(Type::Int), &Type::list(Type::Int)).is_keep());
    assert!(plan(&Type::Int, &Type::optional(Type::Int)).is_keep());
    let widened = plan(&Type::list(Type::Int), &Type::list(Type::Float));
    let value = widened.apply(Value::list(vec![Value::Int(1)]), &Anything);
    assert!(matches!(value, Ok(Value::List(items)) if matches!(items[..], [Value::Float(1.0)])));
    let paths = plan(&Type::list(Type::Text), &Type::list(Type::Path));
    let problems = paths.apply(Value::list(vec![Value::from("a"), Value::from("/b")]), &Anything);
    assert_eq!(problems.map_err(|m| m[0].path.clone()), Err(String::from("$[1]")));
    let structural: Arc<[Field]> = [Field::new("next", Type::NoneType), Field::new("n", Type::Int)].into();
    let named = plan(&Type::Record(structural), &Type::Named(NODE));
    let layout = RecordLayout::structural(vec!["next".into(), "n".into()]);
    let value = named.apply(Value::record(&layout, vec![Value::None, Value::Int(7)]), &Anything);
    assert_eq!(value, Ok(node(7, Value::None)));
}
