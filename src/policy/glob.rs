//! Path patterns of `write` and of rules about files: below the project root, `*` within one part of a path, `**`
//! over parts.

use crate::source::Span;
use globset::{GlobBuilder, GlobMatcher};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub struct PathPattern {
    pub text: Arc<str>,
    pub span: Span,
    matcher: GlobMatcher,
}

impl PathPattern {
    pub fn parse(text: &str, span: Span) -> Result<PathPattern, String> {
        let plain = text.strip_prefix("./").unwrap_or(text);
        if plain.is_empty() {
            return Err("a path pattern cannot be empty".into());
        }
        if plain.starts_with('/') || plain.contains('\\') {
            return Err(format!("`{}` is not relative to the project's root", text.escape_debug()));
        }
        if plain.split('/').any(|part| part == "..") {
            return Err(format!("`{}` leads out of the project with `..`", text.escape_debug()));
        }
        // `docs/` means what is in it.
        let glob = if plain.ends_with('/') { format!("{plain}**") } else { plain.to_owned() };
        let matcher = GlobBuilder::new(&glob)
            .literal_separator(true)
            .backslash_escape(false)
            .build()
            .map_err(|e| format!("`{}` is no path pattern: {}", text.escape_debug(), e.kind()))?
            .compile_matcher();
        Ok(PathPattern { text: text.into(), span, matcher })
    }

    /// `path` is relative to the root. One that could mean another place than it says never matches.
    pub fn matches(&self, path: &str) -> bool {
        let path = path.strip_prefix("./").unwrap_or(path);
        let plain = !path.is_empty()
            && !path.starts_with('/')
            && !path.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        plain && self.matcher.is_match(path)
    }
}

/// A path below the root in its plain form, without `.` and doubled slashes; none if it leads elsewhere.
pub(super) fn tidy(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}
