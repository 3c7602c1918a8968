//! The text of `wflow.toml` becomes a [`Config`]; everything that is wrong is reported at once.

use super::ai;
use super::approvers::{Approvers, Demand};
use super::config::{
    Approvals, Assurance, AuditConfig, Config, GateConfig, Person, PolicyConfig, Role, Sandbox, TrackerConfig,
};
use super::glob::PathPattern;
use super::pattern::Pattern;
use super::rules::{EFFECTS, EffectRule, From, Rule, RuleSet, bad_path, bad_pattern};
use super::toml::{Reader, Text};
use crate::diagnostics::codes::config as codes;
use crate::diagnostics::{Diagnostic, did_you_mean};
use crate::source::{FileId, Span};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use toml_edit::{Document, TableLike, Value};

const SECTIONS: &[&str] =
    &["project", "policy", "people", "roles", "gates", "approvals", "ai", "tracker", "audit"];
/// Variables that would let the caller change what a command does; they never pass.
const NEVER_PASS: &[&str] = &[
    "LD_",
    "DYLD_",
    "GIT_",
    "BASH_ENV",
    "ENV",
    "IFS",
    "PATH",
    "PYTHONSTARTUP",
    "NODE_OPTIONS",
    "PERL5OPT",
    "RUBYOPT",
    "SHELLOPTS",
    "BASHOPTS",
    "PROMPT_COMMAND",
];

/// SHA-256 in hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads the text. What is right of it is in the result also when something else is wrong.
pub fn read_config(text: &str, file: FileId) -> (Config, Vec<Diagnostic>) {
    let mut r = Reader { file, diagnostics: Vec::new() };
    let mut config = Config { digest: Some(sha256_hex(text.as_bytes())), ..Config::default() };
    let document = match Document::parse(text) {
        Ok(d) => d,
        Err(error) => {
            let span = r.span(error.span().or(Some(text.len()..text.len())));
            let message = error.message().trim().replace('\n', ", ");
            r.push(
                Diagnostic::error(codes::E1602, span, format!("this is not valid TOML: {message}"))
                    .help("a line is `key = value` or `[section]`; texts stand in quotes, lists in brackets"),
            );
            return (config, r.diagnostics);
        }
    };
    let root: &dyn TableLike = document.as_table();
    r.only(root, "", SECTIONS);
    if let Some(t) = r.table(root, "project") {
        r.only(t, "project", &["name"]);
        config.name = r.text(t, "name").map(|t| t.text);
    }
    if let Some(t) = r.table(root, "people") {
        people(&mut r, t, &mut config);
    }
    if let Some(t) = r.table(root, "roles") {
        roles(&mut r, t, &mut config);
    }
    if let Some(t) = r.table(root, "policy") {
        config.policy = policy(&mut r, t);
    }
    if let Some(t) = r.table(root, "gates") {
        for (name, item) in t.iter() {
            let key = r.key_span(t, name);
            check_name(&mut r, "gate", name, key);
            if item.as_table_like().is_some()
                && let Some(g) = r.table(t, name)
            {
                let gate = gate(&mut r, g, name, key, &config);
                config.gates.insert(name.into(), gate);
            } else {
                r.table(t, name);
            }
        }
    }
    if let Some(t) = r.table(root, "approvals") {
        r.only(t, "approvals", &["self_approval", "min_assurance"]);
        config.approvals =
            Approvals { self_approval: r.bool(t, "self_approval"), min_assurance: assurance(&mut r, t) };
    }
    if let Some(t) = r.table(root, "ai") {
        config.ai = ai::read(&mut r, t);
    }
    if let Some(t) = r.table(root, "tracker") {
        r.only(t, "tracker", &["kind", "path"]);
        let kind = r.text(t, "kind");
        let path = r.text(t, "path").map(|t| t.text);
        if kind.is_none() && t.get("kind").is_none() {
            let span = r.key_span(root, "tracker");
            r.push(
                Diagnostic::error(codes::E1604, span, "`[tracker]` does not say its `kind`")
                    .help("add `kind = \"files\"`"),
            );
        }
        config.tracker = kind.map(|k| TrackerConfig { kind: k.text, path });
    }
    if let Some(t) = r.table(root, "audit") {
        config.audit = audit(&mut r, t);
    }
    r.diagnostics.sort_by_key(|d| d.primary.span.start);
    (config, r.diagnostics)
}

