//! A stack of its own for evaluation, and the guard that ends it before it overflows.

use super::{Eval, IntoStop, Root, internal};
use crate::diagnostics::{ErrorKind, Failure, codes::runtime};
use crate::interpreter::lowered::Lowered;
use crate::interpreter::world::{Stop, World};

/// How much of the thread's stack may be used, from an address downwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stack {
    top: usize,
    room: usize,
}

impl Stack {
    pub fn here(room: usize) -> Stack {
        let marker = 0u8;
        Stack { top: std::ptr::from_ref(&marker) as usize, room }
    }

    pub fn is_used_up(&self) -> bool {
        let marker = 0u8;
        self.top.saturating_sub(std::ptr::from_ref(&marker) as usize) > self.room
    }
}

/// Memory is taken only as it is touched; a machine that grants less gets less, and the guard knows.
const STACKS: [usize; 3] = [512 << 20, 64 << 20, 8 << 20];
/// What is kept for the deepest single expression and whatever the world does.
pub(super) const RESERVE: usize = 3 << 20;

/// Evaluates on a thread with a large stack and waits for it.
pub(in crate::interpreter) fn on_big_stack<'l, T: Send>(
    lowered: &'l Lowered,
    world: &'l dyn World,
    root: &Root,
    work: impl FnOnce(&mut Eval<'l>) -> Result<T, Stop> + Send,
) -> Result<T, Stop> {
    // Handed over through a cell, because a failed start must not lose it.
    let work = std::sync::Mutex::new(Some(work));
    let work = &work;
    std::thread::scope(|scope| {
        for size in STACKS {
            let spawned = std::thread::Builder::new()
                .name(String::from("evaluate"))
                .stack_size(size)
                .spawn_scoped(scope, move || {
                    let work = work.lock().ok().and_then(|mut w| w.take());
                    let mut eval = Eval::new(lowered, world, root, size - RESERVE);
                    match work {
                        Some(work) => work(&mut eval),
                        None => Err(internal("nothing to evaluate").into_stop()),
                    }
                });
            if let Ok(thread) = spawned {
                return thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        }
        let message = "there is not enough memory for a thread that evaluates the program";
        Err(Failure::new(ErrorKind::Transient, runtime::E1011, message).into())
    })
}
