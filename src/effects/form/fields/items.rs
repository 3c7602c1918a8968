//! As many as there are: the items of a list, the entries of a map.

use super::super::schema::{kind, limits, misfit, scalar_from, shown};
use super::{Form, Left, Typed, label};
use crate::ui::dialog::Dialog;
use serde_json::{Map, Value as Json};

impl<'s> Form<'_, '_, 's> {
    pub(super) fn list(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        self.hint(schema);
        let any = &Json::Bool(true);
        let item = schema.get("items").unwrap_or(any);
        let old = before.and_then(Json::as_array).filter(|items| !items.is_empty());
        self.dialog.say(&format!("{}: a list{}", label(name), limits(schema)));
        if let Some(old) = old {
            for item in old {
                self.dialog.quote(&shown(item));
            }
            let question = match old.len() {
                1 => format!("{}: keep this one item?", label(name)),
                n => format!("{}: keep these {n} items?", label(name)),
            };
            if self.dialog.yes_or_no(&question)? {
                return Ok(Json::Array(old.clone()));
            }
        }
        let mut out = Vec::new();
        let most = schema.get("maxItems").and_then(Json::as_u64).unwrap_or(u64::MAX);
        let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(0);
        let too_few = |dialog: &mut Dialog<'_>, items: &[Json]| {
            let few = (items.len() as u64) < least;
            if few {
                dialog.say(&format!("At least {least} are needed here."));
            }
            few
        };
        let single = matches!(kind(self.resolved(item)), "string" | "integer" | "number")
            && self.resolved(item).get("enum").is_none();
        while (out.len() as u64) < most {
            let place = format!("{}[{}]", name, out.len());
            if single {
                // Enter ends the list, so the item itself is not asked for by the scalar's own question.
                match self.ask(&format!("{place} (Enter ends the list): "))? {
                    Typed::Nothing if too_few(self.dialog, &out) => {}
                    Typed::Nothing => break,
                    Typed::Json(value) => out.push(value),
                    Typed::None => out.push(Json::from("-")),
                    Typed::Text(text) => match scalar_from(kind(self.resolved(item)), &text) {
                        None => self.dialog.say("That is not a number of the right kind."),
                        Some(value) => match misfit(self.resolved(item), &value) {
                            None => out.push(value),
                            Some(why) => self.dialog.say(&format!("That does not fit: {why}.")),
                        },
                    },
                }
            } else {
                match self.ask(&format!("{place}: add one? (y, Enter ends the list) "))? {
                    Typed::Nothing | Typed::None if too_few(self.dialog, &out) => {}
                    Typed::Nothing | Typed::None => break,
                    Typed::Json(value) => out.push(value),
                    Typed::Text(t) if matches!(t.trim(), "y" | "yes") => {
                        out.push(self.value(item, &place, None, depth + 1)?);
                    }
                    Typed::Text(t) if matches!(t.trim(), "n" | "no") && too_few(self.dialog, &out) => {}
                    Typed::Text(t) if matches!(t.trim(), "n" | "no") => break,
                    Typed::Text(_) => self.dialog.say("Please type y, or Enter."),
                }
            }
        }
        Ok(Json::Array(out))
    }

    pub(super) fn map(
        &mut self,
        schema: &'s Json,
        name: &str,
        before: Option<&Json>,
        depth: usize,
    ) -> Result<Json, Left> {
        let Some(item) = schema.get("additionalProperties").filter(|s| s.is_object()) else {
            return self.raw(name, before);
        };
        self.hint(schema);
        self.dialog.say(&format!("{}: keys and values", label(name)));
        let old = before.and_then(Json::as_object);
        let mut out = Map::new();
        loop {
            match self.ask("key (Enter ends): ")? {
                Typed::Nothing | Typed::None => return Ok(Json::Object(out)),
                Typed::Json(value) => return Ok(value),
                Typed::Text(key) => {
                    let place = format!("{name}.{key}");
                    let value = self.value(item, &place, old.and_then(|o| o.get(&key)), depth + 1)?;
                    out.insert(key, value);
                }
            }
        }
    }
}
