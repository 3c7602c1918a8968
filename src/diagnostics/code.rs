//! A stable code: identity, title, explain page.

/// Which part of the tool a code belongs to; the hundreds of its number say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Source,
    Syntax,
    Names,
    Types,
    Flow,
    Policy,
    Origins,
    Lint,
    Runtime,
    Run,
    Gate,
    Ask,
    Files,
    Journal,
    Config,
    Usage,
    Audit,
}

/// One kind of mistake. Compared by identity of its id; made only by the `codes!` tables.
#[derive(Debug)]
pub struct CodeInfo {
    /// `E0301`; lints start with `L`.
    pub id: &'static str,
    /// For lints the name used in `@allow(name)`, otherwise empty.
    pub name: &'static str,
    /// A short sentence without a full stop.
    pub title: &'static str,
    /// Markdown: what it means, why it is refused, an example that fails and one that passes.
    pub page: &'static str,
    pub area: Area,
}

/// A reference to an entry of the tables.
#[derive(Clone, Copy)]
pub struct Code(pub &'static CodeInfo);

impl Code {
    pub fn id(self) -> &'static str {
        self.0.id
    }
    pub fn title(self) -> &'static str {
        self.0.title
    }
    pub fn lint_name(self) -> Option<&'static str> {
        (!self.0.name.is_empty()).then_some(self.0.name)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.0.id == other.0.id
    }
}
impl Eq for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}
impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.id)
    }
}