/// Names of people, roles and gates are what a workflow can write.
fn check_name(r: &mut Reader, what: &str, name: &str, span: Span) {
    let snake = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !snake {
        r.push(
            Diagnostic::error(
                codes::E1608,
                span,
                format!("`{}` is no name for a {what}", name.escape_debug()),
            )
            .help(
                "names are small letters, digits and `_`, and begin with a letter, as in `release_manager`",
            ),
        );
    }
}

fn people(r: &mut Reader, t: &dyn TableLike, config: &mut Config) {
    for (id, _) in t.iter() {
        let span = r.key_span(t, id);
        check_name(r, "person", id, span);
        let Some(p) = r.table(t, id) else { continue };
        r.only(p, &format!("people.{id}"), &["name", "keys"]);
        let name = r.text(p, "name").map_or_else(|| id.into(), |n| n.text);
        let mut keys = Vec::new();
        for key in r.texts(p, "keys") {
            match bad_key(&key.text) {
                None => keys.push(key.text),
                Some(message) => r.push(
                    Diagnostic::error(codes::E1612, key.span, message)
                        .help("paste the line of the `.pub` file, as `ssh-keygen -t ed25519` writes it"),
                ),
            }
        }
        config.people.people.insert(id.into(), Person { name, keys, span });
    }
}

fn audit(r: &mut Reader, t: &dyn TableLike) -> AuditConfig {
    r.only(t, "audit", &["keys"]);
    let mut keys = Vec::new();
    for key in r.texts(t, "keys") {
        match bad_audit_key(&key.text) {
            None => keys.push(key.text),
            Some(message) => r.push(
                Diagnostic::error(codes::E1612, key.span, message)
                    .help("paste the line that `wflow audit keygen` printed: NAME+HASH+KEY"),
            ),
        }
    }
    AuditConfig { keys }
}

/// Whether its parts belong together is found when it is used.
fn bad_audit_key(key: &str) -> Option<&'static str> {
    if key.starts_with("PRIVATE+KEY+") {
        return Some("this is a private key, which must never stand in a file of the project");
    }
    let mut parts = key.splitn(3, '+');
    let (name, hash, body) = (parts.next()?, parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let hex = hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let whole = !name.is_empty() && hex && body.len() >= 44 && body.chars().all(base64);
    (!whole).then_some("this is no public key for checkpoints: it is damaged or cut off")
}

fn bad_key(key: &str) -> Option<String> {
    const KINDS: &[&str] = &[
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ];
    if key.contains("PRIVATE KEY") {
        return Some("this is a private key, which must never stand in a file of the project".into());
    }
    if key.chars().any(char::is_control) {
        return Some("a public key is one line".into());
    }
    let mut words = key.split(' ').filter(|w| !w.is_empty());
    let kind = words.next().unwrap_or("");
    if !KINDS.contains(&kind) {
        return Some(format!("this is no SSH public key: it begins with `{}`", kind.escape_debug()));
    }
    let body = words.next().unwrap_or("").trim_end_matches('=');
    let base64 = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
    (body.len() < 32 || !body.chars().all(base64))
        .then(|| "the key behind its kind is damaged or cut off".into())
}

fn roles(r: &mut Reader, t: &dyn TableLike, config: &mut Config) {
    for (name, _) in t.iter() {
        let span = r.key_span(t, name);
        check_name(r, "role", name, span);
        if let Some(person) = config.people.people.get(name) {
            let other = person.span;
            r.push(
                Diagnostic::error(codes::E1607, span, format!("`{name}` is both a person and a role"))
                    .also(other, "the person")
                    .help("rename one of them: a gate's `by` could mean either"),
            );
        }
        let mut members = Vec::new();
        for member in r.texts(t, name) {
            if config.people.people.contains_key(&member.text) {
                members.push(member.text);
                continue;
            }
            let shown = member.text.escape_debug();
            let mut diagnostic =
                Diagnostic::error(codes::E1606, member.span, format!("there is no person `{shown}`"));
            diagnostic = if t.get(&member.text).is_some() {
                diagnostic.help("this is a role; a role lists people")
            } else {
                let near = did_you_mean(&member.text, config.people.people.keys().map(|k| &**k));
                diagnostic.suggest(near).help(format!("declare them as `[people.{shown}]`"))
            };
            r.push(diagnostic);
        }
        if t.get(name).is_some_and(|i| i.as_array().is_some_and(|a| a.is_empty())) {
            r.push(
                Diagnostic::error(codes::E1614, span, format!("nobody has the role `{name}`"))
                    .help("list at least one person, or remove the role"),
            );
        }
        config.people.roles.insert(name.into(), Role { members, span });
    }
}

