//! What a run, an agent in it and one question may cost. What an answer may cost at most is set aside before it is
//! asked for, so that branches side by side keep the limits together, too.

use super::usage::dollars;
use super::{Control, Unanswered};
use crate::diagnostics::codes::ask::{E1328, E1329};
use crate::diagnostics::{ErrorKind, Failure};
use crate::policy::Price;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// An answer shorter than this is worth no question.
const FEWEST_TOKENS: i64 = 16;

/// Stands between the path of a question and the number of an answer in its conversation.
const ANSWER: &str = "/answer#";

/// US dollars.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    pub run: Option<f64>,
    pub ask: Option<f64>,
}

#[derive(Default)]
pub struct Budget {
    limits: Limits,
    purses: Mutex<HashMap<Purse, Sum>>,
    settled: Condvar,
}

type Purses<'a> = MutexGuard<'a, HashMap<Purse, Sum>>;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Purse {
    Run,
    Agent(String),
    /// By the path of its first try.
    Ask(String),
}

impl Purse {
    fn in_words(&self) -> String {
        match self {
            Purse::Run => String::from("the run"),
            Purse::Agent(name) => format!("the agent `{name}`"),
            Purse::Ask(_) => String::from("this question"),
        }
    }

    fn key(&self) -> &'static str {
        match self {
            Purse::Run => "`max_cost` under `[ai]` in wflow.toml",
            Purse::Agent(_) => "the agent's `max_cost`",
            Purse::Ask(_) => "`max_cost_per_ask` under `[ai]` in wflow.toml",
        }
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    spent: f64,
    held: f64,
    /// How many hold something: sums of fractions do not come back to nothing.
    holders: u32,
}

/// Who pays for a question.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    pub agent: Option<&'a str>,
    pub agent_limit: Option<f64>,
    pub path: &'a str,
}

/// Money set aside; given back when it is dropped.
pub struct Hold<'a> {
    budget: &'a Budget,
    purses: Vec<Purse>,
    amount: f64,
    /// It is set aside; otherwise there is no limit, or there was too little.
    counted: bool,
    /// How long the answer may be.
    pub max_tokens: i64,
}

impl Budget {
    pub fn new(limits: Limits) -> Budget {
        Budget { limits, ..Budget::default() }
    }

    fn lock(&self) -> Purses<'_> {
        self.purses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The purses that a question is paid from, with their limits.
    fn purses(&self, account: &Account<'_>) -> [(Purse, Option<f64>); 3] {
        // The answers of a conversation are one question, and so are all tries.
        let question = account.path.split_once(ANSWER).map_or(account.path, |(question, _)| question);
        let ask = question.rsplit_once('@').map_or(question, |(first, _)| first);
        let agent = Purse::Agent(account.agent.unwrap_or_default().to_owned());
        [
            (Purse::Run, self.limits.run),
            (agent, account.agent_limit),
            (Purse::Ask(ask.to_owned()), self.limits.ask),
        ]
    }

