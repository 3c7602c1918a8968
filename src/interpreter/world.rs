//! What the interpreter asks of the outside: one trait, and the requests and replies it speaks in.
//!
//! Requests are complete and plain (text, JSON), so that whoever answers needs neither the program nor its values, and
//! so that the same request has the same digest on every replay. The interpreter decides the order and everything
//! that is pure: exit codes, parsing, validation, retries. A `World` decides whether an effect may happen, makes it
//! happen or answers it from a record, and keeps the record.

use crate::diagnostics::Failure;
use crate::source::Span;
use serde_json::Value as Json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Why evaluation ends before its value.
#[derive(Debug, Clone)]
pub enum Stop {
    /// An error; `catch` may take it, `undo` runs for it.
    Failed(Box<Failure>),
    /// The run waits outside any process: at a gate, or for a time. Nothing is undone.
    Suspended(Suspension),
    /// The person pressed Ctrl-C or the process was told to end. Nothing is undone; resumable.
    Interrupted,
    /// A sibling branch failed first: this branch's own outcome is nobody's concern.
    Cancelled,
    /// A person gave the run up: nothing can catch it, everything is taken back. The failure collects what could not be.
    GivenUp(Box<Failure>),
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Stop {
        Stop::Failed(Box::new(failure))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Suspension {
    /// At a gate that nobody here can decide.
    Gate { gate: String, path: String },
    /// Until a time (RFC 3339, UTC).
    Until { at: String, path: String },
    /// In a conversation, for which nobody is at a terminal here.
    Conversation { path: String },
}

pub type Answer<T> = Result<T, Stop>;

/// Ends a branch early. Children are cancelled with their parent.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<CancelState>);

#[derive(Default)]
struct CancelState {
    cancelled: AtomicBool,
    parent: Option<CancelToken>,
    wakers: Mutex<Vec<Weak<Waker>>>,
}

/// Called once when a token is cancelled; wakes whoever waits for something slow.
pub type Waker = dyn Fn() + Send + Sync;

impl std::fmt::Debug for CancelState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CancelState").field("cancelled", &self.cancelled).finish_non_exhaustive()
    }
}

impl CancelToken {
    pub fn child(&self) -> CancelToken {
        CancelToken(Arc::new(CancelState { parent: Some(self.clone()), ..CancelState::default() }))
    }

    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        // A poisoned list is whole all the same: it only ever grows and is drained.
        let wakers = std::mem::take(&mut *self.0.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        wakers.iter().filter_map(Weak::upgrade).for_each(|wake| wake());
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
            || self.0.parent.as_ref().is_some_and(CancelToken::is_cancelled)
    }

    /// Calls `wake` when this token, or one that it descends from, is cancelled; at once if it is already. The
    /// subscription ends when the caller drops its `Arc`.
    pub fn subscribe(&self, wake: &Arc<Waker>) {
        let mut token = Some(self);
        while let Some(t) = token {
            let mut wakers = t.0.wakers.lock().unwrap_or_else(PoisonError::into_inner);
            wakers.retain(|w| w.strong_count() > 0);
            wakers.push(Arc::downgrade(wake));
            drop(wakers);
            token = t.0.parent.as_ref();
        }
        if self.is_cancelled() {
            wake();
        }
    }
}

/// Where in the program's execution, and in its text, a request is made.
#[derive(Debug, Clone)]
pub struct At {
    /// `release/notes/ask#1`: chains call site, iteration, branch and attempt; unique within a run and the same on replay.
    pub path: String,
    pub span: Span,
    pub cancel: CancelToken,
    /// The gates that were passed on the way here and count here.
    pub passed: Passed,
    /// The branches around that an untrusted value has decided, or may have.
    pub because: Because,
}

/// Places in the text (`release.wflow:14:8`) where an untrusted value decides about what happens; mostly none.
pub type Because = Option<Arc<[Arc<str>]>>;

/// Gates that were approved, in that order: their names, and the paths at which they were.
pub type Passed = Arc<Vec<(Arc<str>, Arc<str>)>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// No call of an AI: `otherwise` serves.
    Pure,
    #[default]
    Ai,
    Interactive,
}

/// A word of a command after interpolation.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgWord {
    pub text: String,
    /// Whether its first character came from a value: only then could a value turn it into an option.
    pub interpolated: bool,
}

/// A value of `env { }`: text, or a secret that only the world can open.
#[derive(Debug, Clone, PartialEq)]
pub enum EnvValue {
    Text(String),
    Secret { name: String },
}

#[derive(Debug, Clone, PartialEq)]
pub struct RunRequest {
    pub argv: Vec<ArgWord>,
    /// Relative to the project root.
    pub dir: Option<String>,
    pub env: Vec<(String, EnvValue)>,
    pub stdin: Option<String>,
    /// Milliseconds; the configuration's default otherwise.
    pub timeout_ms: Option<i64>,
    pub idempotent: bool,
}

