//! Values, access, calls.

use super::label::Label;
use super::value::{Labelled, Shape};
use super::{Outcome, Walk};
use crate::interpreter::eval::path::Segment;
use crate::interpreter::eval::{both, unfit};
use crate::interpreter::node::*;
use crate::source::Span;
use crate::value::{Convert, Text, Value};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

impl<'l> Walk<'_, 'l> {
    pub(super) fn eval(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        let value = self.value(node, frame)?.settled();
        self.meet(&value.label);
        Ok(value)
    }

    fn value(&mut self, node: &'l Node, frame: &mut [Labelled]) -> Outcome {
        match node {
            Node::Const(value) => Ok(Labelled::literal(value.clone())),
            Node::Local(slot) => Ok(frame[*slot as usize].clone()),
            Node::Global(id) => match self.eval.constant(*id) {
                Ok(value) => Ok(Labelled::literal(value)),
                Err(failure) => Err(self.eval.fail(failure, Span::default())),
            },
            Node::Function(id) => Ok(Labelled::literal(Value::Function(id.0))),
            Node::Text(parts) => self.text(node, parts, frame),
            Node::List(parts) => {
                let mut items = Vec::new();
                let mut label = Label::literal();
                for part in parts {
                    let value = self.eval(&part.value, frame)?;
                    match (&value.shape, part.spread) {
                        (Shape::List(more), true) => {
                            label = label.with(&value.label, true);
                            items.extend(more.iter().cloned());
                        }
                        _ => items.push(value),
                    }
                }
                Ok(Labelled { label, ..Labelled::list(items) })
            }
            Node::Map(map) => {
                let mut entries: IndexMap<Text, Labelled> = IndexMap::new();
                let mut label = Label::literal();
                for (key, value) in &map.0 {
                    let (key, value) = (self.eval(key, frame)?, self.eval(value, frame)?);
                    label = label.with(&key.whole(), true);
                    let text = match key.as_text() {
                        Some(text) => Text::from(text),
                        None => Text::from(key.plain().to_string()),
                    };
                    entries.insert(text, value);
                }
                Ok(Labelled { shape: Shape::Map(Rc::new(entries)), label })
            }
            Node::Record(node) => {
                let fields = self.fields(node.layout.names.len(), &node.fields, frame)?;
                Ok(Labelled::record(&node.layout, fields))
            }
            Node::Variant(node) => {
                let count = node.layout.variants[node.index as usize].fields.names.len();
                let fields = self.fields(count, &node.fields, frame)?;
                Ok(Labelled {
                    shape: Shape::Variant(node.layout.clone(), node.index, Rc::new(fields)),
                    label: Label::literal(),
                })
            }
            Node::Range(node) => {
                let (start, end) = (self.eval(&node.start, frame)?, self.eval(&node.end, frame)?);
                let range = crate::value::Range {
                    start: start.as_int().unwrap_or_default(),
                    end: end.as_int().unwrap_or_default(),
                    inclusive: node.inclusive,
                };
                Ok(Labelled::leaf(Value::Range(Arc::new(range)), start.label.with(&end.label, false)))
            }
            Node::Field(node) => self.field(node, frame),
            Node::Index(pair) => self.index(pair, frame),
            Node::Call(node) => self.call(node, frame),
            Node::Method(node) => self.method(node, frame),
            Node::Higher(node) => self.higher(node, frame),
            Node::Parse(read) => {
                let text = self.eval(&read.value, frame)?;
                let value = text.as_text().and_then(|t| self.eval.parse(&read.ty, t).ok());
                Ok(self.read_again(value, &text))
            }
            Node::FromJson(read) => {
                let json = self.eval(&read.value, frame)?;
                let value = match json.plain() {
                    Value::Json(json) => {
                        self.eval.decode(&read.ty, &json, crate::value::json::Mode::Strict).ok()
                    }
                    _ => None,
                };
                Ok(self.read_again(value, &json))
            }
            Node::Convert(node) => self.convert(node, frame),
            Node::Widen(inner) => {
                let value = self.eval(inner, frame)?;
                let wide = value.plain().as_float().map_or(Value::Nothing, Value::Float);
                Ok(Labelled::leaf(wide, value.label))
            }
            Node::Coalesce(pair) => {
                let first = self.eval(&pair.0, frame)?;
                if !first.is_none() {
                    return Ok(first);
                }
                let by = first.whole();
                let value = self.under(&by, &[&pair.1], |walk| walk.eval(&pair.1, frame))?;
                Ok(self.select(value, &by))
            }
            Node::Seq(nodes) => {
                let mut value = Labelled::literal(Value::Nothing);
                for node in nodes {
                    value = self.eval(node, frame)?;
                }
                Ok(value)
            }
            Node::Set(set) | Node::SetInt(set) => {
                let value = self.eval(&set.1, frame)?;
                self.assign(set.0, value, frame);
                Ok(Labelled::literal(Value::Nothing))
            }
            Node::Bind(node) => {
                let value = self.eval(&node.value, frame)?;
                self.bind(&node.pattern, &value, frame);
                Ok(Labelled::literal(Value::Nothing))
            }
            Node::Append(node) => self.append(node, frame),
            Node::Place(node) => self.put(node, frame),
            Node::If(_)
            | Node::Match(_)
            | Node::For(_)
            | Node::Repeat(_)
            | Node::Return(_)
            | Node::Break(_)
            | Node::Continue
            | Node::Try(_)
            | Node::Ensure(_)
            | Node::Fail(_) => self.control(node, frame),
            Node::Wait(_) | Node::Say(_) | Node::Effect(_) | Node::Ask(_) => self.effect(node, frame),
            Node::Run(run) => self.run(run, frame),
            Node::Gate(gate) => self.gate(gate, frame),
            Node::Step(step) => self.step(step, frame),
            Node::Parallel(_) | Node::ParallelFor(_) => self.side_by_side(node, frame),
            Node::Broken(what) => {
                let failure = crate::interpreter::eval::internal(format!("the program has {} here", what.0));
                Err(self.eval.fail(failure, what.1))
            }
            other => self.operator(other, frame),
        }
    }

    /// Text that was read as a type: each part is as the text was, and looked at as a word.
    fn read_again(&self, value: Option<Value>, from: &Labelled) -> Labelled {
        let whole = from.whole();
        let label = Label { alone: whole.level, ..whole };
        Labelled::fresh(Value::optional(value), &label)
    }

    fn fields(
        &mut self,
        count: usize,
        nodes: &'l [(u32, Node)],
        frame: &mut [Labelled],
    ) -> Outcome<Vec<Labelled>> {
        let mut fields = vec![Labelled::literal(Value::None); count];
        for (index, node) in nodes {
            fields[*index as usize] = self.eval(node, frame)?;
        }
        Ok(fields)
    }

    fn text(&mut self, node: &'l Node, parts: &'l [Part], frame: &mut [Labelled]) -> Outcome {
        let mut out = String::new();
        let mut label = Label::literal();
        for part in parts {
            match part {
                Part::Lit(text) => out.push_str(text),
                Part::Expr(inner) => {
                    let value = self.eval(inner, frame)?;
                    out.push_str(&value.plain().to_string());
                    label = label.with(&value.whole(), true);
                }
            }
        }
        Ok(Labelled::leaf(Value::from(out), self.together(node, label)))
    }

    /// What a place has put together: with a piece that it has made itself, nobody knows of how many.
    pub(super) fn together<T>(&self, node: &T, label: Label) -> Label {
        let place = self.place(node);
        let again = label.made.as_ref().is_some_and(|made| made.contains(&place));
        let mut made: BTreeSet<u64> = label.made.as_deref().cloned().unwrap_or_default();
        made.insert(place);
        let turn = if again { self.loops.last().copied() } else { label.again };
        let spelled = turn.is_some_and(|t| self.loops.contains(&t)) && label.untrusted();
        Label {
            alone: if spelled { label.level } else { label.alone },
            made: Some(Rc::new(made)),
            again: turn,
            ..label
        }
    }

    fn append(&mut self, node: &'l AppendNode, frame: &mut [Labelled]) -> Outcome {
        let mut more = Vec::new();
        for part in &node.parts {
            more.push(self.eval(part, frame)?);
        }
        let mut value = frame[node.slot as usize].clone();
        for part in more {
            value = self.joined(node, value, part);
        }
        self.assign(node.slot, value, frame);
        Ok(Labelled::literal(Value::Nothing))
    }

    /// `a + b` of texts or lists.
    pub(super) fn joined<T>(&self, node: &T, a: Labelled, b: Labelled) -> Labelled {
        match (&a.shape, &b.shape) {
            (Shape::List(first), Shape::List(second)) => {
                let items = first.iter().chain(second.iter()).cloned().collect();
                Labelled { label: self.together(node, a.label.with(&b.label, true)), ..Labelled::list(items) }
            }
            _ => {
                let text = format!("{}{}", a.plain(), b.plain());
                let label = self.together(node, a.label.with(&b.label, true));
                Labelled::leaf(Value::from(text), label)
            }
        }
    }

    fn put(&mut self, node: &'l PlaceNode, frame: &mut [Labelled]) -> Outcome {
        let mut steps = Vec::new();
        let mut by = Label::literal();
        for step in &node.steps {
            steps.push(match step {
                PlaceStep::Field { .. } => None,
                PlaceStep::Index { index, .. } => {
                    let index = self.eval(index, frame)?;
                    by = by.with(&index.whole(), true);
                    Some(index)
                }
            });
        }
        let value = self.eval(&node.value, frame)?;
        let value = self.select(value, &by);
        let value = self.decided(value);
        let whole = frame[node.slot as usize].clone();
        let new = self.replaced(&whole, &node.steps, &steps, value)?;
        self.assigned.push(node.slot);
        frame[node.slot as usize] = new;
        Ok(Labelled::literal(Value::Nothing))
    }

    fn replaced(
        &mut self,
        whole: &Labelled,
        places: &'l [PlaceStep],
        steps: &[Option<Labelled>],
        value: Labelled,
    ) -> Outcome {
        let ([place, places @ ..], [step, steps @ ..]) = (places, steps) else { return Ok(value) };
        let span = match place {
            PlaceStep::Field { span, .. } | PlaceStep::Index { span, .. } => *span,
        };
        let label = match step {
            // Where it went is decided by the index.
            Some(index) if index.label.untrusted() => self.select(whole.clone(), &index.label).label,
            _ => whole.label.clone(),
        };
        // A key becomes a part of the map.
        let label = match (&whole.shape, step) {
            (Shape::Map(_), Some(key)) => label.with(&key.whole(), true),
            _ => label,
        };
        let shape = match (&whole.shape, place, step) {
            (Shape::Record(layout, fields), PlaceStep::Field { index, name, .. }, _) => {
                let at = match layout.def {
                    None => layout.index_of(name).unwrap_or(*index as usize),
                    Some(_) => *index as usize,
                };
                let mut fields = fields.to_vec();
                fields[at] = self.replaced(&fields[at].clone(), places, steps, value)?;
                Shape::Record(layout.clone(), Rc::new(fields))
            }
            (Shape::List(items), _, Some(index)) => {
                let n = index.as_int().unwrap_or(-1);
                match usize::try_from(n).ok().filter(|i| *i < items.len()) {
                    Some(at) => {
                        let mut items = items.to_vec();
                        items[at] = self.replaced(&items[at].clone(), places, steps, value)?;
                        Shape::List(Rc::new(items))
                    }
                    None => return Err(self.eval.no_item(n, items.len(), span)),
                }
            }
            (Shape::Map(entries), _, Some(key)) => {
                let key = Text::from(key.as_text().unwrap_or_default());
                if !places.is_empty() && !entries.contains_key(&key) {
                    let plain = entries.iter().map(|(k, v)| (k.clone(), v.plain())).collect();
                    return Err(self.eval.no_key(&key, &plain, span));
                }
                let mut entries = (**entries).clone();
                let old = entries.get(&key).cloned().unwrap_or(Labelled::literal(Value::None));
                let new = self.replaced(&old, places, steps, value)?;
                entries.insert(key, new);
                Shape::Map(Rc::new(entries))
            }
            _ => return Err(self.eval.cannot_be("a value without such a place", span)),
        };
        Ok(Labelled { shape, label })
    }

    fn field(&mut self, node: &'l FieldNode, frame: &mut [Labelled]) -> Outcome {
        let base = self.eval(&node.base, frame)?;
        match &base.shape {
            Shape::Record(layout, fields) => {
                let at = match layout.def {
                    None => layout.index_of(&node.name).unwrap_or(node.index as usize),
                    Some(_) => node.index as usize,
                };
                match fields.get(at) {
                    // A record that was chosen is chosen with its fields, which say so themselves.
                    Some(field) => Ok(field.clone()),
                    None => self.eval.no_field(base.plain(), node).map(|_| base),
                }
            }
            _ if node.optional && base.is_none() => Ok(base),
            _ => {
                let plain = base.plain();
                self.eval.no_field(plain, node).map(|_| base)
            }
        }
    }

    fn index(&mut self, pair: &'l Pair, frame: &mut [Labelled]) -> Outcome {
        let base = self.eval(&pair.left, frame)?;
        let index = self.eval(&pair.right, frame)?;
        let found = match &base.shape {
            Shape::Map(entries) => {
                let key = index.as_text().unwrap_or_default();
                match entries.get(key) {
                    Some(value) => value.clone(),
                    None => {
                        let plain = entries.iter().map(|(k, v)| (k.clone(), v.plain())).collect();
                        return Err(self.eval.no_key(key, &plain, pair.span));
                    }
                }
            }
            Shape::List(items) => {
                let n = index.as_int().unwrap_or(-1);
                match usize::try_from(n).ok().and_then(|i| items.get(i)) {
                    Some(item) => item.clone(),
                    None => return Err(self.eval.no_item(n, items.len(), pair.span)),
                }
            }
            _ => return Err(self.eval.cannot_be("an index into something without items", pair.span)),
        };
        Ok(self.select(found, &index.whole()))
    }

    fn call(&mut self, node: &'l CallNode, frame: &mut [Labelled]) -> Outcome {
        let callable = &self.eval.lowered.callables[node.callable.0 as usize];
        let mut inner = vec![Labelled::literal(Value::Nothing); callable.locals as usize];
        for (param, arg) in &node.args {
            inner[*param as usize] = self.eval(arg, frame)?;
        }
        self.eval.deeper(node.site.span)?;
        for param in &node.defaults {
            inner[*param as usize] = match &callable.defaults[*param as usize] {
                Some(default) => self.eval(default, &mut inner)?,
                None => Labelled::literal(Value::None),
            };
        }
        let outer = self.calls;
        self.calls = self.place(node);
        if callable.effects {
            self.path().push(Segment::Site(&node.site));
        }
        let because = both(&self.eval.because, &node.site.because);
        let because = std::mem::replace(&mut self.eval.because, because);
        let value = self.callable(callable, &mut inner);
        self.eval.because = because;
        if callable.effects {
            self.path().pop();
        }
        self.calls = outer;
        value
    }

    fn convert(&mut self, node: &'l ConvertNode, frame: &mut [Labelled]) -> Outcome {
        let value = self.eval(&node.value, frame)?;
        let judge = self.eval.judge();
        match node.convert.apply(value.plain(), &judge) {
            Ok(new) => Ok(refined(&node.convert, value.reshaped(new))),
            Err(mismatches) => Err(self.eval.fail(unfit(&mismatches), node.span)),
        }
    }
}

/// A text that satisfies a type is looked at as a word again.
fn refined(convert: &Convert, value: Labelled) -> Labelled {
    match (convert, &value.shape) {
        (Convert::Refine(..), Shape::Leaf(_)) => value.judged(),
        (Convert::Role, _) => value.endorsed(),
        (Convert::Optional(inner), _) => refined(inner, value),
        (Convert::List(inner), Shape::List(items)) => {
            let items = items.iter().map(|i| refined(inner, i.clone())).collect();
            Labelled { shape: Shape::List(Rc::new(items)), label: value.label }
        }
        (Convert::Map(inner), Shape::Map(entries)) => {
            let entries = entries.iter().map(|(k, v)| (k.clone(), refined(inner, v.clone()))).collect();
            Labelled { shape: Shape::Map(Rc::new(entries)), label: value.label }
        }
        (Convert::Record { fields, .. }, Shape::Record(layout, own)) => {
            let new = own.iter().zip(fields).map(|(o, (_, c))| refined(c, o.clone())).collect();
            Labelled { shape: Shape::Record(layout.clone(), Rc::new(new)), label: value.label }
        }
        _ => value,
    }
}
