//! What the policy allows, refuses and guards, as tables of commands.

use std::path::Path;
use std::sync::Arc;
use wflow::policy::{
    Decision, Hole, Piece, Policy, Project, RuleSet, Trust, Verdict, Word, load_project, unguarded,
};
use wflow::source::SourceMap;

fn words(command: &str) -> Vec<Word> {
    command
        .split(' ')
        .map(|w| match w.strip_prefix('{').and_then(|w| w.strip_suffix('}')) {
            // `{x}`: the value x, put in by an interpolation.
            Some(value) => Word::interpolated(value),
            None => Word::literal(w),
        })
        .collect()
}

fn project(policy: &str) -> Project {
    let mut sources = SourceMap::new();
    let (project, diagnostics) = Project::from_text("/p", &format!("[policy]\n{policy}"), &mut sources);
    assert!(diagnostics.is_empty(), "{diagnostics:#?}");
    project
}

fn policy(text: &str) -> Policy {
    Policy::new(&project(text), None)
}

fn code(policy: &Policy, command: &str) -> &'static str {
    match policy.decide(&words(command), None) {
        Decision::Allowed { .. } => "ok",
        Decision::Denied(r) | Decision::NotAllowed(r) => r.code().id(),
    }
}

#[test]
fn allow_matches_word_by_word() {
    let p = policy(
        r#"allow = ["cargo test *", "git log", "git tag v*", "say 'a b' '*'", "/opt/tool *", "./scripts/build *", "npm run * --silent"]"#,
    );
    for (command, expected) in [
        ("cargo test", "ok"),
        ("cargo test --workspace", "ok"),
        ("cargo build", "E1650"),
        ("cargo", "E1650"),
        ("git log", "ok"),
        ("git log -1", "E1650"),
        ("git tag v1", "ok"),
        ("git tag v1 v2", "E1650"),
        ("git tag x1", "E1650"),
        ("npm run a --silent", "ok"),
        ("npm run a b --silent", "E1650"),
        ("npm run --silent", "E1650"),
        ("./cargo test", "E1650"),
        ("/tmp/cargo test", "E1650"),
        ("/opt/tool x", "ok"),
        ("tool x", "E1650"),
        ("./scripts/build x", "ok"),
        ("scripts/build x", "E1650"),
        ("build x", "E1650"),
        ("cargo test {x}", "ok"),
        ("cargo test {-x}", "E1654"),
        ("cargo test {-}", "E1654"),
    ] {
        assert_eq!(code(&p, command), expected, "{command}");
    }
    let spaced = [Word::literal("say"), Word::literal("a b"), Word::literal("*")];
    assert!(p.decide(&spaced, None).refusal().is_none());
    assert!(p.decide(&words("say a b *"), None).refusal().is_some());
    assert!(p.decide(&words("tool x"), Some(Path::new("/opt/tool"))).refusal().is_none());
    assert!(p.decide(&[], None).refusal().is_some());
}

#[test]
fn deny_cannot_be_written_around() {
    let p = policy(
        r#"allow = ["git *", "git -C * *", "kubectl *", "env * *", "env git *", "timeout 5 git *", "rm *", "terraform *", "cargo *"]
deny = ["git push --force *", "kubectl delete --namespace prod *", "rm -rf *", "terraform apply --auto-approve *", "cargo publish --token secret"]"#,
    );
    for command in [
        "git push --force",
        "git push --force origin main",
        "git push origin --force",
        "git push origin main --force",
        "git -C x push origin --force",
        "git --no-pager push --force",
        "git --no-pager -C x push --force origin",
        "git push --forc origin",
        "git push --force=yes origin",
        "git push -f origin",
        "git push -uf origin",
        "git push -fu origin",
        "git push origin -- --force",
        "/usr/bin/git push --force",
        "env git push --force",
        "timeout 5 git push --force",
        "env A=1 git push -f",
        "kubectl delete --namespace prod pod x",
        "kubectl --namespace prod delete pod x",
        "kubectl --namespace=prod delete pod x",
        "kubectl -n prod delete pod x",
        "kubectl -nprod delete pod x",
        "rm -rf x",
        "rm -r -f x",
        "rm -fr x",
        "rm -v x -rf",
        "terraform apply -auto-approve",
        "cargo publish --token=secret",
        "cargo publish --locked --token secret",
    ] {
        assert_eq!(code(&p, command), "E1652", "{command}");
    }
    for command in [
        "git push origin",
        "git log push --force-with-lease",
        "git log push --force",
        "kubectl delete --namespace test pod prod2",
        "rm -r x",
        "terraform plan -auto-approve",
        "cargo publish",
    ] {
        assert_ne!(code(&p, command), "E1652", "{command}");
    }
    assert!(matches!(p.decide(&words("g push -f"), Some(Path::new("/usr/bin/git"))), Decision::Denied(_)));
}

