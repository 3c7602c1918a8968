//! `wflow.toml`: what is read, and every mistake in it. A case of `tests/config/` is a file, then its findings;
//! `UPDATE=1` writes those anew.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use wflow::diagnostics::render::short;
use wflow::policy::{
    Approvers, Assurance, Config, Demand, Project, Provider, Sandbox, Standing, Uses, Word, find_root,
    load_project, starter,
};
use wflow::source::SourceMap;

fn read(text: &str) -> Config {
    let mut sources = SourceMap::new();
    let (project, diagnostics) = Project::from_text("/p", text, &mut sources);
    assert!(diagnostics.is_empty(), "{}", short(&diagnostics, &sources));
    project.config
}

#[test]
fn every_mistake_is_reported_where_it_is() {
    let update = std::env::var_os("UPDATE").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config");
    let mut wrong = String::new();
    for entry in std::fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        let whole = std::fs::read_to_string(&path).expect("a case");
        let input = whole.split("=== ").next().unwrap_or_default();
        let mut sources = SourceMap::new();
        let (_, diagnostics) = Project::from_text("/p", input, &mut sources);
        let mut out = format!("{input}=== findings\n");
        for d in &diagnostics {
            out.push_str(&short(std::slice::from_ref(d), &sources));
            for help in &d.help {
                let _ = writeln!(out, "    {help}");
            }
        }
        if update {
            std::fs::write(&path, out).expect("writing the case");
        } else if out != whole {
            let _ = writeln!(wrong, "{}:\n{out}\n", path.display());
        }
    }
    assert!(wrong.is_empty(), "these differ; look at them, then UPDATE=1\n{wrong}");
}

#[test]
fn everything_that_is_right_is_read() {
    let text = include_str!("config/good.case").split("=== ").next().unwrap_or_default();
    let c = read(text);
    assert_eq!(c.name.as_deref(), Some("shop"));
    assert_eq!(c.policy.rules.allow.len(), 4);
    assert_eq!(c.policy.rules.allow[3].after.as_deref(), Some("ship"));
    assert_eq!(c.policy.sandbox, Some(Sandbox::Strict));
    assert_eq!(c.policy.timeout, Some(Duration::from_secs(600)));
    assert_eq!(c.policy.write.len(), 2);
    assert_eq!(&*c.people.people["alice"].name, "Alice Ng");
    assert_eq!(&*c.people.people["bob"].name, "bob");
    assert_eq!(
        c.gates["ship"].by.as_ref().map(ToString::to_string).as_deref(),
        Some("release_manager and security")
    );
    assert_eq!(c.ai.provider, Provider::Human);
    assert_eq!(c.ai.max_cost, Some(2.0));
    assert_eq!(c.tracker.as_ref().map(|t| &*t.kind), Some("files"));
    assert!(!c.self_approval());
    assert!(c.is_interpreter("/usr/bin/python3.12") && !c.is_interpreter("git"));
    let other = read("[policy]\nallow = []\n");
    assert_ne!(c.digest, other.digest);
    assert!(other.self_approval(), "without roles nobody else could approve");
}

#[test]
fn keys_raise_what_a_guarding_gate_needs() {
    let key = "AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh";
    let with = |kind: &str, more: &str| read(&format!("[people.a]\nkeys = [\"{kind} {key} a\"]\n{more}"));
    assert_eq!(read("").min_assurance("g", true), Assurance::Terminal);
    assert_eq!(with("ssh-ed25519", "").min_assurance("g", true), Assurance::Key);
    assert_eq!(with("ssh-ed25519", "").min_assurance("g", false), Assurance::Terminal);
    assert_eq!(with("sk-ssh-ed25519@openssh.com", "").min_assurance("g", true), Assurance::Touch);
    let own = with("ssh-ed25519", "[gates.g]\nmin_assurance = \"terminal\"\n");
    assert_eq!(own.min_assurance("g", true), Assurance::Terminal);
    let general = with(
        "ssh-ed25519",
        "[gates.g]\nmin_assurance = \"terminal\"\n[approvals]\nmin_assurance = \"touch\"\n",
    );
    assert_eq!(general.min_assurance("g", true), Assurance::Touch, "a gate never lowers what holds for all");
}

#[test]
fn a_project_file_that_cannot_be_read_allows_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, bytes) in [("binary", &b"\0\0"[..]), ("latin", b"name = \"\xff\"")] {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::write(folder.join("wflow.toml"), bytes).expect("a file");
        let mut sources = SourceMap::new();
        let (project, diagnostics) = load_project(&folder, &mut sources);
        assert_eq!(diagnostics.iter().map(|d| d.code.id()).collect::<Vec<_>>(), ["E1601"]);
        assert!(project.is_configured() && project.config.policy.rules.allow.is_empty());
    }
    let folder = dir.path().join("folder");
    std::fs::create_dir_all(folder.join("wflow.toml")).expect("a folder");
    let (_, diagnostics) = load_project(&folder, &mut SourceMap::new());
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(find_root(&folder.join("none/x.wflow")).0, find_root(&folder.join("none/y.wflow")).0);
}

const PEOPLE: &str = "[people.alice]\n[people.bob]\n[people.carol]\n[people.dave]\n[roles]\nmanager = [\"alice\", \"bob\"]\nsecurity = [\"bob\", \"carol\"]\n";

