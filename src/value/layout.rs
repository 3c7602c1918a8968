//! Which fields a record or a variant has, in which order, and how JSON calls them.

use super::Value;
use crate::types::{DefId, DefKind, Field, Type, TypeDefs};
use std::sync::Arc;

/// The fields of one record type.
#[derive(Debug, Default)]
pub struct RecordLayout {
    /// Absent for a structural record.
    pub def: Option<DefId>,
    pub name: Option<Arc<str>>,
    pub names: Vec<Arc<str>>,
    /// The keys in JSON, in the same order.
    pub keys: Vec<Arc<str>>,
    /// Whether a value can hold another of its own type, so that no bound on its depth is known.
    pub recursive: bool,
}

impl RecordLayout {
    /// Of a structural record.
    pub fn structural(names: Vec<Arc<str>>) -> Arc<RecordLayout> {
        Arc::new(RecordLayout { keys: names.clone(), names, ..RecordLayout::default() })
    }

    pub fn of_fields(fields: &[Field]) -> RecordLayout {
        RecordLayout {
            names: fields.iter().map(|f| f.name.clone()).collect(),
            keys: fields.iter().map(|f| f.key().clone()).collect(),
            ..RecordLayout::default()
        }
    }

    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| &**n == name)
    }
}

#[derive(Debug)]
pub struct EnumLayout {
    pub def: DefId,
    pub name: Arc<str>,
    pub variants: Vec<VariantLayout>,
    pub recursive: bool,
}

#[derive(Debug)]
pub struct VariantLayout {
    pub name: Arc<str>,
    /// How it is written in JSON, flags and text when it has no fields.
    pub text: Arc<str>,
    pub fields: RecordLayout,
}

#[derive(Debug, Clone)]
enum Layout {
    Record(Arc<RecordLayout>),
    /// The values of the variants without fields are made once and shared.
    Enum(Arc<EnumLayout>, Arc<[Value]>),
}

/// The layouts of all declared types of a program.
#[derive(Debug, Clone, Default)]
pub struct Layouts {
    layouts: Vec<Layout>,
}

impl Layouts {
    pub fn new(defs: &TypeDefs) -> Layouts {
        let layouts = defs.iter().map(|(id, def)| {
            let recursive = reaches(defs, id);
            match &def.kind {
                DefKind::Record(fields) => Layout::Record(Arc::new(RecordLayout {
                    def: Some(id),
                    name: Some(def.name.clone()),
                    recursive,
                    ..RecordLayout::of_fields(fields)
                })),
                DefKind::Enum(variants) => {
                    let layout = Arc::new(EnumLayout {
                        def: id,
                        name: def.name.clone(),
                        recursive,
                        variants: variants
                            .iter()
                            .map(|v| VariantLayout {
                                name: v.name.clone(),
                                text: v.text_form().clone(),
                                fields: RecordLayout::of_fields(&v.fields),
                            })
                            .collect(),
                    });
                    let units =
                        (0..variants.len() as u32).map(|i| Value::variant(&layout, i, Vec::new())).collect();
                    Layout::Enum(layout, units)
                }
            }
        });
        Layouts { layouts: layouts.collect() }
    }

    pub fn record(&self, id: DefId) -> Option<&Arc<RecordLayout>> {
        match self.layouts.get(id.0 as usize)? {
            Layout::Record(layout) => Some(layout),
            Layout::Enum(..) => None,
        }
    }

    pub fn enumeration(&self, id: DefId) -> Option<&Arc<EnumLayout>> {
        match self.layouts.get(id.0 as usize)? {
            Layout::Enum(layout, _) => Some(layout),
            Layout::Record(_) => None,
        }
    }

    /// A variant without fields.
    pub fn unit(&self, id: DefId, variant: u32) -> Option<&Value> {
        match self.layouts.get(id.0 as usize)? {
            Layout::Enum(_, units) => units.get(variant as usize),
            Layout::Record(_) => None,
        }
    }
}

/// Whether a value of the declared type can hold another one of it.
fn reaches(defs: &TypeDefs, start: DefId) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut work: Vec<&Type> = Vec::new();
    fields_of(defs, start, &mut work);
    while let Some(ty) = work.pop() {
        match ty {
            Type::List(t) | Type::Map(t) | Type::Optional(t) => work.push(t),
            Type::Record(fields) => work.extend(fields.iter().map(|f| &f.ty)),
            Type::Refined(r) => work.push(&r.base),
            Type::Named(id) if *id == start => return true,
            Type::Named(id) if seen.insert(*id) => fields_of(defs, *id, &mut work),
            _ => {}
        }
    }
    false
}

fn fields_of<'d>(defs: &'d TypeDefs, id: DefId, into: &mut Vec<&'d Type>) {
    match &defs.get(id).kind {
        DefKind::Record(fields) => into.extend(fields.iter().map(|f| &f.ty)),
        DefKind::Enum(variants) => into.extend(variants.iter().flat_map(|v| v.fields.iter().map(|f| &f.ty))),
    }
}

/// The records that the language itself makes.
pub mod standard {
    use super::RecordLayout;
    use std::sync::{Arc, LazyLock};

    fn layout(name: &str, fields: &[&str]) -> Arc<RecordLayout> {
        let names: Vec<Arc<str>> = fields.iter().map(|f| Arc::from(*f)).collect();
        Arc::new(RecordLayout {
            name: Some(name.into()),
            keys: names.clone(),
            names,
            ..RecordLayout::default()
        })
    }

    /// What `run` gives.
    pub static OUTPUT: LazyLock<Arc<RecordLayout>> =
        LazyLock::new(|| layout("Output", &["exit", "stdout", "stderr", "duration"]));
    /// What a gate gives.
    pub static APPROVAL: LazyLock<Arc<RecordLayout>> =
        LazyLock::new(|| layout("Approval", &["by", "comments", "at"]));
    /// What `on reject r` binds.
    pub static REJECTION: LazyLock<Arc<RecordLayout>> =
        LazyLock::new(|| layout("Rejection", &["kind", "by", "comment"]));
    /// What `catch e` binds.
    pub static FAILURE: LazyLock<Arc<RecordLayout>> =
        LazyLock::new(|| layout("Failure", &["kind", "code", "message", "help"]));
}