#[test]
fn options_that_run_programs_must_be_spelled() {
    let p = policy(
        r#"allow = ["git *", "find *", "tar *", "sort *", "gsort *", "ssh *", "sed *", "awk *", "python3 tools/check.py *", "python3 -q *", "bash *", "bash run.sh *", "env *", "env -i A=1 cargo *", "xargs *", "make *", "timeout *", "timeout 10 cargo *", "git fetch --upload-pack=/opt/x *", "find . -exec rm {} ;", "nice -n 5 git *"]"#,
    );
    for (command, expected) in [
        ("git log --oneline", "ok"),
        ("git -C sub log", "ok"),
        ("git -c core.pager=sh log", "E1655"),
        ("git -ccore.pager=sh log", "E1655"),
        ("git -C x -c core.pager=sh log", "E1655"),
        ("git clone -c core.pager=sh x", "E1655"),
        ("git switch -c feature", "ok"),
        ("python3 tools/check.py -c x", "ok"),
        ("python3 -c x tools/check.py", "E1650"),
        ("python3 -q -c x", "E1655"),
        ("bash -ec x", "E1655"),
        ("bash run.sh -c", "ok"),
        ("git --exec-path=/tmp log", "E1655"),
        ("git fetch --upload-pack=sh x", "E1655"),
        ("git fetch --upload-pa=sh x", "E1655"),
        ("git fetch --upload-pack=/opt/x origin", "ok"),
        ("git -C x config alias.a !sh", "E1655"),
        ("git add config", "ok"),
        ("git submodule foreach sh", "E1655"),
        ("git clone -u sh x", "E1655"),
        ("git push -u origin x", "ok"),
        ("find . -name x", "ok"),
        ("find . -exec rm {} ;", "E1655"),
        ("find . -fprintf x y", "E1655"),
        ("tar -xf a.tar", "ok"),
        ("tar -xIsh -f a", "E1655"),
        ("tar --to-command=sh -xf a", "E1655"),
        ("tar --checkpoint-act=exec=sh -xf a", "E1655"),
        ("sort --compress-prog=sh", "E1655"),
        ("gsort --compress-prog=sh", "E1655"),
        ("sort -n x", "ok"),
        ("ssh -oProxyCommand=sh host", "E1655"),
        ("ssh host uptime", "ok"),
        ("sed s/a/b/g x", "ok"),
        ("sed s/a/b/e x", "E1655"),
        ("sed --sandbox s/a/b/e x", "ok"),
        ("sed 1e x", "E1655"),
        ("sed -n 3p x", "ok"),
        ("awk {print} x", "ok"),
        ("awk BEGIN{system(\"x\")} x", "E1655"),
        ("env git log", "E1655"),
        ("env -S git", "E1655"),
        ("env -i A=1 cargo test", "ok"),
        ("env -i A=1 git test", "E1655"),
        ("xargs rm", "E1655"),
        ("make test", "ok"),
        ("make -f other", "E1655"),
        ("make SHELL=/tmp/x", "E1655"),
        ("timeout 10 cargo test", "ok"),
        ("timeout 10 sh", "E1655"),
        ("nice -n 5 git log", "ok"),
        ("nice -n 5 git -c a=b log", "E1655"),
    ] {
        let words: Vec<Word> = command.split(' ').map(Word::literal).collect();
        let got = match p.decide(&words, None) {
            Decision::Allowed { .. } => "ok",
            Decision::Denied(r) | Decision::NotAllowed(r) => r.code().id(),
        };
        // The rule that spells `-exec` covers exactly this one.
        let expected = if command == "find . -exec rm {} ;" { "ok" } else { expected };
        assert_eq!(got, expected, "{command}");
    }
}

