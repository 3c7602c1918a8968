//! Connections whose waits can be ended: by a cancelled branch, an interrupted run, or a deadline.
//!
//! The HTTP client blocks in its transport. This one waits in short slices and looks at the thread's [`Watch`] between
//! them, so that a server that says nothing holds nobody up.

use crate::interpreter::CancelToken;
use std::cell::RefCell;
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Short enough that nobody notices that a wait ends late.
const SLICE: Duration = Duration::from_millis(50);

/// Why a wait was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Cancelled,
    Expired,
}

struct Guard {
    cancel: CancelToken,
    until: Option<Instant>,
    ended: Option<Ended>,
}

thread_local! {
    /// A request is made and read on one thread; the client gives a transport no other way to know whose it is.
    static GUARD: RefCell<Option<Guard>> = const { RefCell::new(None) };
}

/// Watches over the requests of this thread until it is dropped.
pub struct Watch(());

impl Watch {
    pub fn begin(cancel: &CancelToken, until: Option<Instant>) -> Watch {
        let guard = Guard { cancel: cancel.clone(), until, ended: None };
        GUARD.with(|g| *g.borrow_mut() = Some(guard));
        Watch(())
    }

    /// Whether a wait was ended since, or would be now.
    pub fn ended(&self) -> Option<Ended> {
        look()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        GUARD.with(|g| *g.borrow_mut() = None);
    }
}

fn look() -> Option<Ended> {
    GUARD.with(|g| {
        let mut guard = g.borrow_mut();
        let guard = guard.as_mut()?;
        if guard.ended.is_none() {
            guard.ended = match guard.until {
                _ if guard.cancel.is_cancelled() => Some(Ended::Cancelled),
                Some(until) if Instant::now() >= until => Some(Ended::Expired),
                _ => None,
            };
        }
        guard.ended
    })
}

/// How long to wait at most until the deadline; none where there is none.
fn left() -> Option<Duration> {
    GUARD.with(|g| {
        let until = g.borrow().as_ref()?.until?;
        Some(until.saturating_duration_since(Instant::now()))
    })
}

/// Puts a [`Watched`] around what stands before it in the chain.
#[derive(Debug, Default)]
pub struct WatchConnector;

impl<In: Transport> Connector<In> for WatchConnector {
    type Out = Watched<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Watched<In>>, Error> {
        Ok(chained.map(Watched))
    }
}

#[derive(Debug)]
pub struct Watched<T>(T);

impl<T: Transport> Transport for Watched<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, mut timeout: NextTimeout) -> Result<(), Error> {
        if look().is_some() {
            return Err(Error::Timeout(timeout.reason));
        }
        if let Some(left) = left().filter(|left| timeout.not_zero().is_none_or(|own| *own > *left)) {
            timeout.after = left.max(SLICE).into();
        }
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let begun = Instant::now();
        loop {
            if look().is_some() {
                return Err(Error::Timeout(timeout.reason));
            }
            let own = timeout.not_zero().map(|own| own.saturating_sub(begun.elapsed()));
            let wait = own.unwrap_or(SLICE).min(SLICE).min(left().unwrap_or(SLICE));
            if own.is_some_and(|own| own.is_zero()) {
                return Err(Error::Timeout(timeout.reason));
            }
            let slice = NextTimeout {
                after: wait.max(Duration::from_millis(1)).into(),
                reason: timeout.reason,
                per_read: None,
                per_write: None,
            };
            match self.0.await_input(slice) {
                Err(Error::Timeout(_)) => {}
                other => return other,
            }
        }
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
