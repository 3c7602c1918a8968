//! The command line's shape. One variant a subcommand; what each does is in the file of its name.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Work that people and AIs do together, under rules that nobody can skip.
#[derive(Debug, Parser)]
#[command(name = "wflow", version, max_term_width = 100, propagate_version = false)]
#[command(
    after_help = "Exit codes: 0 completed, 1 failed, 2 usage, 3 check errors, 4 rejected, 5 in doubt, \
75 suspended at a gate or in a conversation, 130 interrupted. After 5, 75 and 130, and mostly after 1, `wflow resume` goes on."
)]
pub struct Cli {
    /// Log what the engine does to standard error, e.g. `debug` or `wflow::engine=trace`
    #[arg(long, global = true, value_name = "FILTER", hide_short_help = true)]
    pub log: Option<String>,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_short_help = true)]
    pub color: ColorChoice,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a folder with a first workflow and its wflow.toml
    New(NewArgs),
    /// Write a wflow.toml for this folder from what its workflows use
    Init(InitArgs),
    /// Report every mistake in files or folders
    Check(CheckArgs),
    /// Run a workflow
    Run(RunArgs),
    /// Say what a workflow would do, without doing anything; or what a change of it newly allows
    #[command(
        after_help = "With --diff and --exit-code: 0 nothing is newly allowed, 1 something is, or nobody can tell."
    )]
    Plan(PlanArgs),
    /// Draw a workflow: its steps, branches and gates, and which gate protects what
    Graph(GraphArgs),
    /// Go on with a run that waits, was interrupted or failed in an effect
    Resume(ResumeArgs),
    /// Give a run up: take back what it did, and begin nothing more
    Cancel(CancelArgs),
    /// Approve the gate at which a run waits, and go on with the run
    Approve(DecideArgs),
    /// Reject the gate at which a run waits
    Reject(DecideArgs),
    /// List the gates that wait for people
    Gates(GatesArgs),
    /// Show a gate at which a run waits: all of its evidence, and what a decision on it signs
    Show(ShowArgs),
    /// Go on with every run whose time has come: expired gates, waits that are over. For cron or a timer
    Tick(TickArgs),
    /// List runs, or show one
    Runs(RunsArgs),
    /// Run the `test` blocks of files or folders
    Test(TestArgs),
    /// Try expressions and definitions
    Repl(ReplArgs),
    /// Explain a diagnostic's code or a lint's name
    Explain(ExplainArgs),
    /// Print a JSON Schema: of a type in a file, or of the journal and of what commands print
    Schema(SchemaArgs),
    /// Verify what was recorded, look at it again, and prove it to others
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Say which providers and tools would work here, and why not
    Doctor(DoctorArgs),
    /// Show what an agent is sent of the project
    Context(ContextArgs),
    /// Print a script that completes wflow's command line in a shell
    Completions(CompletionsArgs),
}

/// How a command speaks on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// The folder to make; its last part names the project
    pub path: PathBuf,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Print it instead of writing the file
    #[arg(long)]
    pub print: bool,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Files or folders; a folder means all .wflow files below it
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: CheckFormat,
    /// Warnings, too, make the exit code 3
    #[arg(long)]
    pub deny_warnings: bool,
    /// pure: report each `ask` that has no `otherwise`, too
    #[arg(long, value_enum)]
    pub mode: Option<CheckMode>,
}

/// What files are checked for beside being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckMode {
    Pure,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    Text,
    Short,
    Json,
    Sarif,
    Github,
}

/// Flags of `run` that may stand before or after the file.
#[derive(Debug, Clone, Default, Args)]
pub struct EngineArgs {
    /// Which workflow, where a file has several
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,
    /// All arguments as one JSON object, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    pub json_args: Option<String>,
    /// pure: no AI, `otherwise` serves; ai: one call each; interactive: conversations
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// Who answers `ask`: human, anthropic, openai, gemini, claude or replay
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// Answer every `ask` from this cassette
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    pub replay: Option<PathBuf>,
    /// Record every answer of an `ask` in this cassette
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// In conversations, take what the person says from the cassette, too
    #[arg(long)]
    pub replay_person: bool,
    /// Do not ask at the terminal: suspend at the first gate or conversation, or where it is to wait
    #[arg(long)]
    pub detach: bool,
    /// Do not ask at the terminal: wait at gates until they are decided elsewhere
    #[arg(long)]
    pub wait: bool,
    /// No progress and no messages: only the result, or the error
    #[arg(long, short)]
    pub quiet: bool,
    /// json: one object a line on standard output, the last one is the outcome
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    Pure,
    Ai,
    Interactive,
}

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub engine: EngineArgs,
    /// The .wflow file, then the workflow's own flags, made from its parameters: see `wflow run FILE --help`
    // One argument, so that whatever stands after the file is left for the workflow's own flags.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_names = ["FILE", "ARGS"])]
    pub words: Vec<OsString>,
}

