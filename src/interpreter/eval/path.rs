//! Where execution is: the names of effects, unique in a run and the same on every replay.
//!
//! A path is the root's name (the workflow) followed by what leads to the place, from the outside in:
//!
//! | segment | stands for |
//! |---|---|
//! | `notes` | the step `notes`; a gate's path ends with its name |
//! | `deploy#2` | the second place of the same step or callable that calls the task `deploy` |
//! | `[3]` | the fourth turn of a loop, `for`, `repeat` or `parallel for` |
//! | `parallel#1.tests` | the branch `tests` of the first `parallel` |
//! | `undo` | the `undo` of the step before it |
//! | `run#1` | the first `run`; `ask#1`, `read#2`, `say#1` … likewise |
//! | `run#1@2` | its second try |
//!
//! Numbers count the places in the source text within the nearest step or callable, so they do not depend on what was
//! executed; loops and branches are told apart by their own segments, so branches share no counter. Step and gate
//! names are unique within a callable. Pure code never touches the path: a segment is pushed only around what has
//! effects, and text is made of it only when the world is asked.

use crate::interpreter::node::Site;
use std::fmt::Write;
use std::sync::Arc;

#[derive(Debug, Clone)]
pub(super) enum Segment<'l> {
    /// A step.
    Name(&'l str),
    /// A call, or a `parallel for`.
    Site(&'l Site),
    Turn(u64),
    Branch(&'l Site, &'l Arc<str>),
    Undo,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Path<'l> {
    root: String,
    segments: Vec<Segment<'l>>,
}

impl<'l> Path<'l> {
    pub fn new(root: &str) -> Path<'l> {
        Path { root: root.to_owned(), segments: Vec::new() }
    }

    pub fn push(&mut self, segment: Segment<'l>) {
        self.segments.push(segment);
    }

    pub fn pop(&mut self) {
        self.segments.pop();
    }

    pub fn render(&self) -> String {
        let mut out = self.root.clone();
        self.write_inner(&mut out);
        out
    }

    /// Without the root: what a person calls the place.
    pub fn inner(&self) -> String {
        let mut out = String::new();
        self.write_inner(&mut out);
        out.split_off(usize::from(out.starts_with('/')))
    }

    fn write_inner(&self, out: &mut String) {
        for segment in &self.segments {
            out.push('/');
            // Writing to a String cannot fail.
            let _ = match segment {
                Segment::Name(name) => write!(out, "{name}"),
                Segment::Site(site) => write!(out, "{}#{}", site.label, site.ordinal),
                Segment::Turn(n) => write!(out, "[{n}]"),
                Segment::Branch(site, name) => write!(out, "{}#{}.{name}", site.label, site.ordinal),
                Segment::Undo => write!(out, "undo"),
            };
        }
    }

    /// The path of an effect here; `attempt` counts from 1.
    pub fn site(&self, site: &Site, attempt: u32) -> String {
        let mut out = self.render();
        let _ = write!(out, "/{}#{}", site.label, site.ordinal);
        if attempt > 1 {
            let _ = write!(out, "@{attempt}");
        }
        out
    }

    pub fn named(&self, name: &str) -> String {
        let mut out = self.render();
        out.push('/');
        out.push_str(name);
        out
    }
}
