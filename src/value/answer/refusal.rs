//! Words with which models decline.
//!
//! A provider's own signal is what counts. This is a net below it, for text that was not put in quotes and is about to
//! become a value: no list of phrases is complete, so it only ever leads to asking once more.

const OPENINGS: &[&str] = &[
    "i'm sorry",
    "i am sorry",
    "i am so sorry",
    "i'm so sorry",
    "sorry",
    "i apologi",
    "my apologies",
    "apologies",
    "i can't",
    "i cannot",
    "i can not",
    "i could not",
    "i couldn't",
    "i won't",
    "i will not",
    "i'm unable",
    "i am unable",
    "i'm not able",
    "i am not able",
    "i'm afraid",
    "i am afraid",
    "i must decline",
    "i have to decline",
    "i do not have",
    "i don't have",
    "i'm not comfortable",
    "i am not comfortable",
    "i don't feel comfortable",
    "i do not feel comfortable",
    "as an ai",
    "as a language model",
    "as a large language model",
    "unfortunately",
    "this request",
    "that request",
    "we can't",
    "we cannot",
];

pub fn declines(text: &str) -> bool {
    let start: String = text
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .take(40)
        .map(|c| if matches!(c, '\u{2018}' | '\u{2019}' | '`') { '\'' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    OPENINGS.iter().any(|opening| start.starts_with(opening))
}

#[cfg(test)]
mod tests {
    use super::declines;

    #[test]
    fn openings() {
        assert!(declines("I\u{2019}m sorry, but I can't help with that."));
        assert!(declines("  *As an AI* language model, I"));
        assert!(!declines("Imperial units"));
        assert!(!declines("fix: sorry state of the docs"));
    }
}
