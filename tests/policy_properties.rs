//! What must hold for every pattern and command: nothing written differently slips by a `deny`, and what is said of a
//! command with open words is true of every filling.

use proptest::prelude::*;
use wflow::policy::{Hole, Mood, Pattern, Piece, Policy, Project, Verdict, Word, show};
use wflow::source::{SourceMap, Span};

fn pattern(words: &[String]) -> Pattern {
    Pattern::parse(&text(words), Span::default()).expect("a pattern")
}

/// As a rule is written.
fn text(words: &[String]) -> String {
    words.iter().map(|w| if w.is_empty() { "''" } else { w }).collect::<Vec<_>>().join(" ")
}

/// A small world of words, so that matches are frequent.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ab]{1,2}",
        2 => "-[ab]{1,3}",
        2 => "--(aa|ab|aab|b)",
        1 => "--(aa|ab)=[ab]",
        1 => "-(c|ca|exec|n)",
        1 => "(clone|config|ext::a|SHELL=a|A=1|5)",
        1 => "--(exec|exec-path|ex)(=a)?",
        1 => Just(String::from("--")),
        1 => Just(String::from("-")),
        1 => Just(String::new()),
    ]
}

fn pattern_words() -> impl Strategy<Value = Vec<String>> {
    let star = prop_oneof![6 => word(), 2 => Just(String::from("*")), 1 => Just(String::from("a*")), 1 => Just(String::from("--aa=*"))];
    let program = prop_oneof![
        Just(String::from("git")),
        Just(String::from("env")),
        Just(String::from("xx")),
        Just(String::from("find")),
        Just(String::from("nice"))
    ];
    (program, proptest::collection::vec(star, 0..5)).prop_map(|(p, mut rest)| {
        rest.insert(0, p);
        rest
    })
}

/// A word as it is known, and one filling: none, one or several words.
fn open_word() -> impl Strategy<Value = (Word, Vec<Word>)> {
    let known = (word(), any::<bool>()).prop_map(|(w, from_value)| {
        let word = if from_value { Word::interpolated(w) } else { Word::literal(w) };
        (word.clone(), vec![word])
    });
    let hole = word().prop_map(|w| (Word::unknown(), vec![Word::interpolated(w)]));
    let prefix = (word(), any::<prop::sample::Index>()).prop_map(|(w, at)| {
        let at = at.index(w.len() + 1);
        let open = Word::from_pieces([Piece::Lit(w[..at].into()), Piece::Hole(Hole::Any)]);
        (open, vec![if at > 0 { Word::literal(w) } else { Word::interpolated(w) }])
    });
    let suffix = (word(), any::<prop::sample::Index>()).prop_map(|(w, at)| {
        let at = at.index(w.len() + 1);
        let open = Word::from_pieces([Piece::Hole(Hole::Any), Piece::Lit(w[at..].into())]);
        (open, vec![if at > 0 { Word::interpolated(w) } else { Word::literal(w) }])
    });
    let no_dash = "[ab]{1,2}"
        .prop_map(|w| (Word::from_pieces([Piece::Hole(Hole::NoDash)]), vec![Word::interpolated(w)]));
    let one_of = (word(), word()).prop_map(|(w, other)| {
        let texts = [w.as_str().into(), other.as_str().into()];
        (Word::from_pieces([Piece::Hole(Hole::OneOf(texts.into()))]), vec![Word::interpolated(w)])
    });
    let many = proptest::collection::vec(word(), 0..3)
        .prop_map(|ws| (Word::Many(Hole::Any), ws.into_iter().map(Word::interpolated).collect()));
    prop_oneof![6 => known, 2 => hole, 2 => prefix, 1 => suffix, 1 => no_dash, 1 => one_of, 1 => many]
}

fn command() -> impl Strategy<Value = (Vec<Word>, Vec<Word>)> {
    let program = prop_oneof![
        6 => Just((Word::literal("git"), Word::literal("git"))),
        1 => Just((Word::literal("env"), Word::literal("env"))),
        2 => "(xx|find|nice)".prop_map(|p| (Word::literal(p.as_str()), Word::literal(p.as_str()))),
        1 => Just((Word::unknown(), Word::interpolated("git"))),
    ];
    (program, proptest::collection::vec(open_word(), 0..6)).prop_map(|((open, closed), words)| {
        let mut all = (vec![open], vec![closed]);
        for (w, filling) in words {
            all.0.push(w);
            all.1.extend(filling);
        }
        all
    })
}