    /// Sets aside what the question and its longest answer cost, shortening the answer where that is too much.
    pub fn hold(
        &self,
        account: &Account<'_>,
        model: &str,
        price: Option<Price>,
        asked: u64,
        max_tokens: i64,
        control: &Control<'_>,
    ) -> Result<Hold<'_>, Unanswered> {
        let limited = self.limited(account);
        let mut hold = self.nothing(account, max_tokens);
        let Some((first, _)) = limited.first() else { return Ok(hold) };
        let price = price.ok_or_else(|| Unanswered::Failed(unknown_price(model, first)))?;
        let question = asked as f64 * price.input / 1e6;
        let token = price.output / 1e6;
        let wanted = question + max_tokens as f64 * token;
        let (purses, tightest, left) = self.room(&limited, wanted, control)?;
        if left < wanted {
            // A price of nothing never comes here.
            hold.max_tokens = ((left - question) / token).floor() as i64;
            if hold.max_tokens < FEWEST_TOKENS.min(max_tokens) {
                let spent = purses.get(&tightest.0).copied().unwrap_or_default().spent;
                drop(purses);
                return Err(Unanswered::Failed(too_much(&tightest, spent, question)));
            }
        }
        hold.take(purses, wanted.min(left));
        Ok(hold)
    }

    /// Sets aside all that is left, and says how much, for whoever counts the cost itself; none without a limit.
    pub fn hold_rest(
        &self,
        account: &Account<'_>,
        control: &Control<'_>,
    ) -> Result<Option<(Hold<'_>, f64)>, Unanswered> {
        let limited = self.limited(account);
        if limited.is_empty() {
            return Ok(None);
        }
        let mut hold = self.nothing(account, 0);
        let (purses, tightest, left) = self.room(&limited, f64::INFINITY, control)?;
        if left <= 0.0 {
            let spent = purses.get(&tightest.0).copied().unwrap_or_default().spent;
            drop(purses);
            return Err(Unanswered::Failed(too_much(&tightest, spent, 0.0)));
        }
        hold.take(purses, left);
        Ok(Some((hold, left)))
    }

    fn limited(&self, account: &Account<'_>) -> Vec<(Purse, f64)> {
        self.purses(account).into_iter().filter_map(|(purse, limit)| Some((purse, limit?))).collect()
    }

    fn nothing(&self, account: &Account<'_>, max_tokens: i64) -> Hold<'_> {
        let purses = self.purses(account).map(|(purse, _)| purse).into();
        Hold { budget: self, purses, amount: 0.0, counted: false, max_tokens }
    }

    /// The tightest purse and what is left in it, once nobody holds what may come back and is wanted.
    fn room(
        &self,
        limited: &[(Purse, f64)],
        wanted: f64,
        control: &Control<'_>,
    ) -> Result<(Purses<'_>, (Purse, f64), f64), Unanswered> {
        let mut purses = self.lock();
        loop {
            let of = |p: &Purse| purses.get(p).copied().unwrap_or_default();
            let rooms = limited.iter().map(|l| (l, l.1 - of(&l.0).spent - of(&l.0).held));
            let Some((tightest, left)) = rooms.min_by(|a, b| a.1.total_cmp(&b.1)) else {
                return Ok((purses, (Purse::Run, f64::INFINITY), f64::INFINITY));
            };
            let others = limited.iter().any(|(p, _)| of(p).holders > 0);
            if left >= wanted || !others {
                let tightest = tightest.clone();
                return Ok((purses, tightest, left));
            }
            if control.cancel.is_cancelled() {
                return Err(Unanswered::Cancelled);
            }
            let waited = self.settled.wait_timeout(purses, Duration::from_millis(50));
            purses = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// What an answer of an earlier process cost.
    pub fn spent(&self, account: &Account<'_>, cost: f64) {
        let mut purses = self.lock();
        for (purse, _) in self.purses(account) {
            purses.entry(purse).or_default().spent += cost;
        }
    }
}

impl Hold<'_> {
    fn take(&mut self, mut purses: Purses<'_>, amount: f64) {
        (self.amount, self.counted) = (amount, true);
        for purse in &self.purses {
            let sum = purses.entry(purse.clone()).or_default();
            sum.held += amount;
            sum.holders += 1;
        }
    }

    /// The answer is there, and cost this.
    pub fn pay(&self, cost: f64) {
        let mut purses = self.budget.lock();
        for purse in &self.purses {
            purses.entry(purse.clone()).or_default().spent += cost;
        }
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        if !self.counted {
            return;
        }
        let mut purses = self.budget.lock();
        for purse in &self.purses {
            if let Some(sum) = purses.get_mut(purse) {
                sum.holders = sum.holders.saturating_sub(1);
                sum.held = if sum.holders == 0 { 0.0 } else { sum.held - self.amount };
            }
        }
        drop(purses);
        self.budget.settled.notify_all();
    }
}

fn too_much((purse, limit): &(Purse, f64), spent: f64, question: f64) -> Failure {
    let message = format!(
        "{} may cost {} and has cost {}; the next question alone costs about {}",
        purse.in_words(),
        dollars(*limit),
        dollars(spent),
        dollars(question),
    );
    Failure::new(ErrorKind::Permission, E1328, message)
        .help(format!("raise {}, ask for less, or use a cheaper model", purse.key()))
}

fn unknown_price(model: &str, purse: &Purse) -> Failure {
    let message = format!("nobody knows what `{model}` costs, so {} cannot be kept", purse.key());
    Failure::new(ErrorKind::Configuration, E1329, message)
        .help(format!("say it in wflow.toml, in US dollars a million tokens:\n[ai.prices.\"{model}\"]\ninput = 3.0\noutput = 15.0"))
        .help("a model that costs nothing has `input = 0` and `output = 0`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreter::CancelToken;

    const PRICE: Price = Price { input: 1.0, output: 1.0, cache_read: None, cache_write: None };

    fn account(path: &str) -> Account<'_> {
        Account { agent: Some("writer"), agent_limit: None, path }
    }

    fn max_tokens(budget: &Budget, account: &Account<'_>, tokens: i64) -> Result<i64, Unanswered> {
        let cancel = CancelToken::default();
        let control = Control::plain(account.path, &cancel);
        budget.hold(account, "m", Some(PRICE), 0, tokens, &control).map(|h| h.max_tokens)
    }

    #[test]
    fn the_last_answer_is_as_long_as_the_money_lasts() {
        let budget = Budget::new(Limits { run: Some(1.0), ask: None });
        assert_eq!(max_tokens(&budget, &account("a/ask#1"), 500_000), Ok(500_000));
        budget.spent(&account("a/ask#1"), 0.75);
        assert_eq!(max_tokens(&budget, &account("a/ask#2"), 500_000), Ok(250_000));
        budget.spent(&account("a/ask#2"), 0.25);
        let Err(Unanswered::Failed(f)) = max_tokens(&budget, &account("a/ask#3"), 500_000) else {
            panic!("the money is gone");
        };
        assert_eq!(f.code, E1328);
        assert!(f.message.contains("the run may cost $1.00 and has cost $1.00"), "{}", f.message);
    }

    #[test]
    fn tries_of_one_question_share_its_limit_and_other_questions_do_not() {
        let budget = Budget::new(Limits { run: None, ask: Some(0.5) });
        budget.spent(&account("a/ask#1"), 0.4);
        assert_eq!(max_tokens(&budget, &account("a/ask#1@2"), 500_000).map(|t| (t + 500) / 1000), Ok(100));
        assert_eq!(max_tokens(&budget, &account("a/ask#2"), 500_000), Ok(500_000));
    }

    #[test]
    fn what_others_hold_is_waited_for() {
        let budget = Budget::new(Limits { run: Some(1.0), ask: None });
        let cancel = CancelToken::default();
        let control = Control::plain("a", &cancel);
        let held =
            budget.hold(&account("a"), "m", Some(PRICE), 0, 900_000, &control).expect("there is enough");
        std::thread::scope(|s| {
            let other = s.spawn(|| max_tokens(&budget, &account("b"), 900_000));
            held.pay(0.05);
            drop(held);
            assert_eq!(other.join().expect("it ends"), Ok(900_000));
        });
    }

    #[test]
    fn a_limit_needs_a_price() {
        let budget = Budget::new(Limits { run: Some(1.0), ask: None });
        let cancel = CancelToken::default();
        let control = Control::plain("a", &cancel);
        let Err(Unanswered::Failed(f)) = budget.hold(&account("a"), "m", None, 0, 5, &control).map(|_| ())
        else {
            panic!("the price is not known");
        };
        assert_eq!(f.code, E1329);
        let free = Budget::default();
        assert!(free.hold(&account("a"), "m", None, 0, 5, &control).is_ok());
    }
}