#[test]
fn gates_guard_whatever_else_allows() {
    let p = policy(
        r#"allow = ["cargo *", "git *", { command = "cargo publish *", after = "ship" }, { command = "git push --tags *", after = "tags" }]"#,
    );
    let gates = |command: &str| match p.decide(&words(command), None) {
        Decision::Allowed { after, .. } => {
            after.iter().map(|g| g.gate.to_string()).collect::<Vec<_>>().join(",")
        }
        other => panic!("{command}: {other:?}"),
    };
    assert_eq!(gates("cargo test"), "");
    assert_eq!(gates("cargo publish"), "ship");
    assert_eq!(gates("cargo --quiet publish"), "ship");
    assert_eq!(gates("git push origin --tags"), "tags");
    assert_eq!(gates("git push origin"), "");
    let failure = unguarded(&words("cargo publish"), "ship");
    assert_eq!(failure.code.id(), "E1656");
}

#[test]
fn without_a_project_file_nothing_runs_until_granted() {
    let mut p = Policy::new(&Project::bare("/p"), None);
    assert!(p.is_unconfigured());
    assert_eq!(code(&p, "git log"), "E1653");
    assert_eq!(p.decide_effect("write", Some("a")).refusal().map(|r| r.code().id()), Some("E1653"));
    let pattern = wflow::policy::Pattern::parse("git log *", Default::default()).expect("a pattern");
    p.grant(vec![pattern], vec![]);
    assert_eq!(code(&p, "git log"), "ok");
    assert_eq!(code(&p, "git push"), "E1650");
    assert_eq!(p.decide_effect("read", Some("a")).refusal(), None);
}

#[test]
fn unknown_words_leave_the_decision_open() {
    let p = policy(
        r#"allow = ["git *", "cargo test --package *", { command = "git push *", after = "ship" }]
deny = ["git push --force *"]"#,
    );
    let any = || Word::unknown();
    let piece = |t: &str| Word::from_pieces([Piece::Lit(t.into()), Piece::Hole(Hole::Any)]);
    let number = || Word::from_pieces([Piece::Hole(Hole::NoDash)]);
    let of = |texts: &[&str]| {
        Word::from_pieces([Piece::Hole(Hole::OneOf(texts.iter().map(|t| (*t).into()).collect()))])
    };
    let lit = Word::literal;
    for (command, verdict, guard) in [
        (vec![lit("git"), lit("log"), lit("-3")], Verdict::Always, None),
        (vec![lit("git"), lit("log"), any()], Verdict::Depends, None),
        (vec![lit("git"), lit("log"), piece("v")], Verdict::Always, None),
        (vec![lit("git"), lit("log"), number()], Verdict::Always, None),
        (vec![lit("git"), any()], Verdict::Depends, Some(false)),
        // It could become `git config`, which a rule must spell.
        (vec![lit("git"), piece("c")], Verdict::Depends, None),
        (vec![lit("git"), piece("l")], Verdict::Always, None),
        (vec![lit("git"), lit("push"), piece("v")], Verdict::Always, Some(true)),
        (vec![lit("git"), lit("push"), any()], Verdict::Depends, Some(true)),
        (vec![lit("git"), lit("push"), piece("--fo")], Verdict::Depends, Some(true)),
        (vec![lit("git"), lit("push"), lit("--force"), any()], Verdict::Never, Some(true)),
        (vec![lit("git"), of(&["log", "status"])], Verdict::Always, None),
        (vec![lit("git"), of(&["log", "push"])], Verdict::Always, Some(false)),
        (vec![lit("git"), of(&["log", "-c"])], Verdict::Depends, None),
        (vec![lit("git"), lit("log"), Word::Many(Hole::Any)], Verdict::Depends, None),
        (vec![lit("git"), lit("log"), Word::Many(Hole::NoDash)], Verdict::Always, None),
        (vec![lit("rm"), any()], Verdict::Never, None),
        (vec![any(), lit("x")], Verdict::Depends, None),
    ] {
        let judged = p.judge(&command);
        let shown = wflow::policy::show(&command);
        assert_eq!(judged.verdict, verdict, "{shown}: {:?}", judged.refusal);
        assert_eq!(judged.after.first().map(|g| g.always), guard, "{shown}");
        assert_eq!(judged.refusal.is_none(), verdict == Verdict::Always, "{shown}");
    }
}

