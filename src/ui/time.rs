//! Durations and ages in words for people.

/// `0.3s`, `1.2s`, `3m 05s`, `2h 03m`, `4d 02h`; below a tenth of a second `40ms`.
pub fn duration(millis: i64) -> String {
    let ms = millis.max(0);
    let (s, m, h, d) = (ms / 1_000, ms / 60_000, ms / 3_600_000, ms / 86_400_000);
    match ms {
        0..100 => format!("{ms}ms"),
        100..60_000 => format!("{s}.{}s", ms % 1_000 / 100),
        60_000..3_600_000 => format!("{m}m {:02}s", s % 60),
        3_600_000..86_400_000 => format!("{h}h {:02}m", m % 60),
        _ => format!("{d}d {:02}h", h % 24),
    }
}

/// A limit in words, without parts that are zero: `24h`, `90s`, `1h 30m`, `1d`.
pub fn limit(millis: i64) -> String {
    let s = (millis.max(0) + 999) / 1_000;
    let (d, h, m, s) = (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60);
    let parts: Vec<String> = [(d, 'd'), (h, 'h'), (m, 'm'), (s, 's')]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .take(2)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if parts.is_empty() { String::from("0s") } else { parts.join(" ") }
}

/// How long ago something was: `just now`, `1 minute ago`, `3 hours ago`, `12 days ago`.
pub fn age(millis: i64) -> String {
    let s = millis.max(0) / 1_000;
    let (n, unit) = match s {
        0..10 => return String::from("just now"),
        10..60 => (s, "second"),
        60..3_600 => (s / 60, "minute"),
        3_600..86_400 => (s / 3_600, "hour"),
        _ => (s / 86_400, "day"),
    };
    format!("{n} {unit}{} ago", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let cases = [
            (-5, "0ms"),
            (40, "40ms"),
            (340, "0.3s"),
            (1_250, "1.2s"),
            (59_999, "59.9s"),
            (185_000, "3m 05s"),
            (7_380_000, "2h 03m"),
            (352_800_000, "4d 02h"),
        ];
        for (ms, text) in cases {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn limits_and_ages_read_well() {
        assert_eq!(limit(86_400_000), "1d");
        assert_eq!(limit(5_400_000), "1h 30m");
        assert_eq!(limit(1), "1s");
        assert_eq!(age(61_000), "1 minute ago");
        assert_eq!(age(7_200_000), "2 hours ago");
    }
}