fn assurance(r: &mut Reader, t: &dyn TableLike) -> Option<Assurance> {
    r.one_of(t, "min_assurance", &Assurance::ALL.map(|a| (a.name(), a)))
}

fn gate(r: &mut Reader, t: &dyn TableLike, name: &str, span: Span, config: &Config) -> GateConfig {
    r.only(t, &format!("gates.{name}"), &["by", "min_assurance", "timeout"]);
    let by = r.text(t, "by").and_then(|text| match Approvers::parse(&text.text) {
        Ok(by) => {
            let errors = r.diagnostics.len();
            unknown_names(r, &by, &text, config);
            let demand = Demand { people: &config.people, by: vec![by.clone()], excluded: Vec::new() };
            if errors == r.diagnostics.len() && !demand.is_possible() {
                r.push(
                    Diagnostic::error(codes::E1614, text.span, format!("`{by}` can never be fulfilled"))
                        .label("each name needs a different person")
                        .help("add people to the roles, or ask for fewer"),
                );
            }
            Some(by)
        }
        Err(e) => {
            r.push(Diagnostic::error(codes::E1609, text.part(e.at), e.message).help(e.help));
            None
        }
    });
    GateConfig { by, min_assurance: assurance(r, t), timeout: r.duration(t, "timeout"), span }
}

fn unknown_names(r: &mut Reader, by: &Approvers, text: &Text, config: &Config) {
    for name in by.names() {
        if config.people.knows(&name) {
            continue;
        }
        let at = text.text.find(&*name).unwrap_or(0);
        let span = text.part(at..at + name.len());
        let near = did_you_mean(&name, config.people.names());
        r.push(
            Diagnostic::error(codes::E1606, span, format!("there is no person or role `{name}`"))
                .suggest(near)
                .help(format!("declare it: `[people.{name}]`, or `{name} = [\"…\"]` under `[roles]`")),
        );
    }
}

fn policy(r: &mut Reader, t: &dyn TableLike) -> PolicyConfig {
    r.only(
        t,
        "policy",
        &[
            "allow",
            "deny",
            "reads",
            "untrusted",
            "trusted",
            "network",
            "write",
            "sandbox",
            "timeout",
            "path",
            "env",
            "interpreters",
        ],
    );
    let mut rules = RuleSet::default();
    let mut out = PolicyConfig::default();
    (rules.allow, rules.allow_effects) = entries(r, t, "allow", true);
    (rules.deny, rules.deny_effects) = entries(r, t, "deny", false);
    (rules.trusted, rules.trusted_effects) = entries(r, t, "trusted", true);
    (rules.untrusted, rules.untrusted_effects) = entries(r, t, "untrusted", false);
    rules.reads = commands(r, t, "reads")
        .into_iter()
        .map(|pattern| Rule { pattern, from: From::Project, after: None, agent: None })
        .collect();
    out.network = commands(r, t, "network").into_iter().map(Pattern::or_all_commands).collect();
    for text in r.texts(t, "write") {
        match PathPattern::parse(&text.text, text.span) {
            Ok(p) => out.write.push(p),
            Err(message) => r.push(bad_path(&message, text.span)),
        }
    }
    out.sandbox = r.one_of(
        t,
        "sandbox",
        &[("strict", Sandbox::Strict), ("files", Sandbox::Files), ("off", Sandbox::Off)],
    );
    out.timeout = r.duration(t, "timeout");
    for text in r.texts(t, "path") {
        if !text.text.is_empty() && !text.text.contains('\0') && !text.text.split('/').any(|p| p == "..") {
            out.path.push(text.text);
        } else {
            r.push(
                Diagnostic::error(codes::E1611, text.span, "a folder of programs is a path without `..`")
                    .help("write `/opt/tools/bin`, `~/.cargo/bin`, or a folder of the project such as `bin`"),
            );
        }
    }
    for text in r.texts(t, "env") {
        let name = &text.text;
        let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let never = NEVER_PASS.iter().any(|n| **name == **n || (n.ends_with('_') && name.starts_with(n)));
        if plain && !never {
            out.env.push(text.text);
            continue;
        }
        let message = match never {
            true => format!("`{name}` never passes: it can change which program a command runs"),
            false => format!("`{}` is no name of a variable", name.escape_debug()),
        };
        r.push(
            Diagnostic::error(codes::E1605, text.span, message)
                .help("list variables such as `CARGO_HOME`; set others with `env { }` of the `run`"),
        );
    }
    out.interpreters = r.texts(t, "interpreters").into_iter().map(|t| t.text).collect();
    out.rules = rules;
    out
}

