//! How a signature is written down: constants only, so the tables cost nothing to have.

/// A type in a signature; `T` and `U` are found anew at each call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sig {
    T,
    U,
    Text,
    Int,
    Float,
    Bool,
    Duration,
    Size,
    Time,
    Path,
    Json,
    Secret,
    Nothing,
    Range,
    List(&'static Sig),
    Map(&'static Sig),
    Optional(&'static Sig),
    Record(&'static [(&'static str, Sig)]),
    /// A lambda or a `fn`.
    Function(&'static [Sig], &'static Sig),
    /// The type that a static function is called on: `Version` in `Version.parse`.
    This,
}

/// What a method is called on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum On {
    List,
    Map,
    Text,
    Path,
    Json,
    Int,
    Float,
    Duration,
    Size,
    Time,
    Range,
    Optional,
    /// Every type that has the needed form.
    Any,
}

/// What the type that stands for `T` or `U` must be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `<` and sorting: Text, Int, Float, Bool, Duration, Size, Time, Path.
    Ordered,
    /// `==`: everything without a Secret or a function in it.
    Equal,
    /// Adding up: Int, Float, Duration, Size.
    Sum,
    /// A text form: what may be interpolated.
    Text,
    /// A JSON form.
    Json,
}

#[derive(Debug, Clone, Copy)]
pub struct ParamSig {
    pub name: &'static str,
    pub ty: Sig,
    /// May be left out.
    pub optional: bool,
}

#[derive(Debug)]
pub struct Method {
    pub on: On,
    /// The receiver's type with its variables: `[T]`, `[[T]]`, `{Text: T}`, `T?`, …
    pub receiver: Sig,
    pub name: &'static str,
    pub params: &'static [ParamSig],
    pub result: Sig,
    pub bounds: &'static [(Sig, Bound)],
    /// Written without parentheses.
    pub property: bool,
    /// One line without a full stop.
    pub doc: &'static str,
}

pub(super) const fn arg(name: &'static str, ty: Sig) -> ParamSig {
    ParamSig { name, ty, optional: false }
}

pub(super) const fn opt(name: &'static str, ty: Sig) -> ParamSig {
    ParamSig { name, ty, optional: true }
}

pub(super) const fn method(
    on: On,
    receiver: Sig,
    name: &'static str,
    params: &'static [ParamSig],
    result: Sig,
    doc: &'static str,
) -> Method {
    Method { on, receiver, name, params, result, bounds: &[], property: false, doc }
}

impl Method {
    pub(super) const fn property(mut self) -> Method {
        self.property = true;
        self
    }

    pub(super) const fn needs(mut self, bounds: &'static [(Sig, Bound)]) -> Method {
        self.bounds = bounds;
        self
    }

    /// As the reference and messages show it: `join(separator?: Text) -> Text`.
    pub fn signature(&self) -> String {
        match self.property {
            true => format!("{}: {}", self.name, self.result),
            false => signature(self.name, self.params, self.result),
        }
    }
}

pub(super) fn signature(name: &str, params: &[ParamSig], result: Sig) -> String {
    let params: Vec<String> =
        params.iter().map(|p| format!("{}{}: {}", p.name, if p.optional { "?" } else { "" }, p.ty)).collect();
    format!("{name}({}) -> {result}", params.join(", "))
}

impl std::fmt::Display for Sig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Sig::List(t) => write!(f, "[{t}]"),
            Sig::Map(t) => write!(f, "{{Text: {t}}}"),
            Sig::Optional(t) => write!(f, "{t}?"),
            Sig::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(|(n, t)| format!("{n}: {t}")).collect();
                write!(f, "{{ {} }}", fields.join(", "))
            }
            Sig::Function([one], result) => write!(f, "{one} => {result}"),
            Sig::Function(params, result) => {
                let params: Vec<String> = params.iter().map(Sig::to_string).collect();
                write!(f, "({}) => {result}", params.join(", "))
            }
            Sig::This => f.write_str("Self"),
            plain => write!(f, "{plain:?}"),
        }
    }
}