/// The programs that can run others, or worse, with words that mean something to each.
const PROGRAMS: &[(&str, &[&str])] = &[
    (
        "git",
        &[
            "log",
            "config",
            "clone",
            "bisect",
            "run",
            "submodule",
            "foreach",
            "rebase",
            "grep",
            "difftool",
            "-c",
            "-C",
        ],
    ),
    (
        "git",
        &[
            "core.pager=x",
            "alias.x",
            "ext::x",
            "-x",
            "-u",
            "-O",
            "--exec=x",
            "--output",
            "--upload-pack=x",
            "x",
        ],
    ),
    ("find", &[".", "-name", "-exec", "-execdir", "-ok", "-delete", "-fprint", "x", ";"]),
    ("fdfind", &["-x", "-X", "--exec", "x", "-a", "-ax"]),
    (
        "tar",
        &[
            "-I",
            "xf",
            "-xf",
            "--to-command=x",
            "--use-compress-prog",
            "--checkpoint-action=exec=x",
            "-F",
            "x",
        ],
    ),
    ("sort", &["-o", "--compress-program=x", "--compress-prog", "--output", "-n", "-nz", "-no", "x"]),
    ("ssh", &["-o", "-F", "-L", "host", "-p", "22", "x", "-oProxyCommand=x"]),
    ("rsync", &["-e", "--rsh=x", "-a", "-ae", "x"]),
    ("curl", &["-K", "--config", "-o", "-so", "-O", "--output=x", "-s", "x"]),
    (
        "sed",
        &["-e", "-f", "-i", "-n", "-ni", "--in-place", "s/a/b/", "s/a/b/e", "1p", "w x", "--sandbox", "x"],
    ),
    ("awk", &["-f", "-e", "-v", "{print}", "{system(1)}", "--sandbox", "-F", ":", "x"]),
    ("xargs", &["-n", "1", "-I", "rm", "sh", "-c", "x", "-0"]),
    ("env", &["A=1", "-u", "A", "-i", "sh", "git", "-c", "x", "LD_PRELOAD=x"]),
    ("make", &["-f", "-C", "--eval=x", "--file", "SHELL=x", "MAKEFLAGS=x", ".SHELLFLAGS=x", "-j", "x"]),
    ("timeout", &["5", "-k", "-s", "git", "-c", "core.x=y", "x"]),
    ("nice", &["-n", "5", "git", "sh", "-c", "x"]),
    ("sudo", &["-u", "root", "A=1", "git", "-c", "x"]),
    ("bash", &["-c", "-s", "x", "--rcfile", "-i", "script"]),
    ("python3", &["-c", "-m", "x", "-u", "script"]),
    ("node", &["-e", "-p", "--eval", "x", "script"]),
    ("docker", &["run", "-v", "--volume", "--privileged", "-it", "x"]),
    ("npm", &["run", "-c", "--script-shell", "--prefix", "x"]),
    ("cargo", &["test", "--config", "-Z", "--manifest-path", "x"]),
];

/// Of the words of one program, as a command of which some is open, one filling of it, and rules about it.
#[derive(Debug, Clone)]
struct Real {
    open: Vec<Word>,
    closed: Vec<Word>,
    allow: Vec<String>,
    deny: Vec<String>,
}

fn of_pool(pool: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(pool).prop_map(str::to_owned),
        1 => Just(String::new()),
        1 => Just(String::from("--")),
        1 => Just(String::from("-")),
        1 => (prop::sample::select(pool), prop::sample::select(pool)).prop_map(|(a, b)| format!("{a}{b}")),
    ]
}

