//! Events become a tree: steps, branches and turns hold what happened in them, in the order in which it began. What a
//! process did after it took the run up again stands below the line that says so.

use super::effects::{self, Effect, Opened};
use super::page::Page;
use super::place::{Kind, Place, Standing, kind_of, last, parent};
use crate::cli::runs::moment;
use crate::journal::{Event, EventType};
use crate::ui::json as ui_json;
use crate::ui::style::Paint;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

pub struct Story {
    nodes: Vec<Node>,
    top: Vec<usize>,
    /// The innermost open place of each path, in this sitting.
    places: HashMap<String, usize>,
    /// Effects and gates by path: what is said of them later belongs to the latest.
    latest: HashMap<String, usize>,
    titles: HashMap<String, String>,
    /// The turn that a loop at a path was in last.
    turns: HashMap<String, u64>,
    /// Of the latest owner.
    epoch: u64,
    /// What the run, or the last process that worked on it, ended with.
    end: Option<Event>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    /// Of a place whose inside has been told.
    End,
}

struct Node {
    what: What,
    epoch: u64,
    children: Vec<usize>,
}

enum What {
    Place(Place),
    Effect(Effect),
    Gate(Opened),
    /// Any other event: a line or two.
    Event(Event),
}

impl Story {
    pub fn of(events: Vec<Event>) -> Story {
        let mut story = Story {
            nodes: Vec::new(),
            top: Vec::new(),
            places: HashMap::new(),
            latest: HashMap::new(),
            titles: HashMap::new(),
            turns: HashMap::new(),
            epoch: 0,
            end: None,
        };
        for event in events {
            story.epoch = event.epoch;
            story.take(event);
        }
        story
    }

    fn take(&mut self, mut event: Event) {
        let (at, path) = (event.at, event.path.clone());
        match event.kind {
            EventType::RunStarted => {}
            EventType::RunResumed => {
                self.places.clear();
                if let Some(suspended) = self.end.take() {
                    self.add(None, suspended.epoch, What::Event(suspended));
                }
                self.add(None, event.epoch, What::Event(event));
            }
            EventType::StepStarted => {
                let title = event.text("title").filter(|t| !t.is_empty()).unwrap_or(last(&path)).to_owned();
                if self.places.contains_key(&path) {
                    // It was taken back and begins anew.
                    let inside = format!("{path}/");
                    self.places.retain(|known, _| !known.starts_with(&inside));
                }
                let parent = self.place(parent(&path), event.epoch);
                let place = Place::new(Kind::Step, &title, Some(at));
                self.titles.insert(path.clone(), title);
                let id = self.add(parent, event.epoch, What::Place(place));
                self.places.insert(path, id);
            }
            EventType::StepCompleted => {
                let id = self.place(&path, event.epoch);
                if let Some(place) = self.place_mut(id) {
                    place.ended = Some(at);
                    place.value = event.data.remove("value");
                }
            }
            EventType::UndoStarted => {
                // A step may be taken back long after it ended: that is told where it happened.
                let step = path.strip_suffix("/undo").unwrap_or(&path);
                let name = self.titles.get(step).cloned().unwrap_or_else(|| last(step).to_owned());
                let place = Place::new(Kind::Undo, &name, Some(at));
                let id = self.add(None, event.epoch, What::Place(place));
                self.places.insert(format!("{step}/undo"), id);
            }
            EventType::UndoCompleted => {
                let step = path.strip_suffix("/undo").unwrap_or(&path);
                let id = self.place(&format!("{step}/undo"), event.epoch);
                if let Some(place) = self.place_mut(id) {
                    place.ended = Some(at);
                    place.failure = event.data.remove("failure");
                }
            }
            EventType::EffectIntended => {
                // `answer#2`: what was said before it stands above.
                let goes_on = last(&path).strip_prefix("answer#").is_some_and(|number| number != "1");
                let effect = Effect::intended(event.data, at, goes_on);
                self.add_latest(path, event.epoch, What::Effect(effect));
            }
            EventType::EffectCompleted | EventType::EffectFailed => {
                let known = self.latest.get(&path).map(|id| &self.nodes[*id]);
                if let Some(Node { epoch, what: What::Effect(effect), .. }) = known
                    && *epoch != event.epoch
                {
                    // A person said what had become of it.
                    let settled = effect.settled();
                    self.add_latest(path.clone(), event.epoch, What::Effect(settled));
                }
                if let Some(What::Effect(effect)) = self.latest_mut(&path) {
                    effect.end(&event.data, at);
                }
            }
            EventType::GateOpened => {
                let opened = Opened::new(event.data);
                self.add_latest(path, event.epoch, What::Gate(opened));
            }
            EventType::GateDecided | EventType::GateExpired => {
                let known = self.latest.get(&path).map(|id| &self.nodes[*id]);
                let again = match known {
                    Some(Node { epoch, what: What::Gate(opened), .. }) if *epoch != event.epoch => {
                        Some(opened.again())
                    }
                    _ => None,
                };
                if let Some(again) = again {
                    self.add_latest(path.clone(), event.epoch, What::Gate(again));
                }
                if let Some(What::Gate(opened)) = self.latest_mut(&path) {
                    opened.decisions.push(event);
                }
            }
            EventType::ValueRecorded | EventType::Said => {
                let parent = self.place(parent(&path), event.epoch);
                self.add(parent, event.epoch, What::Event(event));
            }
            EventType::JournalCut => {
                self.add(None, event.epoch, What::Event(event));
            }
            // As an end it is told by whoever tells how the run stands; otherwise it is told when the run goes on.
            EventType::RunSuspended => self.end = Some(event),
            EventType::RunCompleted
            | EventType::RunFailed
            | EventType::RunRejected
            | EventType::RunCancelled => self.end = Some(event),
        }
    }

