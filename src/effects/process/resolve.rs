//! A program's name becomes one file, found in a fixed list of folders and checked: a regular, executable file that
//! only root or the person running wflow can change. The caller's `PATH` is never searched (it is only looked at to
//! give better advice).

use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure, did_you_mean};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub const STANDARD_PATH: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// A checked program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// As written in the command; the program sees it as its own name.
    pub name: String,
    /// Where it was found: what is executed.
    pub path: PathBuf,
    /// The same without symbolic links.
    pub real: PathBuf,
    identity: Identity,
}

/// Tells a file from another one under the same path, and from itself after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    fn of(meta: &std::fs::Metadata) -> Identity {
        Identity {
            device: meta.dev(),
            inode: meta.ino(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

impl Program {
    /// Whether the file is still the one that was checked.
    pub fn is_unchanged(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|meta| Identity::of(&meta) == self.identity)
    }
}

/// Where programs are looked for, and what was found so far.
#[derive(Debug)]
pub struct Search {
    root: PathBuf,
    folders: Vec<PathBuf>,
    /// Folders of the configuration; one inside the root is thereby listed.
    listed: Vec<PathBuf>,
    found: Mutex<HashMap<String, Program>>,
}

impl Search {
    /// `extra` folders come first, so that a project can prefer its own tool chain. They are absolute, start with
    /// `~/`, or are relative to the root.
    pub fn new(root: &Path, extra: &[impl AsRef<str>]) -> Search {
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|h| h.is_absolute());
        let listed: Vec<PathBuf> = extra
            .iter()
            .filter_map(|folder| match (folder.as_ref().strip_prefix("~/"), &home) {
                (Some(rest), Some(home)) => Some(home.join(rest)),
                (Some(_), None) => None,
                (None, _) => Some(root.join(folder.as_ref())),
            })
            .collect();
        let folders = listed.iter().cloned().chain(STANDARD_PATH.map(PathBuf::from)).collect();
        Search { root, folders, listed, found: Mutex::new(HashMap::new()) }
    }

    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The value of `PATH` for commands.
    pub fn path_variable(&self) -> OsString {
        // A folder with a colon cannot be said in PATH; it is still searched here.
        let sayable = self.folders.iter().filter(|f| !f.as_os_str().as_encoded_bytes().contains(&b':'));
        std::env::join_paths(sayable).unwrap_or_else(|_| STANDARD_PATH.join(":").into())
    }

    /// The program of this name. `allow_in_root` says that the policy lists it although its file is in the project.
    pub fn resolve(&self, name: &str, allow_in_root: bool) -> Result<Program, Failure> {
        let known = |found: &HashMap<String, Program>| found.get(name).filter(|p| p.is_unchanged()).cloned();
        // A poisoned lock only means that some other thread died while inserting; the map is whole.
        if let Some(program) = known(&self.found.lock().unwrap_or_else(|e| e.into_inner()))
            && (allow_in_root || !program.real.starts_with(&self.root))
        {
            return Ok(program);
        }
        let program = self.look_up(name, allow_in_root)?;
        self.found.lock().unwrap_or_else(|e| e.into_inner()).insert(name.to_owned(), program.clone());
        Ok(program)
    }

    fn look_up(&self, name: &str, allow_in_root: bool) -> Result<Program, Failure> {
        if name.is_empty() || name == "." || name == ".." || name.contains('\0') || name.ends_with('/') {
            return Err(self.missing(name));
        }
        if name.contains('/') {
            // Lexically relative paths start at the root, wherever the command runs.
            let path = self.root.join(name);
            return self.check(name, path, allow_in_root, !name.starts_with('/'));
        }
        let mut unusable = None;
        for folder in &self.folders {
            let path = folder.join(name);
            match std::fs::metadata(&path) {
                Ok(meta) if meta.is_file() && meta.mode() & 0o111 != 0 => {
                    // Listing a folder outside says nothing about a file inside that a link in it leads to.
                    let in_listed = self.listed.contains(folder)
                        && folder.canonicalize().is_ok_and(|f| f.starts_with(&self.root));
                    return self.check(name, path, allow_in_root || in_listed, false);
                }
                Ok(meta) => {
                    unusable.get_or_insert((path, meta));
                }
                Err(_) => {}
            }
        }
        match unusable {
            Some((path, _)) => self.check(name, path, allow_in_root, false),
            None => Err(self.missing(name)),
        }
    }

    fn check(&self, name: &str, path: PathBuf, in_root: bool, relative: bool) -> Result<Program, Failure> {
        let shown = path.display();
        let refuse = |reason: String| {
            Failure::new(ErrorKind::Permission, codes::E1102, format!("`{name}` may not be run: {reason}"))
                .label("this program is refused")
        };
        let meta = match std::fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(refuse(format!("you may not look into the folder of `{shown}`")));
            }
            Err(_) => return Err(self.missing(name)),
        };
        let Ok(real) = path.canonicalize() else { return Err(self.missing(name)) };
        if !meta.is_file() {
            return Err(refuse(format!("`{shown}` is not a regular file")));
        }
        if relative && !real.starts_with(&self.root) {
            return Err(refuse(format!("`{shown}` leads out of the project"))
                .help("name the program alone, or with its absolute path"));
        }
        if real.starts_with(&self.root) && !in_root {
            return Err(refuse(format!(
                "its file `{shown}` is inside the project, where a command could change it"
            ))
            .help("list it in wflow.toml with its path, if that is intended"));
        }
        if rustix::fs::access(&path, rustix::fs::Access::EXEC_OK).is_err() {
            return Err(refuse(format!("`{shown}` is not executable for you"))
                .help(format!("`chmod +x {shown}`, if it is a program")));
        }
        if let Some(reason) = changeable(&real, &meta) {
            return Err(refuse(reason.why).help(reason.help));
        }
        Ok(Program { name: name.to_owned(), path, real, identity: Identity::of(&meta) })
    }

    fn missing(&self, name: &str) -> Failure {
        let shown = super::printable(name);
        if name.contains('/') {
            return Failure::new(
                ErrorKind::Configuration,
                codes::E1101,
                format!("there is no program `{shown}`"),
            )
            .label("this program is missing")
            .help("a program with a `/` in its name is a path from the project's root, or an absolute one");
        }
        let failure = Failure::new(
            ErrorKind::Configuration,
            codes::E1101,
            format!("there is no program `{shown}` in the folders that are searched"),
        )
        .label("this program is missing");
        let searched = self.folders.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ");
        if let Some(folder) = self.elsewhere(name) {
            let folder = home_relative(&folder);
            return failure.note(format!("searched: {searched}")).help(format!(
                "it is in `{folder}`; add that folder in wflow.toml: [policy] path = [\"{folder}\"]"
            ));
        }
        let names = self.programs();
        let failure = match did_you_mean(name, names.iter().map(String::as_str)) {
            Some(near) => failure.help(format!("did you mean `{near}`?")),
            None => failure,
        };
        failure.note(format!("searched: {searched}")).help(
            "install it, or add the folder it is in to wflow.toml: [policy] path = [\"~/.cargo/bin\"], for example",
        )
    }

    /// A folder of the caller's own `PATH` that has it, for the advice only.
    fn elsewhere(&self, name: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .filter(|folder| folder.is_absolute() && !self.folders.contains(folder))
            .find(|folder| {
                std::fs::metadata(folder.join(name)).is_ok_and(|m| m.is_file() && m.mode() & 0o111 != 0)
            })
    }

    /// The names of all programs that could be run.
    fn programs(&self) -> Vec<String> {
        let entries = self.folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
    }
}

