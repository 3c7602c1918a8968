//! Real files.

use super::*;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

struct Project {
    base: tempfile::TempDir,
    workspace: Workspace,
}

fn project(files: &[&str]) -> Project {
    let base = tempfile::tempdir().expect("a folder");
    let root = base.path().join("root");
    fs::create_dir(&root).expect("makes");
    fs::write(base.path().join("outside"), "secret").expect("writes");
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("has one")).expect("makes");
        fs::write(path, *file).expect("writes");
    }
    let workspace = Workspace::open(&root).expect("opens");
    Project { base, workspace }
}

impl Project {
    fn at(&self, path: &str) -> PathBuf {
        self.base.path().join("root").join(path)
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.at(path)).expect("links");
    }

    fn without_kernel_help(mut self) -> Project {
        self.workspace.root = self.workspace.root.without_kernel_help();
        self
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> (ErrorKind, &'static str) {
    let failure = result.expect_err("refused");
    (failure.kind, failure.code.id())
}

const OUT: (ErrorKind, &str) = (ErrorKind::Permission, "E1401");
const PROTECTED: (ErrorKind, &str) = (ErrorKind::Permission, "E1402");
const MISSING: (ErrorKind, &str) = (ErrorKind::Business, "E1403");
const SORT: (ErrorKind, &str) = (ErrorKind::Verification, "E1408");

/// No policy stands in the way.
fn anywhere(_: &str) -> Result<(), Failure> {
    Ok(())
}

#[test]
fn a_link_does_not_lead_into_a_folder_that_may_not_be_written() {
    let p = project(&["out/here.txt", "kept.txt"]);
    p.link("../kept.txt", "out/link.txt");
    p.link("..", "out/up");
    let only_out = |real: &str| match real.starts_with("out/") {
        true => Ok(()),
        false => Err(Failure::new(ErrorKind::Permission, codes::E1402, real)),
    };
    for path in ["out/link.txt", "out/up/kept.txt", "out/up/new/deep.txt"] {
        assert_eq!(code(p.workspace.write(path, "x", &only_out)), PROTECTED, "{path}");
    }
    assert_eq!(fs::read_to_string(p.at("kept.txt")).expect("reads"), "kept.txt");
    assert!(!p.at("new").exists());
    assert_eq!(p.workspace.write("out/new/deep.txt", "x", &only_out), Ok(()));
}

#[test]
fn files_are_read_and_written() {
    let p = project(&["a.txt"]);
    assert_eq!(p.workspace.read_text("a.txt"), Ok("a.txt".to_owned()));
    assert_eq!(p.workspace.write("./new//deep/b.txt", "text\n", &anywhere), Ok(()));
    assert_eq!(p.workspace.read_text("new/deep/b.txt"), Ok("text\n".to_owned()));
    assert_eq!(p.workspace.write("new/deep/b.txt", "", &anywhere), Ok(()));
    assert_eq!(p.workspace.read("new/deep/b.txt"), Ok(Vec::new()));
    let names: Vec<_> = fs::read_dir(p.at("new/deep")).expect("lists").collect();
    assert_eq!(names.len(), 1, "no temporary file stays");
}

#[test]
fn no_path_leads_out() {
    for p in [project(&["a/b"]), project(&["a/b"]).without_kernel_help()] {
        p.link("../outside", "up");
        p.link("../../outside", "a/up");
        p.link("..", "parent");
        p.link("/etc", "etc");
        p.link("/proc/self/root", "magic");
        let paths = [
            "../outside",
            "a/../../outside",
            "/etc/passwd",
            "up",
            "a/up",
            "parent/outside",
            "etc/passwd",
            "magic/etc/passwd",
            "a/..",
        ];
        for path in paths {
            assert_eq!(code(p.workspace.read(path)), OUT, "{path}");
            assert_eq!(code(p.workspace.write(path, "x", &anywhere)), OUT, "{path}");
            assert_eq!(code(p.workspace.exists(path)), OUT, "{path}");
        }
        assert_eq!(code(p.workspace.dir("parent").map(drop)), OUT);
        assert_eq!(code(p.workspace.dir("etc").map(drop)), OUT);
        assert_eq!(code(p.workspace.write("etc/wflow-test", "x", &anywhere)), OUT);
        assert_eq!(fs::read_to_string(p.base.path().join("outside")).expect("reads"), "secret");
        assert_eq!(p.workspace.glob("*"), Ok(vec![]));
        for path in ["", "a\0b"] {
            assert_eq!(code(p.workspace.read(path)), (ErrorKind::Verification, "E1413"));
        }
    }
}

#[test]
fn links_that_stay_inside_are_followed() {
    let p = project(&["data/real.txt"]);
    p.link("data/real.txt", "link.txt");
    p.link("data", "folder");
    assert_eq!(p.workspace.read_text("link.txt"), Ok("data/real.txt".to_owned()));
    assert_eq!(p.workspace.write("link.txt", "new", &anywhere), Ok(()));
    assert!(fs::symlink_metadata(p.at("link.txt")).expect("is there").is_symlink());
    assert_eq!(p.workspace.read_text("data/real.txt"), Ok("new".to_owned()));
    assert_eq!(p.workspace.write("folder/more/x", "y", &anywhere), Ok(()));
    assert_eq!(p.workspace.read_text("data/more/x"), Ok("y".to_owned()));
    let denied = |real: &str| Err(Failure::new(ErrorKind::Permission, codes::E1401, real));
    let mut asked = |path: &str| denied(path);
    assert_eq!(p.workspace.read_text_if("data/real.txt", &mut asked), Ok("new".to_owned()));
    let said = |answer: Result<(), Failure>| answer.expect_err("a link").message;
    assert_eq!(said(p.workspace.read_text_if("folder/real.txt", &mut asked).map(drop)), "data/real.txt");
    assert_eq!(said(p.workspace.exists_if("link.txt", &mut asked).map(drop)), "data/real.txt");
    p.link("nowhere", "dangling");
    assert_eq!(p.workspace.exists("dangling"), Ok(false));
    assert_eq!(code(p.workspace.write("dangling", "x", &anywhere)), SORT);
    assert!(!p.at("nowhere").exists());
    let old = project(&["data/real.txt"]).without_kernel_help();
    old.link("data/real.txt", "link.txt");
    assert_eq!(code(old.workspace.read("link.txt")), OUT, "an old kernel follows none");
    assert_eq!(old.workspace.read_text("data/real.txt"), Ok("data/real.txt".to_owned()));
    assert_eq!(old.workspace.write("data/new", "x", &anywhere), Ok(()));
}

#[test]
fn what_decides_about_runs_is_not_written() {
    let mut p = project(&[
        "wflow.toml",
        ".git/config",
        ".git/hooks/pre-commit",
        ".wflow/ledger.jsonl",
        "release.wflow",
    ]);
    p.workspace = p.workspace.pin(["release.wflow".to_owned()]);
    p.link(".git", "innocent");
    p.link("wflow.toml", "config");
    let paths = [
        "wflow.toml",
        "WFLOW.toml",
        ".wflow/x",
        ".wflow/runs/new/journal.jsonl",
        ".git/config",
        ".git/hooks/post-merge",
        "./.git//config",
        "sub/.git/config",
        "innocent/config",
        "innocent/hooks/new",
        "config",
        "release.wflow",
    ];
    for path in paths {
        assert_eq!(code(p.workspace.write(path, "x", &anywhere)), PROTECTED, "{path}");
    }
    assert_eq!(p.workspace.read_text("config"), Ok("wflow.toml".to_owned()));
    assert!(!p.at("sub").exists(), "not even a folder is made");
}

#[test]
fn permissions_of_a_file_stay() {
    let p = project(&["run.sh"]);
    fs::set_permissions(p.at("run.sh"), fs::Permissions::from_mode(0o750)).expect("sets");
    let before = fs::metadata(p.at("run.sh")).expect("is there").ino();
    assert_eq!(p.workspace.write("run.sh", "new", &anywhere), Ok(()));
    let meta = fs::metadata(p.at("run.sh")).expect("is there");
    assert_eq!(meta.mode() & 0o777, 0o750);
    assert_ne!(meta.ino(), before, "a new file took its place, so a reader of the old one is not disturbed");
}

#[test]
fn only_regular_files_have_a_text() {
    let p = project(&["folder/x"]);
    rustix::fs::mknodat(rustix::fs::CWD, p.at("pipe"), FileType::Fifo, Mode::from_raw_mode(0o600), 0)
        .expect("makes");
    assert_eq!(code(p.workspace.read("folder")), SORT);
    assert_eq!(code(p.workspace.read("pipe")), SORT);
    for path in ["folder", "folder/", "pipe", "."] {
        assert_eq!(code(p.workspace.write(path, "x", &anywhere)), SORT, "{path}");
    }
    assert_eq!(code(p.workspace.dir("folder/x").map(drop)), SORT);
}

#[test]
fn text_is_utf8_and_of_bounded_size() {
    let mut p = project(&[]);
    fs::write(p.at("bin"), b"a\0b").expect("writes");
    fs::write(p.at("latin"), b"ok\ngr\xfcn").expect("writes");
    fs::write(p.at("bom"), "\u{feff}text").expect("writes");
    fs::write(p.at("large"), [b'x'; 101]).expect("writes");
    p.workspace = p.workspace.read_limit(100);
    assert_eq!(code(p.workspace.read_text("bin")), (ErrorKind::Verification, "E1404"));
    let failure = p.workspace.read_text("latin").expect_err("latin-1");
    assert!(failure.message.contains("byte 5, in line 2"), "{}", failure.message);
    assert_eq!(p.workspace.read("latin").map(|b| b.len()), Ok(7));
    assert_eq!(p.workspace.read_text("bom"), Ok("text".to_owned()));
    assert_eq!(code(p.workspace.read("large")), (ErrorKind::Verification, "E1405"));
}

#[test]
fn what_is_missing_is_said_with_a_near_name() {
    let p = project(&["docs/readme.md"]);
    let failure = p.workspace.read("docs/redame.md").expect_err("missing");
    assert_eq!((failure.kind, failure.code.id()), MISSING);
    assert_eq!(failure.help, ["did you mean `docs/readme.md`?"]);
    assert_eq!(code(p.workspace.read("docs/readme.md/x")), MISSING);
    assert_eq!(code(p.workspace.dir("doc").map(drop)), MISSING);
    assert_eq!(p.workspace.exists("docs/readme.md"), Ok(true));
    assert_eq!(p.workspace.exists("docs"), Ok(true));
    assert_eq!(p.workspace.exists("no/such"), Ok(false));
    assert_eq!(p.workspace.exists("docs/readme.md/x"), Ok(false));
    assert_eq!(p.workspace.dir("docs").map(|d| d.path().to_owned()), Ok(p.workspace.root().join("docs")));
    assert_eq!(p.workspace.dir(".").map(|d| d.path().to_owned()), Ok(p.workspace.root().to_owned()));
    assert_eq!(code(Workspace::open(&p.at("none")).map(drop)), (ErrorKind::Configuration, "E1412"));
}

#[test]
fn a_full_disk_keeps_the_old_file() {
    // The one device that is always full cannot stand in for a folder, so the meaning of the error is tested.
    let p = project(&["a"]);
    let failure = p.workspace.failure("written", "a", Errno::NOSPC);
    assert_eq!((failure.kind, failure.code.id()), (ErrorKind::Configuration, "E1407"));
    assert!(failure.help[0].contains("wflow resume"));
}

fn found(p: &Project, pattern: &str) -> Vec<String> {
    p.workspace.glob(pattern).expect("a fine pattern")
}

#[test]
fn patterns_find_files_in_order() {
    let p = project(&[
        "src/main.rs",
        "src/b/mod.rs",
        "src/a.rs",
        "src/b/deep/x.rs",
        "README.md",
        "src/notes.txt",
        "src/[odd].rs",
    ]);
    assert_eq!(
        found(&p, "src/**/*.rs"),
        ["src/[odd].rs", "src/a.rs", "src/b/deep/x.rs", "src/b/mod.rs", "src/main.rs"]
    );
    assert_eq!(found(&p, "src/*.rs"), ["src/[odd].rs", "src/a.rs", "src/main.rs"]);
    assert_eq!(found(&p, "./*"), ["README.md"]);
    assert_eq!(found(&p, "README.md"), ["README.md"]);
    assert_eq!(found(&p, "src/?.{rs,txt}"), ["src/a.rs"]);
    assert_eq!(found(&p, "{src/b,src}/m*.rs"), ["src/b/mod.rs", "src/main.rs"]);
    assert_eq!(found(&p, r"src/\[odd\].rs"), ["src/[odd].rs"]);
    assert_eq!(found(&p, "src/*/"), ["src/b"]);
    assert_eq!(found(&p, "**/"), ["src", "src/b", "src/b/deep"]);
    assert_eq!(found(&p, "none/**"), Vec::<String>::new());
    assert_eq!(code(p.workspace.glob("src/[a")), (ErrorKind::Verification, "E1409"));
    assert_eq!(code(p.workspace.glob("../*")), OUT);
    assert_eq!(code(p.workspace.glob("/etc/*")), OUT);
}

#[test]
fn hidden_names_are_found_only_by_name() {
    let p = project(&[
        ".env",
        ".github/workflows/ci.yml",
        ".github/.secret",
        ".git/config",
        ".wflow/ledger.jsonl",
        "a/.env",
        "a/b",
    ]);
    assert_eq!(found(&p, "**"), ["a/b"]);
    assert_eq!(found(&p, "*"), Vec::<String>::new());
    assert_eq!(found(&p, "**/.env"), [".env", "a/.env"]);
    assert_eq!(found(&p, ".e*"), [".env"]);
    assert_eq!(found(&p, ".github/**"), [".github/workflows/ci.yml"]);
    assert_eq!(found(&p, "{.github,a}/**/*.yml"), [".github/workflows/ci.yml"]);
    for pattern in [".git/*", ".git/config", ".*/config", "**/.git/**", ".wflow/**"] {
        assert_eq!(found(&p, pattern), Vec::<String>::new(), "{pattern}");
    }
}

#[test]
fn links_are_found_if_they_stay_inside_and_never_entered() {
    let p = project(&["data/x.txt"]);
    p.link("data/x.txt", "inside.txt");
    p.link("../outside", "outside.txt");
    p.link("nothing", "dangling.txt");
    p.link(".", "data/loop");
    assert_eq!(found(&p, "**/*.txt"), ["data/x.txt", "inside.txt"]);
    assert_eq!(found(&p, "data/*/"), ["data/loop"]);
}

#[test]
fn what_glob_looks_at_is_bounded() {
    let mut p = project(&["1", "2", "3"]);
    p.workspace = p.workspace.find_limits(FindLimits { visited: 2, found: 100 });
    assert_eq!(code(p.workspace.glob("**")), (ErrorKind::Verification, "E1410"));
}

#[test]
fn a_name_that_is_no_text_is_an_error_only_if_it_matches() {
    use std::os::unix::ffi::OsStrExt;
    let p = project(&["ok.txt"]);
    fs::write(p.at("x").with_file_name(std::ffi::OsStr::from_bytes(b"b\xffd.md")), "").expect("writes");
    assert_eq!(found(&p, "*.txt"), ["ok.txt"]);
    assert_eq!(code(p.workspace.glob("*.md")), (ErrorKind::Verification, "E1404"));
}
