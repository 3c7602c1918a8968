//! The tables of codes, one file per area. A code is never reused or renumbered.

use super::Code;

/// Declares codes: `codes! { Area; E0101 "title"; L0701 unused_value "title"; }`. Each needs `pages/<ID>.md`.
macro_rules! codes {
    ($area:ident; $($id:ident $($name:ident)? $title:literal;)*) => {
        $(
            #[doc = $title]
            pub const $id: crate::diagnostics::Code = crate::diagnostics::Code(&crate::diagnostics::code::CodeInfo {
                id: stringify!($id),
                name: concat!($(stringify!($name))?),
                title: $title,
                page: include_str!(concat!("../pages/", stringify!($id), ".md")),
                area: crate::diagnostics::Area::$area,
            });
        )*
        pub(super) const TABLE: &[crate::diagnostics::Code] = &[$($id),*];
    };
}

pub mod ask;
pub mod audit;
pub mod config;
pub mod files;
pub mod flow;
pub mod gate;
pub mod journal;
pub mod lint;
pub mod names;
pub mod policy;
pub mod run;
pub mod runtime;
pub mod source;
pub mod syntax;
pub mod types;
pub mod usage;

/// Every code there is, in order of its area.
pub fn all() -> impl Iterator<Item = Code> {
    [
        source::TABLE,
        syntax::TABLE,
        names::TABLE,
        types::TABLE,
        flow::TABLE,
        policy::TABLE,
        lint::TABLE,
        runtime::TABLE,
        run::TABLE,
        gate::TABLE,
        ask::TABLE,
        files::TABLE,
        journal::TABLE,
        config::TABLE,
        usage::TABLE,
        audit::TABLE,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// By id (`E0301`, in any case) or lint name.
pub fn find(text: &str) -> Option<Code> {
    all().find(|c| c.id().eq_ignore_ascii_case(text) || c.lint_name() == Some(text))
}
