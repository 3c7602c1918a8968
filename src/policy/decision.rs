//! The policy in force for a run: the project's and the started file's together, and what they say to one command.
//!
//! Nothing is allowed by default. A `deny` of either wins; an `allow` is needed from the project (or, where there is
//! no `wflow.toml`, from the person for this run) and from the file, if it has a `policy`. A command that may match
//! an `after gate` pattern of either is protected by that gate, whatever else allows it.

use super::config::{Config, PolicyConfig};
use super::index::Index;
use super::pattern::Pattern;
use super::project::Project;
use super::read::sha256_hex;
use super::refusal::{Refusal, Why};
use super::rules::{EffectRule, From, Rule, RuleSet, Trust, strictly, widely};
use super::strict::Miss;
use super::wide::Subject;
use super::word::{Mood, Word};
use crate::source::Span;
use std::path::Path;
use std::sync::Arc;

/// Both policies and what was granted for this run.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// None: there is no `wflow.toml`.
    pub(super) project: Option<Arc<PolicyConfig>>,
    /// None: the file has no `policy { }`.
    pub(super) file: Option<RuleSet>,
    session: Vec<Rule>,
    pub(super) session_writes: Vec<super::glob::PathPattern>,
    pub(super) tracker: bool,
    /// Of the project's rules and of the file's.
    indexes: Arc<[Index; 2]>,
}

/// A gate that guards a command, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    pub gate: Arc<str>,
    pub rule: Span,
    pub from: From,
    /// Whether it guards the command for all values, or only for some.
    pub always: bool,
}

/// What the policy says to a command whose words are known.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Each of the gates must have been approved in this run.
    Allowed {
        rule: Arc<str>,
        after: Vec<Guard>,
    },
    /// A `deny` matches.
    Denied(Refusal),
    NotAllowed(Refusal),
}

impl Decision {
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Decision::Allowed { .. } => None,
            Decision::Denied(r) | Decision::NotAllowed(r) => Some(r),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Allowed with every value.
    Always,
    /// Refused with every value.
    Never,
    /// It depends on a value.
    Depends,
}

/// What the policy says to a command of which only some is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The gates that guard it, or may.
    pub after: Vec<Guard>,
    /// Why it is, or may be, refused.
    pub refusal: Option<Refusal>,
}

/// A rule by which something is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// As it is written.
    pub text: Arc<str>,
    pub rule: Span,
    pub from: From,
}

/// More combinations of the values of open words than this are not tried one by one.
const MOST_COMBINATIONS: usize = 64;

impl Policy {
    /// `file` is the started file's policy, from [`RuleSet::from_items`]; none if it has no `policy { }`.
    pub fn new(project: &Project, file: Option<RuleSet>) -> Policy {
        Policy::from_config(project.is_configured().then_some(&project.config), file)
    }

    /// From a configuration kept elsewhere (a resumed run's).
    pub fn from_config(config: Option<&Config>, file: Option<RuleSet>) -> Policy {
        let project = config.map(|c| Arc::new(c.policy.clone()));
        let index = |rules: Option<&RuleSet>| rules.map(Index::of).unwrap_or_default();
        Policy {
            indexes: Arc::new([index(project.as_ref().map(|p| &p.rules)), index(file.as_ref())]),
            project,
            file,
            session: Vec::new(),
            session_writes: Vec::new(),
            tracker: config.is_some_and(|c| c.tracker.is_some()),
        }
    }

    /// Allows for this run what the person said yes to. Only counts where there is no `wflow.toml`.
    pub fn grant(&mut self, commands: Vec<Pattern>, writes: Vec<super::glob::PathPattern>) {
        let rule = |pattern| Rule { pattern, from: From::Session, after: None, agent: None };
        self.session.extend(commands.into_iter().map(rule));
        self.session_writes.extend(writes);
    }

    /// The same in the place of what was granted before.
    pub fn grant_only(&mut self, commands: Vec<Pattern>) {
        self.session.clear();
        self.session_writes.clear();
        self.grant(commands, Vec::new());
    }

    /// Whether there is no `wflow.toml` and nothing was granted: then a person can be asked once.
    pub fn is_unconfigured(&self) -> bool {
        self.project.is_none()
    }

    pub(super) fn sets(&self) -> impl Iterator<Item = &RuleSet> + Clone {
        self.project.iter().map(|p| &p.rules).chain(&self.file)
    }

    /// The same with the index of each.
    fn indexed(&self) -> impl Iterator<Item = (&RuleSet, &Index)> {
        let [project, file] = &*self.indexes;
        let of_project = self.project.iter().map(move |p| (&p.rules, project));
        of_project.chain(self.file.iter().map(move |f| (f, file)))
    }

