//! Places the parts of a picture in each other: one below the other, branches side by side. Programs nest, so nothing
//! overlaps and no arrow crosses a box.

use super::items::{Item, Kind, Label, Way, items};
use super::shape::{Figure, LETTER, Look, ROW, Shape};
use crate::plan::model::Plan;
use crate::ui::escape;

/// Between two parts, one above the other.
const GAP: f64 = 26.0;
/// Between branches.
const ASIDE: f64 = 26.0;
/// Inside a frame.
const PAD: f64 = 14.0;
/// For the name of a branch above it.
const NAME: f64 = 22.0;
const MARGIN: f64 = 20.0;
/// Between the lines from gates to what they protect.
const LANE: f64 = 12.0;

/// The whole picture; its size is that of the figure.
pub fn picture(plan: &Plan) -> Figure {
    let mut all = vec![ending(&plan.workflow, Kind::Wait)];
    all.extend(items(&plan.body).iter().map(|i| figure(i, false)));
    let goes_on = all.iter().all(|f| f.on);
    if goes_on {
        all.push(ending("done", Kind::Wait));
    }
    let inner = stack(all, true);
    let mut out = Figure { w: inner.w + 2.0 * MARGIN, h: inner.h + 2.0 * MARGIN, ..Figure::default() };
    out.take(inner, MARGIN, MARGIN);
    guards(&mut out);
    out
}

fn ending(text: &str, kind: Kind) -> Figure {
    let label = Label {
        kind: if kind == Kind::Wait { Kind::End } else { kind },
        rows: vec![text.to_owned()],
        whole: text.to_owned(),
        after: Vec::new(),
        gate: None,
    };
    boxed(&label, false)
}

fn columns(text: &str) -> f64 {
    escape::width(text) as f64 * LETTER
}

fn widest(rows: &[String]) -> f64 {
    rows.iter().map(|r| columns(r)).fold(0.0, f64::max)
}

/// A box by itself.
fn boxed(label: &Label, dead: bool) -> Figure {
    let (text, rows) = (widest(&label.rows), label.rows.len() as f64 * ROW);
    let (w, h) = match label.kind {
        // A text fits into a diamond that is half as wide again, and three times as high.
        Kind::Gate => (text * 1.5 + 24.0, rows * 2.2 + 28.0),
        Kind::Condition | Kind::Loop => (text + 52.0, rows + 16.0),
        Kind::End | Kind::Turn => (text + 32.0, rows + 12.0),
        _ => (text + 24.0, rows + 14.0),
    };
    let w = w.max(64.0);
    let shape = Shape::Box { x: 0.0, y: 0.0, w, h, label: label.clone(), dead };
    Figure { w, h, axis: w / 2.0, shapes: vec![shape], on: true }
}

/// One below the other, with arrows between where there is a way.
fn stack(figures: Vec<Figure>, arrows: bool) -> Figure {
    let axis = figures.iter().map(|f| f.axis).fold(0.0, f64::max);
    let right = figures.iter().map(|f| f.w - f.axis).fold(0.0, f64::max);
    let mut out = Figure { w: axis + right, axis, on: true, ..Figure::default() };
    let mut y = 0.0;
    for (i, figure) in figures.into_iter().enumerate() {
        if i > 0 {
            if out.on && arrows {
                out.line(vec![(axis, y), (axis, y + GAP)], true, Look::Way);
            }
            y += GAP;
        }
        let (h, dx, on) = (figure.h, axis - figure.axis, figure.on);
        out.take(figure, dx, y);
        out.on &= on;
        y += h;
    }
    out.h = y;
    out
}

fn sequence(items: &[Item], dead: bool) -> Figure {
    stack(items.iter().map(|i| figure(i, dead)).collect(), true)
}

