//! A folder with files, in which the real binary runs without a terminal: a session of its own, standard input empty,
//! a small fixed environment.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const WFLOW: &str = env!("CARGO_BIN_EXE_wflow");

pub struct Sandbox {
    _outer: tempfile::TempDir,
    pub dir: PathBuf,
}

#[allow(dead_code, reason = "each test file uses its part")]
impl Sandbox {
    /// The folder is called `project`, so that names made from it are always the same.
    pub fn new() -> Sandbox {
        let outer = tempfile::tempdir().expect("a temporary folder");
        let dir = outer.path().canonicalize().expect("it exists").join("project");
        std::fs::create_dir(&dir).expect("a folder in it");
        Sandbox { _outer: outer, dir }
    }

    pub fn with(files: &[(&str, &str)]) -> Sandbox {
        let sandbox = Sandbox::new();
        for (name, text) in files {
            sandbox.write(name, text);
        }
        sandbox
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.dir.join(name);
        std::fs::create_dir_all(path.parent().expect("it is below the folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        let bytes = std::fs::read(self.dir.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The environment of every command: nothing of the tester's own.
    pub fn prepare(&self, command: &mut Command) {
        let bin = Path::new(WFLOW).parent().expect("it is in a folder");
        command
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
            .env("HOME", self.dir.parent().expect("it is in a folder"))
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null());
        // SAFETY: setsid is allowed between fork and exec.
        unsafe {
            command.pre_exec(|| match libc::setsid() {
                -1 => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            });
        }
    }

    pub fn wflow(&self, args: &[&str]) -> Command {
        let mut command = Command::new(WFLOW);
        command.args(args);
        self.prepare(&mut command);
        command
    }

    pub fn output(&self, args: &[&str]) -> Output {
        self.wflow(args).output().expect("wflow starts")
    }

    /// Names of the runs' folders, oldest first.
    pub fn runs(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.dir.join(".wflow/runs")) else { return Vec::new() };
        let mut ids: Vec<String> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        ids.sort();
        ids
    }

    /// The newest run's journal, one JSON object a line.
    pub fn journal(&self) -> Vec<serde_json::Value> {
        let id = self.runs().pop().expect("a run");
        let text = self.read(&format!(".wflow/runs/{id}/journal.jsonl"));
        text.lines().map(|l| serde_json::from_str(l).expect("a line of JSON")).collect()
    }
}

#[allow(dead_code, reason = "each test file uses its part")]
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[allow(dead_code, reason = "each test file uses its part")]
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
