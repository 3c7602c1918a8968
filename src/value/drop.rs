//! Deep values end without recursion.
//!
//! Only a value of a recursive type can be deeper than its type is written, so only records and variants of such
//! types take the long way: what they hold is moved to a worklist before they go.

use super::{Record, Value, Variant};
use std::sync::Arc;

impl Drop for Record {
    fn drop(&mut self) {
        if self.layout.recursive {
            unravel(std::mem::take(&mut self.fields));
        }
    }
}

impl Drop for Variant {
    fn drop(&mut self) {
        if self.layout.recursive {
            unravel(std::mem::take(&mut self.fields));
        }
    }
}

fn unravel(fields: Vec<Value>) {
    let mut work = fields;
    while let Some(value) = work.pop() {
        match value {
            Value::Record(r) => {
                if let Some(mut own) = Arc::into_inner(r) {
                    work.append(&mut own.fields);
                }
            }
            Value::Variant(v) => {
                if let Some(mut own) = Arc::into_inner(v) {
                    work.append(&mut own.fields);
                }
            }
            Value::List(items) => {
                if let Some(mut own) = Arc::into_inner(items) {
                    work.append(&mut own);
                }
            }
            Value::Map(entries) => {
                if let Some(own) = Arc::into_inner(entries) {
                    work.extend(own.into_values());
                }
            }
            _ => {}
        }
    }
}
