//! Makes a program that fails smaller: leaves statements out, and puts blocks in the place of what they are in.

use crate::program::{Node, Program};

/// As many attempts as that are made at most.
const MOST: usize = 1500;

pub fn smaller(mut program: Program, fails: &dyn Fn(&Program) -> bool) -> Program {
    let mut tries = 0;
    'again: loop {
        let places = places(&program.items);
        for place in places.iter().rev() {
            for change in [leave_out, unwrap] {
                let mut next = program.clone();
                if !change(&mut next.items, place) {
                    continue;
                }
                tries += 1;
                if tries > MOST {
                    return program;
                }
                if fails(&next) {
                    program = next;
                    continue 'again;
                }
            }
        }
        return program;
    }
}

/// Statements: the number in a list, then the block and the number in it, and so on.
fn places(nodes: &[Node]) -> Vec<Vec<usize>> {
    let mut out = Vec::new();
    for (i, node) in nodes.iter().enumerate() {
        out.push(vec![i]);
        for (b, (body, _)) in node.blocks.iter().enumerate() {
            out.extend(places(body).into_iter().map(|inner| [vec![i, b], inner].concat()));
        }
    }
    out
}

fn list<'n>(nodes: &'n mut Vec<Node>, place: &[usize]) -> Option<(&'n mut Vec<Node>, usize)> {
    match place {
        [i] => Some((nodes, *i)),
        [i, b, rest @ ..] => list(&mut nodes.get_mut(*i)?.blocks.get_mut(*b)?.0, rest),
        [] => None,
    }
}

fn leave_out(nodes: &mut Vec<Node>, place: &[usize]) -> bool {
    match list(nodes, place) {
        Some((list, i)) => {
            list.remove(i);
            true
        }
        None => false,
    }
}

fn unwrap(nodes: &mut Vec<Node>, place: &[usize]) -> bool {
    // An item is no block to be unwrapped.
    if place.len() == 1 {
        return false;
    }
    let Some((list, i)) = list(nodes, place) else { return false };
    let Some((body, _)) = list[i].blocks.first().cloned() else { return false };
    list.splice(i..=i, body);
    true
}
