//! Texts with interpolations.

use super::{Eval, Outcome, peek};
use crate::interpreter::node::{Node, Part};
use crate::value::Value;
use std::fmt::Write;

impl<'l> Eval<'l> {
    pub(super) fn text(&mut self, parts: &'l [Part], frame: &mut [Value]) -> Outcome {
        let mut out = String::with_capacity(32);
        self.write_parts(parts, frame, &mut out)?;
        Ok(Value::from(out))
    }

    pub(super) fn write_parts(
        &mut self,
        parts: &'l [Part],
        frame: &mut [Value],
        out: &mut String,
    ) -> Outcome<()> {
        for part in parts {
            match part {
                Part::Lit(text) => out.push_str(text),
                Part::Expr(node) => self.write(node, frame, out)?,
            }
        }
        Ok(())
    }

    /// Appends the text form of a value.
    pub(super) fn write(&mut self, node: &'l Node, frame: &mut [Value], out: &mut String) -> Outcome<()> {
        if let Node::Text(parts) = node {
            return self.write_parts(parts, frame, out);
        }
        if let Some(value) = peek(node, frame) {
            write_value(value, out);
            return Ok(());
        }
        let value = self.eval(node, frame)?;
        write_value(&value, out);
        Ok(())
    }

    /// The text form of a value, as a text of its own.
    pub(super) fn text_of(&mut self, node: &'l Node, frame: &mut [Value]) -> Outcome<String> {
        let mut out = String::new();
        self.write(node, frame, &mut out)?;
        Ok(out)
    }

    pub(super) fn optional_text_of(
        &mut self,
        node: Option<&'l Node>,
        frame: &mut [Value],
    ) -> Outcome<Option<String>> {
        node.map(|node| self.text_of(node, frame)).transpose()
    }
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Text(text) => out.push_str(text),
        // Writing to a String cannot fail.
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
