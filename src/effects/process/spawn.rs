//! Starts a checked program. `posix_spawn` shares our memory until the program is loaded, so a start costs the same
//! however much the engine holds; nothing of ours runs between birth and `exec`.
//!
//! The child has a session of its own (no controlling terminal to read from or to type into), default signals, the
//! three standard streams and no other descriptor.

use super::family::{self, Family};
use super::{Environment, Program, command_line, printable};
use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, waitid};
use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;

/// An open folder. A command runs in the folder that was checked, even if its path means another one by then.
#[derive(Debug, Clone)]
pub struct Folder {
    handle: Arc<OwnedFd>,
    path: PathBuf,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Folder, Failure> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(handle) => Ok(Folder::new(handle, path.to_owned())),
            Err(errno) => Err(bad_folder(path, errno)),
        }
    }

    /// `path` is for people.
    pub fn new(handle: OwnedFd, path: PathBuf) -> Folder {
        Folder { handle: Arc::new(handle), path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// What is to be started.
#[derive(Debug, Clone)]
pub struct Spawn {
    pub program: Program,
    /// The words after the program's name.
    pub words: Vec<String>,
    pub folder: Folder,
    pub environment: Environment,
    /// Standard input; nothing to read where it is `None`.
    pub stdin: Option<Vec<u8>>,
    /// The id of the run it belongs to: what a crashed engine leaves behind is found by it.
    pub run: String,
}

impl Spawn {
    /// The command as people read it.
    pub fn command(&self) -> String {
        let words = std::iter::once(self.program.name.as_str()).chain(self.words.iter().map(String::as_str));
        command_line(words)
    }
}

/// A child that has been started and not been waited for. Dropped, it is killed.
pub(super) struct Child {
    pub family: Family,
    pub handle: OwnedFd,
    pub stdin: Option<OwnedFd>,
    /// Both `Some` until somebody takes them.
    pub stdout: Option<OwnedFd>,
    pub stderr: Option<OwnedFd>,
    waited: bool,
}

impl Child {
    /// Waits for the first process, which must have ended or be about to.
    pub fn wait(&mut self) -> Result<super::Status, Errno> {
        let status = loop {
            match waitid(WaitId::PidFd(self.handle.as_fd()), WaitIdOptions::EXITED) {
                Ok(Some(status)) => break status,
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        };
        self.waited = true;
        self.family.forget_first();
        Ok(match status.exit_status() {
            Some(code) => super::Status::Exit(code),
            None => super::Status::Signal(status.terminating_signal().unwrap_or(0)),
        })
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.waited {
            self.family.signal_group(Signal::KILL);
            let _ = self.wait();
        }
    }
}

/// `talks`: its standard input stays open for what will be said.
pub(super) fn start(spawn: &Spawn, talks: bool) -> Result<Child, Failure> {
    family::prepare();
    if !spawn.program.is_unchanged() {
        return Err(Failure::new(
            ErrorKind::Permission,
            codes::E1102,
            format!("`{}` was changed or removed after it was checked", spawn.program.path.display()),
        )
        .label("this program is refused")
        .help("run again: the program is then checked anew"));
    }
    let (id, tag) = family::new_tag(&spawn.run);
    let words = words(spawn)?;
    let variables = variables(&spawn.environment, &tag);
    // A bad byte can hide only in a path; names and values were checked when they were set.
    let path = c_string(spawn.program.path.as_os_str().as_bytes())
        .ok_or_else(|| cannot_start(spawn, Errno::NOENT))?;

    let io = |errno| cannot_start(spawn, errno);
    let (stdout, child_stdout) = pipe().map_err(io)?;
    let (stderr, child_stderr) = pipe().map_err(io)?;
    let (child_stdin, stdin) = match &spawn.stdin {
        bytes if talks || bytes.as_ref().is_some_and(|b| !b.is_empty()) => {
            let (ours, theirs) = pipe().map(|(read, write)| (write, read)).map_err(io)?;
            (Some(theirs), Some(ours))
        }
        _ => (None, None),
    };
    for end in [Some(&stdout), Some(&stderr), stdin.as_ref()].into_iter().flatten() {
        rustix::fs::fcntl_setfl(end, OFlags::NONBLOCK).map_err(io)?;
    }
    let streams = [
        child_stdin.as_ref().map(AsRawFd::as_raw_fd),
        Some(child_stdout.as_raw_fd()),
        Some(child_stderr.as_raw_fd()),
    ];
    // What we were given open by our own parent (a make job server, a log file) is not for our children.
    close_on_exec();
    let family =
        Family::found(id, tag, || posix_spawn(&path, &words, &variables, streams, spawn.folder.as_fd()))
            .map_err(io)?;
    // From here on the child must not outlive an early return.
    let pid = Pid::from_raw(family.pid()).ok_or_else(|| cannot_start(spawn, Errno::SRCH))?;
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(errno) => {
            family.signal_group(Signal::KILL);
            let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED);
            return Err(cannot_start(spawn, errno));
        }
    };
    Ok(Child { family, handle, stdin, stdout: Some(stdout), stderr: Some(stderr), waited: false })
}

/// Both ends close on exec, and neither has the number of a standard stream, which the child's set-up overwrites.
fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    let above = |fd: OwnedFd| match fd.as_raw_fd() {
        0..=2 => rustix::io::fcntl_dupfd_cloexec(&fd, 3),
        _ => Ok(fd),
    };
    Ok((above(read)?, above(write)?))
}

