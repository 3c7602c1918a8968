use super::super::scripted::Scripted;
use super::*;
use crate::interpreter::{AskRequest, CancelToken};

fn request(prompt: &str, schema: bool) -> ProviderRequest {
    let ask = AskRequest {
        agent: None,
        prompt: prompt.into(),
        with: vec![("log".into(), json!("one\ntwo"))],
        schema: schema.then(|| json!({"type": "object"})),
        type_name: "Notes".into(),
        interactive: false,
        turns: None,
        timeout_ms: None,
        said: Vec::new(),
        previous: None,
        attempt: 1,
    };
    ProviderRequest::new(&ask, Some("small"), Vec::new())
}

fn plain() -> Redact {
    Arc::new(str::to_owned)
}

fn ask(provider: &dyn Provider, path: &str, request: &ProviderRequest) -> Result<String, Unanswered> {
    let cancel = CancelToken::default();
    provider.answer(request, &Control::plain(path, &cancel)).map(|r| r.text)
}

fn recorder(file: &Path, inner: Arc<dyn Provider>, redact: Redact) -> Result<Record, Failure> {
    Ok(Record::new(inner, Arc::new(Tape::open(file, redact)?)))
}

fn failure(result: Result<String, Unanswered>) -> Failure {
    match result {
        Err(Unanswered::Failed(f)) => f,
        other => panic!("expected a failure, got {other:?}"),
    }
}

fn counting() -> Arc<dyn Provider> {
    let calls = Mutex::new(0);
    Arc::new(Scripted::new(move |r| {
        let mut n = calls.lock().unwrap_or_else(PoisonError::into_inner);
        *n += 1;
        Ok(if r.schema.is_some() { format!("{{\"n\": {n}}}") } else { format!("answer {n}") })
    }))
}

#[test]
fn what_was_recorded_is_replayed_by_place_or_number() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let record = recorder(&file, counting(), plain()).expect("opens");
    for path in ["w/a", "w/b"] {
        ask(&record, path, &request("Q", true)).expect("answers");
    }
    ask(&record, "w/c", &request("other", false)).expect("answers");
    let text = std::fs::read_to_string(&file).expect("is there");
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("{\"wflow_cassette\":1}\n"));
    assert!(
        text.contains("\"reply\":{\"json\":{\"n\":2}}") && text.contains("\"reply\":{\"text\":\"answer 3\"}")
    );

    let replay = Replay::open(&file, plain()).expect("opens");
    // The places were swapped by a race of two branches: each still gets its own.
    assert_eq!(ask(&replay, "w/b", &request("Q", true)), Ok("{\"n\":2}".into()));
    assert_eq!(ask(&replay, "w/a", &request("Q", true)), Ok("{\"n\":1}".into()));
    assert_eq!(ask(&replay, "elsewhere", &request("other", false)), Ok("answer 3".into()));
    let moved = Replay::open(&file, plain()).expect("opens");
    assert_eq!(ask(&moved, "x", &request("Q", true)), Ok("{\"n\":1}".into()));
    assert_eq!(ask(&moved, "y", &request("Q", true)), Ok("{\"n\":2}".into()));
    let third = failure(ask(&moved, "z", &request("Q", true)));
    assert!(third.message.contains("has 2 answers") && third.message.contains("asked 3 times"), "{third}");
}

#[test]
fn a_miss_shows_what_differs() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let record = recorder(&file, counting(), plain()).expect("opens");
    ask(&record, "w/a", &request("Summarise the log.", true)).expect("answers");
    ask(&record, "w/b", &request("Something else\nentirely\nlonger", false)).expect("answers");
    let replay = Replay::open(&file, plain()).expect("opens");
    let miss = failure(ask(&replay, "w/a", &request("Summarise the logs.", true)));
    assert_eq!(miss.code, E1305);
    let notes = miss.notes.join("\n");
    assert!(notes.contains("at `w/a`, differs in"), "{notes}");
    assert!(
        notes.contains("recorded  Summarise the log.") && notes.contains("asked     Summarise the logs."),
        "{notes}"
    );
    assert!(miss.help[0].contains("--record"));
}

