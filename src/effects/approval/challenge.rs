//! A short word that must be typed to approve: chosen at random when the question is shown, so that nothing typed or
//! pasted beforehand holds it.

/// Common words, none a slip of the fingers away from another.
const WORDS: [&str; 64] = [
    "acid", "amber", "anchor", "apple", "arrow", "badge", "basil", "beach", "bison", "brick", "cabin",
    "cedar", "chalk", "cider", "cloud", "coral", "crane", "daisy", "delta", "drum", "eagle", "engine",
    "fern", "flint", "frost", "ginger", "globe", "grape", "harbor", "hazel", "honey", "igloo", "ivory",
    "jade", "jungle", "kettle", "kite", "lemon", "lilac", "lotus", "maple", "melon", "mint", "moss",
    "nectar", "oasis", "olive", "onion", "orbit", "otter", "pearl", "pepper", "quartz", "raven", "river",
    "saddle", "silver", "thunder", "tulip", "velvet", "violin", "walnut", "willow", "zebra",
];

/// One of them. The randomness is the operating system's.
pub fn word() -> &'static str {
    let random = uuid::Uuid::new_v4().as_bytes()[0];
    WORDS[usize::from(random) % WORDS.len()]
}

/// Whether what was typed is the word.
pub fn matches(word: &str, typed: &str) -> bool {
    typed.trim().eq_ignore_ascii_case(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_differ_by_more_than_a_slip() {
        for (i, a) in WORDS.iter().enumerate() {
            for b in &WORDS[i + 1..] {
                assert!(strsim::damerau_levenshtein(a, b) > 1, "{a} and {b}");
            }
        }
        assert!(matches("kite", " Kite ") && !matches("kite", "") && !matches("kite", "yes"));
    }
}