#[test]
fn other_effects_need_their_rules() {
    let p = policy(
        r#"write = ["docs/**", "CHANGELOG.md", "*.txt"]
allow = [{ effect = "work.create" }, { write = "docs/api/**", after = "commitment" }]
deny = [{ read = ".env*" }, { effect = "secret" }]"#,
    );
    let says = |name: &str, argument: &str| match p.decide_effect(name, Some(argument)) {
        Decision::Allowed { after, .. } => {
            after.first().map_or("ok".to_string(), |g| format!("after {}", g.gate))
        }
        other => other.refusal().map_or(String::new(), |r| r.code().id().to_string()),
    };
    for (name, argument, expected) in [
        ("write", "docs/a/b.md", "ok"),
        ("write", "docs/api/b.md", "after commitment"),
        ("write", "docs//api/./b.md", "after commitment"),
        ("write", "a.txt", "ok"),
        ("write", "x/a.txt", "E1658"),
        ("write", "docs/../src/a", "E1658"),
        ("write", "/docs/a", "E1658"),
        ("read", "src/main.rs", "ok"),
        ("read", "./.env", "E1658"),
        ("exists", "../x", "E1658"),
        ("exists", ".", "ok"),
        ("glob", "src/**", "ok"),
        ("env", "HOME", "ok"),
        ("secret", "TOKEN", "E1658"),
        ("work.create", "x", "ok"),
        ("work.delete", "x", "E1658"),
    ] {
        assert_eq!(says(name, argument), expected, "{name} {argument}");
    }
}

/// A rule about `glob` speaks of files, the argument of `glob` is a pattern for them.
#[test]
fn a_pattern_that_could_find_a_guarded_file_is_guarded() {
    let text = r#"policy { allow glob "secrets/**/*.pem" after gate ship }"#;
    let mut sources = SourceMap::new();
    let id = sources.add("w.wflow", wflow::source::Origin::Memory, text);
    let file = wflow::syntax::parse(id, text).file;
    let p = Policy::new(&project(""), Some(RuleSet::from_items(file.policies()).0));
    let guarded = |pattern: &str| match p.decide_effect("glob", Some(pattern)) {
        Decision::Allowed { after, .. } => !after.is_empty(),
        other => panic!("{other:?}"),
    };
    for pattern in
        ["secrets/a.pem", "secrets/*.pem", "**", "**/*.pem", "s*/x/*", "*/*", "{a,b}", "se?rets/x.pem"]
    {
        assert!(guarded(pattern), "{pattern}");
        let known = [Piece::Lit(pattern.into())];
        assert!(!p.effect_guards("glob", Some(&known)).is_empty(), "{pattern}");
        // Whatever of it is not known, it may be this.
        for cut in (0..=pattern.len()).filter(|i| pattern.is_char_boundary(*i)) {
            let pieces = [
                Piece::Lit(pattern[..cut].into()),
                Piece::Hole(Hole::Any),
                Piece::Lit(pattern[cut..].into()),
            ];
            assert!(!p.effect_guards("glob", Some(&pieces)).is_empty(), "{pieces:?}");
        }
    }
    for pattern in ["docs/**", "*.pem", "src/*.pem", "secrets/*.md", "secret/**"] {
        assert!(!guarded(pattern), "{pattern}");
    }
}