impl RunArgs {
    pub fn file(&self) -> PathBuf {
        self.words.first().map(PathBuf::from).unwrap_or_default()
    }

    /// What stands after the file.
    pub fn rest(&self) -> &[OsString] {
        self.words.get(1..).unwrap_or_default()
    }
}

/// Flags of `plan` that may stand before or after the file.
#[derive(Debug, Clone, Default, Args)]
pub struct PlanFlags {
    /// Which workflow, where a file has several
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,
    /// Arguments as one JSON object, `@FILE`, or `-` for standard input; parameters left out have their defaults
    #[arg(long, value_name = "JSON")]
    pub json_args: Option<String>,
    /// pure: no AI, `otherwise` serves; ai: one call each; interactive: conversations
    #[arg(long, value_enum)]
    pub mode: Option<ModeArg>,
    /// What the file newly allows, compared with this older one: a file, or `git:REV` for the same file at a revision
    #[arg(long, value_name = "OLD", conflicts_with_all = ["json_args", "mode"])]
    pub diff: Option<String>,
    /// With --diff: exit code 1 if something is newly allowed, or nobody can tell
    #[arg(long)]
    pub exit_code: bool,
    /// json: one object, described by `wflow schema plan`
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    #[command(flatten)]
    pub flags: PlanFlags,
    /// The .wflow file, then the workflow's own flags as in `wflow run`: what they decide is worked out
    // One argument, so that whatever stands after the file is left for the workflow's own flags.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_names = ["FILE", "ARGS"])]
    pub words: Vec<OsString>,
}

impl PlanArgs {
    pub fn file(&self) -> PathBuf {
        self.words.first().map(PathBuf::from).unwrap_or_default()
    }

    /// What stands after the file.
    pub fn rest(&self) -> &[OsString] {
        self.words.get(1..).unwrap_or_default()
    }
}

#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The .wflow file
    pub file: PathBuf,
    /// Which workflow, where a file has several
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,
    #[arg(long, value_enum, default_value = "mermaid")]
    pub format: GraphFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture; no other program is needed
    Svg,
}

#[derive(Debug, Args)]
#[command(override_usage = "wflow resume <RUN> [OPTIONS]\n       wflow resume --last [OPTIONS]")]
pub struct ResumeArgs {
    /// The run's id or a unique beginning of it
    #[arg(required_unless_present = "last")]
    pub run: Option<String>,
    /// The newest run that can be resumed
    #[arg(long, conflicts_with = "run")]
    pub last: bool,
    /// Go on with today's files: shows what changed, and asks at the terminal
    #[arg(long)]
    pub accept_changes: bool,
    #[command(flatten)]
    pub session: SessionArgs,
}

#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The run's id, a unique beginning of it, or `last`
    pub run: String,
    /// Why, for the record
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub comment: Option<String>,
    #[command(flatten)]
    pub session: SessionArgs,
}

/// Flags shared by what goes on with a run.
#[derive(Debug, Clone, Default, Args)]
pub struct SessionArgs {
    /// Do not ask at the terminal: suspend at the first gate or conversation, or where it is to wait
    #[arg(long)]
    pub detach: bool,
    /// Do not ask at the terminal: wait at gates until they are decided elsewhere
    #[arg(long)]
    pub wait: bool,
    /// No progress and no messages: only the result, or the error
    #[arg(long, short)]
    pub quiet: bool,
    /// json: one object a line on standard output, the last one is the outcome
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Answer every further `ask` from this cassette
    #[arg(long, value_name = "FILE")]
    pub replay: Option<PathBuf>,
    /// In conversations, take what the person says from the cassette, too
    #[arg(long, requires = "replay")]
    pub replay_person: bool,
    /// Who answers every further `ask`, as with `wflow run`
    #[arg(long, value_name = "NAME", conflicts_with = "replay")]
    pub provider: Option<String>,
}

