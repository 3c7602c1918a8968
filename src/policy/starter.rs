//! The first `wflow.toml`, written from what the files of a project use.

use super::grammar;
use super::word::{Mood, Part, PatternWord, Word};
use std::collections::BTreeSet;

/// What a file uses, as the checker collected it.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    pub commands: Vec<Vec<Word>>,
    /// Commands that the file puts behind a gate, with its name.
    pub protected: Vec<(Vec<Word>, String)>,
    /// Paths or folders that are written; an unknown one is left out.
    pub writes: Vec<String>,
    pub roles: Vec<String>,
    /// The project's name, for `[project]`.
    pub name: Option<String>,
}

/// Programs whose second word says what they do, so that it belongs into the rule.
const WITH_SUBCOMMANDS: &[&str] = &[
    "git",
    "gh",
    "cargo",
    "npm",
    "pnpm",
    "yarn",
    "go",
    "docker",
    "podman",
    "kubectl",
    "helm",
    "terraform",
    "tofu",
    "pip",
    "uv",
    "poetry",
    "make",
    "just",
    "systemctl",
    "apt",
    "apt-get",
    "brew",
    "aws",
    "gcloud",
    "az",
    "glab",
    "rustup",
    "bundle",
    "dotnet",
    "mix",
    "gradle",
    "mvn",
    "psql",
    "svn",
    "hg",
    "jj",
    "flyctl",
    "wrangler",
    "nix",
];
/// Those with a third such word: `gh pr list`.
const WITH_TWO: &[&str] = &["gh", "glab", "aws", "gcloud", "az", "docker", "kubectl"];

/// A pattern that covers a command and its like: the program and its subcommand, then `*`.
pub fn generalise(words: &[Word]) -> String {
    let Some(program) = words.first().and_then(Word::known) else { return String::from("PROGRAM *") };
    let base = super::wide::base_name(program);
    let most = match () {
        () if WITH_TWO.contains(&base) => 2,
        () if WITH_SUBCOMMANDS.contains(&base) => 1,
        () => 0,
    };
    let plain = |w: &&str| {
        !w.is_empty()
            && w.starts_with(|c: char| c.is_ascii_lowercase())
            && w.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_:".contains(c))
    };
    let literal = |w: &Word| match w {
        Word::Known { text, interpolated: false } => Some(text.to_string()),
        _ => None,
    };
    let sub: Vec<String> =
        words[1..].iter().take(most).map_while(|w| literal(w).filter(|w| plain(&w.as_str()))).collect();
    let mut out = quote(program);
    for word in &sub {
        out.push(' ');
        out.push_str(word);
    }
    // A star would not cover options that run other programs: words are spelled until it need not.
    let mut rule: Vec<PatternWord> =
        std::iter::once(program).chain(sub.iter().map(String::as_str)).map(PatternWord::literal).collect();
    let mut rest = &words[1 + sub.len()..];
    // An option that is spelled without its value would allow every value.
    let mut value_follows = false;
    while let Some((first, others)) = rest.split_first()
        && (value_follows || grammar::objection(&rule, words, None, Mood::May).is_some())
    {
        value_follows = first.optionish(Mood::Must) && !first.fixed_start().contains('=');
        out.push(' ');
        match literal(first) {
            Some(text) => {
                out.push_str(&quote(&text));
                rule.push(PatternWord::literal(&text));
            }
            None => {
                out.push('*');
                rule.push(PatternWord::new([Part::Star]));
            }
        }
        rest = others;
    }
    if !rest.is_empty() || words.len() > 1 {
        out.push_str(" *");
    }
    out
}

fn quote(word: &str) -> String {
    let special = word.is_empty() || word.contains(|c: char| c.is_whitespace() || "*'\"".contains(c));
    match special {
        false => word.to_owned(),
        true if word.contains('\'') => format!("\"{word}\""),
        true => format!("'{word}'"),
    }
}

/// A text as TOML writes it.
fn toml(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

/// The text of a first `wflow.toml`.
pub fn starter(uses: &Uses) -> String {
    let mut out = String::from("# What the workflows of this project may do. No workflow can widen it.\n\n");
    if let Some(name) = &uses.name {
        out.push_str(&format!("[project]\nname = {}\n\n", toml(name)));
    }
    out.push_str("[policy] # `*` is any one word, or as the last word any further words\n");
    let protected: BTreeSet<(String, &String)> =
        uses.protected.iter().map(|(words, gate)| (generalise(words), gate)).collect();
    let commands: BTreeSet<String> = uses
        .commands
        .iter()
        .map(|w| generalise(w))
        .filter(|p| !protected.iter().any(|(have, _)| have == p))
        .collect();
    out.push_str("allow = [\n");
    for pattern in &commands {
        out.push_str(&format!("    {},\n", toml(pattern)));
    }
    for (pattern, gate) in &protected {
        out.push_str(&format!("    {{ command = {}, after = {} }},\n", toml(pattern), toml(gate)));
    }
    out.push_str("]\n");
    let writes: BTreeSet<&String> = uses.writes.iter().collect();
    if !writes.is_empty() {
        let list = writes.iter().map(|w| toml(w)).collect::<Vec<_>>().join(", ");
        out.push_str(&format!("write = [{list}]\n"));
    }
    let roles: BTreeSet<&String> = uses.roles.iter().collect();
    if !roles.is_empty() {
        out.push_str("\n# Name who may approve, and give each person their roles.\n[people.me]\nname = \"Me\"\n\n[roles]\n");
        for role in roles {
            out.push_str(&format!("{role} = [\"me\"]\n"));
        }
        out.push_str("\n[approvals]\nself_approval = true # with several people: false\n");
    }
    out
}