#[test]
fn a_call_of_a_task_is_guarded_and_denied_by_its_names() {
    let p = policy(
        r#"allow = [{ effect = "work.create", after = "commitment" }, { effect = "git.*", after = "ship" }]
deny = [{ effect = "work.delete" }]"#,
    );
    let says = |names: &[&str]| {
        let names: Vec<Arc<str>> = names.iter().map(|n| Arc::from(*n)).collect();
        match p.decide_call(&names) {
            Decision::Allowed { after, .. } => after.iter().map(|g| g.gate.to_string()).collect(),
            other => vec![other.refusal().map_or("", |r| r.code().id()).to_owned()],
        }
    };
    assert_eq!(says(&["work.create"]), ["commitment"]);
    assert_eq!(says(&["w.create", "work.create"]), ["commitment"]);
    assert_eq!(says(&["git.tag"]), ["ship"]);
    assert_eq!(says(&["work.delete"]), ["E1658"]);
    assert_eq!(says(&["work.get"]), [""; 0]);
    assert_eq!(says(&["main"]), [""; 0]);
}

#[test]
fn trust_is_the_stricter_of_the_two() {
    let p = policy(
        r#"reads = ["git log *"]
network = ["gh"]
untrusted = ["gh *", "curl *"]
trusted = ["gh api rate_limit", "git rev-parse *", { read = "VERSION" }]"#,
    );
    assert_eq!(p.trust(&words("curl -s x"), None), Trust::Untrusted);
    assert_eq!(p.trust(&words("gh api rate_limit"), None), Trust::Trusted);
    assert_eq!(p.trust(&words("gh api x"), None), Trust::Untrusted);
    assert_eq!(p.trust(&words("git log"), None), Trust::Unsaid);
    assert_eq!(p.trust_file(Some("VERSION")), Trust::Trusted);
    assert_eq!(p.trust_file(None), Trust::Unsaid);
    assert!(p.reads(&words("git log -1"), None));
    assert!(!p.reads(&words("git log {--output=x}"), None));
    assert!(p.network(&words("gh pr list"), None));
    assert!(!p.network(&words("git fetch"), None));
}

#[test]
fn the_nearest_folder_with_a_project_file_is_the_root() {
    let dir = tempfile::tempdir().expect("a folder");
    let root = dir.path().canonicalize().expect("a path");
    std::fs::create_dir_all(root.join("a/b")).expect("folders");
    std::fs::create_dir(root.join(".git")).expect("a folder");
    let found = |start: &str| wflow::policy::find_root(&root.join(start)).0;
    assert_eq!(found("a/b/x.wflow"), root);
    std::fs::write(root.join("a/wflow.toml"), "[policy]\nalow = []\n").expect("a file");
    assert_eq!(found("a/b/x.wflow"), root.join("a"));
    assert_eq!(found("a"), root.join("a"));
    let mut sources = SourceMap::new();
    let (project, diagnostics) = load_project(&root.join("a/b"), &mut sources);
    assert!(project.is_configured());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(sources.place(diagnostics[0].primary.span), "wflow.toml:2:1");
    assert_eq!(diagnostics[0].help, ["did you mean `allow`?"]);
}

#[test]
fn a_file_for_many_programs_acts_by_its_name() {
    let p = policy(
        r#"allow = ["ls *", "env *"]
deny = ["rustup *"]"#,
    );
    let with = |command: &str, file: &str| {
        p.decide(&words(command), Some(Path::new(file))).refusal().map(|r| r.code().id())
    };
    assert_eq!(with("ls docs", "/bin/busybox"), None);
    assert_eq!(with("env ls", "/bin/busybox"), Some("E1655"));
    assert_eq!(with("ls docs", "/usr/bin/env"), Some("E1655"));
}

fn file_rules(text: &str) -> (RuleSet, Vec<String>) {
    let mut sources = SourceMap::new();
    let id = sources.add("a.wflow", wflow::source::Origin::Memory, text);
    let parsed = wflow::syntax::parse(id, text);
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let policies = parsed.file.items.iter().filter_map(|i| match &i.kind {
        wflow::syntax::ast::ItemKind::Policy(p) => Some(p),
        _ => None,
    });
    let (rules, diagnostics) = RuleSet::from_items(policies);
    (rules, diagnostics.iter().map(|d| format!("{} {}", sources.place(d.primary.span), d.code)).collect())
}

