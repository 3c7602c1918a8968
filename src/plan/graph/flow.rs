//! The arrows between the parts, for programs that place them themselves.

use super::items::{Item, Kind, Label, Way, items};
use crate::plan::model::{How, Plan};
use std::collections::HashMap;

#[derive(Debug)]
pub struct Spot {
    pub label: Label,
    pub shape: Shape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Start,
    Stop,
    /// Where branches that run side by side part and meet.
    Bar,
    Of(Kind),
}

#[derive(Debug)]
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub label: String,
    pub line: Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Way,
    /// Back to the head of a loop.
    Back,
    /// To what takes it back.
    Undo,
    /// From a gate to what it protects.
    Guard,
}

/// Spots and groups as they stand in each other.
#[derive(Debug)]
pub enum Part {
    Spot(usize),
    Group(Vec<String>, Vec<Part>),
}

#[derive(Debug, Default)]
pub struct Flow {
    pub spots: Vec<Spot>,
    pub arrows: Vec<Arrow>,
    pub parts: Vec<Part>,
    loops: Vec<Turns>,
    returns: Vec<End>,
}

#[derive(Debug, Default)]
struct Turns {
    breaks: Vec<End>,
    next: Vec<End>,
}

/// An arrow that does not lead anywhere yet.
#[derive(Debug, Clone)]
struct End {
    from: usize,
    label: String,
}

pub fn flow(plan: &Plan) -> Flow {
    let mut flow = Flow::default();
    let mut parts = Vec::new();
    let start = flow.spot(plain(&plan.workflow), Shape::Start, &mut parts);
    let open = flow.all(&items(&plan.body), vec![End { from: start, label: String::new() }], &mut parts);
    let stop = flow.spot(plain("done"), Shape::Stop, &mut parts);
    let returns = std::mem::take(&mut flow.returns);
    flow.lead(open, stop);
    flow.lead(returns, stop);
    flow.guards();
    flow.parts = parts;
    flow
}

fn plain(text: &str) -> Label {
    Label {
        kind: Kind::End,
        rows: vec![text.to_owned()],
        whole: text.to_owned(),
        after: Vec::new(),
        gate: None,
    }
}

impl Flow {
    fn spot(&mut self, label: Label, shape: Shape, parts: &mut Vec<Part>) -> usize {
        self.spots.push(Spot { label, shape });
        parts.push(Part::Spot(self.spots.len() - 1));
        self.spots.len() - 1
    }

    fn lead(&mut self, ends: Vec<End>, to: usize) {
        for end in ends {
            self.arrows.push(Arrow { from: end.from, to, label: end.label, line: Line::Way });
        }
    }

    fn all(&mut self, list: &[Item], mut open: Vec<End>, parts: &mut Vec<Part>) -> Vec<End> {
        for item in list {
            open = self.item(item, open, parts);
        }
        open
    }

    fn of(&mut self, label: &Label, open: Vec<End>, parts: &mut Vec<Part>) -> usize {
        let at = self.spot(label.clone(), Shape::Of(label.kind), parts);
        self.lead(open, at);
        at
    }

    fn ways(&mut self, from: usize, ways: &[Way], parts: &mut Vec<Part>) -> Vec<End> {
        let mut ends = Vec::new();
        for way in ways {
            let label = if way.dead { format!("{} (not taken)", way.label) } else { way.label.clone() };
            ends.extend(self.all(&way.items, vec![End { from, label }], parts));
        }
        ends
    }

