//! What a tool call of the `claude` program means, and the input that it gets back once it is allowed.

use super::shell;
use crate::effects::ai::tools::{Act, Grant};
use crate::policy::AgentTool;
use serde_json::{Map, Value as Json, json};
use std::path::Path;

/// The tool with which it gives its answer in the form that was asked for.
pub const ANSWERS: &str = "StructuredOutput";

/// What a call would do, or why it cannot be allowed.
pub fn act(tool: &str, input: &Json, listed: &[String], root: &Path) -> Result<Act, String> {
    let Some(known) = AgentTool::from_name(tool) else {
        return Err(match tool {
            "Task" | "Agent" => {
                String::from("no further agents can be started here: do it yourself, or leave it")
            }
            "WebFetch" | "WebSearch" => {
                String::from("nothing can be fetched from the web here: work with what you were given")
            }
            _ => format!("the tool `{tool}` cannot be used here; {}", there_are(listed)),
        });
    };
    if !listed.iter().any(|l| l == tool) {
        return Err(format!("the tool `{tool}` is not one of yours; {}", there_are(listed)));
    }
    let text = |key: &str| input.get(key).and_then(Json::as_str);
    let needed = |key: &str| text(key).ok_or_else(|| format!("the call of `{tool}` names no `{key}`"));
    match known {
        AgentTool::Read => Ok(Act::Read { path: below(needed("file_path")?, root)? }),
        AgentTool::Glob => {
            let pattern = needed("pattern")?;
            if pattern.starts_with(['/', '~']) || pattern.split(['/', '{', ',', '}']).any(|part| part == "..")
            {
                return Err(String::from(
                    "a pattern stays in the folder that is looked through: write it relative to that, without `..`",
                ));
            }
            Ok(Act::Search { tool: known, folder: below(text("path").unwrap_or("."), root)? })
        }
        AgentTool::Grep => Ok(Act::Search { tool: known, folder: below(text("path").unwrap_or("."), root)? }),
        AgentTool::Write => {
            let change = needed("content")?.to_owned();
            Ok(Act::Write { tool: known, path: below(needed("file_path")?, root)?, change })
        }
        AgentTool::Edit => {
            let change = replaced(needed("old_string")?, needed("new_string")?);
            Ok(Act::Write { tool: known, path: below(needed("file_path")?, root)?, change })
        }
        AgentTool::NotebookEdit => {
            let change = text("new_source").unwrap_or("(a cell is removed)").to_owned();
            Ok(Act::Write { tool: known, path: below(needed("notebook_path")?, root)?, change })
        }
        AgentTool::Bash => {
            if input.get("run_in_background").and_then(Json::as_bool) == Some(true) {
                return Err(String::from(
                    "nothing can run in the background here: run it and wait for its end",
                ));
            }
            let words = shell::split(needed("command")?)
                .map_err(|why| format!("this command is not run, because {why}"))?;
            Ok(Act::Run { words, timeout_ms: input.get("timeout").and_then(Json::as_u64) })
        }
    }
}

/// The input with which the program goes on: what was judged, and nothing that was not looked at.
///
/// `before` are words that go before a command: they take from it what it must not see.
pub fn granted(tool: &str, input: &Json, grant: &Grant, before: &[String]) -> Json {
    let mut out = Map::new();
    let taken = |names: &[&str], out: &mut Map<String, Json>| {
        for name in names {
            if let Some(value) = input.get(*name) {
                out.insert((*name).to_owned(), value.clone());
            }
        }
    };
    match grant {
        Grant::File { path } => {
            let (key, others): (_, &[&str]) = match tool {
                "Read" => ("file_path", &["offset", "limit", "pages"]),
                "Write" => ("file_path", &["content"]),
                "Edit" => ("file_path", &["old_string", "new_string", "replace_all"]),
                _ => ("notebook_path", &["new_source", "cell_id", "cell_type", "edit_mode"]),
            };
            taken(others, &mut out);
            out.insert(key.to_owned(), json!(path));
        }
        Grant::Search { path, without } => {
            taken(&["pattern", "output_mode", "-A", "-B", "-C", "-n", "-i", "context"], &mut out);
            taken(&["type", "head_limit", "offset", "multiline"], &mut out);
            out.insert("path".to_owned(), json!(path));
            if tool == "Grep" {
                // The later of two globs holds.
                let own = input.get("glob").and_then(Json::as_str).map(str::to_owned);
                let globs: Vec<String> =
                    own.into_iter().chain(without.iter().map(|w| format!("!{w}"))).collect();
                out.insert("glob".to_owned(), json!(globs.join(" ")));
            }
        }
        Grant::Run { words, timeout_ms } => {
            taken(&["description"], &mut out);
            out.insert(
                "command".to_owned(),
                json!(shell::quote(before.iter().chain(words).map(String::as_str))),
            );
            out.insert("timeout".to_owned(), json!(timeout_ms));
        }
    }
    Json::Object(out)
}

/// A path without the root before it.
fn below(path: &str, root: &Path) -> Result<String, String> {
    if !path.starts_with('/') {
        return Ok(path.to_owned());
    }
    match Path::new(path).strip_prefix(root).ok().and_then(Path::to_str) {
        Some("") => Ok(String::from(".")),
        Some(rest) => Ok(rest.to_owned()),
        None => Err(format!("`{path}` is outside of the project, whose root is `{}`", root.display())),
    }
}

fn there_are(listed: &[String]) -> String {
    let names: Vec<String> = listed.iter().map(|l| format!("`{l}`")).collect();
    format!("there are {}", names.join(", "))
}

/// An edit as people read it.
fn replaced(old: &str, new: &str) -> String {
    let lines = |mark: &str, text: &str| text.lines().map(|l| format!("{mark}{l}\n")).collect::<String>();
    format!("{}{}", lines("- ", old), lines("+ ", new))
}
