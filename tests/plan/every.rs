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