#[test]
fn recording_again_replaces_and_secrets_stay_out() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let redact: Redact = Arc::new(|t: &str| t.replace("hunter2", "[secret PW]"));
    for said in ["old hunter2", "new hunter2"] {
        let inner = Arc::new(Scripted::new(move |_| Ok(said.to_owned())));
        let record = recorder(&file, inner, redact.clone()).expect("opens");
        assert_eq!(ask(&record, "w/a", &request("log in with hunter2", false)), Ok(said.into()));
    }
    assert!(!std::fs::read_to_string(&file).expect("is there").contains("hunter2"));
    let replay = Replay::open(&file, redact).expect("opens");
    let again = ask(&replay, "w/a", &request("log in with hunter2", false));
    assert_eq!(again, Ok("new [secret PW]".into()));
}

#[test]
fn a_missing_answer_is_recorded_as_such() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let why = Failure::new(ErrorKind::Transient, E1306, "no network").help("wait");
    let inner = Arc::new(Scripted::new({
        let why = why.clone();
        move |_| Err(Unanswered::Unavailable(why.clone()))
    }));
    let record = recorder(&file, inner, plain()).expect("opens");
    assert!(ask(&record, "w/a", &request("Q", true)).is_err());
    let replay = Replay::open(&file, plain()).expect("opens");
    assert_eq!(ask(&replay, "w/a", &request("Q", true)), Err(Unanswered::Unavailable(why)));
}

#[test]
fn lines_by_hand_need_no_key_and_bad_ones_are_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let question = request("Q", false).canonical();
    let by_hand =
        format!("{{\"wflow_cassette\":1}}\n\n{}\n", json!({"request": question, "reply": {"text": "yes"}}));
    std::fs::write(&file, by_hand).expect("writes");
    let replay = Replay::open(&file, plain()).expect("opens");
    assert_eq!(ask(&replay, "w", &request("Q", false)), Ok("yes".into()));

    let cases = [
        ("{\"wflow_cassette\":2}\n", E1307, "version 2"),
        ("hello\n", E1307, "starts with the line"),
        ("{\"wflow_cassette\":1}\n{\"request\":{},\"reply\":{}}\n", E1307, "line 2"),
        (
            "{\"wflow_cassette\":1}\n{\"request\":{},\"key\":\"sha256:0\",\"reply\":{\"text\":\"\"}}\n",
            E1307,
            "digest",
        ),
        ("{\"wflow_cassette\":1}\n{\"gate\":\"ship\"}\n", E1307, "`gate` means nothing"),
    ];
    for (text, code, part) in cases {
        std::fs::write(&file, text).expect("writes");
        let failure = Replay::open(&file, plain()).err().expect("is refused");
        assert!(failure.code == code && failure.message.contains(part), "{failure}");
        assert!(recorder(&file, counting(), plain()).is_err());
    }
    assert_eq!(Replay::open(&dir.path().join("none"), plain()).err().map(|f| f.code), Some(E1306));
}

#[test]
fn json_that_would_change_stays_text() {
    assert_eq!(text_reply("{ \"a\" : [1,\n 2] }", true), json!({"json": {"a": [1, 2]}}));
    for text in ["{\"a\": 1, \"a\": 2}", "1.0e2", "```json\n{}\n```", "\"\\u0041\""] {
        assert_eq!(text_reply(text, true), json!({ "text": text }), "{text}");
    }
}

#[test]
fn questions_of_an_earlier_process_count() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.cassette");
    let question = request("Q", false);
    let line = |n: u32| json!({ "n": n, "request": question.canonical(), "reply": { "text": format!("answer {n}") } });
    let text = format!("{}\n{}\n{}\n", json!({ "wflow_cassette": 1 }), line(1), line(2));
    std::fs::write(&file, text).expect("is written");
    let replay = Replay::open(&file, plain()).expect("opens");
    replay.was_asked(&question);
    assert_eq!(ask(&replay, "w/b", &question), Ok("answer 2".into()));
}