fn figure(item: &Item, dead: bool) -> Figure {
    match item {
        Item::Box(label) => boxed(label, dead),
        Item::Leave { label, .. } => Figure { on: false, ..boxed(label, dead) },
        Item::Gate(label, no) => gate(label, no, dead),
        Item::Group { title, items, undo, call } => {
            let mut out = group(title, items, undo, dead);
            out.on |= *call && items.iter().any(Item::returns);
            out
        }
        Item::Choice { head, ways } => fork(boxed(head, dead), ways, dead, false),
        Item::Parallel { ways } => fork(Figure { on: true, ..Figure::default() }, ways, dead, true),
        Item::Loop { head, items, otherwise } => round(head, items, otherwise, dead),
        Item::Try { items, catches } => attempt(items, catches, dead),
    }
}

/// A diamond; who says no goes to the right.
fn gate(label: &Label, no: &[Item], dead: bool) -> Figure {
    let mut out = boxed(label, dead);
    let (x, middle) = (out.w, out.h / 2.0);
    out.text(out.axis + 6.0, out.h + 14.0, "yes");
    let refused = sequence(no, dead);
    if no.is_empty() {
        return out;
    }
    out.text(x + 4.0, middle - 5.0, "no");
    match no {
        [Item::Leave { .. }] => {
            let (w, h) = (refused.w, refused.h);
            out.line(vec![(x, middle), (x + 34.0, middle)], true, Look::No);
            out.take(refused, x + 34.0, middle - h / 2.0);
            out.w = x + 34.0 + w;
        }
        _ => {
            let (w, h, axis) = (refused.w, refused.h, refused.axis);
            let left = (x + 30.0 - axis).max(x + 8.0);
            let top = out.h.max(middle + 24.0);
            out.line(vec![(x, middle), (left + axis, middle), (left + axis, top)], true, Look::No);
            out.take(refused, left, top);
            out.w = left + w;
            // The way on passes beside it.
            let bottom = top + h;
            out.line(vec![(out.axis, out.h), (out.axis, bottom)], false, Look::Way);
            out.h = bottom;
        }
    }
    out
}

/// A frame around a step or a call.
fn group(title: &[String], items: &[Item], undo: &[Item], dead: bool) -> Figure {
    let mut inner = sequence(items, dead);
    if !undo.is_empty() {
        let back = framed(&["undo".to_owned()], sequence(undo, dead), true);
        let x = inner.w + if items.is_empty() { 0.0 } else { ASIDE };
        inner.w = x + back.w;
        inner.h = inner.h.max(back.h);
        inner.take(back, x, 0.0);
    }
    framed(title, inner, false)
}

fn framed(title: &[String], inner: Figure, dashed: bool) -> Figure {
    let head = title.len() as f64 * ROW + 10.0;
    let least = widest(title) + 2.0 * PAD;
    let side = ((least - inner.w - 2.0 * PAD) / 2.0).max(0.0);
    let w = (inner.w + 2.0 * PAD).max(least);
    let h = head + inner.h + if inner.h > 0.0 { PAD } else { 4.0 };
    let axis = if inner.h > 0.0 { inner.axis + PAD + side } else { w / 2.0 };
    let on = inner.on;
    let frame = Shape::Frame { x: 0.0, y: 0.0, w, h, title: title.to_vec(), dashed };
    let mut out = Figure { w, h, axis, shapes: vec![frame], on };
    out.take(inner, PAD + side, head);
    out
}

