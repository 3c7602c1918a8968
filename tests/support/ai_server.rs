//! A server on this machine that speaks the protocols of Anthropic, OpenAI and Gemini, and says what a test tells it
//! to, with every fault that a real one may have. One thread a connection; it ends with its process.

use serde_json::{Value as Json, json};
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What one request is answered with.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "each test file uses its part")]
pub enum Answer {
    /// As a stream where one is asked for.
    Says(String),
    /// Wants tools to be called, each with an input: as Anthropic's models do, in a stream.
    Calls(Vec<(String, Json)>),
    /// In one piece, whatever is asked for.
    Whole(String),
    /// The model will not.
    Refuses(String),
    /// The answer reaches its greatest length.
    TooLong(String),
    /// Half of it, and the rest when the test lets it go on.
    Held(String),
    /// The connection ends in the middle of the answer.
    Cut(String),
    /// An error in the protocol's own form.
    Error { status: u16, kind: String, message: String, headers: Vec<(String, String)> },
    /// A good status and the beginning of a stream, then an error.
    Midway { kind: String },
    /// A body of a type.
    Body { status: u16, mime: String, body: String },
    /// Says nothing, until whoever asked is gone.
    Silence,
    /// One byte now and then, for ever.
    Drip,
    /// Closes the connection.
    Close,
}

#[allow(dead_code, reason = "each test file uses its part")]
impl Answer {
    pub fn says(text: &str) -> Answer {
        Answer::Says(text.to_owned())
    }

    pub fn calls(tool: &str, input: Json) -> Answer {
        Answer::Calls(vec![(tool.to_owned(), input)])
    }

    pub fn error(status: u16, kind: &str) -> Answer {
        Answer::Error { status, kind: kind.into(), message: format!("about {kind}"), headers: Vec::new() }
    }

    pub fn busy(status: u16, kind: &str, header: &str, value: &str) -> Answer {
        let headers = vec![(header.to_owned(), value.to_owned())];
        Answer::Error { status, kind: kind.into(), message: format!("about {kind}"), headers }
    }
}

/// A request as it came in.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "each test file uses its part")]
pub struct Seen {
    pub method: String,
    pub path: String,
    /// Names in small letters.
    pub headers: HashMap<String, String>,
    pub body: Json,
    /// Which connection it came over.
    pub connection: usize,
}

#[derive(Default)]
struct State {
    script: Mutex<VecDeque<Answer>>,
    /// What is said when the script has ended.
    usual: Mutex<Option<Answer>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Condvar,
    connections: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
    /// Before each answer.
    delay: Mutex<Duration>,
    /// How many held answers may go on.
    let_go: Mutex<usize>,
    goes_on: Condvar,
}

