//! Declared records and enums.

use super::Type;
use crate::source::Span;
use std::sync::Arc;

/// A declared record or enum of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefId(pub u32);

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: Arc<str>,
    pub ty: Type,
    /// The name in JSON where it differs.
    pub json_name: Option<Arc<str>>,
    pub docs: Option<Arc<str>>,
}

impl Field {
    pub fn new(name: impl Into<Arc<str>>, ty: Type) -> Field {
        Field { name: name.into(), ty, json_name: None, docs: None }
    }

    /// The key in JSON.
    pub fn key(&self) -> &Arc<str> {
        self.json_name.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone)]
pub struct Variant {
    pub name: Arc<str>,
    /// Empty for a variant without fields.
    pub fields: Arc<[Field]>,
    /// `= "staging"`
    pub text: Option<Arc<str>>,
    pub docs: Option<Arc<str>>,
}

impl Variant {
    /// How a variant without fields is written in JSON, flags and text.
    pub fn text_form(&self) -> &Arc<str> {
        self.text.as_ref().unwrap_or(&self.name)
    }
}

#[derive(Debug, Clone)]
pub enum DefKind {
    Record(Arc<[Field]>),
    Enum(Arc<[Variant]>),
}

#[derive(Debug, Clone)]
pub struct TypeDef {
    pub name: Arc<str>,
    pub span: Span,
    pub docs: Option<Arc<str>>,
    pub kind: DefKind,
}

/// All declared records and enums of a program.
#[derive(Debug, Clone, Default)]
pub struct TypeDefs {
    defs: Vec<TypeDef>,
}

impl TypeDefs {
    pub fn add(&mut self, def: TypeDef) -> DefId {
        self.defs.push(def);
        DefId(self.defs.len() as u32 - 1)
    }

    /// Ids come only from [`TypeDefs::add`] of the same table.
    pub fn get(&self, id: DefId) -> &TypeDef {
        &self.defs[id.0 as usize]
    }

    pub fn get_mut(&mut self, id: DefId) -> &mut TypeDef {
        &mut self.defs[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (DefId, &TypeDef)> {
        self.defs.iter().enumerate().map(|(i, d)| (DefId(i as u32), d))
    }
}
