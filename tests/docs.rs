//! What stands in the documentation, the examples and the standard library is true: it parses.

use std::path::{Path, PathBuf};
use wflow::source::{Origin, SourceMap};

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

/// What is wrong with a text, a line each.
fn syntax_errors(name: &str, text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, Origin::Memory, text);
    let parsed = wflow::syntax::parse(file, text);
    parsed
        .diagnostics
        .iter()
        .map(|d| format!("{}: {} {}", sources.place(d.primary.span), d.code.id(), d.message))
        .collect()
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
fn examples_and_library_parse() {
    let mut files = Vec::new();
    for folder in ["examples", "stdlib", "editors"] {
        wflow_files(&root().join(folder), &mut files);
    }
    assert!(files.len() > 10, "the examples are not where they were");
    let mut wrong = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).expect("the file is there");
        wrong.extend(syntax_errors(&path.display().to_string(), &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn fragments_of_the_documentation_parse() {
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for block in blocks(&page).iter().filter(|b| b.kind == "wflow fragment") {
            let place = format!("{name}:{}", block.line);
            let as_items = syntax_errors(&place, &block.text);
            let as_statements = syntax_errors(&place, &format!("workflow w() {{\n{}}}\n", block.text));
            if !as_items.is_empty() && !as_statements.is_empty() {
                wrong.extend(as_items.into_iter().chain(as_statements));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whole_files_of_the_documentation_parse() {
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for block in blocks(&page).iter().filter(|b| b.kind == "wflow") {
            wrong.extend(syntax_errors(&format!("{name}:{}", block.line), &block.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
