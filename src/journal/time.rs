//! Moments as the journal writes them: milliseconds since 1970, in RFC 3339, UTC, always 24 characters.
//!
//! Written by hand because every event has one, and the general formatter costs more than the rest of its envelope.

use std::fmt;

/// Milliseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

/// The years that fit into four digits.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// `2026-11-23T10:55:07.123Z`. A clock outside the years 0 to 9999 is shown as their nearest end.
    pub fn rfc3339(self) -> String {
        let mut out = Vec::with_capacity(24);
        self.write_to(&mut out);
        out.into_iter().map(char::from).collect()
    }

    pub(super) fn write_to(self, out: &mut Vec<u8>) {
        let millis = self.0.clamp(FIRST, LAST);
        let (days, in_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
        let (year, month, day) = civil_from_days(days);
        digits(out, year, 4);
        out.push(b'-');
        digits(out, month, 2);
        out.push(b'-');
        digits(out, day, 2);
        out.push(b'T');
        digits(out, in_day / 3_600_000, 2);
        out.push(b':');
        digits(out, in_day / 60_000 % 60, 2);
        out.push(b':');
        digits(out, in_day / 1000 % 60, 2);
        out.push(b'.');
        digits(out, in_day % 1000, 3);
        out.push(b'Z');
    }

    /// Reads exactly the form that is written; nothing else stands in a journal.
    pub fn parse(text: &str) -> Option<Timestamp> {
        let b = text.as_bytes();
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
        if b.len() != 24 || separators.iter().any(|(i, c)| b[*i] != *c) {
            return None;
        }
        let number = |from: usize, to: usize| {
            b[from..to].iter().try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second, milli) =
            (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year, month, day);
        // A day that does not exist (31 April) comes back as another.
        (civil_from_days(days) == (year, month, day))
            .then(|| Timestamp(days * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + milli))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

fn digits(out: &mut Vec<u8>, mut number: i64, width: usize) {
    let start = out.len();
    out.resize(start + width, b'0');
    for place in out[start..].iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Days since 1970 to a date of the Gregorian calendar. Counts from 1 March 0000, so that the leap day ends a year.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        assert_eq!(Timestamp(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp(1_709_210_096_789).rfc3339(), "2024-02-29T12:34:56.789Z");
        assert_eq!(Timestamp(-1).rfc3339(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(i64::MAX).rfc3339(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(i64::MIN).rfc3339(), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn only_the_written_form_is_read() {
        for wrong in [
            "",
            "2026-02-30T00:00:00.000Z",
            "2026-11-23T24:00:00.000Z",
            "2026-11-23T10:00:00Z",
            "2026-00-10T00:00:00.000Z",
        ] {
            assert_eq!(Timestamp::parse(wrong), None, "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reads_what_it_writes(millis in FIRST..=LAST) {
            proptest::prop_assert_eq!(Timestamp::parse(&Timestamp(millis).rfc3339()), Some(Timestamp(millis)));
        }
    }
}
