//! Commands: words, quotes, interpolation; and the shell habits that mean nothing here.

use super::Builder;
use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::syntax;
use crate::source::Span;
use crate::syntax::ast::{Command, Word, WordPart};
use crate::syntax::parser::Rule;
use crate::syntax::tree::P;

impl Builder<'_> {
    /// `pattern`: in a policy or a test, where `*` stands for words.
    pub fn command(&mut self, pair: P<'_>, pattern: bool) -> Command {
        let span = self.span(&pair);
        let mut words = Vec::new();
        for word in pair.into_inner() {
            if word.as_rule() == Rule::cmd_word {
                words.push(self.word(word, pattern));
            }
        }
        if words.is_empty() {
            self.error(
                Diagnostic::error(syntax::E0114, span, "a command needs at least the name of a program")
                    .label("nothing is between the backticks")
                    .help("write for example run `git status --short`"),
            );
        }
        Command { span, words }
    }

    fn word(&mut self, pair: P<'_>, pattern: bool) -> Word {
        let span = self.span(&pair);
        let mut parts = Vec::new();
        let mut lit = String::new();
        let mut quoted = false;
        let mut spread: Option<Span> = None;
        for part in pair.into_inner() {
            let own = self.span(&part);
            match part.as_rule() {
                Rule::cmd_lit => {
                    let text = part.as_str();
                    self.shell_habits(text, own, pattern);
                    if pattern {
                        for (i, piece) in text.split('*').enumerate() {
                            if i > 0 {
                                push(&mut parts, &mut lit);
                                parts.push(WordPart::Any);
                            }
                            lit.push_str(piece);
                        }
                    } else {
                        lit.push_str(text);
                    }
                }
                Rule::cmd_escape => self.command_escape(&part, &mut lit, false),
                Rule::cmd_interp => {
                    spread = self.interpolation(part, &mut parts, &mut lit).then_some(own).or(spread)
                }
                Rule::cmd_single | Rule::cmd_double => {
                    quoted = true;
                    for inner in part.into_inner() {
                        match inner.as_rule() {
                            Rule::cmd_interp => {
                                let own = self.span(&inner);
                                spread =
                                    self.interpolation(inner, &mut parts, &mut lit).then_some(own).or(spread);
                            }
                            Rule::cmd_escape => self.command_escape(&inner, &mut lit, true),
                            _ => lit.push_str(inner.as_str()),
                        }
                    }
                }
                _ => {}
            }
        }
        push(&mut parts, &mut lit);
        if let Some(at) = spread
            && (parts.len() != 1 || quoted)
        {
            self.error(
                Diagnostic::error(syntax::E0114, at, "`{list...}` must be a word of its own")
                    .label("it becomes one word an item")
                    .help("put white space around it; to add something to each item, `map` the list first"),
            );
        }
        Word { span, parts, quoted }
    }

    /// True if it is a spread, `{list...}`.
    fn interpolation(&mut self, pair: P<'_>, parts: &mut Vec<WordPart>, lit: &mut String) -> bool {
        push(parts, lit);
        let mut inner = pair.into_inner();
        let Some(e) = inner.next() else { return false };
        let e = self.expr(e);
        let spread = inner.next().is_some();
        parts.push(if spread { WordPart::Spread(e) } else { WordPart::Expr(e) });
        spread
    }

    fn command_escape(&mut self, pair: &P<'_>, lit: &mut String, quoted: bool) {
        let span = self.span(pair);
        match pair.as_str()[1..].chars().next() {
            Some(c @ ('{' | '}' | '\\' | '\'' | '"' | '`')) => lit.push(c),
            Some('n') if quoted => lit.push('\n'),
            Some('t') if quoted => lit.push('\t'),
            other => {
                let c = other.unwrap_or(' ');
                self.error(
                    Diagnostic::error(syntax::E0107, span, format!("`\\{c}` means nothing in a command"))
                        .label("there is no shell that would read it")
                        .help(
                            "put the word in quotes, in which white space and signs are themselves; \
                             `\\{` is a brace, `\\\\` a backslash",
                        ),
                );
            }
        }
    }

    /// What a shell would make something of: refused outside quotes, with the way that it is done here.
    fn shell_habits(&mut self, text: &str, span: Span, pattern: bool) {
        let habit = |at: usize, len: usize, what: &str, help: &str| {
            let start = span.start + at as u32;
            let own = Span { start, end: start + len as u32, ..span };
            Diagnostic::error(
                syntax::E0107,
                own,
                format!("{what} in a command means nothing: there is no shell"),
            )
            .label("passed to no shell")
            .help(help)
        };
        let mut found = Vec::new();
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            let (len, what, help): (usize, &str, &str) = match bytes[i] {
                b'|' if bytes.get(i + 1) == Some(&b'|') => (
                    2,
                    "`||`",
                    "catch the failure: `try { run … } catch e { … }`, or allow the exit code with `exits [0, 1]`",
                ),
                b'|' => (
                    1,
                    "a pipe `|`",
                    "run the first command, keep its output, and give it to the second: \
                     let out = run `a` as Text, then run `b` stdin out",
                ),
                b'&' if bytes.get(i + 1) == Some(&b'&') => (
                    2,
                    "`&&`",
                    "write two `run`s one after the other: the second starts only if the first succeeds",
                ),
                b'&' => (1, "`&`", "to do things side by side use `parallel { a: run …, b: run … }`"),
                b'>' if bytes.get(i + 1) == Some(&b'>') => (
                    2,
                    "a redirection `>>`",
                    "keep the output, and write the file: write(path, read(path) + out)",
                ),
                b'>' => (
                    1,
                    "a redirection `>`",
                    "keep the output and write it to a file: let out = run `…` as Text, then write(\"file\", out)",
                ),
                b'<' => (1, "a redirection `<`", "give the input with the clause `stdin read(\"file\")`"),
                b';' => (1, "`;`", "write two `run`s, one after the other"),
                b'$' if bytes.get(i + 1) == Some(&b'(') => (
                    2,
                    "`$(…)`",
                    "run the inner command first: let x = run `…` as Text, then use {x} as a word",
                ),
                b'$' if bytes
                    .get(i + 1)
                    .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'{' | b'?')) =>
                {
                    (
                        1,
                        "a variable `$…`",
                        "write {name} for a value of the workflow, or {env(\"NAME\") ?? \"\"} for the environment",
                    )
                }
                b'*' if !pattern => (
                    1,
                    "a glob `*`",
                    "list the files: {glob(\"src/*.rs\")...} gives one word a file; in quotes '*' is itself",
                ),
                b'?' if !pattern => {
                    (1, "a glob `?`", "list the files: {glob(\"file?.txt\")...}; in quotes '?' is itself")
                }
                b'~' if i == 0 && !pattern && (text.len() == 1 || bytes.get(1) == Some(&b'/')) => {
                    (1, "`~`", "write a path inside the project, or {env(\"HOME\") ?? \"\"}")
                }
                _ => {
                    i += 1;
                    continue;
                }
            };
            found.push(habit(i, len, what, help));
            i += len;
        }
        self.diagnostics.extend(found);
    }
}

fn push(parts: &mut Vec<WordPart>, lit: &mut String) {
    if !lit.is_empty() {
        parts.push(WordPart::Lit(std::mem::take(lit).into()));
    }
}
