//! One POST and its reply, over connections that are kept and shared by all branches of a run.

use super::server::Server;
use super::watch::{Ended, Watch, WatchConnector};
use crate::diagnostics::io_text;
use serde_json::Value as Json;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::HeaderMap;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector, RustlsConnector, TcpConnector};
use ureq::{Agent, Error};

/// To find a server and to reach it.
const CONNECT: Duration = Duration::from_secs(20);
/// A reply beyond this is no answer of a model.
const MAX_BYTES: u64 = 64 << 20;
/// Connections that are kept for the next question.
const KEPT: usize = 32;

pub struct Client {
    agent: Agent,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    Cancelled,
    Expired,
    /// It may pass: no connection, or one that broke.
    Network(String),
    /// It does not pass by itself: a certificate, an address, an answer that is no HTTP.
    Setup(String),
}

/// The head of a reply; its body is read by whoever knows what it is.
pub struct Response {
    pub status: u16,
    /// `application/json`, in small letters; empty where there is none.
    pub mime: String,
    pub headers: HeaderMap,
    pub body: BufReader<ureq::BodyReader<'static>>,
}

impl Client {
    pub fn new(server: &Server) -> Client {
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            // A key must not follow a redirect to elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .max_idle_connections(KEPT)
            .max_idle_connections_per_host(KEPT)
            .max_idle_age(Duration::from_secs(60))
            // Many branches may wait at once: large buffers for each would be most of the memory.
            .input_buffer_size(16 * 1024)
            .output_buffer_size(16 * 1024)
            .user_agent(concat!("wflow/", env!("CARGO_PKG_VERSION")));
        let direct = server.loopback || no_proxy().is_some_and(|list| is_listed(&server.host, &list));
        let builder = if direct { builder.proxy(None) } else { builder };
        let builder = if server.tls { builder.tls_config(tls()) } else { builder };
        let connector = ().chain(ConnectProxyConnector::default());
        let connector = connector.chain(TcpConnector::default()).chain(WatchConnector);
        let connector = connector.chain(RustlsConnector::default());
        Client { agent: Agent::with_parts(builder.build(), connector, DefaultResolver::default()) }
    }

    /// Sends the body and gives the head of the reply. The watch ends this, and the reading of the body, too.
    pub fn post(
        &self,
        url: &str,
        headers: &[(&str, String)],
        body: &Json,
        watch: &Watch,
    ) -> Result<Response, Lost> {
        let mut request = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = request.send(body.to_string());
        self.response(sent, watch)
    }

    /// For finding out whether a server is there.
    pub fn get(&self, url: &str, headers: &[(&str, String)], watch: &Watch) -> Result<Response, Lost> {
        let mut request = self.agent.get(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        self.response(request.call(), watch)
    }

    fn response(
        &self,
        sent: Result<ureq::http::Response<ureq::Body>, Error>,
        watch: &Watch,
    ) -> Result<Response, Lost> {
        let (head, body) = sent.map_err(|e| lost(e, watch))?.into_parts();
        let mime = head.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let body = BufReader::new(body.into_with_config().limit(MAX_BYTES).reader());
        Ok(Response { status: head.status.as_u16(), mime, headers: head.headers, body })
    }
}

impl Response {
    /// All of the body.
    pub fn bytes(&mut self, watch: &Watch) -> Result<Vec<u8>, Lost> {
        let mut bytes = Vec::new();
        match self.body.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(broken(&error, watch)),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

fn no_proxy() -> Option<String> {
    ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| std::env::var(name).ok())
}

/// As most programs read the list: a name stands for itself and all below it, `*` for everything. (`ureq` alone would
/// take a name without a dot before it for that one host.)
fn is_listed(host: &str, list: &str) -> bool {
    list.split(',').map(|entry| entry.trim().to_ascii_lowercase()).any(|entry| {
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        match host.strip_suffix(name) {
            Some(before) if !name.is_empty() => before.is_empty() || before.ends_with('.'),
            _ => entry == "*",
        }
    })
}

/// Of a connection that broke while a body was read.
pub fn broken(error: &std::io::Error, watch: &Watch) -> Lost {
    match watch.ended() {
        Some(Ended::Cancelled) => Lost::Cancelled,
        Some(Ended::Expired) => Lost::Expired,
        None => Lost::Network(format!("the connection broke off: {}", io_text(error))),
    }
}

fn lost(error: Error, watch: &Watch) -> Lost {
    match watch.ended() {
        Some(Ended::Cancelled) => return Lost::Cancelled,
        Some(Ended::Expired) => return Lost::Expired,
        None => {}
    }
    match error {
        Error::Timeout(_) => Lost::Network(String::from("no connection came about in time")),
        Error::HostNotFound => Lost::Network(String::from("its name is not known")),
        // What rustls says about a certificate comes as invalid data.
        Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => Lost::Setup(io_text(&e)),
        Error::Io(e) => Lost::Network(io_text(&e)),
        Error::ConnectionFailed => Lost::Network(String::from("no connection came about")),
        Error::Protocol(e) => Lost::Network(format!("what it says is no HTTP: {e}")),
        other => Lost::Setup(other.to_string()),
    }
}

/// The machine's own certificates, so that those of a company count; the ones that are built in where it has none.
fn tls() -> TlsConfig {
    let native = rustls_native_certs::load_native_certs().certs;
    let roots = match native.is_empty() {
        true => RootCerts::WebPki,
        false => {
            let certs = native.iter().map(|c| Certificate::from_der(c.as_ref()).to_owned()).collect();
            RootCerts::Specific(Arc::new(certs))
        }
    };
    TlsConfig::builder().root_certs(roots).build()
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn a_name_stands_for_itself_and_all_below_it() {
        for list in ["a.example", ".a.example", "*.a.example", "b.example, A.EXAMPLE", "*"] {
            assert!(is_listed("llm.a.example", list), "{list}");
        }
        assert!(is_listed("a.example", "a.example"));
        for list in ["", ",", "example.com", "m.a.example", "llm.a", "b.llm.a.example"] {
            assert!(!is_listed("llm.a.example", list), "{list}");
        }
        assert!(!is_listed("nota.example", "a.example"));
    }
}
