//! What must hold for every pattern and command: nothing written differently slips by a `deny`, and what is said of a
//! command with open words is true of every filling.

use proptest::prelude::*;
use wflow::policy::{Hole, Mood, Pattern, Piece, Policy, Project, Verdict, Word, show};
use wflow::source::{SourceMap, Span};

fn pattern(words: &[String]) -> Pattern {
    Pattern::parse(&words.join(" "), Span::default()).expect("a pattern")
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
        let at = at.index(w.len()) + 1;
        let open = Word::from_pieces([Piece::Lit(w[..at].into()), Piece::Hole(Hole::Any)]);
        (open, vec![Word::literal(w)])
    });
    let suffix = (word(), any::<prop::sample::Index>()).prop_map(|(w, at)| {
        let at = at.index(w.len());
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

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
        let quote = |p: &Vec<String>| format!("{:?}", p.join(" "));
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
