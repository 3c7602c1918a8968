//! `wflow test`.

use super::args::{Format, TestArgs};
use super::check::Findings;
use super::exit::Exit;
use super::files::{Projects, find, unreadable};
use super::print;
use super::report::Trouble;
use super::screen::Screen;
use crate::check::{Checked, Environment, LIBRARY, Memory, check_source};
use crate::diagnostics::codes::usage;
use crate::diagnostics::render::{self, Format as RenderFormat};
use crate::source::SourceMap;
use crate::testing::{TestResult, run_tests};
use serde_json::json;
use std::path::Path;

pub fn test(args: &TestArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let json = args.format == Format::Json;
    let mut programs: Vec<(String, Checked, Vec<String>)> = Vec::new();
    let mut broken = Findings::default();
    let library = args.paths.iter().any(|p| p.as_path() == Path::new("std"));
    if library {
        for (name, text) in LIBRARY {
            let file = format!("std/{name}.wflow");
            let checked = check_source(&file, text, &Memory::new(), &Environment::default());
            programs.push((file, checked, Vec::new()));
        }
    }
    let paths: Vec<_> = args.paths.iter().filter(|p| p.as_path() != Path::new("std")).cloned().collect();
    let files = find(&paths);
    let mut projects = Projects::default();
    for file in &files {
        match projects.check(file, false) {
            Ok(unit) => {
                let roles = unit.project.config.people.names().map(str::to_owned).collect();
                programs.push((file.display().to_string(), unit.checked, roles));
            }
            Err(error) => {
                let mut sources = SourceMap::new();
                let finding = unreadable(&error, &mut sources);
                broken.take(vec![finding], &sources);
            }
        }
    }
    if programs.is_empty() && broken.diagnostics.is_empty() {
        return Err(Trouble::new(usage::E1708, "there is no .wflow file to test")
            .help("name a file or folder, or `std` for the standard library"));
    }
    let (mut passed, mut failed) = (0usize, 0usize);
    for (file, checked, roles) in &programs {
        let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
        if !errors.is_empty() {
            broken.take(errors, &checked.program.sources);
            continue;
        }
        let filter = args.filter.as_deref();
        for result in run_tests(checked, roles, &|name| filter.is_none_or(|f| name.contains(f))) {
            match &result.failure {
                None => passed += 1,
                Some(_) => failed += 1,
            }
            tell(file, checked, &result, json, screen);
        }
    }
    if !broken.diagnostics.is_empty() {
        print::out(&match json {
            true => broken.json_line(files.len(), screen),
            false => render::render(
                RenderFormat::Text,
                &broken.diagnostics,
                &broken.sources,
                files.len(),
                &screen.out(),
            ),
        });
    }
    if json {
        outln!("{}", json!({ "type": "summary", "passed": passed, "failed": failed }));
    } else {
        if passed + failed == 0 && broken.diagnostics.is_empty() {
            match &args.filter {
                Some(text) => outln!("no test has `{text}` in its name"),
                None => outln!("there are no tests"),
            }
        }
        outln!("\n{passed} passed, {failed} failed");
    }
    Ok(match (broken.diagnostics.is_empty(), failed) {
        (false, _) => Exit::CheckErrors,
        (true, 0) => Exit::Completed,
        (true, _) => Exit::Failed,
    })
}

fn tell(file: &str, checked: &Checked, result: &TestResult, json: bool, screen: &Screen) {
    let sources = &checked.program.sources;
    if json {
        let failure = result.failure.as_ref().map(|f| render::failure_json(f, sources));
        outln!(
            "{}",
            json!({ "type": "test", "file": file, "name": result.name, "passed": failure.is_none(), "failure": failure })
        );
        return;
    }
    let paint = |text: &str, code: &str| match screen.color_out {
        true => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
        false => text.to_owned(),
    };
    let sign =
        |unicode: &str, plain: &str| if screen.unicode { unicode.to_owned() } else { plain.to_owned() };
    match &result.failure {
        None => outln!("{} {file}: {}", paint(&sign("✓", "ok"), "32"), result.name),
        Some(failure) => {
            outln!("{} {file}: {}", paint(&sign("✗", "FAILED"), "31"), result.name);
            out!("{}", render::failure(failure, sources, &screen.out()));
        }
    }
}
