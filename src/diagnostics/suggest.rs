//! "Did you mean": the nearest of some names.

/// The nearest candidate, if it is near enough to be a slip of the fingers.
pub fn did_you_mean<'a>(wrong: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match wrong.chars().count() {
        0 => return None,
        1 => 0,
        2..=3 => 1,
        4..=5 => 2,
        _ => 3,
    };
    let folded = wrong.to_lowercase();
    candidates
        .into_iter()
        .filter(|c| *c != wrong && !c.is_empty())
        .map(|c| (strsim::damerau_levenshtein(&folded, &c.to_lowercase()), c))
        .filter(|(d, c)| *d <= limit && *d < c.chars().count().max(2))
        .min_by_key(|(d, c)| (*d, *c))
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn near_names_only() {
        assert_eq!(did_you_mean("verison", ["version", "vision"]), Some("version"));
        assert_eq!(did_you_mean("Version", ["version"]), Some("version"));
        assert_eq!(did_you_mean("x", ["y", "release"]), None);
        assert_eq!(did_you_mean("foo", ["now"]), None);
        assert_eq!(did_you_mean("rnu", ["runs", "run"]), Some("run"));
        assert_eq!(did_you_mean("release", ["gate", "ask"]), None);
    }
}