/// A word with one part of it open, or all, or one of several.
fn opened(pool: &'static [&'static str]) -> impl Strategy<Value = (Word, Vec<Word>)> {
    let cut = any::<prop::sample::Index>();
    prop_oneof![
        5 => (of_pool(pool), any::<bool>()).prop_map(|(w, from_value)| {
            let word = if from_value { Word::interpolated(w) } else { Word::literal(w) };
            (word.clone(), vec![word])
        }),
        4 => (of_pool(pool), cut.clone(), cut).prop_map(|(w, from, to)| {
            let (from, to) = (from.index(w.len() + 1), to.index(w.len() + 1));
            let (from, to) = (from.min(to), from.max(to));
            let parts = [Piece::Lit(w[..from].into()), Piece::Hole(Hole::Any), Piece::Lit(w[to..].into())];
            let known = if from == 0 { Word::interpolated(w) } else { Word::literal(w) };
            (Word::from_pieces(parts), vec![known])
        }),
        1 => (of_pool(pool), of_pool(pool)).prop_map(|(w, other)| {
            let texts = [w.as_str().into(), other.as_str().into()];
            (Word::from_pieces([Piece::Hole(Hole::OneOf(texts.into()))]), vec![Word::interpolated(w)])
        }),
        // A list of texts, too many to be tried one by one.
        1 => (of_pool(pool), of_pool(pool)).prop_map(|(w, other)| {
            let texts = [w.as_str().into(), other.as_str().into()];
            let hole = Hole::OneOf(texts.into());
            let parts = std::iter::repeat_n(Piece::Hole(hole), 7).chain([Piece::Lit("z".into())]);
            (Word::from_pieces(parts), vec![Word::interpolated(format!("{}z", w.repeat(7)))])
        }),
        1 => "[0-9]{1,2}".prop_map(|w| (Word::from_pieces([Piece::Hole(Hole::NoDash)]), vec![Word::interpolated(w)])),
        1 => proptest::collection::vec(of_pool(pool), 0..3)
            .prop_map(|ws| (Word::Many(Hole::Any), ws.into_iter().map(Word::interpolated).collect())),
    ]
}