/// Branches side by side, below a condition or a bar.
fn fork(head: Figure, ways: &[Way], dead: bool, bars: bool) -> Figure {
    let mut figures: Vec<(Figure, String, bool)> = Vec::new();
    for way in ways {
        let dead = dead || way.dead;
        let mut f = sequence(&way.items, dead);
        let name = if way.dead { format!("{}: not taken", way.label) } else { way.label.clone() };
        // The name stands to the right of the arrow.
        let right = f.w - f.axis;
        let least = columns(&name) + 14.0;
        if f.w == 0.0 {
            f = Figure { w: 20.0 + least, axis: 20.0, h: 0.0, on: true, shapes: Vec::new() };
        } else if right < least {
            f.w += least - right;
        }
        figures.push((f, name, dead));
    }
    let mut lefts = Vec::new();
    let mut x = 0.0;
    for (f, ..) in &figures {
        lefts.push(x);
        x += f.w + ASIDE;
    }
    let width = (x - ASIDE).max(0.0);
    let at = |i: usize| lefts[i] + figures[i].0.axis;
    let last = figures.len().saturating_sub(1);
    let centre = if figures.is_empty() { head.axis } else { (at(0) + at(last)) / 2.0 };
    // Moved to the right where the head is wider than its branches.
    let shift = (head.axis - centre).max(0.0);
    let axis = centre + shift;
    let mut out = Figure { w: (width + shift).max(axis + head.w - head.axis), axis, ..Figure::default() };
    let part = head.h;
    let (hx, spread) = (axis - head.axis, part + 12.0);
    out.take(head, hx, 0.0);
    let top = part + 12.0 + NAME;
    let tallest = figures.iter().map(|(f, ..)| f.h).fold(0.0, f64::max);
    let any_on = figures.iter().any(|(f, ..)| f.on);
    let all_on = figures.iter().all(|(f, ..)| f.on);
    let meet = top + tallest + 14.0;
    let axes: Vec<f64> = (0..figures.len()).map(|i| at(i) + shift).collect();
    if bars && let (Some(first), Some(end)) = (axes.first(), axes.last()) {
        let (x, w) = (first.min(axis) - 16.0, (end - first).max(0.0) + 32.0);
        out.shapes.push(Shape::Bar { x, y: 0.0, w });
        if all_on {
            out.shapes.push(Shape::Bar { x, y: meet, w });
        }
    }
    for (i, (f, name, _)) in figures.into_iter().enumerate() {
        let (wx, on, h) = (axes[i], f.on, f.h);
        out.text(wx + 6.0, top - 7.0, &name);
        match bars {
            true => out.line(vec![(wx, 4.0), (wx, top)], h > 0.0, Look::Way),
            false => {
                out.line(vec![(axis, part), (axis, spread), (wx, spread), (wx, top)], h > 0.0, Look::Way)
            }
        }
        out.take(f, lefts[i] + shift, top);
        if on {
            let down = vec![(wx, top + h), (wx, meet)];
            match bars {
                true => out.line(down, all_on, Look::Way),
                false => out.line([down, vec![(axis, meet)]].concat(), false, Look::Way),
            }
        }
    }
    out.h = if bars && all_on { meet + 4.0 } else { meet };
    out.on = if bars { all_on } else { any_on };
    if !any_on {
        out.h = top + tallest;
    }
    out
}

/// A loop: the way back runs at its left, the way out at its right.
fn round(head: &Label, items: &[Item], otherwise: &[Item], dead: bool) -> Figure {
    let top = boxed(head, dead);
    let body = sequence(items, dead);
    let left = 26.0;
    let axis = left + top.axis.max(body.axis);
    let mut out = Figure { axis, ..Figure::default() };
    let right = (top.w - top.axis).max(body.w - body.axis);
    let (tx, tw, th) = (axis - top.axis, top.w, top.h);
    out.take(top, tx, 0.0);
    out.line(vec![(axis, th), (axis, th + GAP)], true, Look::Way);
    let (bx, bh, on) = (axis - body.axis, body.h, body.on);
    out.take(body, bx, th + GAP);
    let low = th + GAP + bh + 12.0;
    if on {
        let middle = th / 2.0;
        out.line(
            vec![(axis, low - 12.0), (axis, low), (8.0, low), (8.0, middle), (tx, middle)],
            true,
            Look::Back,
        );
    }
    let bottom = low + 16.0;
    let lane = axis + right + 16.0;
    out.text(tx + tw + 6.0, th / 2.0 - 5.0, "over");
    let other = sequence(otherwise, dead);
    match otherwise {
        [] => {
            out.line(
                vec![(tx + tw, th / 2.0), (lane, th / 2.0), (lane, bottom), (axis, bottom)],
                false,
                Look::Way,
            );
            out.w = lane + 8.0;
            out.h = bottom;
        }
        _ => {
            let (w, h, a, on) = (other.w, other.h, other.axis, other.on);
            let x = (lane - a).max(axis + right + ASIDE);
            out.line(vec![(tx + tw, th / 2.0), (x + a, th / 2.0), (x + a, th + GAP)], true, Look::Way);
            out.take(other, x, th + GAP);
            let bottom = bottom.max(th + GAP + h + 14.0);
            if on {
                out.line(vec![(x + a, th + GAP + h), (x + a, bottom), (axis, bottom)], false, Look::Way);
            }
            out.w = x + w;
            out.h = bottom;
        }
    }
    // Where the ways out of it go on.
    out.shapes.push(Shape::Dot { x: axis, y: out.h });
    // Wide enough for the word beside the head.
    out.w = out.w.max(tx + tw + 46.0);
    out.on = true;
    out
}

