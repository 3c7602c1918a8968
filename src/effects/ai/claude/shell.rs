//! The command line that an agent writes, and the one that a shell gets instead.
//!
//! The agent's line is split by rules that leave no room: one simple command whose words can be told without knowing a
//! variable, a file or a setting of any shell. Everything else is refused with what to do. What is run is written anew
//! from the words that were judged, each in single quotes, so that no reading of the agent's line by any shell matters.

/// Words that mean something to a shell where a command begins.
const RESERVED: [&str; 22] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done",
    "in", "function", "time", "coproc", "[[", "]]", "{", "}", "!",
];

/// Commands of the shell itself, of which nothing would remain.
const BUILT_IN: [&str; 16] = [
    "cd", "export", "source", ".", "eval", "exec", "alias", "set", "unset", "trap", "ulimit", "umask",
    "pushd", "popd", "read", "wait",
];

/// The words of a simple command, or why it is none, in words for who wrote it.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    // The word that is being read, and whether any of it was quoted.
    let mut word: Option<(String, bool)> = None;
    let mut chars =
        line.trim_start_matches([' ', '\t']).trim_end_matches([' ', '\t', '\n']).chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => end(&mut words, word.take())?,
            '\'' => {
                let (text, quoted) = word.get_or_insert_default();
                *quoted = true;
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => text.push(quotable(c)?),
                        None => return Err(String::from("a single quote is not closed")),
                    }
                }
            }
            '"' => {
                let (text, quoted) = word.get_or_insert_default();
                *quoted = true;
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => text.push(c),
                            Some('\n') | None => return Err(continued()),
                            Some(c) => text.extend(['\\', quotable(c)?]),
                        },
                        Some(c @ ('$' | '`')) => return Err(substituted(c)),
                        Some(c) => text.push(quotable(c)?),
                        None => return Err(String::from("a double quote is not closed")),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) if c == ' ' || c.is_ascii_graphic() => {
                    let (text, quoted) = word.get_or_insert_default();
                    text.push(c);
                    *quoted = true;
                }
                _ => return Err(continued()),
            },
            c => {
                let before = word.as_ref().and_then(|(text, _)| text.chars().last());
                plain(c, word.is_none(), before, chars.peek().copied())?;
                word.get_or_insert_default().0.push(c);
            }
        }
    }
    end(&mut words, word)?;
    if words.is_empty() {
        return Err(String::from("there is no command in it"));
    }
    Ok(words)
}

/// A word is complete.
fn end(words: &mut Vec<String>, word: Option<(String, bool)>) -> Result<(), String> {
    let Some((text, quoted)) = word else { return Ok(()) };
    if words.is_empty() {
        if text.is_empty() {
            return Err(String::from("the name of the program is empty"));
        }
        if let Some((name, _)) = text.split_once('=')
            && !name.is_empty()
            && name.trim_end_matches('+').chars().all(|c| c.is_alphanumeric() || c == '_')
        {
            return Err(format!(
                "`{name}=…` sets a variable: begin with the program; it gets a fixed environment"
            ));
        }
        if !quoted && RESERVED.contains(&text.as_str()) {
            return Err(format!(
                "`{text}` is the shell's own: give one simple command, without control structures"
            ));
        }
        if BUILT_IN.contains(&text.as_str()) {
            return Err(format!(
                "`{text}` belongs to the shell and would change nothing: every command starts anew, in the project's root"
            ));
        }
    }
    words.push(text);
    Ok(())
}

/// A character within quotes.
fn quotable(c: char) -> Result<char, String> {
    match c {
        '\n' | '\t' => Ok(c),
        c if c.is_control() => Err(format!("it holds the control character U+{:04X}", u32::from(c))),
        c => Ok(c),
    }
}

/// A character outside of quotes.
fn plain(c: char, first: bool, before: Option<char>, next: Option<char>) -> Result<(), String> {
    let one = "one simple command is run at a time";
    Err(match c {
        '|' => format!("`|` joins commands: {one}; read the output and go on from there"),
        '&' => format!("`&` joins commands or puts one into the background: {one}"),
        ';' => format!("`;` joins commands: {one}; call the tool once for each"),
        '\n' | '\r' => format!("it has several lines: {one}"),
        '<' | '>' => format!("`{c}` redirects: use the tools for files instead"),
        '(' | ')' => format!("`{c}` starts or ends a subshell: quote it, if it is part of a word"),
        '$' | '`' => substituted(c),
        '*' | '?' | '[' | ']' => {
            format!(
                "`{c}` stands for names of files: write the names, or quote it, if the program is to see it"
            )
        }
        '{' | '}' => format!("`{c}` is expanded by some shells: write the words in full, or quote it"),
        '!' => String::from("`!` means something to some shells: quote it"),
        '~' if first || matches!(before, Some('=' | ':')) => {
            String::from("`~` stands for a home folder: write the path in full, or quote it")
        }
        '#' if first => String::from("`#` begins a comment: leave it out, or quote it"),
        '=' if first && next.is_some_and(|c| c != ' ') => {
            String::from("`=` at the start of a word means something to some shells: quote it")
        }
        c if c.is_control() => format!("it holds the control character U+{:04X}", u32::from(c)),
        c if c.is_whitespace() => format!("it holds the odd space U+{:04X}: quote it", u32::from(c)),
        _ => return Ok(()),
    })
}

fn substituted(c: char) -> String {
    let what = if c == '$' { "a variable or the output of a command" } else { "the output of a command" };
    format!(
        "`{c}` stands for {what}: write the value, or put it in single quotes, if the program is to see it"
    )
}

fn continued() -> String {
    String::from("a backslash stands before nothing that it could quote")
}

/// A line that every shell reads as just these words.
pub fn quote<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push('\'');
        line.push_str(&word.replace('\'', r"'\''"));
        line.push('\'');
    }
    line
}
