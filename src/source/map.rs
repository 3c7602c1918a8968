//! The files of one program, and places in them.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// Which file of the [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct FileId(pub u32);

/// A byte range `start..end` in one file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl std::fmt::Debug for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        // Sources are at most MAX_SOURCE_BYTES long, far below 4 GiB.
        Span { file, start: start as u32, end: end as u32 }
    }

    /// From the start of `self` to the end of `other`, which is in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

/// Where a source came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A file on disk, by its absolute path.
    Disk(PathBuf),
    /// A module of the standard library inside the binary.
    Std,
    /// Typed at the repl, or given by a test.
    Memory,
}

/// One source text. `text` has no byte order mark; line ends are as they were.
#[derive(Debug)]
pub struct SourceFile {
    pub id: FileId,
    /// As people should see it: relative to the project root where it lies inside, `std/work.wflow` for the library.
    pub name: Arc<str>,
    pub origin: Origin,
    pub text: Arc<str>,
    line_starts: OnceLock<Vec<u32>>,
}

/// One-based line and column; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumn {
    pub line: usize,
    pub column: usize,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            std::iter::once(0)
                .chain(self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
                .collect()
        })
    }

    pub fn line_column(&self, offset: usize) -> LineColumn {
        let offset = offset.min(self.text.len());
        let starts = self.line_starts();
        let line = starts.partition_point(|s| *s as usize <= offset) - 1;
        let start = starts[line] as usize;
        let column = self.text.get(start..offset).map_or(0, |s| s.chars().count());
        LineColumn { line: line + 1, column: column + 1 }
    }

    /// The text of a line (one-based) without its line end.
    pub fn line(&self, line: usize) -> &str {
        let starts = self.line_starts();
        let Some(start) = line.checked_sub(1).and_then(|l| starts.get(l)) else { return "" };
        let end = starts.get(line).map_or(self.text.len(), |s| *s as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }

    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// All sources of one program. Cheap to clone.
#[derive(Debug, Default, Clone)]
pub struct SourceMap {
    files: Vec<Arc<SourceFile>>,
}

impl SourceMap {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, name: impl Into<Arc<str>>, origin: Origin, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(self.files.len() as u32);
        self.files.push(Arc::new(SourceFile {
            id,
            name: name.into(),
            origin,
            text: text.into(),
            line_starts: OnceLock::new(),
        }));
        id
    }

    /// The file with this id. Ids come only from [`SourceMap::add`] of the same map.
    pub fn file(&self, id: FileId) -> &Arc<SourceFile> {
        &self.files[id.0 as usize]
    }

    pub fn get(&self, id: FileId) -> Option<&Arc<SourceFile>> {
        self.files.get(id.0 as usize)
    }

    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.iter()
    }

    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).map_or("", |f| f.slice(span))
    }

    /// `name:line:column` of the start of a span.
    pub fn place(&self, span: Span) -> String {
        match self.get(span.file) {
            Some(f) => {
                let at = f.line_column(span.start as usize);
                format!("{}:{}:{}", f.name, at.line, at.column)
            }
            None => String::from("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_across_crlf_and_tabs() {
        let mut map = SourceMap::new();
        let id = map.add("a", Origin::Memory, "é\tx\r\nzß!");
        let f = map.file(id);
        assert_eq!(f.line_column(3), LineColumn { line: 1, column: 3 });
        assert_eq!(f.line_column(f.text.find('!').unwrap_or(0)), LineColumn { line: 2, column: 3 });
        assert_eq!(f.line(1), "é\tx");
        assert_eq!(f.line(2), "zß!");
        assert_eq!(f.line_column(999).line, 2);
    }
}
