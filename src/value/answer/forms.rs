//! Durations, sizes and times in other forms than their own, as far as they can mean only one thing.

use crate::value::time;

/// Name, milliseconds; the short ones only as they are written here, since `M` may be a month.
const SHORT: [(&str, i64); 5] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const LONG: [(&str, i64); 19] = [
    ("millisecond", 1),
    ("milliseconds", 1),
    ("msec", 1),
    ("sec", 1000),
    ("secs", 1000),
    ("second", 1000),
    ("seconds", 1000),
    ("min", 60_000),
    ("mins", 60_000),
    ("minute", 60_000),
    ("minutes", 60_000),
    ("hr", 3_600_000),
    ("hrs", 3_600_000),
    ("hour", 3_600_000),
    ("hours", 3_600_000),
    ("day", 86_400_000),
    ("days", 86_400_000),
    ("week", 604_800_000),
    ("weeks", 604_800_000),
];

/// `1h30m`, `90 minutes`, `1 hour and 30 minutes`, `1.5h`, `PT1H30M`: milliseconds.
pub fn duration(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix('P') {
        return iso_duration(iso);
    }
    let unit = |name: &str| {
        let short = SHORT.iter().find(|(n, _)| *n == name);
        short.or_else(|| LONG.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))).map(|(_, ms)| *ms)
    };
    sum(text, unit, |between| matches!(between.trim(), "" | "," | "and" | ", and"))
}

/// After the `P`.
fn iso_duration(text: &str) -> Option<i64> {
    let (days, clock) = match text.split_once('T') {
        Some((days, clock)) => (days, Some(clock)),
        None => (text, None),
    };
    let touching = |between: &str| between.is_empty();
    let of_days = |name: &str| match name {
        "D" => Some(86_400_000),
        "W" => Some(604_800_000),
        // Years and months have no length of their own.
        _ => None,
    };
    let of_clock = |name: &str| match name {
        "H" => Some(3_600_000),
        "M" => Some(60_000),
        "S" => Some(1000),
        _ => None,
    };
    let days = if days.is_empty() { None } else { Some(sum(days, of_days, touching)?) };
    let clock = match clock {
        Some(clock) => Some(sum(clock, of_clock, touching)?),
        None => None,
    };
    match (days, clock) {
        (None, None) => None,
        (days, clock) => days.unwrap_or(0).checked_add(clock.unwrap_or(0)),
    }
}

/// Numbers with units, the larger before the smaller.
fn sum(text: &str, unit: impl Fn(&str) -> Option<i64>, between: impl Fn(&str) -> bool) -> Option<i64> {
    let mut rest = text;
    let mut total = 0i64;
    let mut before = i64::MAX;
    while !rest.is_empty() {
        let gap = rest.find(|c: char| c.is_ascii_digit())?;
        if (before == i64::MAX && gap != 0) || !between(&rest[..gap]) {
            return None;
        }
        rest = &rest[gap..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(end);
        let tail = tail.trim_start();
        let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let factor = unit(&tail[..end])?;
        if factor >= before {
            return None;
        }
        before = factor;
        total = total.checked_add(exactly(number, factor)?)?;
        rest = &tail[end..];
    }
    (before != i64::MAX).then_some(total)
}

/// A decimal number times a whole one, if that is whole.
fn exactly(number: &str, factor: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || (number.contains('.') && fraction.is_empty()) {
        return None;
    }
    let scale = 10i128.pow(fraction.len() as u32);
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let product = digits.checked_mul(i128::from(factor))?;
    (product % scale == 0).then(|| i64::try_from(product / scale).ok()).flatten()
}

/// `10 KiB`, `10 kib`, `512 bytes`, `1.5MiB`. Not `10 KB`, which is a thousand to some and 1024 to others.
pub fn size(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    exactly(number, factor)
}

/// A date and a time of day with a space between, without seconds, with `UTC` or an offset without its colon; a date
/// with slashes after the year. Without an offset there is no telling which moment is meant.
pub fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    let date = text.get(..10)?.replace('/', "-");
    let mut rest = text[10..].trim_start();
    if rest.is_empty() {
        return time::parse(&date);
    }
    rest = rest.strip_prefix(['T', 't', ',']).unwrap_or(rest).trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.')).unwrap_or(rest.len());
    let (clock, offset) = rest.split_at(end);
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let offset = match offset.trim() {
        "Z" | "z" | "UTC" | "GMT" => String::from("Z"),
        o if o.len() == 5 && o.starts_with(['+', '-']) && o.is_ascii() => format!("{}:{}", &o[..3], &o[3..]),
        o if o.starts_with(['+', '-']) => o.to_owned(),
        _ => return None,
    };
    time::parse(&format!("{date}T{clock}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let all = [
            ("30 s", 30_000),
            ("30 seconds", 30_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1 hour and 30 minutes", 5_400_000),
            ("1 Hour, 30 Minutes", 5_400_000),
            ("1.5h", 5_400_000),
            ("PT1H30M", 5_400_000),
            ("P1DT2H", 93_600_000),
            ("PT0.5S", 500),
            ("2 weeks", 1_209_600_000),
        ];
        for (text, ms) in all {
            assert_eq!(duration(text), Some(ms), "{text}");
        }
        let none = [
            "",
            "5",
            "5M",
            "1:30",
            "an hour",
            "1 month",
            "P1M",
            "P",
            "PT",
            "30m1h",
            "1h1h",
            "0.0001s",
            "1.s",
            "about 5 minutes",
            "5 minutes ago",
            "99999999999999999999d",
        ];
        for text in none {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size("10 KiB"), Some(10 << 10));
        assert_eq!(size("10kib"), Some(10 << 10));
        assert_eq!(size("1.5 MiB"), Some(3 << 19));
        assert_eq!(size("512 bytes"), Some(512));
        for none in ["10 KB", "10", "1.5 bytes", "KiB", "ten KiB"] {
            assert_eq!(size(none), None, "{none}");
        }
    }

    #[test]
    fn moments() {
        let noon = time::parse("2026-11-03T12:00:00Z");
        for text in [
            "2026-11-03 12:00:00Z",
            "2026-11-03 12:00 UTC",
            "2026-11-03T12:00Z",
            "2026-11-03 14:00:00 +0200",
            "2026/11/03, 12:00 GMT",
        ] {
            assert_eq!(moment(text), noon, "{text}");
        }
        assert_eq!(moment("2026/11/03"), time::parse("2026-11-03"));
        for none in ["2026-11-03 12:00:00", "11/03/2026", "03.11.2026", "tomorrow", "2026-11-03 noon UTC"] {
            assert_eq!(moment(none), None, "{none}");
        }
    }
}
