//! A wanted type, declared in the language.

use serde_json::Value as Json;
use wflow::check::{Environment, Memory, check_source};
use wflow::interpreter::Lowered;
use wflow::types::Type;
use wflow::value::answer::{self, Leniency};
use wflow::value::json::{Decoder, Mode, Predicates, encode};

pub struct Wanted {
    lowered: Lowered,
    pub ty: Type,
}

/// The cases' predicates are shapes; those that are not hold.
struct Anyone;

impl Predicates for Anyone {
    fn holds(
        &self,
        _: wflow::types::PredicateId,
        _: &wflow::value::Value,
    ) -> Result<bool, Box<wflow::diagnostics::Failure>> {
        Ok(true)
    }
    fn is_role(&self, name: &str) -> bool {
        matches!(name, "alice" | "security")
    }
}

impl Wanted {
    pub fn new(declarations: &str, ty: &str) -> Wanted {
        let text = format!("{declarations}\nfn wanted(it: {ty}) -> {ty} {{ it }}\n");
        let checked = check_source("case.wflow", &text, &Memory::default(), &Environment::default());
        let errors: Vec<_> =
            checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
        assert!(errors.is_empty(), "{text}: {errors:?}");
        let wanted = checked.program.callables.iter().find(|c| &*c.name == "wanted").expect("the function");
        Wanted { ty: wanted.signature.result.clone(), lowered: Lowered::new(&checked.program) }
    }

    fn with<T>(&self, work: impl FnOnce(&Decoder<'_>) -> T) -> T {
        work(&Decoder {
            defs: self.lowered.defs(),
            layouts: self.lowered.layouts(),
            predicates: &Anyone,
            mode: Mode::Strict,
        })
    }

    pub fn read(&self, answer: &str, strict: bool) -> Result<(Json, Vec<Leniency>), Vec<String>> {
        let reading = self.with(|d| answer::read(d, &self.ty, answer, strict))?;
        Ok((encode(&reading.value).expect("not deep"), reading.leniencies))
    }

    /// The value's JSON form, if the JSON is of the type.
    pub fn strictly(&self, json: &Json) -> Option<Json> {
        self.with(|d| d.decode(&self.ty, json)).ok().map(|value| encode(&value).expect("not deep"))
    }
}
