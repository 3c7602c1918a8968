//! Numbers, durations and sizes as text and back.

/// From the largest; each divides the ones before it.
const DURATIONS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const SIZES: [(&str, i64); 5] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// In the largest unit that leaves no rest: `90s`, `2h`; zero is `0s`.
pub fn duration_text(millis: i64) -> String {
    if millis == 0 { String::from("0s") } else { exact(millis, &DURATIONS) }
}

/// In the largest unit that leaves no rest: `10KiB`, `1500B`; zero is `0B`.
pub fn size_text(bytes: i64) -> String {
    if bytes == 0 { String::from("0B") } else { exact(bytes, &SIZES) }
}

fn exact(n: i64, units: &[(&str, i64)]) -> String {
    for (name, factor) in units {
        if n % factor == 0 {
            return format!("{}{name}", n / factor);
        }
    }
    n.to_string()
}

/// One number with a unit, as a literal is written: `500ms`, `30s`, `-2h`. No other form, so that there is one reading.
pub fn parse_duration(text: &str) -> Option<i64> {
    with_unit(text, &DURATIONS)
}

/// As a literal is written, or in bytes: `10KiB`, `1500B`.
pub fn parse_size(text: &str) -> Option<i64> {
    with_unit(text, &SIZES)
}

fn with_unit(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(split);
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    let digits = number.strip_prefix('-').unwrap_or(number);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number.parse::<i64>().ok()?.checked_mul(factor)
}

/// The shortest text that reads back as the same number, always recognisable as a Float: `1.0`, `0.1`, `1e300`.
pub fn float_text(x: f64) -> String {
    format!("{x:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_read_back() {
        for ms in [0, 1, 999, 1000, 60_000, 90_000, 3_600_000, 86_400_000, -5000, i64::MAX, i64::MIN] {
            assert_eq!(parse_duration(&duration_text(ms)), Some(ms), "{}", duration_text(ms));
            assert_eq!(parse_size(&size_text(ms)), Some(ms), "{}", size_text(ms));
        }
        assert_eq!(duration_text(90_000), "90s");
        assert_eq!(size_text(10 << 10), "10KiB");
        for wrong in ["", "5", "m", "5 m", "1h30m", "+5m", "5M", "--5m", "99999999999999999d"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