/// `try`: what catches stands at its right.
fn attempt(items: &[Item], catches: &[Way], dead: bool) -> Figure {
    let mut out = framed(&["try".to_owned()], sequence(items, dead), false);
    let (edge, inner) = (out.w, out.h);
    let mut x = edge + ASIDE;
    let mut ends = Vec::new();
    let mut low = inner;
    for catch in catches {
        let f = sequence(&catch.items, dead);
        let (w, h, a, on) = (f.w, f.h, f.axis, f.on);
        let name = columns(&catch.label) + 12.0;
        let x0 = (edge + name - a).max(x);
        let from = if ends.is_empty() && low == inner { edge } else { x - ASIDE };
        out.text(from + 6.0, 11.0, &catch.label);
        out.line(vec![(edge, 16.0), (x0 + a, 16.0), (x0 + a, 16.0 + GAP)], true, Look::No);
        out.take(f, x0, 16.0 + GAP);
        low = low.max(16.0 + GAP + h);
        if on {
            ends.push((x0 + a, 16.0 + GAP + h));
        }
        x = x0 + w.max(name) + ASIDE;
    }
    if catches.is_empty() {
        return out;
    }
    let meet = low + 14.0;
    if out.on {
        out.line(vec![(out.axis, inner), (out.axis, meet)], false, Look::Way);
    }
    for (ex, ey) in &ends {
        out.line(vec![(*ex, *ey), (*ex, meet), (out.axis, meet)], false, Look::Way);
    }
    out.on |= !ends.is_empty();
    out.w = x - ASIDE;
    out.h = meet;
    out
}

/// From each gate, at the right of everything, to what it protects.
fn guards(out: &mut Figure) {
    struct Bus {
        from: (f64, f64),
        to: Vec<(f64, f64)>,
    }
    let mut buses: Vec<(String, Bus)> = Vec::new();
    for shape in &out.shapes {
        let Shape::Box { x, y, w, h, label, .. } = shape else { continue };
        if let Some(gate) = &label.gate {
            // Below its corner, where its `no` begins.
            let from = (x + w * 0.75, y + h * 0.75);
            buses.push((gate.to_string(), Bus { from, to: Vec::new() }));
        }
        for gate in &label.after {
            let own = buses.iter_mut().rev().find(|(name, _)| **name == **gate);
            if let Some((_, bus)) = own {
                bus.to.push((x + w, y + h / 2.0));
            }
        }
    }
    let mut lane = out.w - MARGIN + LANE;
    let mut lines = Vec::new();
    for (_, bus) in buses.into_iter().filter(|(_, b)| !b.to.is_empty()) {
        let low = bus.to.iter().map(|p| p.1).fold(bus.from.1, f64::max);
        lines.push((vec![bus.from, (lane, bus.from.1), (lane, low)], false));
        lines.extend(bus.to.iter().map(|(x, y)| (vec![(lane, *y), (*x, *y)], true)));
        lane += LANE;
    }
    if !lines.is_empty() {
        out.w = lane + MARGIN - LANE + 4.0;
    }
    // Below everything else: what they pass hides them.
    let mut shapes: Vec<Shape> =
        lines.into_iter().map(|(points, arrow)| Shape::Line { points, arrow, line: Look::Guard }).collect();
    shapes.append(&mut out.shapes);
    out.shapes = shapes;
}