fn pattern(r: &mut Reader, text: &Text, needs_program: bool) -> Option<Pattern> {
    let parsed = Pattern::parse(&text.text, text.span);
    match if needs_program { parsed.and_then(Pattern::with_program) } else { parsed } {
        Ok(p) => Some(p),
        Err(error) => {
            r.push(bad_pattern(error, text.span));
            None
        }
    }
}

/// A list of command patterns.
fn commands(r: &mut Reader, t: &dyn TableLike, key: &str) -> Vec<Pattern> {
    r.texts(t, key).iter().filter_map(|text| pattern(r, text, true)).collect()
}

/// A list of command patterns and of tables: `{ command = "…", after = "gate" }`, `{ write = "docs/**" }`,
/// `{ read = "…" }`, `{ effect = "work.create" }`, each with `after` and `agent` where the key is `allow`.
fn entries(r: &mut Reader, t: &dyn TableLike, key: &str, widens: bool) -> (Vec<Rule>, Vec<EffectRule>) {
    let (mut rules, mut effects) = (Vec::new(), Vec::new());
    for value in r.list(t, key) {
        let span = r.span(value.span());
        if let Some(text) = r.value_text(value) {
            let made = pattern(r, &text, widens);
            rules.extend(made.map(|pattern| Rule { pattern, from: From::Project, after: None, agent: None }));
            continue;
        }
        let Value::InlineTable(table) = value else {
            r.push(
                Diagnostic::error(codes::E1604, span, format!("`{key}` is a list of commands"))
                    .help("write `\"cargo *\"` or `{ command = \"cargo publish *\", after = \"ship\" }`"),
            );
            continue;
        };
        let kinds = ["command", "write", "read", "effect"];
        let mut keys = kinds.to_vec();
        if key == "allow" {
            keys.extend(["after", "agent"]);
        }
        r.only(table, &format!("policy.{key}"), &keys);
        let given: Vec<&str> = kinds.into_iter().filter(|k| table.contains_key(k)).collect();
        let [kind] = given.as_slice() else {
            r.push(
                Diagnostic::error(codes::E1604, span, format!("an entry of `{key}` says one thing"))
                    .help("give exactly one of `command`, `write`, `read` and `effect`"),
            );
            continue;
        };
        let Some(text) = r.text(table, kind) else { continue };
        let after = r.text(table, "after");
        let agent = r.text(table, "agent");
        for (what, name) in [("gate", &after), ("agent", &agent)] {
            if let Some(name) = name {
                check_name(r, what, &name.text, name.span);
            }
        }
        let (after, agent): (Option<Arc<str>>, _) = (after.map(|t| t.text), agent.map(|t| t.text));
        let from = From::Project;
        let (name, argument) = match *kind {
            "command" => {
                let made = pattern(r, &text, widens);
                rules.extend(made.map(|pattern| Rule { pattern, from, after, agent }));
                continue;
            }
            "effect" => {
                if !effect_can_be(&text.text) {
                    r.push(unknown_effect(&text));
                    continue;
                }
                (text.text.clone(), None)
            }
            path => match PathPattern::parse(&text.text, text.span) {
                Ok(p) => (path.into(), Some(p)),
                Err(message) => {
                    r.push(bad_path(&message, text.span));
                    continue;
                }
            },
        };
        effects.push(EffectRule { name, argument, from, after, agent, span });
    }
    (rules, effects)
}

/// One of the language, or a task of a module: a rule that means neither would guard nothing.
fn effect_can_be(name: &str) -> bool {
    match name.split_once('.') {
        Some((module, task)) => !module.is_empty() && !task.is_empty(),
        None => EFFECTS.contains(&name),
    }
}

fn unknown_effect(text: &Text) -> Diagnostic {
    Diagnostic::error(codes::E1605, text.span, format!("there is no effect `{}`", text.text))
        .suggest(did_you_mean(&text.text, EFFECTS.iter().copied()))
        .help(format!("it is one of {}, or a task of a module such as `work.create`", EFFECTS.join(", ")))
}
