//! Whatever JSON form of whatever value comes in whatever dressing, the same value is read; an answer that was cut off
//! is never another value; and no text breaks the reader.

use crate::types::Wanted;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::LazyLock;

const DECLARED: &str = r#"
    enum Risk { Low, Medium = "so-so", High { why: Text, items: [Item] } }
    type Item { name: Text, count: Int }
    type Notes {
        headline: Text
        tags: [Text]
        count: Int
        ratio: Float
        ok: Bool
        risk: Risk
        note: Text?
        limits: {Text: Int}
        parts: [Item] as "theParts"
        pause: Duration
        nested: [[Int]]
    }"#;

static NOTES: LazyLock<Wanted> = LazyLock::new(|| Wanted::new(DECLARED, "Notes"));
static LIST: LazyLock<Wanted> = LazyLock::new(|| Wanted::new(DECLARED, "[Item]"));
static ANY: LazyLock<Wanted> = LazyLock::new(|| Wanted::new("", "Json"));

/// Texts with everything in them that could be taken for a part of JSON.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "word",
        " ",
        "\"",
        "'",
        "`",
        "\\",
        "\n",
        "\t",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "//",
        "/*",
        "#",
        "```",
        "é",
        "😀",
        "\u{201c}",
        "\u{2019}",
        "null",
        "true",
        "5",
        "...",
        ", \"x\": ",
        "\"}",
        "\\u00",
        "\u{0}",
    ]);
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn item() -> impl Strategy<Value = Json> {
    (text(), any::<i32>()).prop_map(|(name, count)| json!({ "name": name, "count": count }))
}

fn items() -> impl Strategy<Value = Vec<Json>> {
    prop::collection::vec(item(), 0..3)
}

fn notes() -> impl Strategy<Value = Json> {
    let risk = prop_oneof![
        Just(json!("Low")),
        Just(json!("so-so")),
        (text(), items()).prop_map(|(why, items)| json!({ "High": { "why": why, "items": items } })),
    ];
    let limits = prop::collection::btree_map("[a-z]{1,3}", any::<i16>(), 0..3);
    let nested = prop::collection::vec(prop::collection::vec(any::<i8>(), 0..3), 0..3);
    let texts = prop::collection::vec(text(), 0..4);
    let float = (-1000i32..1000).prop_map(|n| f64::from(n) / 8.0);
    (
        (text(), texts, any::<i32>(), float, any::<bool>(), risk),
        (prop::option::of(text()), limits, items(), 0u32..10_000, nested),
    )
        .prop_map(|((headline, tags, count, ratio, ok, risk), (note, limits, parts, pause, nested))| {
            json!({
                "headline": headline, "tags": tags, "count": count, "ratio": ratio, "ok": ok, "risk": risk,
                "note": note, "limits": limits, "theParts": parts, "pause": format!("{pause}s"), "nested": nested,
            })
        })
}

/// How to write JSON so that it is none.
#[derive(Debug, Clone, Copy)]
struct Style {
    single_quotes: bool,
    bare_keys: bool,
    python: bool,
    trailing_commas: bool,
    missing_commas: bool,
    comments: bool,
    pretty: bool,
    raw_line_breaks: bool,
}

fn style() -> impl Strategy<Value = Style> {
    any::<[bool; 8]>().prop_map(|b| Style {
        single_quotes: b[0],
        bare_keys: b[1],
        python: b[2],
        trailing_commas: b[3],
        missing_commas: b[4],
        comments: b[5],
        pretty: b[6],
        raw_line_breaks: b[7],
    })
}

fn quoted(text: &str, style: Style, out: &mut String) {
    let mut body = serde_json::to_string(text).expect("a text");
    if style.raw_line_breaks {
        // An escaped backslash before an `n` is no line break.
        body = body.replace("\\\\", "\u{1}").replace("\\n", "\n").replace('\u{1}', "\\\\");
    }
    if style.single_quotes {
        let inside = &body[1..body.len() - 1];
        body = format!("'{}'", inside.replace('\'', "\\'"));
    }
    out.push_str(&body);
}

fn write(json: &Json, style: Style, depth: usize, out: &mut String) {
    let gap = |out: &mut String, depth: usize| {
        if style.comments && depth % 2 == 1 {
            out.push_str(" // so it is, {\"or\": [not]}\n");
        } else if style.pretty {
            out.push_str(&format!("\n{}", "  ".repeat(depth)));
        }
    };
    let comma = |out: &mut String, last: bool| match (last, style.missing_commas) {
        (true, _) if style.trailing_commas => out.push(','),
        (true, _) => {}
        (false, true) => out.push('\n'),
        (false, false) => out.push(','),
    };
    match json {
        Json::Null => out.push_str(if style.python { "None" } else { "null" }),
        Json::Bool(true) => out.push_str(if style.python { "True" } else { "true" }),
        Json::Bool(false) => out.push_str(if style.python { "False" } else { "false" }),
        Json::Number(n) => out.push_str(&n.to_string()),
        Json::String(text) => quoted(text, style, out),
        Json::Array(items) => {
            out.push('[');
            for (i, one) in items.iter().enumerate() {
                gap(out, depth + 1);
                write(one, style, depth + 1, out);
                comma(out, i + 1 == items.len());
            }
            gap(out, depth);
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (i, (key, one)) in fields.iter().enumerate() {
                gap(out, depth + 1);
                match style.bare_keys && !key.is_empty() && key.chars().all(char::is_alphanumeric) {
                    true => out.push_str(key),
                    false => quoted(key, style, out),
                }
                out.push(':');
                write(one, style, depth + 1, out);
                comma(out, i + 1 == fields.len());
            }
            gap(out, depth);
            out.push('}');
        }
    }
}