pub struct AiServer {
    state: Arc<State>,
    port: u16,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[allow(dead_code, reason = "each test file uses its part")]
impl AiServer {
    /// Answers in this order, then with the last one for ever.
    pub fn start(script: impl IntoIterator<Item = Answer>) -> AiServer {
        let script: VecDeque<Answer> = script.into_iter().collect();
        let state = Arc::new(State::default());
        *lock(&state.usual) = script.back().cloned();
        *lock(&state.script) = script;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = shared.clone();
                std::thread::spawn(move || {
                    let number = state.connections.fetch_add(1, Ordering::SeqCst);
                    // A client that goes away is what some tests are about.
                    let _ = serve(&state, stream, number);
                });
            }
        });
        AiServer { state, port }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn delay(&self, delay: Duration) {
        *lock(&self.state.delay) = delay;
    }

    /// Requests for answers, in order; those for the list of models are left out.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state.seen).iter().filter(|s| s.method == "POST").cloned().collect()
    }

    /// Lets one held answer go on.
    pub fn let_go(&self) {
        *lock(&self.state.let_go) += 1;
        self.state.goes_on.notify_all();
    }

    /// Waits until so many have come.
    pub fn wait_for(&self, count: usize) {
        let mut seen = lock(&self.state.seen);
        while seen.iter().filter(|s| s.method == "POST").count() < count {
            let waited = self.state.arrived.wait_timeout(seen, Duration::from_secs(120));
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            assert!(!timeout.timed_out(), "no request came");
            seen = guard;
        }
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many requests were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Protocol {
    Anthropic,
    OpenAi,
    Gemini,
}

fn serve(state: &State, stream: TcpStream, connection: usize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    while let Some(seen) = request(&mut input, connection)? {
        let protocol = match seen.path.as_str() {
            p if p.contains("/chat/completions") => Protocol::OpenAi,
            p if p.contains("GenerateContent") || p.contains("generateContent") => Protocol::Gemini,
            _ => Protocol::Anthropic,
        };
        let streams = seen.body["stream"] == json!(true) || seen.path.contains("stream");
        let model = seen.body["model"].as_str().unwrap_or("a-model").to_owned();
        let by_tool = seen.body.get("tool_choice").is_some();
        let asks = seen.method == "POST";
        lock(&state.seen).push(seen);
        state.arrived.notify_all();
        let answer = match asks {
            true => lock(&state.script).pop_front().or_else(|| lock(&state.usual).clone()),
            // The list of models, for whoever looks whether the server is there.
            false => Some(match lock(&state.usual).clone() {
                Some(error @ Answer::Error { .. }) => error,
                _ => Answer::Body {
                    status: 200,
                    mime: "application/json".into(),
                    body: "{\"data\":[]}".into(),
                },
            }),
        };
        let now = state.now.fetch_add(1, Ordering::SeqCst) + 1;
        state.most.fetch_max(now, Ordering::SeqCst);
        let delay = *lock(&state.delay);
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        let voice = Voice { protocol, streams, model, by_tool };
        let stays = match answer {
            Some(Answer::Held(text)) => voice.held(&mut out, &text, &state.let_go, &state.goes_on),
            Some(answer) => voice.answer(&mut out, &answer),
            None => Ok(false),
        };
        state.now.fetch_sub(1, Ordering::SeqCst);
        if !stays? {
            return Ok(());
        }
    }
    Ok(())
}

fn request(input: &mut impl BufRead, connection: usize) -> std::io::Result<Option<Seen>> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|l: &String| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Some(Seen { method, path, headers, body, connection }))
}

struct Voice {
    protocol: Protocol,
    streams: bool,
    model: String,
    by_tool: bool,
}

/// How an answer ends.
enum Ending {
    Done,
    TooLong,
    Refusal,
}

