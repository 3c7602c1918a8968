//! A language server as an editor sees it: a file is opened, a character is typed, and what is found comes back.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Server {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    uri: String,
    version: i64,
}

impl Server {
    /// With `file` of `folder` open and looked at once.
    pub fn start(program: &Path, folder: &Path, file: &str) -> Server {
        let mut command = Command::new(program);
        command.arg("server").current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let to = child.stdin.take().expect("it is a pipe");
        let from = BufReader::new(child.stdout.take().expect("it is a pipe"));
        let root = format!("file://{}", folder.display());
        let uri = format!("{root}/{file}");
        let mut server = Server { child, to, from, uri: uri.clone(), version: 1 };
        let folders = json!([{ "uri": root, "name": "measured" }]);
        server.send(json!({
            "id": 1, "method": "initialize",
            "params": { "processId": null, "rootUri": root, "workspaceFolders": folders, "capabilities": {
                "textDocument": { "publishDiagnostics": {}, "synchronization": {} },
            } },
        }));
        server.wait(|m| m["id"] == 1 && m.get("method").is_none());
        server.send(json!({ "method": "initialized", "params": {} }));
        let text = std::fs::read_to_string(folder.join(file)).expect("it was written");
        server.send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": {
            "uri": uri, "languageId": "python", "version": 1, "text": text,
        } } }));
        server.found();
        server
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        let sent = write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len());
        sent.and_then(|()| self.to.flush()).expect("it takes a message");
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.from.read_line(&mut line).expect("it answers");
            match line.trim().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().expect("a number");
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut text = vec![0; length];
        self.from.read_exact(&mut text).expect("the whole message");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn wait(&mut self, wanted: impl Fn(&Value) -> bool) {
        loop {
            let message = self.receive();
            if wanted(&message) {
                return;
            }
            // What it asks of an editor has no answer here.
            if let (Some(id), Some(_)) = (message.get("id"), message.get("method")) {
                let items = message["params"]["items"].as_array().map_or(0, Vec::len);
                self.send(json!({ "id": id, "result": vec![Value::Null; items] }));
            }
        }
    }

    fn found(&mut self) {
        let (uri, version) = (self.uri.clone(), self.version);
        self.wait(|m| {
            let of = &m["params"];
            m["method"] == "textDocument/publishDiagnostics"
                && of["uri"] == json!(uri)
                && of["version"].as_i64().is_none_or(|v| v == version)
        });
    }

    /// Types over the first character that is no quote of the first line, and waits for what is found.
    pub fn edit(&mut self, with: char) {
        self.version += 1;
        let at = |character| json!({ "line": 0, "character": character });
        self.send(json!({ "method": "textDocument/didChange", "params": {
            "textDocument": { "uri": self.uri, "version": self.version },
            "contentChanges": [{ "range": { "start": at(3), "end": at(4) }, "text": with.to_string() }],
        } }));
        self.found();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is only measured; there is nothing that it could lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
