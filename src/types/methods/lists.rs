//! Lists and maps.

use super::signature::Bound::{Equal, Ordered, Sum, Text as Shown};
use super::signature::Sig::{self, *};
use super::signature::{Method, On, ParamSig, arg, method, opt};

const fn list(name: &'static str, params: &'static [ParamSig], result: Sig, doc: &'static str) -> Method {
    method(On::List, List(&T), name, params, result, doc)
}

const fn map(name: &'static str, params: &'static [ParamSig], result: Sig, doc: &'static str) -> Method {
    method(On::Map, Map(&T), name, params, result, doc)
}

const LIST_T: Sig = List(&T);
const LIST_U: Sig = List(&U);
const OPT_T: Sig = Optional(&T);
const MAP_T: Sig = Map(&T);
const TEST: Sig = Function(&[T], &Bool);
const F: Sig = Function(&[T], &U);
const INDEXED: Sig = Record(&[("index", Int), ("item", T)]);
const PAIR: Sig = Record(&[("left", T), ("right", U)]);
const ENTRY: Sig = Record(&[("key", Text), ("value", T)]);

pub(super) const LIST: &[Method] = &[
    list("len", &[], Int, "How many items there are").property(),
    list("is_empty", &[], Bool, "Whether there is no item").property(),
    list("map", &[arg("f", F)], LIST_U, "What `f` gives for each item, in order"),
    list("filter", &[arg("f", TEST)], LIST_T, "The items for which `f` holds, in order"),
    list(
        "flat_map",
        &[arg("f", Function(&[T], &LIST_U))],
        LIST_U,
        "The lists that `f` gives, joined into one",
    ),
    method(On::List, List(&LIST_T), "flatten", &[], LIST_T, "A list of lists as one list"),
    method(On::List, List(&OPT_T), "present", &[], LIST_T, "The items that are not `none`"),
    list("any", &[arg("f", TEST)], Bool, "Whether `f` holds for at least one item"),
    list("all", &[arg("f", TEST)], Bool, "Whether `f` holds for every item; true for an empty list"),
    list("find", &[arg("f", TEST)], OPT_T, "The first item for which `f` holds"),
    list("count", &[arg("f", TEST)], Int, "For how many items `f` holds"),
    list(
        "fold",
        &[arg("start", U), arg("f", Function(&[U, T], &U))],
        U,
        "Carries a value through the items: `f(so_far, item)`",
    ),
    list("sum", &[], T, "All items added up; zero for an empty list").needs(&[(T, Sum)]),
    list("min", &[], OPT_T, "The smallest item").needs(&[(T, Ordered)]),
    list("max", &[], OPT_T, "The largest item").needs(&[(T, Ordered)]),
    list("min_by", &[arg("f", F)], OPT_T, "The first item for which `f` gives the least")
        .needs(&[(U, Ordered)]),
    list("max_by", &[arg("f", F)], OPT_T, "The first item for which `f` gives the most")
        .needs(&[(U, Ordered)]),
    list("sort", &[], LIST_T, "The items in ascending order").needs(&[(T, Ordered)]),
    list(
        "sort_by",
        &[arg("f", F)],
        LIST_T,
        "The items by what `f` gives, ascending; equal ones keep their order",
    )
    .needs(&[(U, Ordered)]),
    list("reverse", &[], LIST_T, "The items from the last to the first"),
    list("unique", &[], LIST_T, "Each item once, where it stood first").needs(&[(T, Equal)]),
    list(
        "group_by",
        &[arg("f", F)],
        Map(&LIST_T),
        "The items under the text of what `f` gives, in order of first appearance",
    )
    .needs(&[(U, Shown)]),
    list(
        "partition",
        &[arg("f", TEST)],
        Record(&[("yes", LIST_T), ("no", LIST_T)]),
        "The items for which `f` holds, and the others",
    ),
    list(
        "to_map",
        &[arg("key", Function(&[T], &Text)), arg("value", F)],
        Map(&U),
        "A map of `key(item)` to `value(item)`; the last of equal keys wins",
    ),
    list("join", &[opt("separator", Text)], Text, "The items as one text, the separator between them")
        .needs(&[(T, Shown)]),
    list("first", &[], OPT_T, "The first item"),
    list("last", &[], OPT_T, "The last item"),
    list("get", &[arg("index", Int)], OPT_T, "The item at this index from 0, or `none` beyond the end"),
    list("take", &[arg("n", Int)], LIST_T, "The first `n` items, or all if there are fewer"),
    list("drop", &[arg("n", Int)], LIST_T, "All but the first `n` items"),
    list(
        "slice",
        &[arg("from", Int), opt("to", Int)],
        LIST_T,
        "The items from index `from` up to but without `to`",
    ),
    list("chunks", &[arg("size", Int)], List(&LIST_T), "Lists of `size` items each; the last may be shorter"),
    list(
        "zip",
        &[arg("other", LIST_U)],
        List(&PAIR),
        "Items of the same index side by side, as long as the shorter list",
    ),
    list("enumerate", &[], List(&INDEXED), "Each item with its index from 0"),
    list("contains", &[arg("item", T)], Bool, "Whether an equal item is in the list").needs(&[(T, Equal)]),
    list("index_of", &[arg("item", T)], Optional(&Int), "The index of the first equal item")
        .needs(&[(T, Equal)]),
    list("append", &[arg("item", T)], LIST_T, "The list with one more item at its end"),
    list("prepend", &[arg("item", T)], LIST_T, "The list with one more item at its start"),
];

pub(super) const MAP: &[Method] = &[
    map("len", &[], Int, "How many entries there are").property(),
    map("is_empty", &[], Bool, "Whether there is no entry").property(),
    map("keys", &[], List(&Text), "The keys, in the order in which they were added"),
    map("values", &[], LIST_T, "The values, in the order in which they were added"),
    map("entries", &[], List(&ENTRY), "The entries, in the order in which they were added"),
    map("get", &[arg("key", Text)], OPT_T, "The value of this key, or `none`"),
    map("contains_key", &[arg("key", Text)], Bool, "Whether there is an entry of this key"),
    map("with", &[arg("key", Text), arg("value", T)], MAP_T, "The map with this entry added or replaced"),
    map("without", &[arg("key", Text)], MAP_T, "The map without the entry of this key"),
    map("map_values", &[arg("f", F)], Map(&U), "The same keys with what `f` gives for each value"),
    map(
        "filter",
        &[arg("f", Function(&[Text, T], &Bool))],
        MAP_T,
        "The entries for which `f(key, value)` holds",
    ),
    map("merge", &[arg("other", MAP_T)], MAP_T, "Both maps in one; where both have a key, the other's value"),
];
