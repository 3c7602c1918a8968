//! Lines that are checked in a second: a project of 50 files and 11,000 lines, by the library and by the program, and
//! one small file; and how long it takes after an edit until what is found in a file of 300 and of 3,000 lines is there.
//! Peers, if they are there: `ty` and `ruff` on the same project in Python, and their language servers.

mod support;

use std::path::{Path, PathBuf};
use support::guarded::program;
use support::server::Server;
use support::{Rounds, each, folder, line, on_path, quiet, rounds, run, time};
use wflow::check::{Environment, Memory, check_file, check_source};
use wflow::policy::load_project;
use wflow::source::{FileId, SourceMap};
use wflow::syntax::parse;

const WFLOW: &str = env!("CARGO_BIN_EXE_wflow");
const FILES: usize = 50;

const CONFIG: &str = include_str!("check/wflow.toml");
const SHARED: &str = include_str!("check/shared.wflow");
/// `@` stands for the number of the module.
const MODULE: &str = include_str!("check/module.wflow");
const PYTHON_SHARED: &str = include_str!("check/shared.py");
const PYTHON_MODULE: &str = include_str!("check/module.py");
const SMALL: &str = "workflow hello(name: Text = \"world\") {\n    say \"hello {name}\"\n}\n";

fn main() {
    let folder = folder();
    let (ours, theirs, small) =
        (folder.path().join("wflow"), folder.path().join("python"), folder.path().join("small"));
    for at in [&ours, &theirs, &small] {
        std::fs::create_dir(at).expect("the folder is writable");
    }
    let write = |at: &Path, name: &str, text: &str| {
        std::fs::write(at.join(name), text).expect("the folder is writable")
    };
    write(&ours, "wflow.toml", CONFIG);
    write(&ours, "shared.wflow", SHARED);
    write(&theirs, "shared.py", PYTHON_SHARED);
    write(&small, "small.wflow", SMALL);
    let (mut lines, mut python_lines) = (SHARED.lines().count(), PYTHON_SHARED.lines().count());
    let mut paths = vec![ours.join("shared.wflow")];
    for i in 1..=FILES {
        let text = MODULE.replace('@', &i.to_string());
        lines += text.lines().count();
        write(&ours, &format!("m{i}.wflow"), &text);
        paths.push(ours.join(format!("m{i}.wflow")));
        // A decorator starts with the same sign.
        let text = PYTHON_MODULE
            .replace("@dataclass", "\0")
            .replace('@', &i.to_string())
            .replace('\0', "@dataclass");
        python_lines += text.lines().count();
        write(&theirs, &format!("m{i}.py"), &text);
    }
    let (ty, ruff) = (on_path("ty"), on_path("ruff"));

    let mut sources = SourceMap::new();
    let (project, wrong) = load_project(&paths[0], &mut sources);
    assert!(wrong.is_empty(), "{wrong:?}");
    let environment = Environment::of_project(&project, &sources);
    let texts: Vec<String> =
        paths.iter().map(|p| std::fs::read_to_string(p).expect("it was written")).collect();
    let mut times = Rounds::default();
    for _ in 0..rounds(11) {
        times
            .add("parse", time(|| texts.iter().map(|t| parse(FileId(0), t).file.items.len()).sum::<usize>()));
        times.add("library", time(|| paths.iter().for_each(|p| check(p, &environment))));
        times.add("program", time(|| run(WFLOW, &["check", "."], &ours)));
        times.add("small", each(10, || run(WFLOW, &["check", "small.wflow"], &small)));
        times.add("true", each(10, || run("/bin/true", &[], &small)));
        for (name, tool, args) in
            [("ty", &ty, &["check", "."][..]), ("ruff", &ruff, &["check", "--no-cache", "."][..])]
        {
            if let Some(tool) = tool {
                // What they find in it is not what is measured.
                times.add(name, time(|| quiet(tool, args, &theirs).status().expect("it starts")));
            }
        }
    }
    println!("{lines} lines of wflow, {python_lines} of Python, {} files each\n", FILES + 1);
    let speed = |name: &str, lines: usize| lines as f64 / times.median(name) / 1000.0;
    line("parse and tree, in process", speed("parse", lines), "k/s", None, "thousand lines a second");
    line("check, in process", speed("library", lines), "k/s", None, "thousand lines a second");
    line("wflow check of the project", speed("program", lines), "k/s", None, "thousand lines a second");
    times.print("check × parse", "library", &["parse"], None);
    times.print("wflow check of a file of three lines × true", "small", &["true"], None);
    for (name, target) in [("ty", Some(1.0 / 1.2)), ("ruff", None)] {
        if times.has(name) {
            // Time for a line over theirs: 1.2 times as many lines a second is 0.83 of the time.
            let ratio = times.ratio("program", &[name]) * python_lines as f64 / lines as f64;
            let note = format!(
                "{:.0} : {:.0} thousand lines a second",
                speed("program", lines),
                speed(name, python_lines)
            );
            line(&format!("time for a line × {name}"), ratio, "×", target, &note);
        } else {
            println!("{name} is not installed; benches/peers-tools.sh compares with it");
        }
    }
    edits(&theirs, &[("ty", ty), ("ruff", ruff)]);
}

/// What follows a keystroke: here the whole file is checked anew with all that is proved, and nothing is sent anywhere; the
/// servers are measured from the message that tells them to the one that comes back.
fn edits(theirs: &Path, tools: &[(&'static str, Option<PathBuf>)]) {
    println!();
    for (lines, tasks, modules, target) in [(300, 3, 1, 1.3), (3_000, 29, 12, 5.0)] {
        let ours = program(tasks);
        let file = format!("edited{lines}.py");
        let text =
            (1..=modules).map(|i| PYTHON_MODULE.replace("@dataclass", "\0").replace('@', &i.to_string()));
        let text = text.collect::<String>().replace('\0', "@dataclass");
        let text: String = text.lines().take(lines).flat_map(|line| [line, "\n"]).collect();
        std::fs::write(theirs.join(&file), text).expect("the folder is writable");
        let mut servers: Vec<(&'static str, Server)> = tools
            .iter()
            .filter_map(|(name, tool)| Some((*name, Server::start(tool.as_ref()?, theirs, &file))))
            .collect();
        let environment = Environment::default();
        let mut times = Rounds::default();
        let typed = ['N', 'M'].map(|c| ours.replacen("\"You plan.\"", &format!("\"You plan{c}\""), 1));
        for round in 0..rounds(21) {
            let checked = || check_source("main.wflow", &typed[round % 2], &Memory::new(), &environment);
            times.add("ours", time(checked));
            for (name, server) in &mut servers {
                times.add(name, time(|| server.edit(['N', 'M'][round % 2])));
            }
        }
        let what = format!("edit to diagnostics, {} lines", ours.lines().count());
        line(&what, times.median("ours") * 1000.0, "ms", Some(target), "");
        for (name, _) in &servers {
            times.print(&format!("edit to diagnostics × {name} server"), "ours", &[name], None);
        }
    }
}

fn check(path: &Path, environment: &Environment) {
    let checked = check_file(path, environment).expect("it can be read");
    assert!(!checked.has_errors(), "{}: {:?}", path.display(), checked.diagnostics);
}