/// How a process ended, with all that it printed.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReply {
    /// The exit code. A death by signal is a failure, not a reply.
    pub exit: i64,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub duration_ms: i64,
}

/// An agent's settings after evaluation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentSettings {
    pub name: String,
    pub system: Option<String>,
    pub model: Option<String>,
    pub provider: Option<String>,
    pub context: Vec<String>,
    pub tools: Vec<String>,
    pub max_turns: Option<i64>,
    pub max_tokens: Option<i64>,
    pub temperature: Option<f64>,
    pub max_cost: Option<f64>,
    /// Only exactly the JSON that was asked for is an answer: the interpreter's concern, not the provider's.
    pub strict: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AskRequest {
    /// Absent: the project's default.
    pub agent: Option<AgentSettings>,
    pub prompt: String,
    /// `with { }`: labelled blocks, kept apart from the instructions.
    pub with: Vec<(String, Json)>,
    /// JSON Schema of the wanted answer; absent for Text.
    pub schema: Option<Json>,
    /// The wanted type as the user wrote it (`Notes`).
    pub type_name: String,
    /// A conversation: see [`Conversation`].
    pub interactive: bool,
    /// How many answers it may have at most.
    pub turns: Option<i64>,
    pub timeout_ms: Option<i64>,
    /// What was said in the conversation so far, in order.
    pub said: Vec<Exchange>,
    /// On a further try: the answer before and what was wrong with it.
    pub previous: Option<Previous>,
    /// 1 for the first try.
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    pub answer: String,
    pub wrong: Vec<String>,
}

/// An answer in a conversation, and what the person said to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// Empty where the AI refused to give one.
    pub answer: String,
    /// What was wrong with the answer, where the person sends that back.
    pub wrong: Vec<String>,
    /// The person's own words; empty where they only send back what was wrong.
    pub words: String,
}

/// An answer that is put before the person in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Which answer it is, from 1, and how many there may be.
    pub turn: i64,
    pub turns: i64,
    /// As it was given; empty where the AI refused to give one.
    pub answer: &'a str,
    /// As it was read; absent for a Text, and for an answer that cannot be read.
    pub value: Option<&'a Json>,
    /// The names of what was forgiven in reading it.
    pub leniencies: &'a [String],
    /// What is wrong with it: only where nothing is, it can be accepted.
    pub wrong: &'a [String],
    /// What was said before, in order.
    pub before: &'a [Exchange],
}

/// What the person says to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Accept,
    /// Something to the AI.
    Says(String),
    /// What is wrong with the answer goes back to the AI, and these words with it.
    SendBack(String),
}

