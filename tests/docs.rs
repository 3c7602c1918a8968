//! What stands in the documentation, the examples and the standard library is true: it passes the check, and its tests
//! hold. `examples/play.py` plays the examples at a terminal.

use std::path::{Path, PathBuf};
use wflow::check::{Checked, Environment, LIBRARY, Memory, check_file, check_source};
use wflow::diagnostics::render::short;
use wflow::policy::load_project;
use wflow::source::{Origin, SourceMap};
use wflow::testing::run_tests;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn wflow_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            wflow_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "wflow") {
            out.push(path);
        }
    }
    out.sort();
}

/// What the check says about a program, or else which of its tests fail. `tests` counts them.
fn trouble(checked: &Checked, roles: &[String], tests: &mut usize) -> String {
    let found = short(&checked.diagnostics, &checked.program.sources);
    if !found.is_empty() {
        return found;
    }
    let results = run_tests(checked, roles, &|_| true);
    *tests += results.len();
    let failed = results.into_iter().filter_map(|r| {
        let failure = r.failure?;
        Some(format!("test `{}`: {}\n  {}\n", r.name, failure.message, failure.notes.join("\n  ")))
    });
    failed.collect()
}

fn trouble_in_file(path: &Path, tests: &mut usize) -> String {
    let mut sources = SourceMap::new();
    let (project, wrong) = load_project(path, &mut sources);
    assert!(wrong.is_empty(), "{}", short(&wrong, &sources));
    let roles: Vec<String> = project.config.people.names().map(str::to_owned).collect();
    let environment = Environment::of_project(&project, &sources);
    let checked = check_file(path, &environment).expect("the file can be read");
    trouble(&checked, &roles, tests)
}

/// Syntax alone: a fragment uses names that it does not declare.
fn syntax_errors(name: &str, text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add(name, Origin::Memory, text);
    short(&wflow::syntax::parse(file, text).diagnostics, &sources)
}

/// A fenced block of a page: the words behind its fence, its first line's number, its text.
struct Block {
    kind: String,
    line: usize,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(kind) => {
                open = true;
                out.push(Block { kind: kind.trim().to_owned(), line: number + 2, text: String::new() });
            }
            None if open => {
                let block = out.last_mut().expect("a block was opened");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    out
}

fn pages() -> Vec<(String, String)> {
    ["README.md", "docs/language.md", "docs/files.md"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?)))
        .collect()
}

