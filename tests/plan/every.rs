//! What holds for the plan of every workflow that the repository has.

use crate::made::{checked, plans};
use std::path::{Path, PathBuf};
use wflow::plan::{Plan, graph};

fn below(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, out);
        } else if path.extension().is_some_and(|e| e == "wflow") {
            out.push(path);
        }
    }
}

fn every(check: impl Fn(&Path, &Plan)) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    ["examples", "tests/accepted", "tests/plan/cases"].iter().for_each(|f| below(&root.join(f), &mut files));
    assert!(files.len() > 50, "the workflows were not found");
    for file in files {
        let (checked, project) = checked(&file);
        plans(&checked.program, &project).iter().for_each(|plan| check(&file, plan));
    }
}

#[test]
fn all_can_be_told_and_drawn() {
    every(|file, plan| {
        let text = wflow::plan::text(plan, wflow::ui::style::Style::PLAIN, 80);
        assert!(text.contains(&plan.workflow), "{}", file.display());
        assert!(plan.complete);
        assert!(plan.refused.is_empty(), "{}: {:?}", file.display(), plan.refused);
        for draw in [graph::mermaid, graph::dot, graph::svg] {
            assert!(!draw(plan).is_empty());
        }
    });
}

#[test]
fn the_json_is_as_the_schema_says() {
    let schema = wflow::plan::schema();
    every(|file, plan| {
        let json = serde_json::to_value(plan).expect("a plan is JSON");
        let wrong = crate::json_schema::mismatches(&schema, &json);
        assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
    });
}

/// Each command of the plan, and no other, is drawn.
#[test]
fn pictures_leave_no_command_and_no_gate_out() {
    use wflow::plan::{Node, What};
    fn count(list: &[Node], runs: &mut usize, gates: &mut usize) {
        for node in list {
            match &node.what {
                What::Run(_) => *runs += 1,
                What::Gate(_) => *gates += 1,
                What::Unreached { .. } => continue,
                _ => {}
            }
            node.what.bodies().into_iter().for_each(|b| count(b, runs, gates));
        }
    }
    every(|file, plan| {
        let (mut runs, mut gates) = (0, 0);
        count(&plan.body, &mut runs, &mut gates);
        let svg = graph::svg(plan);
        let of = |class: &str| svg.lines().filter(|l| l.contains(class)).count();
        assert_eq!(of("<polygon class=\"gate"), gates, "{}", file.display());
        assert!(of("<rect class=\"box") >= runs, "{}", file.display());
        let dot = graph::dot(plan);
        assert_eq!(dot.matches("shape=diamond").count(), gates, "{}", file.display());
    });
}

/// Left, top, right, bottom of everything that has text in it.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let number = |line: &str, name: &str| -> f64 {
        let rest = line.split(&format!(" {name}=\"")).nth(1).expect("the attribute is there");
        rest.split('"').next().and_then(|n| n.parse().ok()).expect("it is a number")
    };
    let mut out = Vec::new();
    for line in svg.lines() {
        if line.starts_with("<polygon") {
            let points = line.split("points=\"").nth(1).and_then(|p| p.split('"').next()).expect("points");
            let all: Vec<(f64, f64)> = points
                .split(' ')
                .filter_map(|p| p.split_once(','))
                .map(|(x, y)| (x.parse().expect("a number"), y.parse().expect("a number")))
                .collect();
            let least = |f: fn(&(f64, f64)) -> f64| all.iter().map(f).fold(f64::MAX, f64::min);
            let most = |f: fn(&(f64, f64)) -> f64| all.iter().map(f).fold(f64::MIN, f64::max);
            out.push([least(|p| p.0), least(|p| p.1), most(|p| p.0), most(|p| p.1)]);
        } else if line.starts_with("<rect class=") && !line.contains("frame") && !line.contains("\"bar\"") {
            let (x, y) = (number(line, "x"), number(line, "y"));
            out.push([x, y, x + number(line, "width"), y + number(line, "height")]);
        }
    }
    out
}

#[test]
fn nothing_in_a_picture_lies_on_something_else() {
    every(|file, plan| {
        let svg = graph::svg(plan);
        let all = boxes(&svg);
        assert!(!all.is_empty(), "{}", file.display());
        let size =
            svg.split('"').nth(3).and_then(|w| w.parse::<f64>().ok()).expect("the picture has a width");
        for (i, a) in all.iter().enumerate() {
            assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= size, "{}: {a:?} in {size}", file.display());
            for b in &all[i + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{}: {a:?} lies on {b:?}", file.display());
            }
        }
    });
}
