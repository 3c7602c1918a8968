//! Points in time: milliseconds since 1970 in UTC, from the year 1 to the year 9999.

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

pub const MIN: i64 = -62_135_596_800_000;
pub const MAX: i64 = 253_402_300_799_999;

fn at(millis: i64) -> OffsetDateTime {
    let millis = millis.clamp(MIN, MAX);
    // Within the clamped range every number is a time; the fallback is never taken.
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// RFC 3339 in UTC; milliseconds only where there are some.
pub fn rfc3339(millis: i64) -> String {
    at(millis).format(&Rfc3339).unwrap_or_default()
}

/// RFC 3339 with any offset, or a date alone, which is its midnight in UTC. Finer than milliseconds is cut off.
pub fn parse(text: &str) -> Option<i64> {
    let full = match text.len() {
        10 => OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339),
        _ => OffsetDateTime::parse(text, &Rfc3339),
    };
    let millis = full.ok()?.to_offset(UtcOffset::UTC).unix_timestamp_nanos().div_euclid(1_000_000);
    let millis = i64::try_from(millis).ok()?;
    (MIN..=MAX).contains(&millis).then_some(millis)
}

/// `2026-11-03`
pub fn date(millis: i64) -> String {
    let t = at(millis);
    format!("{:04}-{:02}-{:02}", t.year(), u8::from(t.month()), t.day())
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The directives that [`format()`] knows, for messages.
pub const DIRECTIVES: &str = "%Y %y %m %d %e %j %H %I %M %S %L %p %a %A %b %B %u %G %V %F %T %R %s %z %Z %%";

/// By the directives of `strftime`, in UTC and in English. The error is the directive that it does not know.
pub fn format(millis: i64, pattern: &str) -> Result<String, String> {
    use std::fmt::Write;
    let t = at(millis);
    let month = MONTHS[u8::from(t.month()) as usize - 1];
    let day = DAYS[t.weekday().number_days_from_monday() as usize];
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(directive) = chars.next() else { return Err(String::from("%")) };
        let hour12 = match t.hour() % 12 {
            0 => 12,
            h => h,
        };
        // Writing to a String cannot fail.
        let _ = match directive {
            'Y' => write!(out, "{:04}", t.year()),
            'y' => write!(out, "{:02}", t.year() % 100),
            'm' => write!(out, "{:02}", u8::from(t.month())),
            'd' => write!(out, "{:02}", t.day()),
            'e' => write!(out, "{:2}", t.day()),
            'j' => write!(out, "{:03}", t.ordinal()),
            'H' => write!(out, "{:02}", t.hour()),
            'I' => write!(out, "{hour12:02}"),
            'M' => write!(out, "{:02}", t.minute()),
            'S' => write!(out, "{:02}", t.second()),
            'L' => write!(out, "{:03}", t.millisecond()),
            'p' => write!(out, "{}", if t.hour() < 12 { "AM" } else { "PM" }),
            'a' => write!(out, "{}", &day[..3]),
            'A' => write!(out, "{day}"),
            'b' => write!(out, "{}", &month[..3]),
            'B' => write!(out, "{month}"),
            'u' => write!(out, "{}", t.weekday().number_from_monday()),
            'G' => write!(out, "{:04}", t.to_iso_week_date().0),
            'V' => write!(out, "{:02}", t.iso_week()),
            'F' => write!(out, "{}", date(millis)),
            'T' => write!(out, "{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()),
            'R' => write!(out, "{:02}:{:02}", t.hour(), t.minute()),
            's' => write!(out, "{}", t.unix_timestamp()),
            'z' => write!(out, "+0000"),
            'Z' => write!(out, "UTC"),
            '%' => write!(out, "%"),
            other => return Err(format!("%{other}")),
        };
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back() {
        for ms in [MIN, MAX, 0, 1, -1, 1_793_700_000_123] {
            assert_eq!(parse(&rfc3339(ms)), Some(ms), "{}", rfc3339(ms));
        }
        assert_eq!(parse("2026-11-03T12:00:00+02:00"), parse("2026-11-03T10:00:00Z"));
        assert_eq!(parse("2026-11-03").map(rfc3339).as_deref(), Some("2026-11-03T00:00:00Z"));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-13-03"), None);
    }

    #[test]
    fn formats() {
        let t = parse("2026-11-03T09:05:07.042Z").unwrap_or(0);
        assert_eq!(
            format(t, "%A %e %B %Y, %I:%M %p, week %G-W%V, %j %L %%").as_deref(),
            Ok("Tuesday  3 November 2026, 09:05 AM, week 2026-W45, 307 042 %")
        );
        assert_eq!(format(t, "%Q"), Err(String::from("%Q")));
        assert_eq!(format(t, "50%"), Err(String::from("%")));
    }
}
