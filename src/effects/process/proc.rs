//! What `/proc` says about processes. Only facts; whoever acts on a pid compares its start time again.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    pub pid: i32,
    pub parent: i32,
    pub group: i32,
    pub session: i32,
    /// In clock ticks since boot; with the pid it names one process for good.
    pub start: u64,
    pub zombie: bool,
}

impl Process {
    pub fn read(pid: i32) -> Option<Process> {
        let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
        parse(pid, &stat)
    }

    /// Every process that can be seen.
    pub fn all() -> Vec<Process> {
        let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<i32>().ok());
        pids.filter_map(Process::read).collect()
    }

    /// The value of a variable in the environment that it was started with.
    pub fn variable(&self, name: &str) -> Option<String> {
        let environment = std::fs::read(format!("/proc/{}/environ", self.pid)).ok()?;
        let value = environment
            .split(|b| *b == 0)
            .find_map(|entry| entry.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        String::from_utf8(value.to_vec()).ok()
    }

    /// Signals this very process, never one that got its number later.
    pub fn signal(&self, signal: Signal) {
        let Some(pid) = Pid::from_raw(self.pid) else { return };
        let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return };
        if Process::read(self.pid).is_some_and(|now| now.start == self.start) {
            // It may have ended, or belong to somebody else: both show when its group is looked at again.
            let _ = pidfd_send_signal(&handle, signal);
        }
    }
}

/// The fields of `/proc/PID/stat`. The name in parentheses may hold anything, parentheses included.
fn parse(pid: i32, stat: &[u8]) -> Option<Process> {
    let end_of_name = stat.iter().rposition(|b| *b == b')')?;
    let mut fields = std::str::from_utf8(stat.get(end_of_name + 1..)?).ok()?.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = || fields.next()?.parse::<i32>().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    let start = fields.nth(15)?.parse().ok()?;
    Some(Process { pid, parent, group, session, start, zombie: matches!(state, "Z" | "X" | "x") })
}

/// The children of this process, ended ones included; `None` if this kernel does not list them.
pub(super) fn own_children() -> Option<Vec<i32>> {
    let mut children = Vec::new();
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        // A thread may end meanwhile; its children go to another one, which is looked at when all is read again.
        let Ok(thread) = thread else { continue };
        match std::fs::read_to_string(thread.path().join("children")) {
            Ok(list) => children.extend(list.split_ascii_whitespace().filter_map(|p| p.parse::<i32>().ok())),
            Err(_) if thread.path().exists() => return None,
            Err(_) => {}
        }
    }
    Some(children)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_the_fields() {
        let stat = b"7 (a) S 1 1 1) R 5 6 8 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 2";
        let process = parse(7, stat).expect("a well-formed line");
        assert_eq!((process.parent, process.group, process.session, process.start), (5, 6, 8, 12345));
    }

    #[test]
    fn this_process_is_listed() {
        let me = std::process::id() as i32;
        assert!(Process::all().iter().any(|p| p.pid == me && !p.zombie));
        assert!(own_children().is_some());
    }
}