#[test]
fn a_file_only_narrows_what_the_project_allows() {
    let (rules, wrong) = file_rules(
        r#"policy {
    allow `git log *`, `rm *`
    allow `cargo *`
    allow `cargo publish *` after gate ship
    allow `cargo test *` for agent coder
    deny `cargo install *`
    untrusted `cargo search *`
    trusted `cargo metadata *`
    reads `git log *`
    allow work.create, write "docs/**" after gate commitment
}"#,
    );
    assert!(wrong.is_empty(), "{wrong:?}");
    let text = r#"allow = ["cargo *", "git *", { effect = "work.create" }]
untrusted = ["cargo metadata *"]
write = ["**"]"#;
    let p = Policy::new(&project(text), Some(rules));
    for (command, expected) in [
        ("git log -1", "ok"),
        ("git status", "E1651"),
        ("rm x", "E1650"),
        ("cargo install x", "E1652"),
        ("cargo publish", "ok"),
    ] {
        assert_eq!(code(&p, command), expected, "{command}");
    }
    assert_eq!(p.guards(&words("cargo -q publish"), None)[0].gate.as_ref(), "ship");
    assert_eq!(p.trust(&words("cargo search x"), None), Trust::Untrusted);
    assert_eq!(
        p.trust(&words("cargo metadata"), None),
        Trust::Untrusted,
        "a file cannot trust for the project"
    );
    let agent = |name: &str, command: &str| {
        p.decide_for_agent(name, &words(command), None).refusal().map(|r| r.code().id())
    };
    assert_eq!(agent("coder", "cargo test --lib"), None);
    assert_eq!(agent("coder", "cargo build"), Some("E1657"));
    assert_eq!(agent("coder", "cargo publish"), Some("E1657"));
    assert_eq!(agent("writer", "cargo test"), Some("E1657"));
    let effect = |name: &str, argument: &str| match p.decide_effect(name, Some(argument)) {
        Decision::Allowed { after, .. } => {
            after.iter().map(|g| g.gate.to_string()).collect::<Vec<_>>().join(",")
        }
        other => other.refusal().map_or(String::new(), |r| r.code().id().to_string()),
    };
    assert_eq!(effect("write", "docs/a.md"), "commitment");
    assert_eq!(effect("write", "src/a.rs"), "E1658", "the file says where it writes");
    assert_eq!(effect("work.create", "x"), "commitment");
}

#[test]
fn rules_that_say_nothing_are_errors() {
    let (_, wrong) = file_rules(
        "policy {\n    allow `* x`\n    deny `* --force *`\n    deny `a *` after gate g\n    reads work.list\n    allow write \"../x\"\n}",
    );
    assert_eq!(
        wrong,
        ["a.wflow:2:11 E1610", "a.wflow:4:27 E1615", "a.wflow:5:11 E1615", "a.wflow:6:17 E1611"]
    );
}

#[test]
fn a_refusal_says_what_would_allow() {
    let p = policy(r#"allow = ["cargo test *", "cargo test --lib *", "git log"]"#);
    let refusal = p.decide(&words("cargo build --release"), None).refusal().cloned().expect("a refusal");
    let failure = refusal.failure();
    assert_eq!(failure.kind, wflow::diagnostics::ErrorKind::Permission);
    assert_eq!(failure.message, "`cargo build --release` is not allowed by `wflow.toml`");
    assert_eq!(
        failure.help,
        [
            "the nearest rule is `cargo test *`",
            "to allow it, add \"cargo build *\" to `allow` under `[policy]` in `wflow.toml`"
        ]
    );
    let dash = p.decide(&words("cargo test {--x}"), None).refusal().cloned().expect("a refusal");
    assert_eq!(dash.message(), "the value `--x` in `cargo test --x` would be taken for an option");
}

#[test]
fn a_file_without_rules_for_a_command_refuses_it() {
    let p = Policy::new(&project("allow = [\"git *\"]"), Some(RuleSet::default()));
    assert_eq!(code(&p, "git log"), "E1651");
}