/// One conversation, as long as it is held: nobody else speaks with the person meanwhile.
pub trait Conversation {
    /// The AI's answer to all that was said. `at` is a place of its own for each answer and each try.
    fn answer(&mut self, at: &At, request: &AskRequest) -> Answer<AskReply>;
    /// What the person says to it.
    fn reply(&mut self, at: &At, offer: &Offer<'_>) -> Answer<Word>;
    /// The last answer cannot be accepted, and nothing more can be said: the person sees it. No effect of its own.
    fn gives_up(&mut self, _offer: &Offer<'_>) {}
}

/// What the provider said.
#[derive(Debug, Clone, PartialEq)]
pub enum AskReply {
    /// The text of the answer; JSON where a schema was given.
    Text(String),
    /// No provider could be reached, or the mode forbids it: `otherwise` serves. Says why.
    Unavailable(Failure),
}

/// Who must approve, with names resolved to texts. The policy knows who they are.
#[derive(Debug, Clone, PartialEq)]
pub enum ApproverSpec {
    One(String),
    And(Vec<ApproverSpec>),
    Or(Vec<ApproverSpec>),
    Quorum { count: i64, of: Vec<ApproverSpec> },
}

#[derive(Debug, Clone, PartialEq)]
pub struct GateRequest {
    pub name: String,
    pub question: String,
    pub by: Option<ApproverSpec>,
    /// Evidence, in order: what `show` names, or the values of the steps so far.
    pub show: Vec<(String, Json)>,
    /// Whether `show` was written, or is the default.
    pub show_explicit: bool,
    pub require: Vec<String>,
    pub timeout_ms: Option<i64>,
    pub escalate: Vec<ApproverSpec>,
    /// `edit v`: the value's JSON form.
    pub edit: Option<Json>,
    /// JSON Schema of the edited or answered value.
    pub schema: Option<Json>,
    pub type_name: Option<String>,
    pub assurance: Option<String>,
}

/// What the people decided.
#[derive(Debug, Clone, PartialEq)]
pub enum GateReply {
    Approved {
        by: Vec<String>,
        comments: Vec<String>,
        /// RFC 3339, UTC.
        at: String,
        /// The edited or answered value; it satisfied the validator.
        value: Option<Json>,
    },
    /// By whom and with which comment.
    Rejected { by: Vec<String>, comment: String },
    /// Nobody decided in time.
    Expired,
}

/// Judges an edited or answered value before it can be sent: the messages say what is wrong with it.
pub type Validator<'a> = &'a (dyn Fn(&Json) -> Result<(), Vec<String>> + Sync);

/// Everything outside. Called from several threads at once by the branches of `parallel`.
pub trait World: Sync {
    fn mode(&self) -> Mode;

    /// Runs a command to its end. A refusal, a missing program, a signal, a timeout are failures; any exit code is not.
    fn run(&self, at: &At, request: &RunRequest) -> Answer<RunReply>;
    /// One call of an AI. Validation and further tries are the interpreter's.
    fn ask(&self, at: &At, request: &AskRequest) -> Answer<AskReply>;
    /// Begins a conversation about a question. None in a world without people: there the question is asked once, and a
    /// good answer is accepted.
    fn converse(&self, _at: &At, _request: &AskRequest) -> Answer<Option<Box<dyn Conversation + '_>>> {
        Ok(None)
    }
    /// An answer was taken that was not quite the JSON that was asked for: the names of what was forgiven in it, for the
    /// record. Worlds that keep none need not know.
    fn forgiven(&self, _at: &At, _leniencies: &[String]) -> Answer<()> {
        Ok(())
    }
    /// Blocks until the people have decided, or suspends.
    fn gate(&self, at: &At, request: &GateRequest, check: Validator<'_>) -> Answer<GateReply>;

    fn read(&self, at: &At, path: &str) -> Answer<String>;
    fn write(&self, at: &At, path: &str, text: &str) -> Answer<()>;
    /// Sorted, relative to the root.
    fn glob(&self, at: &At, pattern: &str) -> Answer<Vec<String>>;
    fn exists(&self, at: &At, path: &str) -> Answer<bool>;
    /// Milliseconds since 1970, UTC.
    fn now(&self, at: &At) -> Answer<i64>;
    fn uuid(&self, at: &At) -> Answer<String>;
    fn env(&self, at: &At, name: &str) -> Answer<Option<String>>;
    /// Makes sure that the secret is there; its value never leaves the world.
    fn secret(&self, at: &At, name: &str) -> Answer<()>;
    /// A timer that survives the process.
    fn wait(&self, at: &At, millis: i64) -> Answer<()>;
    fn say(&self, at: &At, text: &str) -> Answer<()>;
    /// A person who wrote the file takes responsibility for a value.
    fn vouch(&self, at: &At, because: &str, value: &Json) -> Answer<()>;

    /// Whether `name` is a person or role, and which names there are (for messages).
    fn is_role(&self, name: &str) -> bool;
    fn roles(&self) -> Vec<String>;

    fn step_started(&self, at: &At, name: &str, title: Option<&str>) -> Answer<()>;
    /// `value` is the step's evidence; values without a JSON form are described.
    fn step_completed(&self, at: &At, name: &str, value: &Json) -> Answer<()>;
    fn step_failed(&self, at: &At, name: &str, stop: &Stop);
    /// `ends_run` unless a `catch` goes on afterwards.
    fn undo_started(&self, at: &At, step: &str, ends_run: bool) -> Answer<()>;
    /// `failure` when the undo itself failed; the others go on.
    fn undo_completed(&self, at: &At, step: &str, failure: Option<&Failure>) -> Answer<()>;
    /// Before a further try of a command or a question: waits (visibly, recorded) and returns, or says that it ends here.
    /// `delay_ms` absent: exponential backoff with jitter, the world's choice.
    fn backoff(&self, at: &At, attempt: u32, of: u32, delay_ms: Option<i64>, why: &Failure) -> Answer<()>;

    /// Whether the first failure of a `parallel` ends its other branches early. Not where a record says how far each of
    /// them came.
    fn first_failure_ends_others(&self) -> bool {
        true
    }
    /// Whether the record still holds something beneath this path that the program has not come to again. A branch that
    /// another one ended comes so far first: what it had done is what is to be taken back.
    fn is_on_record(&self, _path: &str) -> bool {
        false
    }
    /// The branch at this path has come to its end, whatever the record still holds beneath it.
    fn branch_ended(&self, _path: &str) {}

    /// Before the body of a task that is called: whether it may be. `names` are all that policies have for it.
    fn enter(&self, _at: &At, _names: &[Arc<str>]) -> Answer<()> {
        Ok(())
    }
    /// Whether [`World::enter`] can ever refuse or record something.
    fn watches_calls(&self) -> bool {
        false
    }
    /// Tests answer calls of tasks: `Some` replaces the call. The name is qualified (`work.get`), arguments in order.
    fn call(&self, _at: &At, _task: &str, _args: &[Json]) -> Option<Answer<Json>> {
        None
    }
    /// Whether [`World::call`] can ever answer, so that arguments need not be turned into JSON otherwise.
    fn answers_calls(&self) -> bool {
        false
    }
}
