//! Numbers, durations, sizes, times, ranges, optionals, and what every value has.

use super::signature::Sig::{self, *};
use super::signature::{Bound, Method, On, ParamSig, arg, method};

macro_rules! on {
    ($name:ident, $ty:ident) => {
        const fn $name(
            name: &'static str,
            params: &'static [ParamSig],
            result: Sig,
            doc: &'static str,
        ) -> Method {
            method(On::$ty, $ty, name, params, result, doc)
        }
    };
}
on!(int, Int);
on!(float, Float);
on!(duration, Duration);
on!(size, Size);
on!(time, Time);

pub(super) const INT: &[Method] = &[
    int("abs", &[], Int, "Without its sign"),
    int("min", &[arg("other", Int)], Int, "The smaller of both"),
    int("max", &[arg("other", Int)], Int, "The larger of both"),
    int("clamp", &[arg("low", Int), arg("high", Int)], Int, "The nearest number that lies in `low..=high`"),
    int("pow", &[arg("exponent", Int)], Int, "Multiplied with itself; the exponent is not negative"),
    int("to_float", &[], Float, "The same number as a Float"),
];

pub(super) const FLOAT: &[Method] = &[
    float("abs", &[], Float, "Without its sign"),
    float("min", &[arg("other", Float)], Float, "The smaller of both"),
    float("max", &[arg("other", Float)], Float, "The larger of both"),
    float(
        "clamp",
        &[arg("low", Float), arg("high", Float)],
        Float,
        "The nearest number from `low` to `high`",
    ),
    float("pow", &[arg("exponent", Float)], Float, "Raised to the exponent"),
    float("sqrt", &[], Float, "The square root"),
    float("round", &[], Int, "The nearest whole number, halves away from zero"),
    float("floor", &[], Int, "The next whole number below"),
    float("ceil", &[], Int, "The next whole number above"),
    float("to_int", &[], Int, "Without what follows the point"),
    float("format", &[arg("digits", Int)], Text, "With exactly so many digits after the point"),
];

pub(super) const DURATION: &[Method] = &[
    duration("milliseconds", &[], Int, "The whole of it in milliseconds").property(),
    duration("seconds", &[], Int, "The whole of it in seconds, the rest dropped").property(),
    duration("minutes", &[], Int, "The whole of it in minutes, the rest dropped").property(),
    duration("hours", &[], Int, "The whole of it in hours, the rest dropped").property(),
    duration("days", &[], Int, "The whole of it in days of 24 hours, the rest dropped").property(),
    duration("min", &[arg("other", Duration)], Duration, "The shorter of both"),
    duration("max", &[arg("other", Duration)], Duration, "The longer of both"),
];

pub(super) const SIZE: &[Method] = &[
    size("bytes", &[], Int, "The whole of it in bytes").property(),
    size("kibibytes", &[], Int, "The whole of it in KiB, the rest dropped").property(),
    size("mebibytes", &[], Int, "The whole of it in MiB, the rest dropped").property(),
    size("min", &[arg("other", Size)], Size, "The smaller of both"),
    size("max", &[arg("other", Size)], Size, "The larger of both"),
];

pub(super) const TIME: &[Method] = &[
    time("date", &[], Text, "The day in UTC: `2026-11-23`").property(),
    time("year", &[], Int, "The year in UTC").property(),
    time("month", &[], Int, "The month in UTC, from 1").property(),
    time("day", &[], Int, "The day of the month in UTC, from 1").property(),
    time("hour", &[], Int, "The hour in UTC, from 0").property(),
    time("minute", &[], Int, "The minute in UTC, from 0").property(),
    time("second", &[], Int, "The second in UTC, from 0").property(),
    time("weekday", &[], Text, "The day of the week in UTC: `Monday`").property(),
    time("unix", &[], Int, "Seconds since 1970-01-01 in UTC").property(),
    time("format", &[arg("pattern", Text)], Text, "By a pattern such as `%Y-%m-%d %H:%M`, in UTC"),
];

pub(super) const RANGE: &[Method] = &[
    method(On::Range, Sig::Range, "to_list", &[], List(&Int), "The numbers of the range as a list"),
    method(
        On::Range,
        Sig::Range,
        "contains",
        &[arg("number", Int)],
        Bool,
        "Whether the number lies in the range",
    ),
];

pub(super) const OPTIONAL: &[Method] = &[method(
    On::Optional,
    Optional(&T),
    "map",
    &[arg("f", Function(&[T], &U))],
    Optional(&U),
    "What `f` gives for the value, `none` for `none`",
)];

pub(super) const ANY: &[Method] = &[
    method(On::Any, T, "to_text", &[], Text, "As it stands in an interpolation").needs(&[(T, Bound::Text)]),
    method(On::Any, T, "to_json", &[], Json, "Its JSON form").needs(&[(T, Bound::Json)]),
];
