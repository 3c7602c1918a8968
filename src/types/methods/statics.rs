//! Functions called on a type (`Int.parse`), and the functions of the language itself (`now`).

use super::signature::Sig::{self, *};
use super::signature::{ParamSig, arg, signature};

/// A function called on a type: `Version.parse(text)`.
#[derive(Debug)]
pub struct StaticFunction {
    pub name: &'static str,
    pub params: &'static [ParamSig],
    pub result: Sig,
    /// Which types have it, in words.
    pub on: &'static str,
    pub doc: &'static str,
}

/// A function of the language.
#[derive(Debug)]
pub struct BuiltinFunction {
    pub name: &'static str,
    pub params: &'static [ParamSig],
    pub result: Sig,
    /// Whether it asks the world; the others are pure.
    pub effect: bool,
    pub doc: &'static str,
}

pub const STATICS: &[StaticFunction] = &[
    StaticFunction {
        name: "parse",
        params: &[arg("text", Text)],
        result: Optional(&This),
        on: "Text, Int, Float, Bool, Duration, Size, Time, Path, Json, enums without fields, and refinements of these",
        doc: "The value that the text stands for, or `none`",
    },
    StaticFunction {
        name: "from_json",
        params: &[arg("json", Json)],
        result: Optional(&This),
        on: "every type with a JSON form",
        doc: "The value of this JSON form, or `none` if it does not fit",
    },
];

pub const BUILTINS: &[BuiltinFunction] = &[
    BuiltinFunction { name: "now", params: &[], result: Time, effect: true, doc: "The time now, recorded" },
    BuiltinFunction {
        name: "uuid",
        params: &[],
        result: Text,
        effect: true,
        doc: "A fresh random UUID, recorded",
    },
    BuiltinFunction {
        name: "env",
        params: &[arg("name", Text)],
        result: Optional(&Text),
        effect: true,
        doc: "An environment variable, recorded; `none` if it is not set",
    },
    BuiltinFunction {
        name: "read",
        params: &[arg("path", Path)],
        result: Text,
        effect: true,
        doc: "The text of a file inside the project; `read(path) as T` reads JSON of that type",
    },
    BuiltinFunction {
        name: "write",
        params: &[arg("path", Path), arg("text", Text)],
        result: Nothing,
        effect: true,
        doc: "Replaces a file inside the project, where the policy's `write` lists it",
    },
    BuiltinFunction {
        name: "glob",
        params: &[arg("pattern", Text)],
        result: List(&Path),
        effect: true,
        doc: "The files inside the project that match, sorted",
    },
    BuiltinFunction {
        name: "exists",
        params: &[arg("path", Path)],
        result: Bool,
        effect: true,
        doc: "Whether there is such a file or folder inside the project",
    },
    BuiltinFunction {
        name: "secret",
        params: &[arg("name", Text)],
        result: Secret,
        effect: true,
        doc: "A secret from the environment or the system's keyring, only for `env { }` of a `run`",
    },
    BuiltinFunction {
        name: "vouch",
        params: &[arg("value", T), arg("because", Text)],
        result: T,
        effect: true,
        doc: "The same value, declared harmless by the author of the file; recorded with the reason",
    },
];

impl StaticFunction {
    pub fn find(name: &str) -> Option<&'static StaticFunction> {
        STATICS.iter().find(|f| f.name == name)
    }
    pub fn signature(&self) -> String {
        signature(self.name, self.params, self.result)
    }
}

impl BuiltinFunction {
    pub fn find(name: &str) -> Option<&'static BuiltinFunction> {
        BUILTINS.iter().find(|f| f.name == name)
    }
    pub fn signature(&self) -> String {
        signature(self.name, self.params, self.result)
    }
}
