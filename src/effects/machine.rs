//! What this machine has of what wflow needs or can use: for people who wonder why something does not work.

use super::process::Search;
use rustix::fs::Access;
use std::path::Path;
use std::process::{Command, Stdio};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub name: &'static str,
    pub good: bool,
    /// Without it nothing runs; otherwise something is missing only to whoever needs it.
    pub needed: bool,
    pub found: String,
    pub help: Option<String>,
}

impl Finding {
    fn new(name: &'static str, needed: bool, found: Result<String, (String, &str)>) -> Finding {
        match found {
            Ok(found) => Finding { name, good: true, needed, found, help: None },
            Err((found, help)) => Finding { name, good: false, needed, found, help: Some(help.to_owned()) },
        }
    }
}

/// Everything but the providers.
pub fn look(root: &Path, search: &Search) -> Vec<Finding> {
    vec![
        Finding::new("journal", true, journal(root)),
        Finding::new("kernel", true, kernel()),
        Finding::new("landlock", false, landlock()),
        Finding::new("git", false, program(search, "git", Some("--version"), "install git")),
        Finding::new("ssh-keygen", false, program(search, "ssh-keygen", None, "install OpenSSH")),
    ]
}

/// Runs are recorded below the root.
fn journal(root: &Path) -> Result<String, (String, &'static str)> {
    let runs = root.join(".wflow/runs");
    // What is not there yet is made in the nearest folder that is.
    let place = runs.ancestors().find(|p| p.exists()).unwrap_or(root);
    if let Err(errno) = rustix::fs::access(place, Access::WRITE_OK | Access::EXEC_OK) {
        let why = crate::diagnostics::io_text(&errno.into());
        return Err((format!("{} cannot be written: {why}", place.display()), "check its permissions"));
    }
    let free = rustix::fs::statvfs(place).map_or(u64::MAX, |s| s.f_bavail.saturating_mul(s.f_frsize));
    const LEAST: u64 = 64 << 20;
    if free < LEAST {
        return Err((format!("{} has only {} MiB left", place.display(), free >> 20), "make room"));
    }
    Ok(format!("{} can be written", runs.display()))
}

fn kernel() -> Result<String, (String, &'static str)> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = format!("Linux {}", crate::ui::escape::line(release.trim()));
    let beneath = rustix::fs::openat2(
        rustix::fs::CWD,
        ".",
        rustix::fs::OFlags::PATH,
        rustix::fs::Mode::empty(),
        rustix::fs::ResolveFlags::BENEATH,
    );
    // Without it paths are walked name by name, which holds as well and is slower.
    let how = if beneath.is_ok() {
        "paths are kept inside by the kernel"
    } else {
        "paths are kept inside by wflow"
    };
    Ok(format!("{release}, {how}"))
}

fn landlock() -> Result<String, (String, &'static str)> {
    const VERSION: libc::c_uint = 1;
    // SAFETY: with this flag the call takes no pointer and only gives a number.
    let abi =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0usize, VERSION) };
    match abi {
        n if n > 0 => Ok(format!("version {n}")),
        _ => Err((
            String::from("the kernel does not offer it"),
            "it is there from Linux 5.13 on, if it is switched on",
        )),
    }
}

fn program(
    search: &Search,
    name: &str,
    version: Option<&str>,
    help: &'static str,
) -> Result<String, (String, &'static str)> {
    let program = search.resolve(name, false).map_err(|f| (f.message, help))?;
    let path = program.real.display().to_string();
    Ok(match version.and_then(|flag| first_line(&program.real, flag)) {
        Some(line) => format!("{line}, {path}"),
        None => path,
    })
}

/// What a program says about its version.
pub fn first_line(program: &Path, flag: &str) -> Option<String> {
    let command = Command::new(program).arg(flag).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&command.stdout).into_owned();
    text.lines().next().map(|l| crate::ui::escape::line(l.trim()).to_string()).filter(|l| !l.is_empty())
}
