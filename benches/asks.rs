//! Fifty questions, eight at a time, against a server of our own that takes its time: what wflow adds to each, and
//! against a client that sends the same bytes over kept connections and records nothing.

#[path = "../tests/support/ai_server.rs"]
mod ai_server;
mod support;

use ai_server::{AiServer, Answer};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;
use support::{Rounds, each, folder, line, rounds, time};
use wflow::check::{Environment, check_file};
use wflow::engine::{Options, Outcome, Start, file_policy, start};
use wflow::interpreter::Lowered;
use wflow::policy::load_project;
use wflow::source::SourceMap;

const ASKS: usize = 50;
const LIMIT: usize = 8;
/// Of the server, for each answer.
const DELAY: Duration = Duration::from_millis(40);

const WORKFLOW: &str = r#"
type Notes { headline: Text, tags: [Text] }
workflow asks() -> [Notes] {
    parallel for i in 0..50 limit 8 { ask "Write notes for {i}." as Notes }
}
workflow nothing() -> [Notes] { [] }
"#;
const NOTES: &str = r#"{"headline":"Fixes","tags":["a","b"]}"#;

fn main() {
    let server = AiServer::start([Answer::says(NOTES)]);
    server.delay(DELAY);
    let (on_disk, in_memory) = (folder(), memory());
    for at in [on_disk.path(), in_memory.path()] {
        let url = server.url();
        let config = format!("[ai]\nprovider = \"anthropic\"\nmodel = \"m\"\nbase_url = \"{url}\"\n");
        std::fs::write(at.join("wflow.toml"), config).expect("the folder is writable");
        std::fs::write(at.join("asks.wflow"), WORKFLOW).expect("the folder is writable");
    }
    let at = on_disk.path();
    let run = |at: &Path, workflow| time(|| library_run(&at.join("asks.wflow"), workflow));
    let mut times = Rounds::default();
    let (mut connections, mut most) = (0, 0);
    for _ in 0..rounds(9) {
        let before = server.connections();
        times.add("asks", run(at, "asks"));
        connections = server.connections() - before;
        most = server.most_at_once();
        times.add("nothing", run(at, "nothing"));
        times.add("asks in memory", run(in_memory.path(), "asks"));
        times.add("nothing in memory", run(in_memory.path(), "nothing"));
        times.add("plain", time(|| plain_client(&server.url())));
        let mut file = File::create(at.join("floor")).expect("the folder is writable");
        let mut append = || file.write_all(&[b'x'; 2000]).and_then(|()| file.sync_data());
        times.add("sync", each(100, || append().expect("the disk takes 2000 bytes")));
        times.add("server", DELAY.as_secs_f64() * ASKS.div_ceil(LIMIT) as f64);
    }
    times.print("50 asks, 8 at a time × the server's own time", "asks", &["server"], None);
    times.print("50 asks × a client that records nothing", "asks", &["plain"], None);
    // One lane asks this many, one after another; what it takes beyond the server is ours.
    let lane = ASKS.div_ceil(LIMIT) as f64;
    let own = |took: f64| (took - times.median("server")) / lane * 1000.0;
    let asks = |more: &str| times.median(&format!("asks{more}")) - times.median(&format!("nothing{more}"));
    line("our own time, each ask", own(asks(" in memory")), "ms", Some(1.0), "beyond the server's answer");
    line("the same of the plain client", own(times.median("plain")), "ms", None, "");
    line("the same with the record on disk", own(asks("")), "ms", None, "");
    line("a run that asks nothing", times.median("nothing") * 1000.0, "ms", None, "its start and end");
    line(
        "append + fdatasync",
        times.median("sync") * 1000.0,
        "ms",
        None,
        "a question is on disk before it is sent",
    );
    line("connections", connections as f64, "", Some(LIMIT as f64), "of one run");
    line("questions at once", most as f64, "", Some(LIMIT as f64), "");
}

/// A folder in memory: what a disk takes for its syncs is the disk's own, and has a line of its own.
fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| folder())
}

/// A whole run in this process, its start and its end included.
fn library_run(path: &Path, workflow: &str) {
    let (project, wrong) = load_project(path, &mut SourceMap::new());
    assert!(wrong.is_empty(), "{wrong:?}");
    let checked = check_file(path, &Environment::default()).expect("the file can be read");
    let program = &checked.program;
    let lowered = Lowered::new(program);
    let workflow = program.workflows().find(|w| &*w.name == workflow).expect("it has it");
    let finished = start(
        Start {
            program,
            lowered: &lowered,
            project: &project,
            workflow: workflow.id,
            given: Default::default(),
            args: Vec::new(),
            file_policy: file_policy(&checked),
        },
        &Options::default(),
    )
    .expect("it starts");
    assert!(matches!(finished.outcome, Outcome::Completed { .. }), "{:?}", finished.outcome);
}

/// Asks for a stream, as wflow does, and reads it to its end.
fn plain_client(url: &str) {
    let address = url.strip_prefix("http://").expect("it is one of ours");
    let body = format!("{{\"model\":\"m\",\"stream\":true,\"messages\":\"{}\"}}", "x".repeat(900));
    let request = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    std::thread::scope(|scope| {
        for lane in 0..LIMIT {
            let request = &request;
            scope.spawn(move || {
                let mut out = TcpStream::connect(address).expect("it listens");
                out.set_nodelay(true).expect("it is a socket");
                let mut input = BufReader::new(out.try_clone().expect("it is a socket"));
                let mut line = String::new();
                let mut next = |input: &mut BufReader<TcpStream>| {
                    line.clear();
                    input.read_line(&mut line).expect("it answers");
                    line.trim_end().to_owned()
                };
                for _ in (lane..ASKS).step_by(LIMIT) {
                    out.write_all(request.as_bytes()).expect("it reads");
                    while !next(&mut input).is_empty() {}
                    loop {
                        let size = usize::from_str_radix(&next(&mut input), 16).expect("the size of a chunk");
                        input.read_exact(&mut vec![0; size + 2]).expect("it answers");
                        if size == 0 {
                            break;
                        }
                    }
                }
            });
        }
    });
}