#[test]
fn examples_and_library_pass_the_check_and_their_tests() {
    let mut files = Vec::new();
    for folder in ["examples", "stdlib"] {
        wflow_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 10, "the examples are not where they were");
    let mut wrong = String::new();
    for path in files {
        let mut tests = 0;
        let trouble = trouble_in_file(&path, &mut tests);
        if !trouble.is_empty() {
            wrong.push_str(&format!("{}:\n{trouble}", path.display()));
        } else if tests == 0 {
            wrong.push_str(&format!("{} has no test\n", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_module_of_the_library_is_embedded_and_named_in_the_reference() {
    let mut files = Vec::new();
    wflow_files(&root().join("stdlib"), &mut files);
    let reference = std::fs::read_to_string(root().join("docs/language.md")).expect("the page is there");
    let names: Vec<_> = files.iter().filter_map(|p| p.file_stem()?.to_str()).collect();
    assert_eq!(names, LIBRARY.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for name in names {
        assert!(reference.contains(&format!("| `{name}` |")), "docs/language.md does not name `{name}`");
    }
}

#[test]
fn the_file_that_tries_every_construct_parses() {
    let path = root().join("editors/vscode/test/torture.wflow");
    let text = std::fs::read_to_string(path).expect("the file is there");
    assert_eq!(syntax_errors("torture.wflow", &text), "");
}

#[test]
fn fragments_of_the_documentation_parse() {
    let mut wrong = String::new();
    for (name, page) in pages() {
        for block in blocks(&page).iter().filter(|b| b.kind == "wflow fragment") {
            let place = format!("{name}:{}", block.line);
            let as_items = syntax_errors(&place, &block.text);
            let as_statements = syntax_errors(&place, &format!("workflow w() {{\n{}}}\n", block.text));
            if !as_items.is_empty() && !as_statements.is_empty() {
                wrong.push_str(&as_statements);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn whole_files_of_the_documentation_pass_the_check_and_their_tests() {
    let mut wrong = String::new();
    for (name, page) in pages() {
        for block in blocks(&page).iter().filter(|b| b.kind == "wflow") {
            let name = format!("{name}:{}", block.line);
            let checked = check_source(&name, &block.text, &Memory::new(), &Environment::default());
            let trouble = trouble(&checked, &[], &mut 0);
            if !trouble.is_empty() {
                wrong.push_str(&format!("{name}:\n{trouble}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Puts a generated part between `<!-- name… -->` and `<!-- /name -->`, or compares it with what stands there.
fn generated(page: &str, name: &str, wanted: &str) {
    let path = root().join(page);
    let text = std::fs::read_to_string(&path).expect("the page is there");
    let start = text.find(&format!("<!-- {name}:")).expect("the page has the opening mark");
    let start = start + text[start..].find("-->").expect("the mark ends") + "-->".len();
    let end = text.find(&format!("<!-- /{name} -->")).expect("the page has the closing mark");
    let wanted = format!("\n\n{wanted}\n");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{}{wanted}{}", &text[..start], &text[end..]))
            .expect("the page is written");
    } else {
        assert_eq!(&text[start..end], wanted, "{page} is out of date: UPDATE=1 cargo test --test docs");
    }
}

#[test]
fn tables_of_the_reference_are_current() {
    use wflow::types::methods::{self, On};
    let code = |text: &str| format!("`{}`", text.replace('|', "\\|"));
    let titles = [
        (On::Text, "Text"),
        (On::List, "Lists: `[T]`"),
        (On::Map, "Maps: `{Text: T}`"),
        (On::Optional, "Optional values: `T?`"),
        (On::Int, "Int"),
        (On::Float, "Float"),
        (On::Range, "Ranges"),
        (On::Duration, "Duration"),
        (On::Size, "Size"),
        (On::Time, "Time"),
        (On::Path, "Path"),
        (On::Json, "Json"),
        (On::Any, "Everything"),
    ];
    let mut out = String::new();
    for (on, title) in titles {
        out.push_str(&format!("### {title}\n\n| | |\n|---|---|\n"));
        for method in methods::of(on) {
            out.push_str(&format!("| {} | {} |\n", code(&method.signature()), method.doc));
        }
        out.push('\n');
    }
    out.push_str("### On types\n\n| | |\n|---|---|\n");
    for function in methods::STATICS {
        let signature = code(&format!("T.{}", function.signature()));
        out.push_str(&format!("| {signature} | {}; on {} |\n", function.doc, function.on));
    }
    assert_eq!(titles.iter().map(|(on, _)| methods::of(*on).len()).sum::<usize>(), methods::all().count());
    generated("docs/language.md", "methods", &out);

    let mut lints = String::from("| | | |\n|---|---|---|\n");
    for lint in wflow::diagnostics::codes::all() {
        if let Some(name) = lint.lint_name() {
            lints.push_str(&format!("| `{}` | `{name}` | {} |\n", lint.id(), lint.title()));
        }
    }
    generated("docs/language.md", "lints", &lints);

    let list = |words: &[&str]| words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(" ");
    let words = format!(
        "Reserved: they cannot be names of values.\n\n{}\n\nClause words: they mean something only where a clause \
         can stand, and are ordinary names elsewhere.\n\n{}\n\nAny word may be the name of a field or of an \
         argument.\n",
        list(wflow::syntax::RESERVED),
        list(wflow::syntax::CLAUSE_WORDS)
    );
    generated("docs/language.md", "words", &words);

    let mut events = String::from("| `type` | |\n|---|---|\n");
    for event in wflow::journal::EventType::ALL {
        events.push_str(&format!("| `{}` | {} |\n", event.name(), event.about()));
    }
    generated("docs/files.md", "events", &events);
}
