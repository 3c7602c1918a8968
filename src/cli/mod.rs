//! The command line: one file a subcommand, and the only place that prints or exits.

#[macro_use]
mod print;
mod args;
mod audit;
mod cancel;
mod check;
mod completions;
mod context;
mod decide;
mod doctor;
mod exit;
mod explain;
mod files;
mod flags;
mod gates;
mod graph;
mod init;
mod interrupt;
mod mistakes;
mod new;
mod older;
mod outcome;
mod permission;
mod plan;
mod repl;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod screen;
mod show;
mod show_gate;
mod test;
mod tick;

use crate::diagnostics::codes::usage;
use crate::effects::approval::Verdict;
use args::{AuditCommand, CheckFormat, Cli, ColorChoice, Command, Format, RunsCommand};
use clap::Parser;
use exit::Exit;
use report::Trouble;
use screen::Screen;
use std::ffi::OsString;
use std::process::ExitCode;

/// Reads the arguments, does what they say, and gives the exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error).into(),
    };
    start_log(cli.log.as_deref());
    // A limit on the size of files is an error of the write that meets it, not the end of the process.
    // SAFETY: ignoring a signal installs no code; what wflow starts gets the default again.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    let screen = Screen::new(cli.color);
    let json = speaks_json(&cli.command);
    // Trees, values and their drops may be deep; a large stack is only touched as far as it is used.
    let worker = std::thread::Builder::new().name("main".into()).stack_size(256 << 20).spawn(move || {
        match dispatch(&cli.command, &screen) {
            Ok(exit) => exit,
            Err(trouble) => {
                report::print_trouble(&trouble, json, screen.color_err);
                trouble.exit
            }
        }
    });
    let exit = match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(exit)) => match print::lost() {
            Some(why) if exit == Exit::Completed => {
                errln!(
                    "error: what was to be printed is lost, since standard output cannot be written: {why}"
                );
                Exit::Failed
            }
            _ => exit,
        },
        // The panic itself has been printed by its hook.
        Ok(Err(_)) => {
            errln!(
                "wflow has a bug: please report what you did, with the message above. Runs keep what they recorded."
            );
            Exit::Failed
        }
        Err(error) => {
            errln!("error: no thread can be started: {error}");
            Exit::Failed
        }
    };
    exit.into()
}

/// Help, a version, or a mistake on the command line.
fn refuse(error: &clap::Error) -> Exit {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(trouble) = mistakes::trouble(error, &words, usage::E1715) else {
        // clap knows which stream each goes to.
        let _ = error.print();
        return if error.use_stderr() { Exit::Usage } else { Exit::Completed };
    };
    let color = match mistakes::value_after(&words, "--color").as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    };
    report::print_trouble(&trouble, mistakes::wants_json(&words), Screen::new(color).color_err);
    trouble.exit
}

fn dispatch(command: &Command, screen: &Screen) -> Result<Exit, Trouble> {
    match command {
        Command::New(args) => new::new(args),
        Command::Init(args) => init::init(args),
        Command::Check(args) => check::check(args, screen),
        Command::Run(args) => run::run(args, screen),
        Command::Plan(args) => plan::plan(args, screen),
        Command::Graph(args) => graph::graph(args, screen),
        Command::Resume(args) => resume::resume(args, screen),
        Command::Cancel(args) => cancel::cancel(args, screen),
        Command::Approve(args) => decide::decide(args, Verdict::Approve, screen),
        Command::Reject(args) => decide::decide(args, Verdict::Reject, screen),
        Command::Gates(args) => gates::gates(args, screen),
        Command::Show(args) => show_gate::show(args),
        Command::Tick(args) => tick::tick(args),
        Command::Test(args) => test::test(args, screen),
        Command::Explain(args) => explain::explain(args, screen),
        Command::Schema(args) => schema::schema(args, screen),
        Command::Doctor(args) => doctor::doctor(args, screen),
        Command::Context(args) => context::context(args, screen),
        Command::Completions(args) => completions::completions(args),
        Command::Runs(args) => match &args.command {
            Some(RunsCommand::Show { run, full, format }) => show::show(run, *full, *format, screen),
            None => runs::runs(args, screen),
        },
        Command::Audit(command) => audit::audit(command, screen),
        Command::Repl(args) => repl::repl(args, screen),
    }
}

/// Whether trouble, too, should be told as JSON.
fn speaks_json(command: &Command) -> bool {
    match command {
        Command::Check(a) => a.format == CheckFormat::Json,
        Command::Run(a) => run::speaks_json(a),
        Command::Plan(a) => plan::speaks_json(a),
        Command::Resume(a) => a.session.format == Format::Json,
        Command::Cancel(a) => a.session.format == Format::Json,
        Command::Approve(a) | Command::Reject(a) => a.session.format == Format::Json,
        Command::Gates(a) => a.format == Format::Json,
        Command::Show(a) => a.format == Format::Json,
        Command::Tick(a) => a.format == Format::Json,
        Command::Runs(a) => match &a.command {
            Some(RunsCommand::Show { format, .. }) => *format == Format::Json,
            None => a.format == Format::Json,
        },
        Command::Test(a) => a.format == Format::Json,
        Command::Audit(AuditCommand::Verify(a)) => a.format == Format::Json,
        Command::Audit(AuditCommand::Replay { format, .. }) => *format == Format::Json,
        Command::Doctor(a) => a.format == Format::Json,
        Command::Context(a) => a.format == Format::Json,
        _ => false,
    }
}

fn start_log(filter: Option<&str>) {
    let Some(filter) = filter else { return };
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time();
    // A second subscriber in one process changes nothing.
    let _ = log.try_init();
}

/// `auto` follows `NO_COLOR` and the terminal.
fn wants_color(choice: ColorChoice, terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    }
}
