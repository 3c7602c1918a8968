//! Paths inside the project: parts separated by `/`, nothing else of any system.

use super::{Implementation, text, wrong};
use crate::diagnostics::codes::runtime;
use crate::value::{Value, refine};

pub(super) fn find(name: &str) -> Option<Implementation> {
    Some(Implementation::Plain(match name {
        "name" => |args| Ok(Value::from(file_name(&text(args, 0)?))),
        "stem" => |args| {
            let path = text(args, 0)?;
            let name = file_name(&path);
            Ok(Value::from(dot(name).map_or(name, |at| &name[..at])))
        },
        "extension" => |args| {
            let path = text(args, 0)?;
            let name = file_name(&path);
            Ok(Value::optional(dot(name).map(|at| Value::from(&name[at + 1..]))))
        },
        "parent" => |args| {
            let path = text(args, 0)?;
            Ok(Value::optional(
                path.trim_end_matches('/').rsplit_once('/').map(|(parent, _)| Value::from(parent)),
            ))
        },
        "join" => |args| {
            let (folder, part) = (text(args, 0)?, text(args, 1)?);
            if let Some(problem) = refine::path_problem(&part) {
                return Err(wrong(runtime::E1004, problem));
            }
            let folder = folder.trim_end_matches('/');
            Ok(match folder {
                "." => Value::Text(part),
                folder => Value::from(format!("{folder}/{part}")),
            })
        },
        "starts_with" => |args| {
            let (path, folder) = (text(args, 0)?, text(args, 1)?);
            let mut parts = parts(&path);
            Ok(Value::Bool(self::parts(&folder).all(|wanted| parts.next() == Some(wanted))))
        },
        _ => return None,
    }))
}

fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Where the extension's dot is; a name that starts with its only dot has none.
fn dot(name: &str) -> Option<usize> {
    name.rfind('.').filter(|at| *at > 0 && *at + 1 < name.len())
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|p| !p.is_empty() && *p != ".")
}