fn rule(program: &'static str, pool: &'static [&'static str]) -> impl Strategy<Value = String> {
    let word = prop_oneof![3 => of_pool(pool), 2 => Just(String::from("*")), 1 => of_pool(pool).prop_map(|w| format!("{w}*"))];
    let all = prop_oneof![Just(true), Just(false)];
    (proptest::collection::vec(word, 0..3), all).prop_map(move |(words, all)| {
        let words = words.into_iter().map(|w| if w.is_empty() { "''".into() } else { w.replace(' ', "") });
        let rest = if all { vec![String::from("*")] } else { vec![] };
        std::iter::once(program.to_owned()).chain(words).chain(rest).collect::<Vec<_>>().join(" ")
    })
}

fn real() -> impl Strategy<Value = Real> {
    prop::sample::select(PROGRAMS).prop_flat_map(|(program, pool)| {
        let words = proptest::collection::vec(opened(pool), 0..5);
        let allow = proptest::collection::vec(rule(program, pool), 1..4);
        let deny = proptest::collection::vec(rule(program, pool), 0..2);
        (words, allow, deny).prop_map(move |(words, allow, deny)| {
            let mut out = Real {
                open: vec![Word::literal(program)],
                closed: vec![Word::literal(program)],
                allow,
                deny,
            };
            for (open, closed) in words {
                out.open.push(open);
                out.closed.extend(closed);
            }
            out
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_may_and_must_be_is_so_for_a_filling(words in pattern_words(), (open, closed) in command()) {
        let p = pattern(&words);
        let shown = format!("{} against {} filled as {}", words.join(" "), show(&open), show(&closed));
        let covers = p.covers(&closed, None, Mood::May);
        prop_assert_eq!(covers, p.covers(&closed, None, Mood::Must), "known words leave no doubt: {}", shown);
        if covers {
            prop_assert!(p.covers(&open, None, Mood::May), "strict may: {}", shown);
        } else {
            prop_assert!(!p.covers(&open, None, Mood::Must), "strict must: {}", shown);
        }
        let touches = p.touches(&closed, None, Mood::May);
        prop_assert_eq!(touches, p.touches(&closed, None, Mood::Must), "known words leave no doubt: {}", shown);
        if touches {
            prop_assert!(p.touches(&open, None, Mood::May), "wide may: {}", shown);
        } else {
            prop_assert!(!p.touches(&open, None, Mood::Must), "wide must: {}", shown);
        }
        // What a rule covers word by word is always within its wide meaning.
        prop_assert!(touches || !covers, "wide is wider: {}", shown);
    }

    #[test]
    fn a_verdict_holds_for_every_filling(
        allow in proptest::collection::vec(pattern_words(), 1..4),
        deny in proptest::collection::vec(pattern_words(), 0..3),
        guarded in pattern_words(),
        (open, closed) in command(),
    ) {
        let quote = |p: &Vec<String>| format!("{:?}", text(p));
        let text = format!(
            "[policy]\nallow = [{}, {{ command = {}, after = \"g\" }}]\ndeny = [{}]\n",
            allow.iter().map(quote).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", "),
            quote(&guarded),
            deny.iter().map(quote).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", "),
        );
        let (project, _) = Project::from_text("/p", &text, &mut SourceMap::new());
        let policy = Policy::new(&project, None);
        let decision = policy.decide(&closed, None);
        let judged = policy.judge(&open);
        let shown = format!("{text}{} filled as {}", show(&open), show(&closed));
        match judged.verdict {
            Verdict::Always => prop_assert!(decision.refusal().is_none(), "{}", shown),
            Verdict::Never => prop_assert!(decision.refusal().is_some(), "{}", shown),
            Verdict::Depends => {}
        }
        let guards = policy.guards(&closed, None);
        for guard in &judged.after {
            prop_assert!(!guard.always || !guards.is_empty(), "guarded for sure: {}", shown);
        }
        prop_assert!(guards.is_empty() || !judged.after.is_empty(), "a guard is never missed: {}", shown);
    }

    /// The same for the programs whose options are known.
    #[test]
    fn a_verdict_on_a_dangerous_program_holds_for_every_filling(Real { open, closed, allow, deny } in real()) {
        let list = |rules: &[String]| {
            let set: std::collections::BTreeSet<String> = rules.iter().map(|r| format!("{r:?}")).collect();
            set.into_iter().collect::<Vec<_>>().join(", ")
        };
        let text = format!("[policy]\nallow = [{}]\ndeny = [{}]\n", list(&allow), list(&deny));
        let (project, _) = Project::from_text("/p", &text, &mut SourceMap::new());
        let policy = Policy::new(&project, None);
        let shown = format!("{text}{} filled as {}", show(&open), show(&closed));
        let decision = policy.decide(&closed, None);
        match policy.judge(&open).verdict {
            Verdict::Always => {
                prop_assert!(decision.refusal().is_none(), "always: {}\n{:?}", shown, decision.refusal())
            }
            Verdict::Never => prop_assert!(decision.refusal().is_some(), "never: {}", shown),
            Verdict::Depends => {}
        }
    }

    #[test]
    fn options_put_in_between_do_not_help(
        plain in proptest::collection::vec("[ab]{1,2}", 0..3),
        option in "--[ab]{2,4}",
        at in any::<prop::sample::Index>(),
        more in proptest::collection::vec(("(-[xy]|--xy|--xy=[ab]|-[xy]=b)", "[ab]{0,2}", any::<prop::sample::Index>()), 0..4),
    ) {
        let mut wanted = vec![String::from("git")];
        wanted.extend(plain.iter().cloned());
        wanted.push(option.clone());
        wanted.push("*".into());
        let p = pattern(&wanted);
        // An option and its value stay together: apart, they would say something else.
        let mut groups: Vec<Vec<String>> = plain.into_iter().map(|w| vec![w]).collect();
        groups.insert(at.index(groups.len() + 1), vec![option]);
        for (option, value, at) in more {
            let alone = value.is_empty() || option.contains('=');
            groups.insert(at.index(groups.len() + 1), if alone { vec![option] } else { vec![option, value] });
        }
        let command: Vec<String> = std::iter::once("git".into()).chain(groups.concat()).collect();
        let words: Vec<Word> = command.iter().map(|w| Word::literal(w.as_str())).collect();
        prop_assert!(p.touches(&words, None, Mood::May), "{} by {}", wanted.join(" "), command.join(" "));
    }

    #[test]
    fn any_text_is_a_pattern_or_an_error(text in "(\\PC|[ *'\"/-]){0,40}") {
        if let Ok(p) = Pattern::parse(&text, Span::default()) {
            p.touches(&[Word::literal("git"), Word::unknown()], None, Mood::May);
            let again = Pattern::parse(&p.text, Span::default());
            prop_assert_eq!(again.ok(), Some(p));
        }
    }
}