    fn project_allow(&self) -> &[Rule] {
        self.project.as_ref().map_or(&self.session, |p| &p.rules.allow)
    }

    /// Those of them that speak of the command's program.
    fn project_allow_of(&self, words: &[Word]) -> Vec<&Rule> {
        match &self.project {
            Some(p) => self.indexes[0].allow(&p.rules, words),
            None => self.project_allow().iter().collect(),
        }
    }

    /// What the policy says to a command. `resolved` is the program's file, where it is already known. A word that
    /// is open counts as the worst that it can be.
    pub fn decide(&self, words: &[Word], resolved: Option<&Path>) -> Decision {
        self.decide_for(words, resolved, None)
    }

    /// The same for a tool call of an agent: only what a rule `for agent` of that name lists, and nothing protected.
    pub fn decide_for_agent(&self, agent: &str, words: &[Word], resolved: Option<&Path>) -> Decision {
        self.decide_for(words, resolved, Some(agent))
    }

    fn decide_for(&self, words: &[Word], resolved: Option<&Path>, agent: Option<&str>) -> Decision {
        if let Some(rule) = self.denied(words, resolved, Mood::May) {
            return Decision::Denied(
                Refusal::new(words, Why::Denied { rule: rule.pattern.text.clone(), from: rule.from })
                    .at_rule(rule.span()),
            );
        }
        let after = self.guards(words, resolved);
        if let (Some(agent), Some(guard)) = (agent, after.first()) {
            let why = Why::AgentProtected { agent: agent.into(), gate: guard.gate.clone() };
            return Decision::NotAllowed(Refusal::new(words, why).at_rule(guard.rule));
        }
        match self.allowed(words, resolved, agent, Mood::Must) {
            Ok(rule) => Decision::Allowed { rule: rule.pattern.text.clone(), after },
            Err(refusal) => Decision::NotAllowed(*refusal),
        }
    }

    fn denied(&self, words: &[Word], resolved: Option<&Path>, mood: Mood) -> Option<&Rule> {
        if self.sets().all(|s| s.deny.is_empty()) {
            return None;
        }
        let subject = Subject::of(words, resolved);
        let mut denying = self.indexed().flat_map(|(rules, index)| index.deny(rules, &subject));
        denying.find(|r| r.pattern.wide.matches(words, resolved, mood))
    }

    /// The rule that allows it, or why none does.
    fn allowed(
        &self,
        words: &[Word],
        resolved: Option<&Path>,
        agent: Option<&str>,
        mood: Mood,
    ) -> Result<&Rule, Box<Refusal>> {
        let allowing = self.project_allow_of(words);
        let Some(agent) = agent else {
            let general: Vec<&Rule> = allowing.into_iter().filter(|r| r.agent.is_none()).collect();
            let own = search(&general, words, resolved, mood);
            let own = own.map_err(|near| Box::new(self.refusal(words, near, From::Project)))?;
            let Some(file) = &self.file else { return Ok(own) };
            let rules = self.indexes[1].allow(file, words);
            let rules: Vec<&Rule> = rules.into_iter().filter(|r| r.agent.is_none()).collect();
            return search(&rules, words, resolved, mood)
                .map_err(|near| Box::new(self.refusal(words, near, From::File)));
        };
        // The project allows the command, to all or to this agent; a rule of either policy allows it to the agent.
        let of_agent = |r: &&Rule| r.agent.as_deref() == Some(agent);
        let projects: Vec<&Rule> =
            allowing.into_iter().filter(|r| r.agent.is_none() || of_agent(r)).collect();
        search(&projects, words, resolved, mood)
            .map_err(|near| Box::new(self.refusal(words, near, From::Project)))?;
        let given: Vec<&Rule> = self.sets().flat_map(|s| &s.allow).filter(of_agent).collect();
        search(&given, words, resolved, mood).map_err(|near| {
            let why = Why::Agent { agent: agent.into(), miss: near.as_ref().map(|(_, miss)| miss.clone()) };
            Box::new(Refusal::new(words, why))
        })
    }

