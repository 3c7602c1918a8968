//! Points in time, seen in UTC.

use super::{Implementation, Outcome, impossible, take, text, wrong};
use crate::diagnostics::{Failure, codes::runtime};
use crate::value::{Value, time};

fn millis(args: &mut [Value]) -> Result<i64, Box<Failure>> {
    match take(args, 0) {
        Value::Time(ms) => Ok(ms),
        other => Err(impossible("a Time", &other)),
    }
}

/// One number of the calendar or the clock.
fn part(args: &mut [Value], directive: &str) -> Outcome {
    let ms = millis(args)?;
    let digits = time::format(ms, directive).unwrap_or_default();
    Ok(Value::Int(digits.parse().unwrap_or_default()))
}

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Plain(match name {
        "date" => |args| Ok(Value::from(time::date(millis(args)?))),
        "year" => |args| part(args, "%Y"),
        "month" => |args| part(args, "%m"),
        "day" => |args| part(args, "%d"),
        "hour" => |args| part(args, "%H"),
        "minute" => |args| part(args, "%M"),
        "second" => |args| part(args, "%S"),
        "weekday" => |args| Ok(Value::from(time::format(millis(args)?, "%A").unwrap_or_default())),
        "unix" => |args| Ok(Value::Int(millis(args)?.div_euclid(1000))),
        "format" => |args| {
            let pattern = text(args, 1)?;
            time::format(millis(args)?, &pattern).map(Value::from).map_err(|directive| {
                wrong(
                    runtime::E1020,
                    format!(
                        "`{directive}` in {:?} is no part of a time; there are {}",
                        pattern.as_str(),
                        time::DIRECTIVES
                    ),
                )
            })
        },
        _ => return None,
    }))
}