#[derive(Debug, Args)]
pub struct DecideArgs {
    /// The run's id, a unique beginning of it, or `last`
    pub run: String,
    /// The gate's name; the one at which the run waits otherwise
    pub gate: Option<String>,
    /// A comment that is recorded with the decision
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub comment: Option<String>,
    /// Who decides, as wflow.toml names them: the decision is signed, and counts beyond this process
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
    /// Sign with this key: a private key, or the `.pub` of one that your ssh-agent holds
    #[arg(long, value_name = "FILE", requires = "person")]
    pub key: Option<PathBuf>,
    /// Write the decision to this file, to be signed elsewhere
    #[arg(long, value_name = "FILE", requires = "person", conflicts_with = "key")]
    pub unsigned_out: Option<PathBuf>,
    /// Hand in a decision that was signed: this file, and FILE.sig beside it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["person", "comment", "value"])]
    pub signed: Option<PathBuf>,
    /// With --unsigned-out, at a gate with `edit` or `as`: the value, as JSON or `@FILE`
    #[arg(long, value_name = "JSON", requires = "unsigned_out")]
    pub value: Option<String>,
    /// Only hand the signed decision in: do not go on with the run when it is decided
    #[arg(long)]
    pub no_resume: bool,
    #[command(flatten)]
    pub session: SessionArgs,
}

#[derive(Debug, Args)]
pub struct GatesArgs {
    /// Only what this person may decide and has not
    #[arg(long, value_name = "NAME")]
    pub person: Option<String>,
    /// Only gates that ask for this role
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// Only gates of this workflow
    #[arg(long, value_name = "NAME")]
    pub workflow: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The run's id, a unique beginning of it, or `last`
    pub run: String,
    /// The gate's name; all at which the run waits otherwise
    pub gate: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct TickArgs {
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct RunsArgs {
    #[command(subcommand)]
    pub command: Option<RunsCommand>,
    /// Only runs in this state
    #[arg(long, value_enum, value_name = "STATE")]
    pub state: Option<StateArg>,
    /// Only the newest N
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateArg {
    /// A process works on it
    Running,
    /// It waits for a gate or a time
    Suspended,
    /// Nobody knows whether an effect happened
    InDoubt,
    /// Its process ended before it did
    Interrupted,
    Completed,
    Failed,
    Rejected,
    Cancelled,
    /// It ended before anything was recorded
    NeverBegan,
    /// Its journal cannot be read
    Damaged,
}

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Show what happened in a run
    Show {
        /// The run's id, a unique beginning of it, or `last`
        run: String,
        /// Outputs and evidence in full
        #[arg(long)]
        full: bool,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub struct TestArgs {
    /// Files or folders; `std` means the standard library
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Only tests whose name contains this
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ReplArgs {
    /// Load this file's definitions first
    pub file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Such as `E0301` or `unused_value`; all of them are listed without one
    pub code: Option<String>,
}

#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// A type's name, or `journal`, `runs`, `run`, `gates`, `gate`, `plan`, `plan-diff`, `tick`, `audit`, `replay`, `attestation`
    pub name: String,
    /// The file that declares the type
    pub file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify one run's journal, or the ledger and all runs
    #[command(
        after_help = "Exit codes: 0 OK, 1 DAMAGED, 5 INCOMPLETE (nobody can tell, or the run has not ended)."
    )]
    Verify(VerifyArgs),
    /// Execute a run again against its journal, without any effect, and report every difference
    #[command(after_help = "Exit codes: 0 the same, 1 it differs.")]
    Replay {
        /// The run's id, a unique beginning of it, or `last`
        run: String,
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Write a run for others: signed, as a table, or to be read
    Export(ExportArgs),
    /// Vouch, signed, for how far the record has come
    Checkpoint {
        /// The file of the private key; the one that `keygen` makes otherwise
        #[arg(long, value_name = "FILE")]
        signing_key: Option<PathBuf>,
        /// Write it to this new file instead of standard output
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Make the key that signs checkpoints and attestations, and print the public one
    Keygen {
        /// Whose key it is; the project's name otherwise
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// The file for the private key; ~/.config/wflow/audit.key otherwise
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The run's id, a unique beginning of it, or `last`; all runs otherwise
    pub run: Option<String>,
    /// Also verify that the record has only grown since this checkpoint; may be given several times
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Verify this attestation, and the run that it is about
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "checkpoint"])]
    pub attestation: Option<PathBuf>,
    /// A public key that you trust; those of wflow.toml otherwise; may be given several times
    #[arg(long, value_name = "KEY")]
    pub key: Vec<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The run's id, a unique beginning of it, or `last`
    pub run: String,
    /// attestation: in-toto statement, signed; csv: one row an event; html: a report for people
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: ExportForm,
    /// Write it to this new file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The file of the private key, for an attestation; the one that `keygen` makes otherwise
    #[arg(long, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    Attestation,
    Csv,
    Html,
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Do not ask any server
    #[arg(long)]
    pub offline: bool,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ContextArgs {
    /// The file that declares the agent
    pub file: PathBuf,
    /// The agent; all agents of the file otherwise
    pub agent: Option<String>,
    /// Only what is sent and what is left out, without the texts
    #[arg(long)]
    pub list: bool,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}