    fn refusal(&self, words: &[Word], near: Option<(&Rule, Miss)>, from: From) -> Refusal {
        if from == From::Project && self.project.is_none() && self.session.is_empty() {
            return Refusal::new(words, Why::Unconfigured);
        }
        let place = near.as_ref().map(|(r, _)| r.span());
        let why = match near {
            Some((rule, Miss::Dash { word })) => Why::Dash { rule: rule.pattern.text.clone(), from, word },
            Some((rule, Miss::Option(objection))) => {
                Why::Option { rule: rule.pattern.text.clone(), from, objection }
            }
            Some((rule, _)) => Why::NotListed { nearest: Some(rule.pattern.text.clone()), from },
            None => Why::NotListed { nearest: None, from },
        };
        let refusal = Refusal::new(words, why);
        match place {
            Some(span) => refusal.at_rule(span),
            None => refusal,
        }
    }

    /// The gates that may guard a command. An open word counts as whatever would match.
    pub fn guards(&self, words: &[Word], resolved: Option<&Path>) -> Vec<Guard> {
        let mut out: Vec<Guard> = Vec::new();
        let subject = Subject::of(words, resolved);
        for rule in self.indexed().flat_map(|(rules, index)| index.guards(rules, &subject)) {
            if let Some(gate) = &rule.after
                && rule.pattern.wide.matches(words, resolved, Mood::May)
            {
                let always = rule.pattern.wide.matches(words, resolved, Mood::Must);
                add_guard(&mut out, Guard { gate: gate.clone(), rule: rule.span(), from: rule.from, always });
            }
        }
        out
    }

    /// What the policy says to a command of which only some is known.
    pub fn judge(&self, words: &[Word]) -> Judgement {
        if let Some(each) = combinations(words) {
            return merge(each.iter().map(|w| self.judge_one(w)).collect());
        }
        self.judge_one(words)
    }

    fn judge_one(&self, words: &[Word]) -> Judgement {
        let after = self.guards(words, None);
        let denied = |mood| {
            self.denied(words, None, mood).map(|r| {
                Refusal::new(words, Why::Denied { rule: r.pattern.text.clone(), from: r.from })
                    .at_rule(r.span())
            })
        };
        if let Some(refusal) = denied(Mood::Must) {
            return Judgement { verdict: Verdict::Never, after, refusal: Some(refusal) };
        }
        if let Err(refusal) = self.allowed(words, None, None, Mood::May) {
            return Judgement { verdict: Verdict::Never, after, refusal: Some(*refusal) };
        }
        let doubt =
            denied(Mood::May).or_else(|| self.allowed(words, None, None, Mood::Must).err().map(|r| *r));
        let verdict = if doubt.is_some() { Verdict::Depends } else { Verdict::Always };
        Judgement { verdict, after, refusal: doubt }
    }

    /// The rules by which a command is, or may be, allowed: of the project, then of the file.
    pub fn allowing(&self, words: &[Word]) -> Vec<Ruling> {
        let sets = [Some(self.project_allow()), self.file.as_ref().map(|f| f.allow.as_slice())];
        let of = |rules: &[Rule]| {
            let general: Vec<&Rule> = rules.iter().filter(|r| r.agent.is_none()).collect();
            let found =
                [Mood::Must, Mood::May].into_iter().find_map(|m| search(&general, words, None, m).ok());
            found.map(|r| Ruling { text: r.pattern.text.clone(), rule: r.span(), from: r.from })
        };
        sets.into_iter().flatten().filter_map(of).collect()
    }

    /// What an agent's own tool calls may run, as it is written.
    pub fn of_agent(&self, agent: &str) -> Vec<Ruling> {
        let rules = self.sets().flat_map(|s| &s.allow).filter(|r| r.agent.as_deref() == Some(agent));
        rules.map(|r| Ruling { text: r.pattern.text.clone(), rule: r.span(), from: r.from }).collect()
    }

    /// Every gate that guards something.
    pub fn gates(&self) -> impl Iterator<Item = &str> {
        self.sets().flat_map(|s| s.gates()).map(|(gate, _)| &**gate)
    }

    /// Whether a command has no effect on the world and may be run again.
    pub fn reads(&self, words: &[Word], resolved: Option<&Path>) -> bool {
        self.sets().any(|s| strictly(&s.reads, words, resolved, Mood::Must).is_some())
    }

    /// How much a command's output is trusted. What one policy calls trusted is an exception to its own `untrusted`;
    /// a file cannot trust what the project does not.
    pub fn trust(&self, words: &[Word], resolved: Option<&Path>) -> Trust {
        let says = |s: &RuleSet| {
            if strictly(&s.trusted, words, resolved, Mood::Must).is_some() {
                Trust::Trusted
            } else if widely(&s.untrusted, words, resolved, Mood::May).is_some() {
                Trust::Untrusted
            } else {
                Trust::Unsaid
            }
        };
        self.worst_trust(says)
    }