#[test]
fn approvals_come_from_different_people() {
    let config = read(PEOPLE);
    // Who must approve; then decisions: `+` yes, `-` no; then what it comes to.
    for (by, decisions, expected) in [
        ("alice", "+alice", "approved"),
        ("alice", "+bob", "open: alice"),
        ("alice", "-alice", "rejected"),
        ("alice", "-bob", "open: alice"),
        ("manager and security", "+bob", "open: security"),
        ("manager and security", "+bob +alice", "approved"),
        ("manager and security", "+bob +carol", "approved"),
        ("manager and security", "-bob", "open: manager, security"),
        ("manager and security", "-bob -carol", "rejected"),
        ("manager or security", "-alice -bob", "open: security"),
        ("manager or security", "+carol", "approved"),
        ("2 of [alice, manager, security]", "+bob +carol", "approved"),
        ("2 of [alice, manager, security]", "+bob", "open: alice"),
        ("2 of [alice, bob, carol]", "-alice", "open: bob, carol"),
        ("2 of [alice, bob, carol]", "-alice -bob", "rejected"),
        ("dave and (manager or security)", "+dave +carol", "approved"),
        ("dave and (manager or security)", "+carol -dave", "rejected"),
        ("alice", "-alice +alice", "approved"),
    ] {
        let parsed = Approvers::parse(by).expect("approvers");
        assert_eq!(Approvers::parse(&parsed.to_string()), Ok(parsed.clone()), "{by}");
        let demand = Demand { people: &config.people, by: vec![parsed], excluded: vec![] };
        let said = decisions.split(' ').map(|d| (&d[1..], d.starts_with('+')));
        let standing = match demand.standing(said) {
            Standing::Approved => "approved".to_string(),
            Standing::Rejected => "rejected".to_string(),
            Standing::Open { missing } => format!("open: {}", missing.join(", ")),
        };
        assert_eq!(standing, expected, "{by}: {decisions}");
    }
}

#[test]
fn configuration_and_file_must_both_be_satisfied() {
    let config = read(PEOPLE);
    let by = |t: &str| Approvers::parse(t).expect("approvers");
    let both = Demand {
        people: &config.people,
        by: vec![by("manager"), by("2 of [alice, bob, dave]")],
        excluded: vec![],
    };
    assert_eq!(
        both.standing([("dave", true)]),
        Standing::Open { missing: vec!["manager".into(), "alice".into()] }
    );
    // One approval may serve both expressions; within one each name needs its own person.
    assert_eq!(both.standing([("dave", true), ("alice", true)]), Standing::Approved);
    let alone = Demand { people: &config.people, by: vec![by("alice")], excluded: vec!["alice".into()] };
    assert!(!alone.is_possible() && !alone.may_decide("alice"));
    let anyone = Demand { people: &config.people, by: vec![], excluded: vec!["alice".into()] };
    assert!(anyone.may_decide("bob") && !anyone.may_decide("mallory"));
    assert_eq!(anyone.standing([("alice", true)]), Standing::Open { missing: vec!["anyone".into()] });
    let empty = Config::default();
    let nobody = Demand { people: &empty.people, by: vec![], excluded: vec![] };
    assert_eq!(nobody.standing([("me", true)]), Standing::Approved);
    assert_eq!(nobody.standing([("me", false)]), Standing::Rejected);
}

#[test]
fn texts_of_approvers_are_refused_with_their_place() {
    for (text, at) in [
        ("", 0..0),
        ("a and", 5..5),
        ("a and b or c", 8..10),
        ("0 of [a]", 0..1),
        ("3 of [a, b]", 0..1),
        ("2 of a", 5..6),
        ("a b", 2..3),
        ("a & b", 2..3),
        ("(a", 2..2),
        ("99999999999999999999 of [a]", 0..20),
    ] {
        assert_eq!(Approvers::parse(text).expect_err(text).at, at, "{text}");
    }
    assert!(Approvers::parse(&"(".repeat(100_000)).is_err());
    let many: Vec<String> = (0..30).map(|i| format!("p{i}")).collect();
    assert!(Approvers::parse(&format!("15 of [{}]", many.join(", "))).is_err());
    let pairs: Vec<String> = (0..12).map(|i| format!("(a{i} or b{i})")).collect();
    assert!(Approvers::parse(&pairs.join(" and ")).is_err());
}

#[test]
fn the_first_project_file_allows_what_the_files_use() {
    let words = |c: &str| c.split(' ').map(Word::literal).collect::<Vec<_>>();
    let uses = Uses {
        commands: vec![
            words("cargo test --workspace"),
            words("cargo test --package x"),
            words("gh pr list --json number"),
            words("git -c a=b log"),
            words("make"),
            words("cargo publish --locked"),
            words("./tool.sh x"),
        ],
        protected: vec![(words("cargo publish --locked"), "ship".into())],
        writes: vec!["CHANGELOG.md".into()],
        roles: vec!["security".into(), "release_manager".into()],
        name: Some("sh\"op".into()),
    };
    let text = starter(&uses);
    assert_eq!(
        text,
        r#"# What the workflows of this project may do. No workflow can widen it.

[project]
name = 'sh"op'

[policy] # `*` is any one word, or as the last word any further words
allow = [
    "./tool.sh *",
    "cargo test *",
    "gh pr list *",
    "git -c a=b *",
    "make",
    { command = "cargo publish *", after = "ship" },
]
write = ["CHANGELOG.md"]

# Name who may approve, and give each person their roles.
[people.me]
name = "Me"

[roles]
release_manager = ["me"]
security = ["me"]

[approvals]
self_approval = true # with several people: false
"#
    );
}