    fn item(&mut self, item: &Item, open: Vec<End>, parts: &mut Vec<Part>) -> Vec<End> {
        let on = |from| vec![End { from, label: String::new() }];
        match item {
            Item::Box(label) => on(self.of(label, open, parts)),
            Item::Gate(label, no) => {
                let at = self.of(label, open, parts);
                let more = self.all(no, vec![End { from: at, label: "no".into() }], parts);
                let mut ends = vec![End { from: at, label: "yes".into() }];
                ends.extend(more);
                ends
            }
            Item::Group { title, items, undo, call } => {
                let mut inner = Vec::new();
                let first = self.spots.len();
                let outer = std::mem::take(&mut self.returns);
                let mut ends = self.all(items, open, &mut inner);
                let own = std::mem::replace(&mut self.returns, outer);
                match call {
                    true => ends.extend(own),
                    false => self.returns.extend(own),
                }
                if !undo.is_empty() {
                    let mut taken = Vec::new();
                    let at = self.spots.len();
                    let outer = std::mem::take(&mut self.loops);
                    self.all(undo, Vec::new(), &mut taken);
                    self.loops = outer;
                    if at > first && self.spots.len() > at {
                        self.arrows.push(Arrow {
                            from: first,
                            to: at,
                            label: "undo".into(),
                            line: Line::Undo,
                        });
                    }
                    inner.push(Part::Group(vec!["undo".into()], taken));
                }
                match inner.is_empty() {
                    // A step without anything that is shown is still a step.
                    true => {
                        let mut label = plain(&title.join(": "));
                        label.rows.clone_from(title);
                        label.kind = Kind::Wait;
                        on(self.of(&label, ends, parts))
                    }
                    false => {
                        parts.push(Part::Group(title.clone(), inner));
                        ends
                    }
                }
            }
            Item::Choice { head, ways } => {
                let at = self.of(head, open, parts);
                self.ways(at, ways, parts)
            }
            Item::Loop { head, items, otherwise } => {
                let at = self.of(head, open, parts);
                self.loops.push(Turns::default());
                let mut ends = self.all(items, vec![End { from: at, label: "each turn".into() }], parts);
                let turns = self.loops.pop().unwrap_or_default();
                ends.extend(turns.next);
                for end in ends {
                    self.arrows.push(Arrow { from: end.from, to: at, label: end.label, line: Line::Back });
                }
                let mut out = self.all(otherwise, vec![End { from: at, label: "over".into() }], parts);
                out.extend(turns.breaks);
                out
            }
            Item::Parallel { ways } => {
                let fork = self.spot(plain(""), Shape::Bar, parts);
                self.lead(open, fork);
                let ends = self.ways(fork, ways, parts);
                let join = self.spot(plain(""), Shape::Bar, parts);
                self.lead(ends, join);
                on(join)
            }
            Item::Try { items, catches } => {
                let first = self.spots.len();
                let mut inner = Vec::new();
                let mut ends = self.all(items, open, &mut inner);
                parts.push(Part::Group(vec!["try".into()], inner));
                for catch in catches {
                    let from = End { from: first, label: catch.label.clone() };
                    ends.extend(self.all(&catch.items, vec![from], parts));
                }
                ends
            }
            Item::Leave { how, label } => {
                let leaves = match how {
                    How::Return => &mut self.returns,
                    How::Break | How::Continue => match self.loops.last_mut() {
                        Some(turns) if *how == How::Break => &mut turns.breaks,
                        Some(turns) => &mut turns.next,
                        None => &mut self.returns,
                    },
                    How::Fail => {
                        self.of(label, open, parts);
                        return Vec::new();
                    }
                };
                leaves.extend(open.into_iter().map(|end| End {
                    label: if end.label.is_empty() { label.whole.clone() } else { end.label },
                    ..end
                }));
                Vec::new()
            }
        }
    }

    /// From each gate to what it protects.
    fn guards(&mut self) {
        let mut gates: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, spot) in self.spots.iter().enumerate() {
            if let Some(gate) = &spot.label.gate {
                gates.entry(gate).or_default().push(at);
            }
        }
        let mut found = Vec::new();
        for (to, spot) in self.spots.iter().enumerate() {
            for gate in &spot.label.after {
                let Some(all) = gates.get(&**gate) else { continue };
                // The nearest before it: a gate of a task that is called several times stands there several times.
                let before = all.partition_point(|at| *at < to);
                found.push((all[before.saturating_sub(1)], to));
            }
        }
        for (from, to) in found {
            self.arrows.push(Arrow { from, to, label: String::new(), line: Line::Guard });
        }
    }
}
