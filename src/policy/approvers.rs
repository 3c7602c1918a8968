//! Who must approve a gate, and whether they have.
//!
//! Approvals come from different people: each name that an expression asks for takes a person of its own, so `a and
//! b` needs two people even where one holds both roles. Whether some choice of people fits is decided by trying the
//! ways to fulfil the expression (bounded when the expression is made) and matching people to each. Where the
//! configuration and the file both say who, both must hold.

use super::config::People;
use std::fmt;
use std::sync::Arc;

/// More ways than this to fulfil one expression are refused: nobody could foresee who decides.
const MOST_WAYS: usize = 2048;
const MOST_NAMES: usize = 24;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approvers {
    /// Whoever may approve at all: any person of `wflow.toml`, or anybody where it names none.
    Anyone,
    /// A role or a person.
    One(Arc<str>),
    All(Vec<Approvers>),
    Any(Vec<Approvers>),
    Quorum {
        count: usize,
        of: Vec<Approvers>,
    },
}

/// What the decisions so far come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Approved,
    /// Who is still needed, in the way that is nearest to done.
    Open {
        missing: Vec<String>,
    },
    /// Approval is no longer possible.
    Rejected,
}

impl Approvers {
    /// Every name in it, in order, each once.
    pub fn names(&self) -> Vec<Arc<str>> {
        let mut out = Vec::new();
        self.each_name(&mut |n| {
            if !out.contains(n) {
                out.push(n.clone());
            }
        });
        out
    }

    fn each_name(&self, f: &mut impl FnMut(&Arc<str>)) {
        match self {
            Approvers::Anyone => {}
            Approvers::One(n) => f(n),
            Approvers::All(of) | Approvers::Any(of) | Approvers::Quorum { of, .. } => {
                of.iter().for_each(|a| a.each_name(f));
            }
        }
    }

    /// Whether this person counts for any part of it.
    pub fn counts(&self, person: &str, people: &People) -> bool {
        match self {
            Approvers::Anyone => people.may_approve(person),
            Approvers::One(name) => people.holds(person, name),
            Approvers::All(of) | Approvers::Any(of) | Approvers::Quorum { of, .. } => {
                of.iter().any(|a| a.counts(person, people))
            }
        }
    }

    /// Each way to fulfil it, as the names that each need a person. None if there are too many ways.
    fn ways(&self) -> Option<Vec<Vec<&Approvers>>> {
        let ways = match self {
            Approvers::Anyone | Approvers::One(_) => vec![vec![self]],
            Approvers::Any(of) => {
                let mut out = Vec::new();
                for a in of {
                    out.extend(a.ways()?);
                }
                out
            }
            Approvers::All(of) => choose(of, of.len())?,
            Approvers::Quorum { count, of } => choose(of, *count)?,
        };
        (ways.len() <= MOST_WAYS).then_some(ways)
    }

    /// Whether it is small enough to be decided; to be asked of every expression before it is used.
    pub fn is_small(&self) -> bool {
        let mut names = 0;
        self.each_name(&mut |_| names += 1);
        names <= MOST_NAMES && self.ways().is_some()
    }

    /// Of the ways that `pool` could still fulfil, the one nearest to done, as what it still lacks. Empty: fulfilled.
    /// None: no way is left.
    fn lacking(&self, approved: &[&str], pool: Option<&[&str]>, people: &People) -> Option<Vec<&Approvers>> {
        let open = |way: &Vec<&Approvers>| pool.is_none_or(|p| unmatched(way, p, people).is_empty());
        self.ways()?
            .into_iter()
            .filter(open)
            .map(|way| unmatched(&way, approved, people))
            .min_by_key(Vec::len)
    }

    /// Whether these people, taken once each, fulfil it.
    pub fn satisfied(&self, approved: &[&str], people: &People) -> bool {
        self.lacking(approved, None, people).is_some_and(|l| l.is_empty())
    }
}

/// The ways to fulfil `count` of these: each choice of parts, and for it each combination of their ways.
fn choose(of: &[Approvers], count: usize) -> Option<Vec<Vec<&Approvers>>> {
    // by[n]: the ways to fulfil n of the parts seen so far.
    let mut by: Vec<Vec<Vec<&Approvers>>> = vec![Vec::new(); count + 1];
    by[0].push(Vec::new());
    for part in of {
        let ways = part.ways()?;
        for n in (1..=count).rev() {
            if by[n - 1].len().saturating_mul(ways.len()) > MOST_WAYS {
                return None;
            }
            let more: Vec<Vec<&Approvers>> = by[n - 1]
                .iter()
                .flat_map(|have| ways.iter().map(move |w| have.iter().chain(w).copied().collect()))
                .collect();
            by[n].extend(more);
            if by[n].len() > MOST_WAYS {
                return None;
            }
        }
    }
    by.pop()
}

