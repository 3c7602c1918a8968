//! Everything that a command started, wherever it went: its session, its process tree, and what left both.
//!
//! This process makes itself a child subreaper, so a descendant whose parent ended becomes a child of ours instead of
//! init's. A child that is neither registered here nor in our own session was therefore adopted; whose it is shows in
//! its session, its process group or the tag in its environment. One that hides all three belongs to some running
//! command, and is ended with the last of them.
//!
//! Only pids known to be ours to wait for are waited for, so children that other code has started in our own session
//! (an editor, say) are never taken from it.

use super::control::in_a_hurry;
use super::proc::{Process, own_children};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, RwLock};
use std::time::{Duration, Instant};

/// In the environment of every command: the run it belongs to, a dot, a number.
pub(super) const TAG: &str = "WFLOW_SPAWN";

/// Between a child's birth and its registration nobody may look at the children: those who start one share this lock,
/// whoever looks has it alone.
static BIRTHS: RwLock<()> = RwLock::new(());
static MEMBERS: Mutex<Vec<Member>> = Mutex::new(Vec::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

#[derive(Debug, Clone)]
struct Member {
    id: u64,
    pid: i32,
    tag: String,
}

fn members() -> MutexGuard<'static, Vec<Member>> {
    // The list is whole even if a thread died while it held the lock.
    MEMBERS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Once per process: adopt orphaned descendants, and survive writing to a closed pipe.
pub(super) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Only the kernel's age could make it fail; then daemons that left their session are not found.
        let _ = rustix::process::set_child_subreaper(Pid::from_raw(1));
        // SAFETY: setting a disposition to "ignore" runs no code of ours in a handler. Rust's runtime has usually
        // done so already; a command that does not read its input must never end the engine.
        unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    });
}

/// A name for what is about to be started, unique in this run of the engine and, with the run's id, beyond.
pub(super) fn new_tag(run: &str) -> (u64, String) {
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    (id, format!("{run}.{}-{id}", std::process::id()))
}

/// One command's processes.
#[derive(Debug)]
pub(super) struct Family {
    member: Member,
    registered: bool,
}

impl Family {
    /// Starts a child by `start`, which gives its pid, and registers it, as one act.
    pub fn found<E>(id: u64, tag: String, start: impl FnOnce() -> Result<i32, E>) -> Result<Family, E> {
        let _birth = BIRTHS.read().unwrap_or_else(|e| e.into_inner());
        let pid = start()?;
        let member = Member { id, pid, tag };
        members().push(member.clone());
        Ok(Family { member, registered: true })
    }

    pub fn pid(&self) -> i32 {
        self.member.pid
    }

    /// Signals the first process's group. Only while that process has not been waited for: until then nobody else
    /// can have its number.
    pub fn signal_group(&self, signal: Signal) {
        if let (true, Some(pid)) = (self.registered, Pid::from_raw(self.member.pid)) {
            let _ = rustix::process::kill_process_group(pid, signal);
        }
    }

    /// To be called after the first process was waited for.
    pub fn forget_first(&mut self) {
        if std::mem::take(&mut self.registered) {
            members().retain(|m| m.id != self.member.id);
        }
    }