impl Voice {
    /// Whether the connection stays.
    fn answer(&self, out: &mut TcpStream, answer: &Answer) -> std::io::Result<bool> {
        match answer {
            Answer::Calls(calls) => self.calls(out, calls),
            Answer::Says(text) if self.streams => self.stream(out, text, &Ending::Done),
            Answer::Says(text) | Answer::Whole(text) | Answer::Held(text) => {
                whole(out, &self.reply(text, &Ending::Done))
            }
            Answer::Refuses(text) if self.streams => self.stream(out, text, &Ending::Refusal),
            Answer::Refuses(text) => whole(out, &self.reply(text, &Ending::Refusal)),
            Answer::TooLong(text) if self.streams => self.stream(out, text, &Ending::TooLong),
            Answer::TooLong(text) => whole(out, &self.reply(text, &Ending::TooLong)),
            Answer::Cut(text) if self.streams => {
                stream_head(out)?;
                let events = self.events(text, &Ending::Done);
                for event in &events[..events.len() / 2] {
                    chunk(out, event)?;
                }
                Ok(false)
            }
            Answer::Cut(text) => {
                let body = self.reply(text, &Ending::Done).to_string();
                let half = &body[..body.len() / 2];
                write!(
                    out,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{half}",
                    body.len()
                )?;
                Ok(false)
            }
            Answer::Error { status, kind, message, headers } => {
                let body = self.error(*status, kind, message).to_string();
                let mut head = format!(
                    "HTTP/1.1 {status} Error\r\ncontent-type: application/json\r\ncontent-length: {}\r\n",
                    body.len()
                );
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                write!(out, "{head}\r\n{body}")?;
                Ok(true)
            }
            Answer::Midway { kind } => {
                stream_head(out)?;
                let events = self.events("half of it", &Ending::Done);
                for event in &events[..events.len() / 2] {
                    chunk(out, event)?;
                }
                let error = self.error(500, kind, "in the middle");
                chunk(out, &format!("event: error\ndata: {error}\n\n"))?;
                end_stream(out)
            }
            Answer::Body { status, mime, body } => {
                write!(
                    out,
                    "HTTP/1.1 {status} Status\r\ncontent-type: {mime}\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )?;
                Ok(true)
            }
            Answer::Silence => {
                // The other side's end of the connection is the only event that ends it.
                let _ = out.read(&mut [0]);
                Ok(false)
            }
            Answer::Drip => {
                stream_head(out)?;
                loop {
                    chunk(out, ":\n")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            Answer::Close => Ok(false),
        }
    }

    fn held(
        &self,
        out: &mut TcpStream,
        text: &str,
        let_go: &Mutex<usize>,
        goes_on: &Condvar,
    ) -> std::io::Result<bool> {
        stream_head(out)?;
        let events = self.events(text, &Ending::Done);
        let at = events.iter().position(|e| e.contains("delta") || e.contains("parts")).unwrap_or(0) + 1;
        for event in &events[..at] {
            chunk(out, event)?;
        }
        let mut free = lock(let_go);
        while *free == 0 {
            free = goes_on.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        drop(free);
        for event in &events[at..] {
            chunk(out, event)?;
        }
        end_stream(out)
    }

    fn reply(&self, text: &str, ending: &Ending) -> Json {
        match self.protocol {
            Protocol::Anthropic => {
                let stop = match ending {
                    Ending::Done => "end_turn",
                    Ending::TooLong => "max_tokens",
                    Ending::Refusal => "refusal",
                };
                let content = match self.by_tool {
                    true => {
                        json!({ "type": "tool_use", "id": "t", "name": "answer", "input": serde_json::from_str::<Json>(text).unwrap_or_default() })
                    }
                    false => json!({ "type": "text", "text": text }),
                };
                json!({
                    "id": "msg_1", "type": "message", "role": "assistant", "model": self.model,
                    "content": [content], "stop_reason": stop,
                    "usage": { "input_tokens": 1000, "output_tokens": 100 }
                })
            }
            Protocol::OpenAi => {
                let (message, finish) = match ending {
                    Ending::Done => (json!({ "role": "assistant", "content": text }), "stop"),
                    Ending::TooLong => (json!({ "role": "assistant", "content": text }), "length"),
                    Ending::Refusal => {
                        (json!({ "role": "assistant", "content": null, "refusal": text }), "stop")
                    }
                };
                json!({
                    "id": "c1", "object": "chat.completion", "model": self.model,
                    "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
                    "usage": { "prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": { "cached_tokens": 200 } }
                })
            }
            Protocol::Gemini => {
                let finish = match ending {
                    Ending::Done => "STOP",
                    Ending::TooLong => "MAX_TOKENS",
                    Ending::Refusal => "SAFETY",
                };
                json!({
                    "candidates": [{ "content": { "role": "model", "parts": [{ "text": "pondering", "thought": true }, { "text": text }] }, "finishReason": finish }],
                    "modelVersion": "gemini-2.5-flash",
                    "usageMetadata": { "promptTokenCount": 1000, "candidatesTokenCount": 90, "thoughtsTokenCount": 10 }
                })
            }
        }
    }

    fn error(&self, status: u16, kind: &str, message: &str) -> Json {
        match self.protocol {
            Protocol::Anthropic => json!({ "type": "error", "error": { "type": kind, "message": message } }),
            Protocol::OpenAi => {
                json!({ "error": { "type": kind, "code": kind, "message": message, "param": null } })
            }
            Protocol::Gemini => {
                let details =
                    json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.01s" }]);
                json!({ "error": { "code": status, "status": kind, "message": message, "details": details } })
            }
        }
    }

    fn calls(&self, out: &mut TcpStream, calls: &[(String, Json)]) -> std::io::Result<bool> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        stream_head(out)?;
        let mut put = |name: &str, data: Json| chunk(out, &format!("event: {name}\ndata: {data}\n\n"));
        let id = format!("msg_{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let usage = json!({ "input_tokens": 1000, "output_tokens": 1 });
        let message = json!({ "id": id, "type": "message", "role": "assistant", "model": self.model, "content": [], "usage": usage });
        put("message_start", json!({ "type": "message_start", "message": message }))?;
        for (index, (tool, input)) in calls.iter().enumerate() {
            let id = format!("toolu_{}", NEXT.fetch_add(1, Ordering::SeqCst));
            let block = json!({ "type": "tool_use", "id": id, "name": tool, "input": {} });
            let delta = json!({ "type": "input_json_delta", "partial_json": input.to_string() });
            put(
                "content_block_start",
                json!({ "type": "content_block_start", "index": index, "content_block": block }),
            )?;
            put(
                "content_block_delta",
                json!({ "type": "content_block_delta", "index": index, "delta": delta }),
            )?;
            put("content_block_stop", json!({ "type": "content_block_stop", "index": index }))?;
        }
        let end = json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 100 } });
        put("message_delta", end)?;
        put("message_stop", json!({ "type": "message_stop" }))?;
        end_stream(out)
    }

    fn stream(&self, out: &mut TcpStream, text: &str, ending: &Ending) -> std::io::Result<bool> {
        stream_head(out)?;
        for event in self.events(text, ending) {
            chunk(out, &event)?;
        }
        end_stream(out)
    }

    fn events(&self, text: &str, ending: &Ending) -> Vec<String> {
        let middle = (0..=text.len() / 2).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let halves = [&text[..middle], &text[middle..]];
        let mut out = Vec::new();
        match self.protocol {
            Protocol::Anthropic => {
                let mut put = |name: &str, data: Json| out.push(format!("event: {name}\ndata: {data}\n\n"));
                let whole = self.reply(text, ending);
                let start = json!({ "type": "message_start", "message": { "model": self.model, "content": [], "usage": { "input_tokens": 1000, "output_tokens": 1 } } });
                put("message_start", start);
                put(
                    "content_block_start",
                    json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
                );
                put("ping", json!({ "type": "ping" }));
                for half in halves {
                    let delta = match self.by_tool {
                        true => json!({ "type": "input_json_delta", "partial_json": half }),
                        false => json!({ "type": "text_delta", "text": half }),
                    };
                    put(
                        "content_block_delta",
                        json!({ "type": "content_block_delta", "index": 0, "delta": delta }),
                    );
                }
                put("content_block_stop", json!({ "type": "content_block_stop", "index": 0 }));
                put(
                    "message_delta",
                    json!({ "type": "message_delta", "delta": { "stop_reason": whole["stop_reason"] }, "usage": { "output_tokens": 100 } }),
                );
                put("message_stop", json!({ "type": "message_stop" }));
            }
            Protocol::OpenAi => {
                let mut put = |data: &str| out.push(format!("data: {data}\n\n"));
                let key = if matches!(ending, Ending::Refusal) { "refusal" } else { "content" };
                for half in halves {
                    put(&json!({ "model": self.model, "choices": [{ "index": 0, "delta": { key: half }, "finish_reason": null }] }).to_string());
                }
                let whole = self.reply(text, ending);
                let finish = &whole["choices"][0]["finish_reason"];
                put(&json!({ "model": self.model, "choices": [{ "index": 0, "delta": {}, "finish_reason": finish }] }).to_string());
                put(&json!({ "model": self.model, "choices": [], "usage": whole["usage"] }).to_string());
                put("[DONE]");
            }
            Protocol::Gemini => {
                for half in halves {
                    let piece = json!({ "candidates": [{ "content": { "role": "model", "parts": [{ "text": half }] } }], "modelVersion": "gemini-2.5-flash" });
                    out.push(format!("data: {piece}\r\n\r\n"));
                }
                let mut last = self.reply("", ending);
                last["candidates"][0]["content"]["parts"] = json!([]);
                out.push(format!("data: {last}\r\n\r\n"));
            }
        }
        out
    }
}

fn whole(out: &mut TcpStream, body: &Json) -> std::io::Result<bool> {
    let body = body.to_string();
    write!(
        out,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    Ok(true)
}

fn stream_head(out: &mut TcpStream) -> std::io::Result<()> {
    out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n")
}

fn chunk(out: &mut TcpStream, text: &str) -> std::io::Result<()> {
    write!(out, "{:x}\r\n{text}\r\n", text.len())
}

fn end_stream(out: &mut TcpStream) -> std::io::Result<bool> {
    out.write_all(b"0\r\n\r\n")?;
    Ok(true)
}