fn home_relative(folder: &Path) -> String {
    let home =
        std::env::var_os("HOME").map(PathBuf::from).filter(|h| h.is_absolute() && h.parent().is_some());
    match home.and_then(|home| folder.strip_prefix(&home).ok().map(Path::to_owned)) {
        Some(rest) => format!("~/{}", rest.display()),
        None => folder.display().to_string(),
    }
}

struct Changeable {
    why: String,
    help: String,
}

/// Who else could put other code there: by writing the file, or by replacing something on the way to it.
fn changeable(real: &Path, meta: &std::fs::Metadata) -> Option<Changeable> {
    let me = rustix::process::geteuid().as_raw();
    let shown = real.display();
    if meta.uid() != 0 && meta.uid() != me {
        return Some(Changeable {
            why: format!("`{shown}` belongs to another user (id {}), who can change it", meta.uid()),
            help: "use a program that root or you own".to_owned(),
        });
    }
    if meta.mode() & 0o022 != 0 {
        let who = if meta.mode() & 0o002 != 0 { "everybody" } else { "its group" };
        return Some(Changeable {
            why: format!("{who} can write to `{shown}`"),
            help: format!("`chmod go-w {shown}`"),
        });
    }
    for folder in real.ancestors().skip(1) {
        let Ok(meta) = std::fs::metadata(folder) else { continue };
        let (mode, sticky) = (meta.mode(), meta.mode() & 0o1000 != 0);
        // The group of a system folder was chosen by root; a user's own folder may have the user's own group.
        let group_is_fine = meta.uid() == 0 || meta.gid() == meta.uid();
        let other_owner = meta.uid() != 0 && meta.uid() != me;
        if other_owner || (!sticky && (mode & 0o002 != 0 || (mode & 0o020 != 0 && !group_is_fine))) {
            return Some(Changeable {
                why: format!("others can replace files in its folder `{}`", folder.display()),
                help: format!("`chmod go-w {}`, or move the program", folder.display()),
            });
        }
    }
    None
}
