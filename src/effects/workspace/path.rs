//! Paths as workflows write them: relative to the root, `/` between names, no way out.

use super::shown;
use crate::diagnostics::codes::files as codes;
use crate::diagnostics::{ErrorKind, Failure};

/// The same path without `.` and doubled `/`; the root is `.`.
pub(super) fn clean(path: &str) -> Result<String, Failure> {
    let invalid = |why: &str| {
        Failure::new(ErrorKind::Verification, codes::E1413, format!("`{}` is no path: {why}", shown(path)))
    };
    if path.is_empty() {
        return Err(invalid("it is empty").help("the root of the project is `.`"));
    }
    if path.contains('\0') {
        return Err(invalid("it holds a zero byte"));
    }
    let outside = |why: &str| {
        Failure::new(
            ErrorKind::Permission,
            codes::E1401,
            format!("`{}` leads out of the project: {why}", shown(path)),
        )
        .help("a path starts at the root of the project and stays in it")
    };
    if path.starts_with('/') {
        return Err(outside("it is absolute"));
    }
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
    if names.contains(&"..") {
        return Err(outside("it has `..`"));
    }
    Ok(if names.is_empty() { ".".to_owned() } else { names.join("/") })
}

/// Why nothing may be written there, for a clean path without symbolic links.
pub(super) fn protected(real: &str, pinned: &[String]) -> Option<&'static str> {
    // Some file systems ignore case, so the comparison does.
    let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
    if real.split('/').any(|name| is(name, ".git")) {
        return Some("git keeps its settings and hooks there");
    }
    if real.split('/').any(|name| is(name, ".wflow")) {
        return Some("wflow keeps the record of its runs there");
    }
    if real.rsplit('/').next().is_some_and(|name| is(name, "wflow.toml")) {
        return Some("it says what workflows may do");
    }
    if pinned.iter().any(|p| is(p, real)) {
        return Some("it is a source of this run");
    }
    None
}

/// Why an agent may not look at it, for a clean path without symbolic links.
pub(super) fn withheld(real: &str) -> Option<&'static str> {
    let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
    let names: Vec<&str> = real.split('/').collect();
    if names.iter().any(|name| is(name, ".wflow")) {
        return Some("wflow keeps the record of its runs there");
    }
    if names.windows(2).any(|two| is(two[0], ".git") && is(two[1], "config")) {
        return Some("git's settings may hold credentials");
    }
    None
}