/// What finds no person of its own: a matching of names to people, improved along alternating paths.
fn unmatched<'a>(way: &[&'a Approvers], approved: &[&str], people: &People) -> Vec<&'a Approvers> {
    fn place(slot: usize, fits: &[Vec<usize>], taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for &person in &fits[slot] {
            if std::mem::replace(&mut tried[person], true) {
                continue;
            }
            // As deep as there are names at most, and those are few.
            if taken[person].is_none_or(|other| place(other, fits, taken, tried)) {
                taken[person] = Some(slot);
                return true;
            }
        }
        false
    }
    let fits: Vec<Vec<usize>> = way
        .iter()
        .map(|a| (0..approved.len()).filter(|p| a.counts(approved[*p], people)).collect())
        .collect();
    let mut taken = vec![None; approved.len()];
    (0..way.len())
        .filter(|slot| !place(*slot, &fits, &mut taken, &mut vec![false; approved.len()]))
        .map(|slot| way[slot])
        .collect()
}

/// What a gate asks for: every expression holds by itself, none may count somebody who is excluded.
#[derive(Debug, Clone)]
pub struct Demand<'a> {
    pub people: &'a People,
    /// Of the configuration and of the file. Empty: anyone.
    pub by: Vec<Approvers>,
    /// Whoever started the run, where self-approval is off.
    pub excluded: Vec<Arc<str>>,
}

impl Demand<'_> {
    fn expressions(&self) -> &[Approvers] {
        if self.by.is_empty() { &[Approvers::Anyone] } else { &self.by }
    }

    /// Whether a decision of this person counts.
    pub fn may_decide(&self, person: &str) -> bool {
        !self.is_excluded(person) && self.expressions().iter().any(|e| e.counts(person, self.people))
    }

    pub fn is_excluded(&self, person: &str) -> bool {
        self.excluded.iter().any(|x| **x == *person)
    }

    /// What the decisions come to: person and whether they approve. The last one of a person counts; decisions of
    /// people who may not decide count for nothing.
    pub fn standing<'d>(&self, decisions: impl IntoIterator<Item = (&'d str, bool)>) -> Standing {
        let mut said: Vec<(&str, bool)> = Vec::new();
        for (person, approve) in decisions {
            if self.may_decide(person) {
                said.retain(|(p, _)| *p != person);
                said.push((person, approve));
            }
        }
        let approved: Vec<&str> = said.iter().filter(|(_, yes)| *yes).map(|(p, _)| *p).collect();
        let mut pool = approved.clone();
        let open = |p: &&str| !self.is_excluded(p) && !said.iter().any(|(s, _)| s == p);
        pool.extend(self.people.people.keys().map(|p| &**p).filter(open));
        let mut missing = Vec::new();
        for expression in self.expressions() {
            // Where nobody is named, anyone may come along, until somebody has said no.
            let anybody = self.people.people.is_empty() && said.iter().all(|(_, yes)| *yes);
            let pool = (!anybody).then_some(pool.as_slice());
            let Some(lacking) = expression.lacking(&approved, pool, self.people) else {
                return Standing::Rejected;
            };
            missing.extend(lacking.into_iter().map(ToString::to_string));
        }
        missing.dedup();
        if missing.is_empty() { Standing::Approved } else { Standing::Open { missing } }
    }

    /// Whether enough people exist, before anybody has decided.
    pub fn is_possible(&self) -> bool {
        self.standing([]) != Standing::Rejected
    }
}

impl fmt::Display for Approvers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, of: &[Approvers], between: &str| {
            for (i, a) in of.iter().enumerate() {
                f.write_str(if i > 0 { between } else { "" })?;
                match a {
                    Approvers::All(_) | Approvers::Any(_) if between != ", " => write!(f, "({a})")?,
                    _ => write!(f, "{a}")?,
                }
            }
            Ok(())
        };
        match self {
            Approvers::Anyone => f.write_str("anyone"),
            Approvers::One(name) => f.write_str(name),
            Approvers::All(of) => list(f, of, " and "),
            Approvers::Any(of) => list(f, of, " or "),
            Approvers::Quorum { count, of } => {
                write!(f, "{count} of [")?;
                list(f, of, ", ")?;
                f.write_str("]")
            }
        }
    }
}
