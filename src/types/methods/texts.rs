//! Text, Path and Json.

use super::signature::Sig::{self, *};
use super::signature::{Method, On, ParamSig, arg, method, opt};

const fn text(name: &'static str, params: &'static [ParamSig], result: Sig, doc: &'static str) -> Method {
    method(On::Text, Text, name, params, result, doc)
}

const fn path(name: &'static str, params: &'static [ParamSig], result: Sig, doc: &'static str) -> Method {
    method(On::Path, Path, name, params, result, doc)
}

const fn json(name: &'static str, params: &'static [ParamSig], result: Sig, doc: &'static str) -> Method {
    method(On::Json, Json, name, params, result, doc)
}

const TEXTS: Sig = List(&Text);

pub(super) const TEXT: &[Method] = &[
    text("len", &[], Int, "How many characters there are").property(),
    text("is_empty", &[], Bool, "Whether there is no character").property(),
    text("trim", &[], Text, "Without white space at both ends"),
    text("trim_start", &[], Text, "Without white space at the start"),
    text("trim_end", &[], Text, "Without white space at the end"),
    text("lines", &[], TEXTS, "The lines, without their line ends"),
    text("words", &[], TEXTS, "What stands between white space"),
    text("chars", &[], TEXTS, "The characters, each as a text"),
    text("split", &[arg("separator", Text)], TEXTS, "What stands between the separators"),
    text(
        "split_once",
        &[arg("separator", Text)],
        Optional(&Record(&[("left", Text), ("right", Text)])),
        "Before and after the first separator",
    ),
    text("starts_with", &[arg("prefix", Text)], Bool, "Whether the text starts with it"),
    text("ends_with", &[arg("suffix", Text)], Bool, "Whether the text ends with it"),
    text("contains", &[arg("part", Text)], Bool, "Whether it stands in the text"),
    text("find", &[arg("part", Text)], Optional(&Int), "How many characters stand before its first place"),
    text("matches", &[arg("pattern", Text)], Bool, "Whether the regular expression matches somewhere"),
    text(
        "find_all",
        &[arg("pattern", Text)],
        TEXTS,
        "Every part that the regular expression matches, in order",
    ),
    text(
        "captures",
        &[arg("pattern", Text)],
        Optional(&List(&Optional(&Text))),
        "The groups of the first match; the whole match is item 0",
    ),
    text("replace", &[arg("from", Text), arg("to", Text)], Text, "With every `from` replaced"),
    text(
        "strip_prefix",
        &[arg("prefix", Text)],
        Optional(&Text),
        "What follows the prefix, or `none` without it",
    ),
    text(
        "strip_suffix",
        &[arg("suffix", Text)],
        Optional(&Text),
        "What precedes the suffix, or `none` without it",
    ),
    text("upper", &[], Text, "In capitals"),
    text("lower", &[], Text, "In small letters"),
    text(
        "slice",
        &[arg("from", Int), opt("to", Int)],
        Text,
        "The characters from `from` up to but without `to`",
    ),
    text("repeat", &[arg("times", Int)], Text, "The text so many times in a row"),
    text(
        "pad_left",
        &[arg("width", Int), opt("with", Text)],
        Text,
        "Filled up at the left to this many characters",
    ),
    text(
        "pad_right",
        &[arg("width", Int), opt("with", Text)],
        Text,
        "Filled up at the right to this many characters",
    ),
];

pub(super) const PATH: &[Method] = &[
    path("name", &[], Text, "The last part: `a.rs` of `src/a.rs`").property(),
    path("stem", &[], Text, "The last part without its extension: `a` of `src/a.rs`").property(),
    path("extension", &[], Optional(&Text), "What follows the last dot of the name: `rs` of `src/a.rs`")
        .property(),
    path("parent", &[], Optional(&Path), "The folder that it is in: `src` of `src/a.rs`").property(),
    path("join", &[arg("part", Text)], Path, "The path of `part` inside this folder"),
    path("starts_with", &[arg("folder", Path)], Bool, "Whether it lies inside the folder"),
];

pub(super) const JSON: &[Method] = &[
    json("get", &[arg("key", Text)], Optional(&Json), "The member of an object"),
    json("at", &[arg("index", Int)], Optional(&Json), "The item of an array"),
    json("keys", &[], TEXTS, "The keys of an object; empty for anything else"),
    json("as_text", &[], Optional(&Text), "The text, if it is one"),
    json("as_int", &[], Optional(&Int), "The number, if it is a whole one"),
    json("as_float", &[], Optional(&Float), "The number, if it is one"),
    json("as_bool", &[], Optional(&Bool), "The truth value, if it is one"),
    json("as_list", &[], Optional(&List(&Json)), "The items, if it is an array"),
    json("as_map", &[], Optional(&Map(&Json)), "The members, if it is an object"),
    json("is_null", &[], Bool, "Whether it is `null`").property(),
    json("pretty", &[], Text, "Over several lines, indented by two spaces"),
];
