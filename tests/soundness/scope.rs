//! What a generated program has so far: variables, and guesses of what they may be used for.

use crate::chance::Chance;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ty {
    Text,
    Name,
    Int,
    Count,
    Bool,
    Mode,
    Wish,
    Plan,
    Texts,
    Names,
    Bools,
    Output,
    Failure,
    /// Of a `parallel` with two branches.
    Both,
    /// A map of texts.
    Vars,
    Nothing,
}

impl Ty {
    pub fn text(self) -> &'static str {
        match self {
            Ty::Text => "Text",
            Ty::Name => "Name",
            Ty::Int => "Int",
            Ty::Count => "Count",
            Ty::Bool => "Bool",
            Ty::Mode => "Mode",
            Ty::Wish => "Wish",
            Ty::Plan => "Plan",
            Ty::Texts => "[Text]",
            Ty::Names => "[Name]",
            Ty::Bools => "[Bool]",
            Ty::Output => "Output",
            Ty::Failure | Ty::Both | Ty::Vars | Ty::Nothing => "Nothing",
        }
    }

    /// What a value of this type is as a word, when it comes from something of this level.
    pub fn harmless_from(self, level: u8) -> u8 {
        match self {
            Ty::Name | Ty::Count | Ty::Bool | Ty::Mode | Ty::Names | Ty::Bools => 0,
            _ => level,
        }
    }
}

/// Levels: 0 the file's, 1 a person's, 2 from outside, 3 untrusted.
#[derive(Debug, Clone)]
pub struct Var {
    pub name: String,
    pub ty: Ty,
    pub level: u8,
    pub mutable: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub vars: Vec<Var>,
    /// Gates that were passed on every way here, as far as it is guessed.
    pub passed: Vec<&'static str>,
    /// What has decided about the block that is being made.
    pub under: u8,
    pub files: u8,
}

#[derive(Clone)]
pub struct State {
    levels: Vec<u8>,
    pub passed: Vec<&'static str>,
    files: u8,
}

impl Scope {
    pub fn add(&mut self, var: Var) {
        self.vars.push(var);
    }

    pub fn mark(&self) -> usize {
        self.vars.len()
    }

    pub fn back(&mut self, mark: usize) {
        self.vars.truncate(mark);
    }

    pub fn state(&self) -> State {
        State {
            levels: self.vars.iter().map(|v| v.level).collect(),
            passed: self.passed.clone(),
            files: self.files,
        }
    }

    /// As it was, behind a block that may not have run.
    pub fn meet(&mut self, state: &State) {
        for (var, level) in self.vars.iter_mut().zip(&state.levels) {
            var.level = var.level.max(*level);
        }
        self.passed.clone_from(&state.passed);
    }

    pub fn restore(&mut self, state: State) {
        for (var, level) in self.vars.iter_mut().zip(&state.levels) {
            var.level = *level;
        }
        self.passed = state.passed;
        self.files = self.files.max(state.files);
    }

    pub fn set(&mut self, name: &str, level: u8) {
        self.vars.iter_mut().filter(|v| v.name == name).for_each(|v| v.level = level);
    }

    pub fn raise(&mut self, name: &str, level: u8) {
        self.vars.iter_mut().filter(|v| v.name == name).for_each(|v| v.level = v.level.max(level));
    }

    pub fn endorse(&mut self, name: &str) {
        self.set(name, 0);
    }

    pub fn any(&self, chance: &mut Chance, fits: impl Fn(&Var) -> bool) -> Option<Var> {
        let all: Vec<&Var> = self.vars.iter().filter(|v| fits(v)).collect();
        match all.len() {
            0 => None,
            n => Some(all[chance.below(n as u64) as usize].clone()),
        }
    }
}
