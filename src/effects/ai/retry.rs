//! Further tries of what may pass: a server that is busy, a connection that breaks.

use super::usage::Usage;
use super::{Control, ProviderReply, Unanswered};
use crate::diagnostics::Failure;
use std::time::{Duration, SystemTime};

/// A server that wants to be left alone for longer cannot be reached for now.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// Why one try gave nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    pub why: Unanswered,
    /// Another try may help; after so long, if the server said so.
    pub again: Option<Option<Duration>>,
}

impl Miss {
    pub fn ends(why: Unanswered) -> Miss {
        Miss { why, again: None }
    }

    pub fn may_pass(why: Failure, after: Option<Duration>) -> Miss {
        Miss { why: Unanswered::Unavailable(why), again: Some(after) }
    }

    /// What it took all the same.
    pub fn took(mut self, usage: &Usage) -> Miss {
        if let (Some(failure), false) = (self.why.failure(), usage.is_empty()) {
            failure.usage = Some(Box::new(usage.to_json()));
        }
        self
    }
}

/// A wait before another try, for whoever records and shows it.
#[derive(Debug, Clone, Copy)]
pub struct Wait<'a> {
    /// Which try comes after it, and how many there are at most.
    pub attempt: u32,
    pub of: u32,
    /// What the server asked for; none: exponential backoff.
    pub delay: Option<Duration>,
    pub why: &'a Failure,
}

/// Tries until there is an answer, trying again makes no sense, or the tries are used up. What tries took that gave
/// nothing is part of what the question took, whatever becomes of it.
pub fn with_tries(
    control: &Control<'_>,
    mut once: impl FnMut() -> Result<ProviderReply, Miss>,
) -> Result<ProviderReply, Unanswered> {
    let mut lost = Usage::default();
    let result = tries(control, || {
        let mut result = once();
        let failure = result.as_mut().err().and_then(|miss| miss.why.failure());
        if let Some(usage) = failure.and_then(|f| f.usage.as_deref()) {
            lost.add(&Usage::from_json(usage));
        }
        result
    });
    match result {
        Ok(mut reply) if !lost.is_empty() => {
            lost.add(&reply.usage.unwrap_or_default());
            reply.usage = Some(lost);
            Ok(reply)
        }
        Ok(reply) => Ok(reply),
        Err(why) => Err(Miss::ends(why).took(&lost).why),
    }
}

fn tries(
    control: &Control<'_>,
    mut once: impl FnMut() -> Result<ProviderReply, Miss>,
) -> Result<ProviderReply, Unanswered> {
    let mut attempt = 1;
    loop {
        let miss = match once() {
            Ok(reply) => return Ok(reply),
            Err(miss) => miss,
        };
        let (Unanswered::Unavailable(why), Some(delay)) = (&miss.why, miss.again) else {
            return Err(miss.why);
        };
        if let Some(longer) = delay.filter(|d| !is_worth_it(*d, control)) {
            let Unanswered::Unavailable(why) = miss.why else { return Err(miss.why) };
            let asked = format!("it asks to be left alone for {}", in_words(longer));
            return Err(Unanswered::Unavailable(why.note(asked)));
        }
        if attempt >= control.tries {
            return Err(told(miss.why, attempt));
        }
        attempt += 1;
        (control.pause)(&Wait { attempt, of: control.tries, delay, why })?;
        let over = |until: SystemTime| SystemTime::now() >= until;
        if control.until.is_some_and(over) {
            return Err(told(miss.why, attempt - 1));
        }
    }
}

fn is_worth_it(delay: Duration, control: &Control<'_>) -> bool {
    let ends = SystemTime::now().checked_add(delay);
    delay <= LONGEST_WAIT && control.until.is_none_or(|until| ends.is_some_and(|ends| ends < until))
}

fn told(why: Unanswered, tries: u32) -> Unanswered {
    match why {
        Unanswered::Unavailable(why) if tries > 1 => {
            Unanswered::Unavailable(why.note(format!("it was tried {tries} times")))
        }
        other => other,
    }
}

fn in_words(delay: Duration) -> String {
    crate::ui::time::duration(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX))
}
