//! What a laid-out picture consists of, and a part of one that can be moved.

use super::items::Label;

/// Of the letters, all of one width.
pub const LETTER: f64 = 7.25;
pub const ROW: f64 = 16.0;

#[derive(Debug, Clone)]
pub enum Shape {
    Box {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        label: Label,
        dead: bool,
    },
    /// Where branches part and meet.
    Bar {
        x: f64,
        y: f64,
        w: f64,
    },
    Dot {
        x: f64,
        y: f64,
    },
    Frame {
        x: f64,
        y: f64,
        w: f64,
        h: f64,
        title: Vec<String>,
        dashed: bool,
    },
    Line {
        points: Vec<(f64, f64)>,
        arrow: bool,
        line: Look,
    },
    Text {
        x: f64,
        y: f64,
        text: String,
        end: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Way,
    Back,
    No,
    Guard,
}

/// A part of the picture: ways enter it at the top and leave it at the bottom, both at `axis`.
#[derive(Debug, Clone, Default)]
pub struct Figure {
    pub w: f64,
    pub h: f64,
    pub axis: f64,
    pub shapes: Vec<Shape>,
    /// Whether a way leaves it.
    pub on: bool,
}

impl Figure {
    /// Takes another part in, moved by so much.
    pub fn take(&mut self, other: Figure, dx: f64, dy: f64) {
        self.shapes.extend(other.shapes.into_iter().map(|s| s.moved(dx, dy)));
    }

    pub fn line(&mut self, points: Vec<(f64, f64)>, arrow: bool, line: Look) {
        self.shapes.push(Shape::Line { points, arrow, line });
    }

    pub fn text(&mut self, x: f64, y: f64, text: &str) {
        if !text.is_empty() {
            self.shapes.push(Shape::Text { x, y, text: text.to_owned(), end: false });
        }
    }
}

impl Shape {
    fn moved(mut self, dx: f64, dy: f64) -> Shape {
        match &mut self {
            Shape::Box { x, y, .. }
            | Shape::Bar { x, y, .. }
            | Shape::Dot { x, y }
            | Shape::Frame { x, y, .. }
            | Shape::Text { x, y, .. } => {
                *x += dx;
                *y += dy;
            }
            Shape::Line { points, .. } => points.iter_mut().for_each(|p| *p = (p.0 + dx, p.1 + dy)),
        }
        self
    }
}
