//! Path patterns of `write` and of rules about files: below the project root, `*` within one part of a path, `**`
//! over parts.

use super::word::Piece;
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

    /// Whether some filling of the holes could match. Where that is hard to say it could.
    pub fn may_match(&self, pieces: &[Piece]) -> bool {
        match parts(pieces) {
            Some(text) => self.may_meet(&text),
            None => true,
        }
    }

    /// Whether a pattern of `glob` could find a path that this one matches.
    pub fn may_find(&self, pattern: &[Piece]) -> bool {
        match parts(pattern) {
            Some(_) => self.may_meet(&wildcards(&joined(pattern))),
            None => true,
        }
    }

    fn may_meet(&self, text: &[Unit]) -> bool {
        let pattern = self.parts();
        // reached[j]: what stands before `j` in the path fits what stands before `i` in the pattern.
        let mut reached = vec![false; text.len() + 1];
        reached[0] = true;
        for i in 0..=pattern.len() {
            let want = pattern.get(i);
            let mut next = vec![false; text.len() + 1];
            for j in 0..=text.len() {
                if !reached[j] {
                    continue;
                }
                let have = text.get(j);
                // A hole may be over.
                if matches!(have, Some(Unit::Any | Unit::Name)) {
                    reached[j + 1] = true;
                }
                let Some(want) = want else { continue };
                match (want, have) {
                    // A star may be over, or take what comes.
                    (Unit::Any | Unit::Name, _) => {
                        next[j] = true;
                        let takes = match have {
                            Some(Unit::One(c)) => *want == Unit::Any || *c != '/',
                            Some(_) => true,
                            None => false,
                        };
                        if takes {
                            reached[j + 1] = true;
                        }
                    }
                    (_, Some(Unit::Any)) => next[j] = true,
                    (Unit::One(c), Some(Unit::Name)) if *c != '/' => next[j] = true,
                    (Unit::One(a), Some(Unit::One(b))) if a == b => next[j + 1] = true,
                    _ => {}
                }
            }
            if want.is_none() {
                break;
            }
            reached = next;
        }
        reached[text.len()]
    }

    fn parts(&self) -> Vec<Unit> {
        wildcards(&[Piece::Lit(self.text.clone())])
    }
}

/// The same with one piece for what is known side by side: a `*` may stand at the end of one and the start of another.
fn joined(pieces: &[Piece]) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for piece in pieces {
        match (out.last_mut(), piece) {
            (Some(Piece::Lit(before)), Piece::Lit(text)) => *before = format!("{before}{text}").into(),
            _ => out.push(piece.clone()),
        }
    }
    out
}

/// A pattern, of which some may not be known.
fn wildcards(pieces: &[Piece]) -> Vec<Unit> {
    let mut out = Vec::new();
    let mut after_hole = false;
    for (i, piece) in pieces.iter().enumerate() {
        let Piece::Lit(text) = piece else {
            out.push(Unit::Any);
            after_hole = true;
            continue;
        };
        let text = if i == 0 { text.strip_prefix("./").unwrap_or(text) } else { text };
        let last = i + 1 == pieces.len();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                // Behind a hole it may be the second of two.
                '*' if chars.peek() == Some(&'*') || std::mem::take(&mut after_hole) => {
                    chars.next_if_eq(&'*');
                    // `**/` stands for no folder as well.
                    chars.next_if_eq(&'/');
                    out.push(Unit::Any);
                }
                '*' | '?' => out.push(Unit::Name),
                // Classes and alternatives: whatever may follow.
                '[' | '{' => {
                    out.push(Unit::Any);
                    return out;
                }
                '/' if last && chars.peek().is_none() => out.extend([Unit::One('/'), Unit::Any]),
                c => out.push(Unit::One(c)),
            }
            after_hole = false;
        }
    }
    out
}

/// A character of a path or pattern, or a place where anything, or anything without `/`, can stand.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Unit {
    One(char),
    Any,
    Name,
}

/// A path with holes; none if its written parts are not in plain form, so that it may mean another than it says.
fn parts(pieces: &[Piece]) -> Option<Vec<Unit>> {
    let mut out: Vec<Unit> = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Hole(_) if out.last() == Some(&Unit::Any) => {}
            Piece::Hole(_) => out.push(Unit::Any),
            Piece::Lit(text) => {
                let text = if i == 0 { text.strip_prefix("./").unwrap_or(text) } else { text };
                for c in text.chars() {
                    let n = out.len();
                    // A whole part that is empty or `.` is no part, so its slash may be gone, too.
                    let alone = n > 0 && out[n - 1] == Unit::Any && (n == 1 || out[n - 2] == Unit::One('/'));
                    if !(c == '/' && alone) {
                        out.push(Unit::One(c));
                    }
                }
            }
        }
    }
    let dot = |u: &Unit| *u == Unit::One('.');
    let odd = out.windows(2).any(|w| w[0] == Unit::One('/') && (w[1] == Unit::One('/') || dot(&w[1])))
        || out.windows(3).any(|w| w[0] == Unit::Any && dot(&w[1]) && w[2] == Unit::One('/'))
        || out.first().is_some_and(dot)
        || out.last().is_some_and(dot);
    (!odd).then_some(out)
}

/// A path below the root in its plain form, without `.` and doubled slashes; none if it leads elsewhere.
pub(super) fn tidy(path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\0') {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}
