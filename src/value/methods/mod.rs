//! The built-in methods: under the names and with the signatures of `types::methods`.
//!
//! The receiver is the first argument; one that was left out is `none`. Arguments are handed over, so a method that
//! is given the only owner of a list or text works in place. Functions among the arguments stay with the caller, who
//! is asked through [`Calls`] to apply them: a lambda then costs no value of its own.

mod json;
mod list;
mod list_functions;
mod map;
mod number;
mod path;
mod text;
mod time;

use super::{Text, Value};
use crate::diagnostics::{Code, ErrorKind, Failure, codes::runtime};
use crate::types::methods::On;

/// Why a method gives no value.
#[derive(Debug)]
pub enum Trouble {
    Failed(Box<Failure>),
    /// A function that it called did not return; its caller knows why.
    Callback,
}

impl From<Box<Failure>> for Trouble {
    fn from(failure: Box<Failure>) -> Trouble {
        Trouble::Failed(failure)
    }
}

/// Applies the functions among a method's arguments.
pub trait Calls {
    /// `which` counts the functions among the arguments; `args` are handed over.
    fn call(&mut self, which: usize, args: &mut [Value]) -> Result<Value, Trouble>;

    /// A function that says yes or no.
    fn test(&mut self, which: usize, args: &mut [Value]) -> Result<bool, Trouble> {
        match self.call(which, args)? {
            Value::Bool(b) => Ok(b),
            other => Err(impossible("a condition", &other).into()),
        }
    }
}

pub type Outcome = Result<Value, Box<Failure>>;

/// How a method is called.
#[derive(Clone, Copy)]
pub enum Implementation {
    Plain(fn(&mut [Value]) -> Outcome),
    /// One that takes functions, which are not among `args`.
    Higher(fn(&mut [Value], &mut dyn Calls) -> Result<Value, Trouble>),
}

/// The method of this name on this kind of receiver.
pub fn find(on: On, name: &str) -> Option<Implementation> {
    match on {
        On::List => list::find(name).or_else(|| list_functions::find(name)),
        On::Map => map::find(name),
        On::Text => text::find(name),
        On::Path => path::find(name),
        On::Json => json::find(name),
        On::Int => number::find_int(name),
        On::Float => number::find_float(name),
        On::Duration => number::find_duration(name),
        On::Size => number::find_size(name),
        On::Time => time::find(name),
        On::Range => number::find_range(name),
        On::Optional => (name == "map").then_some(Implementation::Higher(optional_map)),
        On::Any => match name {
            "to_text" => Some(Implementation::Plain(to_text)),
            "to_json" => Some(Implementation::Plain(to_json)),
            _ => None,
        },
    }
}

fn optional_map(args: &mut [Value], calls: &mut dyn Calls) -> Result<Value, Trouble> {
    match take(args, 0) {
        Value::None => Ok(Value::None),
        value => calls.call(0, &mut [value]),
    }
}

fn to_text(args: &mut [Value]) -> Outcome {
    Ok(match take(args, 0) {
        Value::Text(text) => Value::Text(text),
        other => Value::from(other.to_string()),
    })
}

fn to_json(args: &mut [Value]) -> Outcome {
    match take(args, 0) {
        json @ Value::Json(_) => Ok(json),
        other => super::json::encode(&other).map(Value::json).map_err(|_| super::json::too_deep()),
    }
}

/// Takes an argument out; one that is not there is `none`.
fn take(args: &mut [Value], index: usize) -> Value {
    args.get_mut(index).map_or(Value::None, |v| std::mem::replace(v, Value::None))
}

/// Whether a regular expression, known only now, matches somewhere.
pub fn is_match(text: &str, pattern: &str) -> Result<bool, Box<Failure>> {
    text::with_regex(pattern, |regex| Value::Bool(regex.is_match(text))).map(|v| v == Value::Bool(true))
}

/// The checker has seen to the types, so this speaks of wflow itself.
pub fn impossible(wanted: &str, found: &Value) -> Box<Failure> {
    let message = format!("{wanted} was expected here, and {} came", found.kind());
    Box::new(Failure::new(ErrorKind::Bug, runtime::E1022, message))
}

fn wrong(code: Code, message: String) -> Box<Failure> {
    Box::new(Failure::new(ErrorKind::Verification, code, message))
}

fn text(args: &mut [Value], index: usize) -> Result<Text, Box<Failure>> {
    match take(args, index) {
        Value::Text(text) => Ok(text),
        other => Err(impossible("a text", &other)),
    }
}

fn int(args: &mut [Value], index: usize) -> Result<i64, Box<Failure>> {
    match take(args, index) {
        Value::Int(n) => Ok(n),
        other => Err(impossible("an Int", &other)),
    }
}

fn list(args: &mut [Value], index: usize) -> Result<std::sync::Arc<Vec<Value>>, Box<Failure>> {
    match take(args, index) {
        Value::List(items) => Ok(items),
        other => Err(impossible("a list", &other)),
    }
}

/// A count that is given by the program: not negative.
fn count(args: &mut [Value], index: usize, what: &str) -> Result<usize, Box<Failure>> {
    let n = int(args, index)?;
    // Beyond the address space every count means "all".
    usize::try_from(n.max(0)).map_or(Ok(usize::MAX), |count| match n < 0 {
        true => Err(wrong(runtime::E1019, format!("{what} cannot be negative, and it is {n}"))),
        false => Ok(count),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declared_method_is_there_and_takes_functions_where_it_says_so() {
        use crate::types::methods::{Sig, all};
        for method in all() {
            let takes_functions = method.params.iter().any(|p| matches!(p.ty, Sig::Function(..)));
            match find(method.on, method.name) {
                Some(Implementation::Plain(_)) => {
                    assert!(!takes_functions, "{:?}.{}", method.on, method.name)
                }
                Some(Implementation::Higher(_)) => {
                    assert!(takes_functions, "{:?}.{}", method.on, method.name)
                }
                None => panic!("{:?}.{} is declared and not there", method.on, method.name),
            }
        }
    }
}
