//! One of several: a value that the schema lists, or a form of several that it allows.

use super::super::schema::{kind, shown};
use super::{Form, Left, Typed, label, prompt};
use serde_json::Value as Json;

pub(super) struct Choice<'s> {
    label: String,
    about: Option<&'s str>,
    then: Chosen<'s>,
}

impl<'s> Choice<'s> {
    pub fn new(label: String, about: Option<&'s str>, then: Chosen<'s>) -> Choice<'s> {
        Choice { label, about, then }
    }
}

fn about(schema: &Json) -> Option<&str> {
    schema.get("description").and_then(Json::as_str)
}

pub(super) enum Chosen<'s> {
    Value(Json),
    Form(&'s Json),
}

impl<'s> Form<'_, '_, 's> {
    pub(super) fn one_of(
        &mut self,
        forms: &'s [Json],
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let (nulls, others): (Vec<&Json>, Vec<&Json>) = forms
            .iter()
            .partition(|f| kind(self.resolved(f)) == "null" || f.get("const") == Some(&Json::Null));
        if !nulls.is_empty() {
            return match others.as_slice() {
                [only] => Ok(self.maybe(only, name, before, depth)?.unwrap_or(Json::Null)),
                _ => {
                    let mut options = self.options(&others);
                    let question = format!("{} (optional)", label(name));
                    options.push(Choice::new(String::from("none"), None, Chosen::Value(Json::Null)));
                    self.choose(&question, options, before, depth)
                }
            };
        }
        let options = self.options(&others);
        self.choose(name, options, before, depth)
    }

    fn options(&self, forms: &[&'s Json]) -> Vec<Choice<'s>> {
        let mut out = Vec::new();
        for form in forms {
            let form = self.resolved(form);
            if let Some(values) = form.get("enum").and_then(Json::as_array) {
                out.extend(values.iter().map(|v| Choice::new(shown(v), None, Chosen::Value(v.clone()))));
            } else if let Some(value) = form.get("const") {
                out.push(Choice::new(shown(value), about(form), Chosen::Value(value.clone())));
            } else {
                let fields = form.get("properties").and_then(Json::as_object);
                let tag =
                    fields.filter(|f| f.len() == 1).and_then(|f| f.keys().next()).map(|k| k.to_string());
                let title = form.get("title").and_then(Json::as_str).map(str::to_owned);
                let label = tag.or(title).unwrap_or_else(|| kind(form).to_owned());
                out.push(Choice::new(label, about(form), Chosen::Form(form)));
            }
        }
        out
    }

    pub(super) fn choose(
        &mut self,
        name: &str,
        options: Vec<Choice<'s>>,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        if !name.is_empty() {
            self.dialog.say(&format!("{name}:"));
        }
        for (i, choice) in options.iter().enumerate() {
            let about = choice.about.map(|a| format!("  ({})", a.lines().next().unwrap_or_default()));
            self.dialog.say(&format!("  {}  {}{}", i + 1, choice.label, about.unwrap_or_default()));
        }
        let prompt = prompt("", &format!("name, or number from 1 to {}", options.len()), before);
        loop {
            let typed = match (self.ask(&prompt)?, before) {
                (Typed::Json(value), _) => return Ok(value),
                (Typed::Nothing, Some(value)) => return Ok(value.clone()),
                (Typed::Text(text), _) => text,
                _ => continue,
            };
            let word = typed.trim();
            let by_number =
                word.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|i| *i < options.len());
            let by_name = options.iter().position(|c| c.label.eq_ignore_ascii_case(word));
            match by_name.or(by_number).map(|i| &options[i].then) {
                Some(Chosen::Value(value)) => return Ok(value.clone()),
                Some(Chosen::Form(form)) => return self.value(form, name, before, depth + 1),
                None => self
                    .dialog
                    .say(&format!("Please type one of the names, or a number from 1 to {}.", options.len())),
            }
        }
    }
}
