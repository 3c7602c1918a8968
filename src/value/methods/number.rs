//! Numbers, durations, sizes, ranges.

use super::{Implementation, Outcome, impossible, int, take, wrong};
use crate::diagnostics::{Failure, codes::runtime};
use crate::value::{Range, Value, short};
use Implementation::Plain;

/// A range may not become a longer list: that would only be a mistake in a number.
const MAX_ITEMS: u64 = 1 << 27;

fn range_error(what: String) -> Box<Failure> {
    wrong(runtime::E1002, what)
}

fn finite(x: f64, what: impl FnOnce() -> String) -> Outcome {
    if x.is_finite() { Ok(Value::Float(x)) } else { Err(range_error(what())) }
}

fn float(args: &mut [Value], index: usize) -> Result<f64, Box<Failure>> {
    let value = take(args, index);
    value.as_float().ok_or_else(|| impossible("a Float", &value))
}

/// The milliseconds or bytes.
fn amount(args: &mut [Value], index: usize) -> Result<i64, Box<Failure>> {
    match take(args, index) {
        Value::Duration(n) | Value::Size(n) => Ok(n),
        other => Err(impossible("a Duration or a Size", &other)),
    }
}

fn whole(x: f64) -> Outcome {
    // The bounds are exact: 2^63 is a Float, and the largest Int below it is not.
    match (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
        true => Ok(Value::Int(x as i64)),
        false => Err(range_error(format!("{} is out of the range of Int", short(&Value::Float(x))))),
    }
}

pub(super) fn find_int(name: &str) -> Option<Implementation> {
    Some(Plain(match name {
        "abs" => |args| {
            let n = int(args, 0)?;
            n.checked_abs()
                .map(Value::Int)
                .ok_or_else(|| range_error(format!("{n} without its sign is out of the range of Int")))
        },
        "min" => |args| Ok(Value::Int(int(args, 0)?.min(int(args, 1)?))),
        "max" => |args| Ok(Value::Int(int(args, 0)?.max(int(args, 1)?))),
        "clamp" => |args| {
            let (n, low, high) = (int(args, 0)?, int(args, 1)?, int(args, 2)?);
            match low <= high {
                true => Ok(Value::Int(n.clamp(low, high))),
                false => Err(wrong(runtime::E1019, format!("nothing lies between {low} and {high}"))),
            }
        },
        "pow" => |args| {
            let (n, exponent) = (int(args, 0)?, int(args, 1)?);
            if exponent < 0 {
                return Err(wrong(
                    runtime::E1019,
                    format!("the exponent of an Int cannot be negative, and it is {exponent}"),
                ));
            }
            // Beyond 2^32 only 0, 1 and -1 stay in range, and for them only the exponent's parity counts.
            let exponent32 =
                u32::try_from(exponent).unwrap_or(if exponent % 2 == 0 { u32::MAX - 1 } else { u32::MAX });
            let out = || range_error(format!("{n} to the power of {exponent} is out of the range of Int"));
            n.checked_pow(exponent32).map(Value::Int).ok_or_else(out)
        },
        "to_float" => |args| Ok(Value::Float(int(args, 0)? as f64)),
        _ => return None,
    }))
}

pub(super) fn find_float(name: &str) -> Option<Implementation> {
    Some(Plain(match name {
        "abs" => |args| Ok(Value::Float(float(args, 0)?.abs())),
        "min" => |args| Ok(Value::Float(float(args, 0)?.min(float(args, 1)?))),
        "max" => |args| Ok(Value::Float(float(args, 0)?.max(float(args, 1)?))),
        "clamp" => |args| {
            let (x, low, high) = (float(args, 0)?, float(args, 1)?, float(args, 2)?);
            match low <= high {
                true => Ok(Value::Float(x.clamp(low, high))),
                false => Err(wrong(runtime::E1019, format!("nothing lies between {low:?} and {high:?}"))),
            }
        },
        "pow" => |args| {
            let (x, exponent) = (float(args, 0)?, float(args, 1)?);
            finite(x.powf(exponent), || format!("{x:?} to the power of {exponent:?} is no number"))
        },
        "sqrt" => |args| {
            let x = float(args, 0)?;
            finite(x.sqrt(), || format!("{x:?} is negative and has no square root"))
        },
        "round" => |args| whole(float(args, 0)?.round()),
        "floor" => |args| whole(float(args, 0)?.floor()),
        "ceil" => |args| whole(float(args, 0)?.ceil()),
        "to_int" => |args| whole(float(args, 0)?.trunc()),
        "format" => |args| {
            let (x, digits) = (float(args, 0)?, int(args, 1)?);
            match usize::try_from(digits) {
                Ok(digits) if digits <= 100 => Ok(Value::from(format!("{x:.digits$}"))),
                _ => Err(wrong(
                    runtime::E1019,
                    format!("a number has 0 to 100 digits after the point, not {digits}"),
                )),
            }
        },
        _ => return None,
    }))
}

pub(super) fn find_duration(name: &str) -> Option<Implementation> {
    Some(Plain(match name {
        "milliseconds" => |args| Ok(Value::Int(amount(args, 0)?)),
        "seconds" => |args| Ok(Value::Int(amount(args, 0)? / 1000)),
        "minutes" => |args| Ok(Value::Int(amount(args, 0)? / 60_000)),
        "hours" => |args| Ok(Value::Int(amount(args, 0)? / 3_600_000)),
        "days" => |args| Ok(Value::Int(amount(args, 0)? / 86_400_000)),
        "min" => |args| Ok(Value::Duration(amount(args, 0)?.min(amount(args, 1)?))),
        "max" => |args| Ok(Value::Duration(amount(args, 0)?.max(amount(args, 1)?))),
        _ => return None,
    }))
}

pub(super) fn find_size(name: &str) -> Option<Implementation> {
    Some(Plain(match name {
        "bytes" => |args| Ok(Value::Int(amount(args, 0)?)),
        "kibibytes" => |args| Ok(Value::Int(amount(args, 0)? / 1024)),
        "mebibytes" => |args| Ok(Value::Int(amount(args, 0)? / (1024 * 1024))),
        "min" => |args| Ok(Value::Size(amount(args, 0)?.min(amount(args, 1)?))),
        "max" => |args| Ok(Value::Size(amount(args, 0)?.max(amount(args, 1)?))),
        _ => return None,
    }))
}

fn range(args: &mut [Value]) -> Result<Range, Box<Failure>> {
    match take(args, 0) {
        Value::Range(range) => Ok(*range),
        other => Err(impossible("a range", &other)),
    }
}

pub(super) fn find_range(name: &str) -> Option<Implementation> {
    Some(Plain(match name {
        "to_list" => |args| {
            let range = range(args)?;
            if range.len() > MAX_ITEMS {
                return Err(wrong(runtime::E1019, format!("a list of {} numbers is too long", range.len())));
            }
            Ok(Value::list((0..range.len() as i64).map(|i| Value::Int(range.start + i)).collect()))
        },
        "contains" => |args| {
            let n = int(args, 1)?;
            Ok(Value::Bool(range(args)?.contains(n)))
        },
        _ => return None,
    }))
}