    /// The same for a file that is read, by its path relative to the root; none if that is not known.
    pub fn trust_file(&self, path: Option<&str>) -> Trust {
        // Another spelling is the same file; what leads out of the project is none that a rule speaks of.
        let path = path.and_then(super::glob::tidy);
        let path = path.as_deref();
        let says = |s: &RuleSet| {
            let any = |rules: &[EffectRule], mood| {
                rules.iter().any(|r| match path {
                    Some(_) => r.matches("read", path),
                    None => r.matches_unknown("read", mood),
                })
            };
            if any(&s.trusted_effects, Mood::Must) {
                Trust::Trusted
            } else if any(&s.untrusted_effects, Mood::May) {
                Trust::Untrusted
            } else {
                Trust::Unsaid
            }
        };
        self.worst_trust(says)
    }

    fn worst_trust(&self, says: impl Fn(&RuleSet) -> Trust) -> Trust {
        let all: Vec<Trust> = self.sets().map(says).collect();
        match () {
            () if all.contains(&Trust::Untrusted) => Trust::Untrusted,
            () if all.contains(&Trust::Trusted) => Trust::Trusted,
            () => Trust::Unsaid,
        }
    }

    /// Whether a command may use the network.
    pub fn network(&self, words: &[Word], resolved: Option<&Path>) -> bool {
        self.project.as_ref().is_some_and(|p| p.network.iter().any(|n| n.covers(words, resolved, Mood::Must)))
    }

    /// The settings of `[policy]`; none where there is no `wflow.toml`.
    pub fn settings(&self) -> Option<&PolicyConfig> {
        self.project.as_deref()
    }

    /// SHA-256 over both policies as they are written, for the journal.
    pub fn digest(config: &Config, file_text: &str) -> String {
        let own = config.digest.as_deref().unwrap_or("none");
        sha256_hex(format!("{own}\n{}\n", sha256_hex(file_text.as_bytes())).as_bytes())
    }
}

pub(super) fn add_guard(out: &mut Vec<Guard>, guard: Guard) {
    match out.iter_mut().find(|g| g.gate == guard.gate) {
        Some(known) => known.always |= guard.always,
        None => out.push(guard),
    }
}

/// The first rule that covers the command, or the one that came nearest and what is between.
fn search<'a>(
    rules: &[&'a Rule],
    words: &[Word],
    resolved: Option<&Path>,
    mood: Mood,
) -> Result<&'a Rule, Option<(&'a Rule, Miss)>> {
    let mut nearest: Option<(usize, &Rule, Miss)> = None;
    for rule in rules {
        let Err(miss) = rule.pattern.check(words, resolved, mood) else { return Ok(rule) };
        let closeness = match &miss {
            Miss::Program => continue,
            Miss::Words(n) => *n,
            Miss::Dash { .. } | Miss::Option(_) => usize::MAX,
        };
        if nearest.as_ref().is_none_or(|(best, ..)| closeness > *best) {
            nearest = Some((closeness, rule, miss));
        }
    }
    Err(nearest.map(|(_, rule, miss)| (rule, miss)))
}

/// Every command that the open words can make, where they have few values.
fn combinations(words: &[Word]) -> Option<Vec<Vec<Word>>> {
    let mut all: Vec<Vec<Word>> = vec![Vec::new()];
    let mut opened = false;
    for word in words {
        match word.alternatives(MOST_COMBINATIONS) {
            Some(each) if all.len() * each.len() <= MOST_COMBINATIONS => {
                opened = true;
                all = all
                    .iter()
                    .flat_map(|before| {
                        each.iter().map(move |w| [before.as_slice(), std::slice::from_ref(w)].concat())
                    })
                    .collect();
            }
            _ => all.iter_mut().for_each(|w| w.push(word.clone())),
        }
    }
    opened.then_some(all)
}

fn merge(each: Vec<Judgement>) -> Judgement {
    let all = |v: Verdict| each.iter().all(|j| j.verdict == v);
    let verdict = match () {
        () if all(Verdict::Always) => Verdict::Always,
        () if all(Verdict::Never) => Verdict::Never,
        () => Verdict::Depends,
    };
    let mut after: Vec<Guard> = Vec::new();
    for guard in each.iter().flat_map(|j| &j.after) {
        let always = each.iter().all(|j| j.after.iter().any(|g| g.gate == guard.gate && g.always));
        match after.iter().any(|g| g.gate == guard.gate) {
            true => {}
            false => after.push(Guard { always, ..guard.clone() }),
        }
    }
    let refusal = each.into_iter().find_map(|j| j.refusal);
    Judgement { verdict, after, refusal }
}