    fn add(&mut self, parent: Option<usize>, epoch: u64, what: What) -> usize {
        let id = self.nodes.len();
        self.nodes.push(Node { what, epoch, children: Vec::new() });
        match parent {
            Some(parent) => self.nodes[parent].children.push(id),
            None => self.top.push(id),
        }
        id
    }

    fn add_latest(&mut self, path: String, epoch: u64, what: What) {
        let parent = self.place(parent(&path), epoch);
        let id = self.add(parent, epoch, what);
        self.latest.insert(path, id);
    }

    fn latest_mut(&mut self, path: &str) -> Option<&mut What> {
        let id = *self.latest.get(path)?;
        Some(&mut self.nodes[id].what)
    }

    fn place_mut(&mut self, id: Option<usize>) -> Option<&mut Place> {
        match self.nodes.get_mut(id?).map(|n| &mut n.what) {
            Some(What::Place(place)) => Some(place),
            _ => None,
        }
    }

    /// The place of a path, made if need be; none for the workflow itself.
    fn place(&mut self, path: &str, epoch: u64) -> Option<usize> {
        let mut here = None;
        let mut end = path.find('/')?;
        // From the outside in, whatever the depth.
        loop {
            let next = path[end + 1..].find('/').map_or(path.len(), |at| end + 1 + at);
            let (whole, name) = (&path[..next], &path[end + 1..next]);
            self.turn(&path[..end], name);
            here = Some(match self.places.get(whole) {
                Some(id) => *id,
                None => {
                    let (kind, shown) = kind_of(name);
                    let mut place = Place::new(kind, shown, None);
                    place.site = name.split_once('.').map_or(String::new(), |(site, _)| site.to_owned());
                    if let (Kind::Continued, Some(title)) = (kind, self.titles.get(whole)) {
                        place.name = title.clone();
                    }
                    let id = self.add(here, epoch, What::Place(place));
                    self.places.insert(whole.to_owned(), id);
                    id
                }
            });
            if next == path.len() {
                return here;
            }
            end = next;
        }
    }

    /// One loop after another in the same place counts its turns anew; in a `parallel` they come in any order.
    fn turn(&mut self, parent: &str, segment: &str) {
        let (Kind::Turn(turn), _) = kind_of(segment) else { return };
        if last(parent).starts_with("parallel#") {
            return;
        }
        let before = self.turns.insert(parent.to_owned(), turn);
        if before.is_some_and(|before| turn < before) {
            let inside = format!("{parent}/[");
            self.places.retain(|known, _| !known.starts_with(&inside));
        }
    }

    /// Side by side there is no order in time: branches by their name, turns by their number.
    fn in_order(&self, children: &[usize]) -> Vec<usize> {
        let mut children = children.to_vec();
        let place = |id: usize| match &self.nodes[id].what {
            What::Place(place) => Some(place),
            _ => None,
        };
        let beside = |a: &usize, b: &usize| match (place(*a), place(*b)) {
            (Some(a), Some(b)) => a.kind == Kind::Branch && b.kind == Kind::Branch && a.site == b.site,
            _ => false,
        };
        for branches in children.chunk_by_mut(beside) {
            branches.sort_by_key(|id| place(*id).map(|p| p.name.clone()));
        }
        children
    }

