//! `wflow check`.

use super::args::{CheckArgs, CheckFormat, CheckMode};
use super::exit::Exit;
use super::files::{Projects, find, unreadable};
use super::report::Trouble;
use super::screen::Screen;
use crate::diagnostics::codes::usage;
use crate::diagnostics::render::{Format, render};
use crate::diagnostics::{Diagnostic, Severity};
use crate::source::{FileId, Origin, SourceFile, SourceMap, Span};
use std::collections::HashMap;

pub fn check(args: &CheckArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let files = find(&args.paths);
    if files.is_empty() {
        let places: Vec<String> = args.paths.iter().map(|p| format!("`{}`", p.display())).collect();
        return Err(Trouble::new(
            usage::E1708,
            format!("there is no .wflow file below {}", places.join(", ")),
        )
        .help("name a file, or make a first workflow with `wflow new NAME`"));
    }
    let mut all = Findings::default();
    let mut projects = Projects::default();
    for file in &files {
        match projects.check(file, args.mode == Some(CheckMode::Pure)) {
            Ok(unit) => {
                all.take(unit.config.0, &unit.config.1);
                all.take(unit.checked.diagnostics, &unit.checked.program.sources);
            }
            Err(error) => {
                let mut sources = SourceMap::new();
                let finding = unreadable(&error, &mut sources);
                all.take(vec![finding], &sources);
            }
        }
    }
    let format = match args.format {
        CheckFormat::Text => Format::Text,
        CheckFormat::Short => Format::Short,
        CheckFormat::Json => Format::Json,
        CheckFormat::Sarif => Format::Sarif,
        CheckFormat::Github => Format::Github,
    };
    let text = render(format, &all.diagnostics, &all.sources, files.len(), &screen.out());
    super::print::out(&text);
    let errors = all.diagnostics.iter().any(Diagnostic::is_error);
    let warnings = all.diagnostics.iter().any(|d| d.severity == Severity::Warning);
    Ok(if errors || (args.deny_warnings && warnings) { Exit::CheckErrors } else { Exit::Completed })
}

/// The findings of many checks in one source map: a module that several files use is reported once.
#[derive(Default)]
pub struct Findings {
    pub diagnostics: Vec<Diagnostic>,
    pub sources: SourceMap,
    names: HashMap<String, FileId>,
    seen: std::collections::HashSet<(Span, &'static str, String)>,
}

impl Findings {
    /// Among other lines of JSON: one object in one line.
    pub fn json_line(&self, files: usize, screen: &Screen) -> String {
        let text = render(Format::Json, &self.diagnostics, &self.sources, files, &screen.out());
        let mut out = serde_json::json!({ "type": "diagnostics" });
        if let Ok(serde_json::Value::Object(found)) = serde_json::from_str(&text) {
            found.into_iter().for_each(|(key, value)| out[key] = value);
        }
        format!("{out}\n")
    }

    pub fn take(&mut self, diagnostics: Vec<Diagnostic>, sources: &SourceMap) {
        for mut diagnostic in diagnostics {
            let place = |all: &mut Findings, span: Span| Span { file: all.file(span.file, sources), ..span };
            diagnostic.primary.span = place(self, diagnostic.primary.span);
            for label in &mut diagnostic.secondary {
                label.span = place(self, label.span);
            }
            let key = (diagnostic.primary.span, diagnostic.code.id(), diagnostic.message.clone());
            if self.seen.insert(key) {
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn file(&mut self, id: FileId, sources: &SourceMap) -> FileId {
        let Some(file) = sources.get(id) else { return id };
        let key = match &file.origin {
            Origin::Disk(path) => path.to_string_lossy().into_owned(),
            _ => file.name.to_string(),
        };
        if let Some(known) = self.names.get(&key) {
            return *known;
        }
        let name = seen_from_here(file).unwrap_or_else(|| file.name.to_string());
        let own = self.sources.add(name, file.origin.clone(), file.text.clone());
        self.names.insert(key, own);
        own
    }
}

/// The path by which a person finds the file from where they are; `None` for what is not below.
fn seen_from_here(file: &SourceFile) -> Option<String> {
    let Origin::Disk(path) = &file.origin else { return None };
    let here = std::env::current_dir().ok()?;
    path.strip_prefix(here).ok()?.to_str().map(str::to_owned)
}
