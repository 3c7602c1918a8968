//! One command from start to end. Returns only when nothing of it runs any more, with what it printed.

use super::finished::with_tails;
use super::pump::Pump;
use super::spawn::{Child, cannot_start, start};
use super::{Control, Finished, Spawn, Stream};
use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure};
use rustix::io::Errno;
use rustix::process::Signal;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

/// Why we stopped waiting.
#[derive(Clone, Copy)]
enum Stop {
    Ended,
    TimedOut(Duration),
    Cancelled,
    TooMuch,
}

/// Runs a command. Any exit code and any signal is `Ok`: see [`Finished::check`]. A timeout, a cancellation, too much
/// output and a command that cannot be started are failures.
pub fn run(spawn: &Spawn, control: &Control<'_>) -> Result<Finished, Failure> {
    if control.is_cancelled() {
        return Err(cancelled(spawn));
    }
    let began = Instant::now();
    let mut child = start(spawn, false)?;
    let pid = child.family.pid() as u32;
    let input = spawn.stdin.as_deref().unwrap_or_default();
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        // `start` gives both.
        return Err(cannot_start(spawn, Errno::BADF));
    };
    let mut pump = Pump::new(child.stdin.take(), input, stdout, stderr, control);

    let broken = |errno| cannot_start(spawn, errno);
    let stop = wait(&child, &mut pump, control, began).map_err(broken)?;
    let idle = |pump: &mut Pump<'_>, time| {
        // Failing to poll costs only what would be read now; the end does not depend on it.
        if pump.step(&[], Some(time)).is_err() {
            std::thread::sleep(time);
        }
    };
    match stop {
        Stop::Ended => {}
        Stop::TooMuch => drop(child.family.end(Duration::ZERO, &mut |time| idle(&mut pump, time))),
        Stop::TimedOut(_) | Stop::Cancelled => {
            drop(child.family.end(control.grace, &mut |time| idle(&mut pump, time)));
        }
    }
    // Until it is waited for, its number is its own, so this hits what it left behind in its group and nothing else.
    child.family.signal_group(Signal::TERM);
    let status = child.wait().map_err(broken)?;
    let duration = began.elapsed();
    pump.drain();
    let mut survivors = Vec::new();
    if child.family.may_have_left() {
        let grace = if matches!(stop, Stop::Ended) { control.grace } else { Duration::ZERO };
        survivors = child.family.end(grace, &mut |time| idle(&mut pump, time));
        pump.drain();
    }
    let overflowed = pump.overflowed();
    let (stdout, stderr) = pump.finish();

    let failure = match (stop, overflowed) {
        (Stop::TimedOut(limit), _) => timed_out(spawn, limit),
        (Stop::Cancelled, _) => cancelled(spawn),
        (_, Some(stream)) => too_much(spawn, stream, control.output_limit),
        _ => return Ok(Finished { status, stdout, stderr, duration, pid, survivors }),
    };
    let failure = if survivors.is_empty() {
        failure
    } else {
        let pids: Vec<String> = survivors.iter().map(u32::to_string).collect();
        failure.note(format!("these of its processes could not be ended: {}", pids.join(", ")))
    };
    Err(with_tails(failure, &stdout, &stderr))
}

/// Moves bytes until the first process has ended or there is a reason to end it.
fn wait(child: &Child, pump: &mut Pump<'_>, control: &Control<'_>, began: Instant) -> Result<Stop, Errno> {
    let events: Vec<BorrowedFd<'_>> = std::iter::once(child.handle.as_fd())
        .chain(control.cancel.iter().filter_map(super::Cancel::event))
        .collect();
    // A flag without a descriptor has to be looked at.
    let blind = events.len() <= control.cancel.len();
    loop {
        let mut wake = match control.timeout {
            Some(limit) => match limit.checked_sub(began.elapsed()) {
                Some(left) if !left.is_zero() => Some(left),
                _ => return Ok(Stop::TimedOut(limit)),
            },
            None => None,
        };
        if blind {
            let often = Duration::from_millis(50);
            wake = Some(wake.map_or(often, |w| w.min(often)));
        }
        let ready = pump.step(&events, wake)?;
        if ready.first() == Some(&true) {
            return Ok(Stop::Ended);
        }
        if control.is_cancelled() {
            return Ok(Stop::Cancelled);
        }
        if pump.overflowed().is_some() {
            return Ok(Stop::TooMuch);
        }
    }
}

fn timed_out(spawn: &Spawn, limit: Duration) -> Failure {
    Failure::new(
        ErrorKind::Timeout,
        codes::E1105,
        format!("`{}` took longer than {} and was ended", spawn.command(), shown(limit)),
    )
    .label("this command took too long")
    .help("give it more time with `timeout`, if it needs it")
}

/// As a Duration is written in a workflow.
fn shown(time: Duration) -> String {
    let millis = time.as_millis();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if millis >= size && millis.is_multiple_of(size) {
            return format!("{}{unit}", millis / size);
        }
    }
    format!("{millis}ms")
}

fn cancelled(spawn: &Spawn) -> Failure {
    Failure::new(ErrorKind::Transient, codes::E1107, format!("`{}` was cancelled", spawn.command()))
        .label("this command was ended before it was done")
}

fn too_much(spawn: &Spawn, stream: Stream, limit: usize) -> Failure {
    let amount = match limit {
        mib if mib >= 1 << 20 && mib.is_multiple_of(1 << 20) => format!("{} MiB", mib >> 20),
        kib if kib >= 1 << 10 && kib.is_multiple_of(1 << 10) => format!("{} KiB", kib >> 10),
        bytes => format!("{bytes} bytes"),
    };
    Failure::new(
        ErrorKind::Verification,
        codes::E1106,
        format!(
            "`{}` printed more than the limit of {amount} to its {} and was ended",
            spawn.command(),
            stream.name()
        ),
    )
    .label("this command printed too much")
    .help("let it print less (a filter, `--quiet`), or let it write a file")
}