    /// Whether anything of this command may be left. Cheap if this process has no child at all, as is usual.
    pub fn may_have_left(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if matches!(waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD)) {
            return false;
        }
        let _alone = BIRTHS.write().unwrap_or_else(|e| e.into_inner());
        let Some(children) = own_children() else { return true };
        let known: HashSet<i32> = members().iter().map(|m| m.pid).collect();
        let own = own_session();
        children
            .into_iter()
            .filter(|pid| !known.contains(pid))
            .any(|pid| Process::read(pid).is_some_and(|p| p.session != own))
    }

    /// Asks everything to end, then makes it. Between two looks `idle` is called with the time until the next one,
    /// so that somebody reads what is still being printed. Gives what could not be ended.
    pub fn end(&self, grace: Duration, idle: &mut dyn FnMut(Duration)) -> Vec<u32> {
        /// After KILL, how often to look again: a process in an uninterruptible system call takes its time.
        const PATIENCE: u32 = 120;
        /// How often to look again at one that does not show whose it is: it may be about to.
        const DOUBT: u32 = 15;
        let mut looks_in_doubt = 0;
        let deadline = Instant::now() + grace;
        let mut asked: HashSet<(i32, u64)> = HashSet::new();
        let mut looks_after_kill = 0;
        let mut pause = Duration::from_millis(1);
        loop {
            let killing = Instant::now() >= deadline || in_a_hurry();
            if killing {
                // The whole group at once, so that nothing in it can start more meanwhile.
                self.signal_group(Signal::KILL);
            }
            let Census { living, doubtful } = self.census();
            if living.is_empty() {
                looks_in_doubt += 1;
                if !doubtful || looks_in_doubt > DOUBT {
                    return Vec::new();
                }
            }
            for process in &living {
                if killing {
                    process.signal(Signal::KILL);
                } else if asked.insert((process.pid, process.start)) {
                    process.signal(Signal::TERM);
                    // One that is stopped would not see it.
                    process.signal(Signal::CONT);
                }
            }
            if killing && !living.is_empty() {
                looks_after_kill += 1;
                if looks_after_kill > PATIENCE {
                    return living.iter().map(|p| p.pid as u32).collect();
                }
            }
            let until_kill = deadline.saturating_duration_since(Instant::now());
            let shortest = Duration::from_millis(1);
            idle(if killing { pause } else { pause.min(until_kill.max(shortest)) });
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// What runs now. Waits for adopted processes that have ended.
    fn census(&self) -> Census {
        let (all, others) = {
            let _alone = BIRTHS.write().unwrap_or_else(|e| e.into_inner());
            let others: Vec<Member> = members().iter().filter(|m| m.id != self.member.id).cloned().collect();
            (Process::all(), others)
        };
        let me = std::process::id() as i32;
        let own = own_session();
        let mut below: HashMap<i32, Vec<&Process>> = HashMap::new();
        for process in &all {
            below.entry(process.parent).or_default().push(process);
        }
        let mut open: Vec<&Process> = Vec::new();
        let mut doubtful = false;
        for child in below.get(&me).into_iter().flatten() {
            if others.iter().any(|m| m.pid == child.pid) {
                continue;
            }
            let first = self.registered && child.pid == self.member.pid;
            if !first {
                if child.session == own {
                    continue;
                }
                if child.zombie {
                    reap(child.pid);
                    continue;
                }
            }
            match if first { Origin::Ours } else { self.origin(child, &others) } {
                Origin::Ours => open.push(child),
                Origin::Others => {}
                Origin::Unknown => doubtful = true,
            }
        }
        let mut living = Vec::new();
        // A process has one parent, so each is seen at most once.
        while let Some(process) = open.pop() {
            open.extend(below.get(&process.pid).into_iter().flatten());
            if !process.zombie {
                living.push(process.clone());
            }
        }
        Census { living, doubtful }
    }

    /// Whose an adopted process is.
    fn origin(&self, process: &Process, others: &[Member]) -> Origin {
        let by_number = |m: &Member| process.session == m.pid || process.group == m.pid;
        if others.is_empty() || by_number(&self.member) {
            return Origin::Ours;
        }
        if others.iter().any(by_number) {
            return Origin::Others;
        }
        match process.variable(TAG) {
            Some(tag) if tag == self.member.tag => Origin::Ours,
            Some(_) => Origin::Others,
            // It has removed the tag, or is just being loaded or ending: then its environment reads as empty.
            None => Origin::Unknown,
        }
    }
}

struct Census {
    living: Vec<Process>,
    /// Whether one does not show whose it is.
    doubtful: bool,
}

enum Origin {
    Ours,
    Others,
    Unknown,
}

impl Drop for Family {
    fn drop(&mut self) {
        self.forget_first();
    }
}

/// This process's session, 0 where its leader lives outside our pid namespace (as in a container that somebody entered).
/// Read where the sessions of the others are read, so that the two are always comparable.
fn own_session() -> i32 {
    static OWN: OnceLock<i32> = OnceLock::new();
    *OWN.get_or_init(|| Process::read(std::process::id() as i32).map_or(0, |own| own.session))
}

/// Waits for an adopted child that has ended; no other code can be waiting for it.
fn reap(pid: i32) {
    if let Some(pid) = Pid::from_raw(pid) {
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
    }
}

/// The processes that an earlier engine started for this run and did not end because it crashed: found by the tag
/// that their environment carries. Not exact against a program that removes it.
pub fn orphans(run: &str) -> Vec<u32> {
    tagged(run).iter().map(|p| p.pid as u32).collect()
}

fn tagged(run: &str) -> Vec<Process> {
    let prefix = format!("{run}.");
    let active: HashSet<String> = members().iter().map(|m| m.tag.clone()).collect();
    let me = std::process::id() as i32;
    Process::all()
        .into_iter()
        .filter(|p| !p.zombie && p.pid != me)
        .filter(|p| p.variable(TAG).is_some_and(|tag| tag.starts_with(&prefix) && !active.contains(&tag)))
        .collect()
}

/// Ends the processes of [`orphans`]; gives those that could not be ended.
pub fn end_orphans(run: &str, grace: Duration) -> Vec<u32> {
    let deadline = Instant::now() + grace;
    let mut asked = HashSet::new();
    let mut looks_after_kill = 0;
    loop {
        let living = tagged(run);
        if living.is_empty() || looks_after_kill > 100 {
            return living.iter().map(|p| p.pid as u32).collect();
        }
        let killing = Instant::now() >= deadline || in_a_hurry();
        looks_after_kill += u32::from(killing);
        for process in &living {
            if killing {
                process.signal(Signal::KILL);
            } else if asked.insert((process.pid, process.start)) {
                process.signal(Signal::TERM);
                process.signal(Signal::CONT);
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
