//! The plan of a file, as the program makes it.

use std::path::Path;
use wflow::check::{Checked, Environment, Program, check_file};
use wflow::interpreter::Lowered;
use wflow::plan::{self, ModeName, Plan, Setting, graph};
use wflow::policy::{Project, load_project};
use wflow::source::SourceMap;
use wflow::ui::style::Style;

pub struct Made(pub Plan);

/// A file that is right, with its project.
pub fn checked(path: &Path) -> (Checked, Project) {
    let mut sources = SourceMap::new();
    let (project, found) = load_project(path, &mut sources);
    assert!(found.is_empty(), "{found:?}");
    let environment = Environment { approvals: true, ..Environment::of_project(&project, &sources) };
    // A test's thread has less stack than a program, whose frames are smaller, too.
    let checked = std::thread::scope(|scope| {
        let work = || check_file(path, &environment).expect("a case can be read");
        let thread = std::thread::Builder::new().stack_size(32 << 20).spawn_scoped(scope, work);
        thread.expect("a thread can start").join().expect("the check does not panic")
    });
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    (checked, project)
}

/// Every workflow of a file.
pub fn plans(program: &Program, project: &Project) -> Vec<Plan> {
    let lowered = Lowered::new(program);
    let config = project.is_configured().then_some(&project.config);
    let setting =
        Setting { program, lowered: &lowered, config, mode: ModeName::Ai, file: "a.wflow", canonical: false };
    program.workflows().map(|w| plan::plan(setting, w.id, &None).expect("it can be planned")).collect()
}

impl Made {
    /// `args` is a JSON object.
    pub fn of(path: &Path, args: Option<&str>, pure: bool) -> Made {
        let (checked, project) = checked(path);
        let program = &checked.program;
        let workflow = program.workflows().next().expect("a case has a workflow");
        let lowered = Lowered::new(program);
        let given = args.map(|text| {
            let map = serde_json::from_str(text).expect("the arguments are JSON");
            lowered.some_arguments(workflow.id, &map, &|_| true).expect("the arguments fit")
        });
        let name = path.file_name().expect("a case has a name").to_string_lossy();
        let setting = Setting {
            program,
            lowered: &lowered,
            config: project.is_configured().then_some(&project.config),
            mode: if pure { ModeName::Pure } else { ModeName::Ai },
            file: &name,
            canonical: false,
        };
        Made(plan::plan(setting, workflow.id, &given).expect("it can be planned"))
    }

    pub fn text(&self, width: usize) -> String {
        plan::text(&self.0, Style { color: false, unicode: true }, width)
    }

    pub fn form(&self, form: &str) -> String {
        match form {
            "text" => self.text(100),
            "json" => serde_json::to_string_pretty(&self.0).expect("a plan is JSON") + "\n",
            "mermaid" => graph::mermaid(&self.0),
            "dot" => graph::dot(&self.0),
            "svg" => graph::svg(&self.0),
            other => panic!("there is no form {other}"),
        }
    }
}
