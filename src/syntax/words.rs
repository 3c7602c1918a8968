//! The words of the language.

/// Words that start items and statements, and operators in words. None of them can be a name of a value.
pub const RESERVED: &[&str] = &[
    "agent", "allow", "and", "as", "ask", "break", "catch", "const", "continue", "deny", "else", "ensure",
    "enum", "fail", "false", "fn", "for", "gate", "if", "in", "let", "match", "matches", "none", "not", "or",
    "parallel", "policy", "repeat", "return", "run", "say", "step", "task", "test", "true", "try", "type",
    "use", "var", "wait", "where", "workflow",
];

/// Words that mean something only where a clause can stand.
pub const CLAUSE_WORDS: &[&str] = &[
    "after",
    "approve",
    "asked",
    "at",
    "before",
    "by",
    "check",
    "edit",
    "env",
    "escalate",
    "every",
    "exits",
    "expect",
    "fails",
    "given",
    "help",
    "idempotent",
    "interactive",
    "limit",
    "min_assurance",
    "of",
    "on",
    "once",
    "otherwise",
    "ran",
    "reads",
    "reject",
    "rejected",
    "require",
    "retry",
    "said",
    "show",
    "stdin",
    "suspends",
    "timeout",
    "times",
    "to",
    "trusted",
    "turns",
    "undo",
    "untrusted",
    "up",
    "with",
    "wrote",
];

pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tables_are_sorted() {
        assert!(super::RESERVED.is_sorted() && super::CLAUSE_WORDS.is_sorted());
    }
}