    /// `now`: how the run stands, which is how whatever has no end stands.
    pub fn tell(&self, page: &mut Page, now: Standing) {
        // On a stack of its own, the last on top: a deep path needs no deep recursion.
        let mut work: Vec<(Part, usize, usize)> =
            self.in_order(&self.top).into_iter().rev().map(|id| (Part::Whole, id, 0)).collect();
        while let Some((part, id, depth)) = work.pop() {
            let node = &self.nodes[id];
            // What an earlier process left open, a later one may have gone on with.
            let now = if node.epoch < self.epoch { Standing::Paused } else { now };
            match &node.what {
                What::Place(place) if part == Part::End => place.tell_end(page, depth + 1),
                What::Place(place) => place.tell(page, depth, now),
                What::Effect(effect) => effect.tell(page, depth, now),
                What::Gate(opened) => opened.tell(page, depth),
                What::Event(event) => tell_event(page, depth, event),
            }
            if let (Part::Whole, What::Place(place)) = (part, &node.what) {
                work.push((Part::End, id, depth));
                let mut children = self.in_order(&node.children);
                if place.kind == Kind::Parallel {
                    children.sort_by_key(|child| match &self.nodes[*child].what {
                        What::Place(Place { kind: Kind::Turn(turn), .. }) => *turn,
                        _ => u64::MAX,
                    });
                }
                work.extend(children.into_iter().rev().map(|child| (Part::Whole, child, depth + 1)));
            }
        }
        if let Some(end) = &self.end {
            page.blank();
            tell_end(page, end);
        }
    }
}

fn tell_event(page: &mut Page, depth: usize, event: &Event) {
    let dim = Some(Paint::Dim);
    let text = |field: &str| event.text(field).unwrap_or_default();
    match event.kind {
        EventType::Said => {
            let mut lines = text("text").lines();
            page.put(depth, &[(Some(Paint::Accent), "say "), (None, lines.next().unwrap_or_default())]);
            for line in lines {
                page.put(depth + 2, &[(None, line)]);
            }
        }
        EventType::ValueRecorded => effects::tell_value(page, depth, event),
        EventType::RunSuspended => {
            let why = match (text("gate"), text("until"), text("reason")) {
                ("", "", "") => String::new(),
                ("", _, "conversation") => String::from(" in a conversation"),
                ("", "", reason) => format!(": {reason}"),
                ("", _, "decided") => String::from(": decided, ready to go on"),
                ("", until, _) => format!(" until {until}"),
                (gate, ..) => format!(" at gate {gate}"),
            };
            page.put(
                depth,
                &[(Some(Paint::Warn), "suspended"), (None, &why), (dim, &format!("  {}", moment(event.at)))],
            );
        }
        // It was resumed after all.
        EventType::RunFailed => {
            if let Some(failure) = event.data.get("failure") {
                page.failure(depth, failure);
            }
        }
        EventType::RunResumed => {
            let user = event.data.get("who").and_then(|w| w.get("user")).and_then(Json::as_str);
            let by = user.map_or(String::new(), |user| format!(" by {user}"));
            page.put(
                depth,
                &[(Some(Paint::Warn), "resumed"), (None, &by), (dim, &format!("  {}", moment(event.at)))],
            );
            if event.data.contains_key("accepted_changes") {
                page.put(depth + 1, &[(None, "with today's files: every decision before is void")]);
            }
        }
        EventType::JournalCut => {
            let bytes = event.data.get("bytes").and_then(Json::as_u64).unwrap_or(0);
            let text = format!("the torn end that a crash had left was cut off ({bytes} bytes)");
            page.put(depth, &[(dim, &text)]);
        }
        _ => {}
    }
}

fn tell_end(page: &mut Page, end: &Event) {
    let data: &Map<String, Json> = &end.data;
    if let Some(value) = data.get("value") {
        page.put(0, &[(Some(Paint::Bold), "value")]);
        page.json(1, value);
    }
    match data.get("failure") {
        Some(failure) => page.failure(0, failure),
        None if end.kind == EventType::RunRejected => {
            let gate = end.text("gate").unwrap_or_default();
            let said = end.text("comment").map_or(String::new(), |c| format!(": {}", ui_json::quoted(c)));
            page.put(0, &[(Some(Paint::Bad), "rejected"), (None, &format!(" at gate {gate}{said}"))]);
        }
        None if end.kind == EventType::RunCancelled => {
            let said = end.text("comment").map_or(String::new(), |c| format!(": {}", ui_json::quoted(c)));
            page.put(0, &[(Some(Paint::Warn), "given up"), (None, &said)]);
        }
        None => {}
    }
}