fn close_on_exec() {
    // SAFETY: marks descriptors, closes none. An old kernel that cannot do it (before 5.11) refuses; all descriptors
    // of our own are made with close-on-exec anyway.
    unsafe { libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

fn c_string(bytes: &[u8]) -> Option<CString> {
    CString::new(bytes).ok()
}

fn words(spawn: &Spawn) -> Result<Vec<CString>, Failure> {
    let all = std::iter::once(&spawn.program.name).chain(&spawn.words);
    all.map(|word| {
        c_string(word.as_bytes()).ok_or_else(|| {
            Failure::new(
                ErrorKind::Verification,
                codes::E1112,
                format!("the word `{}` holds a zero byte, which no command can be given", printable(word)),
            )
            .label("this word cannot be passed on")
            .help("remove it, or hand the text over by `stdin`")
        })
    })
    .collect()
}

fn variables(environment: &Environment, tag: &str) -> Vec<CString> {
    let own = std::iter::once((family::TAG, std::ffi::OsStr::new(tag)));
    // Names and values have no zero byte: they come from our own environment or were checked.
    environment
        .iter()
        .filter(|(name, _)| *name != family::TAG)
        .chain(own)
        .filter_map(|(name, value)| c_string(&[name.as_bytes(), b"=", value.as_bytes()].concat()))
        .collect()
}

/// The one place that talks to libc's spawning. `streams` become the descriptors 0, 1 and 2; a missing one is
/// `/dev/null`.
fn posix_spawn(
    path: &CString,
    words: &[CString],
    variables: &[CString],
    streams: [Option<RawFd>; 3],
    folder: BorrowedFd<'_>,
) -> Result<i32, Errno> {
    let pointers = |strings: &[CString]| -> Vec<*mut libc::c_char> {
        strings.iter().map(|s| s.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
    };
    let (argv, envp) = (pointers(words), pointers(variables));
    let check = |result: libc::c_int| match result {
        0 => Ok(()),
        code => Err(Errno::from_raw_os_error(code)),
    };
    let mut attributes = Attributes::new()?;
    let mut actions = Actions::new()?;
    let mut signals = MaybeUninit::<libc::sigset_t>::uninit();
    let mut pid: libc::pid_t = 0;
    // SAFETY: `attributes` and `actions` were initialised and are destroyed by their Drop; sigemptyset/sigfillset
    // initialise the set before it is used; the strings, both null-terminated pointer lists and the descriptors live
    // until posix_spawn returns, which copies or finishes with them before it does.
    unsafe {
        check(libc::sigemptyset(signals.as_mut_ptr()))?;
        check(libc::posix_spawnattr_setsigmask(&mut attributes.0, signals.as_ptr()))?;
        check(libc::sigfillset(signals.as_mut_ptr()))?;
        check(libc::sigdelset(signals.as_mut_ptr(), libc::SIGKILL))?;
        check(libc::sigdelset(signals.as_mut_ptr(), libc::SIGSTOP))?;
        check(libc::posix_spawnattr_setsigdefault(&mut attributes.0, signals.as_ptr()))?;
        let flags = libc::c_int::from(libc::POSIX_SPAWN_SETSID)
            | libc::POSIX_SPAWN_SETSIGMASK
            | libc::POSIX_SPAWN_SETSIGDEF;
        // All flags are far below the limit of a c_short.
        check(libc::posix_spawnattr_setflags(&mut attributes.0, flags as libc::c_short))?;
        for (number, stream) in (0..).zip(streams) {
            check(match stream {
                Some(fd) => libc::posix_spawn_file_actions_adddup2(&mut actions.0, fd, number),
                None => libc::posix_spawn_file_actions_addopen(
                    &mut actions.0,
                    number,
                    c"/dev/null".as_ptr(),
                    libc::O_RDONLY,
                    0,
                ),
            })?;
        }
        check(libc::posix_spawn_file_actions_addfchdir_np(&mut actions.0, folder.as_raw_fd()))?;
        check(libc::posix_spawn(
            &mut pid,
            path.as_ptr(),
            &actions.0,
            &attributes.0,
            argv.as_ptr(),
            envp.as_ptr(),
        ))?;
    }
    Ok(pid)
}

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new() -> Result<Attributes, Errno> {
        let mut raw = MaybeUninit::uninit();
        // SAFETY: on success init has filled all of it.
        match unsafe { libc::posix_spawnattr_init(raw.as_mut_ptr()) } {
            0 => Ok(Attributes(unsafe { raw.assume_init() })),
            code => Err(Errno::from_raw_os_error(code)),
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised by new, destroyed once.
        unsafe { libc::posix_spawnattr_destroy(&mut self.0) };
    }
}

struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new() -> Result<Actions, Errno> {
        let mut raw = MaybeUninit::uninit();
        // SAFETY: on success init has filled all of it.
        match unsafe { libc::posix_spawn_file_actions_init(raw.as_mut_ptr()) } {
            0 => Ok(Actions(unsafe { raw.assume_init() })),
            code => Err(Errno::from_raw_os_error(code)),
        }
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised by new, destroyed once.
        unsafe { libc::posix_spawn_file_actions_destroy(&mut self.0) };
    }
}

fn bad_folder(path: &Path, errno: Errno) -> Failure {
    let shown = path.display();
    let (kind, why) = match errno {
        Errno::ACCESS | Errno::PERM => (ErrorKind::Permission, "you may not enter it".to_owned()),
        Errno::NOENT => (ErrorKind::Configuration, "it does not exist".to_owned()),
        Errno::NOTDIR => (ErrorKind::Configuration, "it is not a folder".to_owned()),
        other => (ErrorKind::Configuration, reason(other)),
    };
    Failure::new(kind, codes::E1110, format!("no command can run in the folder `{shown}`: {why}"))
        .label("this command's folder")
        .help("`in` names a folder under the project's root")
}

fn reason(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    // "Permission denied (os error 13)": the number tells a user nothing.
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Why the kernel did not start it. The file was checked before, so what is missing is something else.
pub(super) fn cannot_start(spawn: &Spawn, errno: Errno) -> Failure {
    let command = spawn.command();
    let program = spawn.program.path.display();
    if matches!(errno, Errno::ACCESS | Errno::NOTDIR)
        && let Err(errno) = rustix::fs::accessat(
            spawn.folder.as_fd(),
            ".",
            rustix::fs::Access::EXEC_OK,
            rustix::fs::AtFlags::empty(),
        )
    {
        return bad_folder(spawn.folder.path(), errno);
    }
    let (kind, why, help) = match errno {
        Errno::NOENT => (
            ErrorKind::Configuration,
            "the interpreter or loader that it names does not exist".to_owned(),
            Some(format!("look at its first line: `head -1 {program}`")),
        ),
        Errno::NOEXEC => (
            ErrorKind::Configuration,
            "it is neither a program for this machine nor a script with a `#!` line".to_owned(),
            Some("a script needs a first line such as `#!/bin/sh`".to_owned()),
        ),
        Errno::ACCESS | Errno::PERM => (
            ErrorKind::Permission,
            "you may not execute it or its interpreter".to_owned(),
            Some(format!("`ls -l {program}`; a file system may also be mounted `noexec`")),
        ),
        Errno::TOOBIG => (
            ErrorKind::Verification,
            "its words and environment are too long for one command".to_owned(),
            Some("hand long data over by `stdin`, or a part at a time".to_owned()),
        ),
        Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE => (
            ErrorKind::Transient,
            format!("the machine has no room for another process ({})", reason(errno)),
            None,
        ),
        Errno::TXTBSY => (ErrorKind::Transient, "its file is being written just now".to_owned(), None),
        other => (ErrorKind::Configuration, reason(other), None),
    };
    let failure = Failure::new(kind, codes::E1109, format!("`{command}` could not be started: {why}"))
        .label("this command did not start");
    match help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