/// The same value with other types in it, as far as they can mean nothing else.
fn loosened(notes: &Json, which: [bool; 8]) -> Json {
    let mut out = notes.clone();
    let as_text = |value: &mut Json| *value = Json::from(value.to_string());
    let alone = |value: &mut Json| {
        if let Some([one]) = value.as_array().map(Vec::as_slice) {
            *value = one.clone();
        }
    };
    if which[0] {
        ["count", "ratio", "ok"].iter().for_each(|key| as_text(&mut out[key]));
    }
    if which[1] {
        let limits = out["limits"].as_object_mut().expect("a map");
        limits.values_mut().for_each(as_text);
    }
    if which[2] {
        alone(&mut out["theParts"]);
    }
    if which[3] {
        out["pause"] = json!(out["pause"].as_str().expect("a text").replace('s', " seconds"));
    }
    match out["risk"].clone() {
        Json::String(word) if which[4] => out["risk"] = json!(word.to_uppercase()),
        Json::Object(risk) if which[4] => out["risk"] = json!({ "high": risk["High"] }),
        Json::Object(risk) if which[5] => {
            out["risk"] = risk["High"].clone();
            out["risk"]["type"] = json!("High");
        }
        Json::Object(risk) if which[6] => out["risk"] = risk["High"].clone(),
        _ => {}
    }
    if which[7] {
        let fields = out.as_object().expect("a record");
        return fields
            .iter()
            .map(|(key, value)| (key.to_uppercase(), value.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
    }
    out
}

const AROUND: &[(&str, &str)] = &[
    ("", ""),
    ("```json\n", "\n```"),
    ("```\n", "\n```\n"),
    ("```json\n", "\n"),
    ("Sure! Here it is:\n\n", "\n\nI hope that helps."),
    ("Here it is:\n```json\n", "\n```\nAnything else?"),
    ("<think>\nPerhaps {\"headline\": \"x\"}? Or [1, 2]\n</think>\n", ""),
    ("No opening tag, [1]. {\"name\": 1}\n</think>\n\n", "\n"),
    ("\u{feff}", ""),
    ("Answer: ", " (see [1])"),
    ("", ";"),
    ("<answer>", "</answer>"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_strictly_valid_is_never_changed(value in notes(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        let text = text.expect("JSON");
        let right = NOTES.strictly(&value).expect("of the type");
        for strict in [false, true] {
            let (read, leniencies) = NOTES.read(&text, strict).expect("valid");
            prop_assert_eq!(&read, &right);
            prop_assert!(leniencies.is_empty());
        }
    }

    #[test]
    fn a_dressed_value_is_the_value(value in notes(), style in style(), around in prop::sample::select(AROUND)) {
        let mut text = String::from(around.0);
        write(&value, style, 0, &mut text);
        text.push_str(around.1);
        let right = NOTES.strictly(&value).expect("of the type");
        let read = NOTES.read(&text, false);
        prop_assert_eq!(read.map(|(json, _)| json), Ok(right), "{}", text);
    }

    #[test]
    fn a_value_of_other_types_is_the_value(value in notes(), which in any::<[bool; 8]>(), style in style(), around in prop::sample::select(AROUND)) {
        let mut text = String::from(around.0);
        write(&loosened(&value, which), style, 0, &mut text);
        text.push_str(around.1);
        let right = NOTES.strictly(&value).expect("of the type");
        prop_assert_eq!(NOTES.read(&text, false).map(|(json, _)| json), Ok(right), "{}", text);
    }

    #[test]
    fn a_dressed_list_is_the_list(items in prop::collection::vec(item(), 1..5), style in style(), around in prop::sample::select(AROUND)) {
        let value = Json::from(items);
        let mut text = String::from(around.0);
        write(&value, style, 0, &mut text);
        text.push_str(around.1);
        // A list in a sentence is not told from a mark in it.
        prop_assume!(!around.1.starts_with(" ("));
        prop_assert_eq!(LIST.read(&text, false).map(|(json, _)| json), Ok(value), "{}", text);
    }

    #[test]
    fn values_one_after_another_are_the_list(items in prop::collection::vec(item(), 2..5)) {
        let lines: Vec<String> = items.iter().map(Json::to_string).collect();
        let value = Json::from(items);
        for between in ["\n", ",\n", "", " "] {
            let text = lines.join(between);
            prop_assert_eq!(LIST.read(&text, false).map(|(json, _)| json), Ok(value.clone()), "{}", text);
        }
    }

    #[test]
    fn valid_json_is_read_as_json_wherever_it_stands(text in text(), key in text(), n in any::<f64>(), big in any::<u64>()) {
        prop_assume!(n.is_finite());
        let value = json!({ &key: [text, n, big, null, true, {}], "more": { "": [] } });
        let text = format!("```json\n{value}\n```");
        let plain: Json = serde_json::from_str(&value.to_string()).expect("JSON");
        prop_assert_eq!(ANY.read(&text, false).map(|(json, _)| json), Ok(plain), "{}", text);
    }

    /// An answer that ends too early is refused, or it lacks nothing but brackets.
    #[test]
    fn what_was_cut_off_is_no_other_value(value in notes(), style in style(), around in prop::sample::select(AROUND), at in any::<prop::sample::Index>()) {
        let mut text = String::from(around.0);
        write(&value, style, 0, &mut text);
        let (mut end, start) = (at.index(text.len()), around.0.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assume!(end > start);
        let cut = &text[..end];
        if let Ok((read, _)) = NOTES.read(cut, false) {
            prop_assert_eq!(read, NOTES.strictly(&value).expect("of the type"), "{}", cut);
        }
    }

    #[test]
    fn a_list_that_was_cut_off_is_no_list(items in prop::collection::vec(item(), 1..5), style in style(), around in prop::sample::select(AROUND), at in any::<prop::sample::Index>()) {
        let value = Json::from(items);
        let mut text = String::from(around.0);
        write(&value, style, 0, &mut text);
        let mut end = at.index(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prop_assert!(LIST.read(&text[..end], false).is_err(), "{}", &text[..end]);
    }

    #[test]
    fn any_text_is_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        everything(&pieces.concat());
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        everything(&String::from_utf8_lossy(&bytes));
    }
}

const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "'",
    "`",
    "```",
    "```json\n",
    "\n",
    " ",
    "\\",
    "\\u",
    "d83d",
    "\"name\"",
    "name",
    "count",
    "headline",
    "1",
    "-",
    "1,234",
    ".5",
    "0x",
    "null",
    "None",
    "true",
    "Low",
    "High",
    "type",
    "<think>",
    "</think>",
    "//",
    "/*",
    "*/",
    "#",
    "...",
    "\u{201c}",
    "\u{201d}",
    "\u{2019}",
    "é",
    "\u{feff}",
    "\"\"\"",
    "**",
    "Answer: ",
    "5 minutes",
    "I'm sorry",
    "key",
    "value",
    "\0",
    "\t",
    "{\"name\": \"a\", \"count\": 1}",
    "😀",
];

static ALL: LazyLock<Vec<Wanted>> = LazyLock::new(|| {
    let more = "type Slug = Text where it matches r\"^[a-z]+$\"";
    let declared = format!("{DECLARED}\n{more}");
    let types =
        ["Notes", "[Item]", "Risk", "Risk?", "Int", "Float?", "{Text: [Risk]}", "Json", "Slug", "Duration"];
    types.iter().map(|ty| Wanted::new(&declared, ty)).collect()
});

fn everything(text: &str) {
    for wanted in ALL.iter() {
        let read = wanted.read(text, false);
        if let Ok((value, _)) = &read {
            // What was read is a value of the type, and its form is read as the same.
            assert_eq!(wanted.strictly(value).as_ref(), Some(value), "{text:?}");
        }
        if let Ok((strict, leniencies)) = wanted.read(text, true) {
            assert!(leniencies.is_empty());
            assert_eq!(read, Ok((strict, Vec::new())), "{text:?}");
        }
    }
}

/// Long answers in which every step looks for its end in vain.
#[test]
fn long_answers_end() {
    let pieces = [
        "{",
        "[",
        "{\"a\":",
        "[[1,",
        "\"",
        "'",
        "```\n",
        "``` ",
        "`",
        "<think>",
        "</think>",
        "<think></think>",
        "{x ",
        "[x] ",
        "{\"a\": 1} ",
        "{\"name\": \"a\", \"count\": 1}\n",
        "a: b\n",
        "/*",
        "{/*",
        "\\",
        "{\"a\" \"",
        "[\"a ",
        "{\"a\": \"b \"c",
        "\"\"\"",
        "{\"a\": \"\"\"",
        " ",
        "\n",
        "[1 ",
        "~~~\n{",
        "{a: b\n",
        "[\"x\",\n",
        "\u{201c}",
    ];
    for piece in pieces {
        for wanted in ALL.iter().take(3) {
            for start in ["", "{", "[\"", "```json\n"] {
                let text = format!("{start}{}", piece.repeat((100 << 10) / piece.len()));
                let _ = wanted.read(&text, false);
            }
        }
    }
    let long = "x".repeat((1 << 20) + 1);
    assert!(NOTES.read(&long, false).expect_err("too long")[0].contains("1048576"));
}
