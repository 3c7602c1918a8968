//! A project with people who have keys, and what they do with them.

use super::sandbox::{Sandbox, stderr, stdout};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

pub const SHIP: &str = r#"
workflow w(version: Text = "1.2") -> Text {
    step first "Before it" { run `touch before` }
    gate ship "Publish {version}?" by manager and security show { version } require "All is well", "Notes are right"
    step last "After it" { run `touch after` }
    "shipped"
}
"#;

pub struct Team {
    pub at: Sandbox,
    pub keys: PathBuf,
}

/// A key without a passphrase; its public line.
pub fn make_key(folder: &Path, name: &str, kind: &[&str]) -> String {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-N", "", "-C", name, "-f"]).arg(folder.join(name)).args(kind);
    let out = command.output().expect("ssh-keygen is installed");
    assert!(out.status.success(), "{}", stderr(&out));
    std::fs::read_to_string(folder.join(format!("{name}.pub"))).expect("a public key").trim().to_owned()
}

impl Team {
    /// ada and cleo are managers, bob is security; each has an Ed25519 key.
    pub fn new(workflow: &str) -> Team {
        Team::with(workflow, "")
    }

    pub fn with(workflow: &str, more: &str) -> Team {
        let at = Sandbox::new();
        let keys = at.dir.parent().expect("it is in a folder").join("keys");
        std::fs::create_dir(&keys).expect("a folder");
        let mut people = String::new();
        for name in ["ada", "bob", "cleo"] {
            let line = make_key(&keys, name, &["-t", "ed25519"]);
            people.push_str(&format!("[people.{name}]\nkeys = [\"{line}\"]\n"));
        }
        let config = format!(
            "[policy]\nallow = [\"touch *\", \"printenv *\", {{ command = \"touch after *\", after = \"ship\" }}]\n\
             {people}[roles]\nmanager = [\"ada\", \"cleo\"]\nsecurity = [\"bob\"]\n{more}\n"
        );
        at.write("wflow.toml", config);
        at.write("w.wflow", workflow);
        Team { at, keys }
    }

    /// Starts the workflow, which waits at a gate.
    pub fn started(self) -> Team {
        let out = self.at.output(&["run", "w.wflow"]);
        assert_eq!(out.status.code(), Some(75), "{}{}", stdout(&out), stderr(&out));
        self
    }

    pub fn run(&self) -> String {
        self.at.runs().pop().expect("a run")
    }

    pub fn has(&self, file: &str) -> bool {
        self.at.dir.join(file).exists()
    }

    /// The decision as a file, not signed yet.
    #[track_caller]
    pub fn record(&self, verdict: &str, gate: &str, person: &str, more: &[&str]) -> PathBuf {
        let file = self.keys.join(format!("{person}-{}.json", uuid::Uuid::new_v4().simple()));
        let (run, name) = (self.run(), file.display().to_string());
        let mut args = vec![verdict, &run, gate, "--as", person, "--unsigned-out", &name];
        args.extend(more);
        let out = self.at.output(&args);
        assert_eq!(out.status.code(), Some(0), "{}", stderr(&out));
        file
    }

    #[track_caller]
    pub fn sign(&self, key: &str, file: &Path) {
        self.sign_for("wflow-gate", key, file);
    }

    #[track_caller]
    pub fn sign_for(&self, namespace: &str, key: &str, file: &Path) {
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-Y", "sign", "-n", namespace, "-f"]).arg(self.keys.join(key)).arg(file);
        let out = command.output().expect("ssh-keygen is installed");
        assert!(out.status.success(), "{}", stderr(&out));
    }

    pub fn hand_in(&self, verdict: &str, file: &Path, more: &[&str]) -> Output {
        let (run, name) = (self.run(), file.display().to_string());
        let mut args = vec![verdict, &run, "--signed", &name];
        args.extend(more);
        self.at.output(&args)
    }

    /// All of it: written, signed by the person's own key, handed in.
    #[track_caller]
    pub fn votes(&self, verdict: &str, gate: &str, person: &str, more: &[&str]) -> Output {
        let file = self.record(verdict, gate, person, more);
        self.sign(person, &file);
        self.hand_in(verdict, &file, &[])
    }

    /// A signed record with something in it changed before it was signed.
    #[track_caller]
    pub fn changed(&self, gate: &str, person: &str, change: impl FnOnce(&mut Json)) -> PathBuf {
        let file = self.record("approve", gate, person, &[]);
        let mut record: Json =
            serde_json::from_str(&std::fs::read_to_string(&file).expect("a file")).expect("JSON");
        change(&mut record);
        std::fs::write(&file, wflow::journal::canonical(&record).expect("flat")).expect("written");
        self.sign(person, &file);
        file
    }

    pub fn edit_config(&self, change: impl FnOnce(String) -> String) {
        let text = change(self.at.read("wflow.toml"));
        self.at.write("wflow.toml", text);
    }

    pub fn gates(&self, more: &[&str]) -> Json {
        let mut args = vec!["gates", "--format", "json"];
        args.extend(more);
        serde_json::from_str(&stdout(&self.at.output(&args))).expect("JSON")
    }

    #[track_caller]
    pub fn verify(&self) {
        let out = self.at.output(&["audit", "verify", &self.run()]);
        assert_eq!(out.status.code(), Some(0), "{}", stdout(&out));
    }
}

/// Exit code and code of the error, with the text for the message of the test.
#[track_caller]
pub fn refused(out: &Output, code: &str) {
    let told = stderr(out);
    assert_eq!(out.status.code(), Some(1), "{told}");
    assert!(told.contains(&format!("error[{code}]")), "not {code}: {told}");
}

#[track_caller]
pub fn ended(out: &Output, code: i32) {
    assert_eq!(out.status.code(), Some(code), "{}{}", stdout(out), stderr(out));
}

/// Looks again until it is so.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "it never came: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
