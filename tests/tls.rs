//! Over HTTPS and through a proxy, as in a company: its own certificate counts where the machine trusts it, nothing
//! else does, and a key goes to the host that it is for.

#[path = "support/sandbox.rs"]
mod sandbox;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sandbox::{Sandbox, stderr, stdout};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Output;
use std::sync::{Arc, Mutex, PoisonError};

const HOST: &str = "llm.company.example";
const ANSWER: &str = r#"{"id":"1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"hello"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;

/// A proxy that leads every connection to one server with a certificate of the company's own, and what it has seen.
struct Company {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
    authority: String,
}

impl Company {
    /// The server's certificate is for this name.
    fn with_certificate_for(name: &str) -> Company {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &authority).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions of the protocol")
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .expect("a certificate and its key");
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let shared = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, seen) = (config.clone(), shared.clone());
                // A client that does not trust the certificate goes away: that is what some tests are about.
                std::thread::spawn(move || drop(serve(stream, config, &seen)));
            }
        });
        Company { port, seen, authority: authority.pem() }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks `https://HOST` through the proxy. `trusted`: the machine knows the company's certificate.
    fn asked(&self, trusted: bool, env: &[(&str, &str)]) -> Output {
        let config = format!(
            "[ai]\nprovider = \"openai\"\nmodel = \"m\"\nretries = 0\nbase_url = \"https://{HOST}\"\n"
        );
        let workflow = "workflow words() -> Text { ask \"Say it.\" }\n";
        let sandbox = Sandbox::with(&[
            ("wflow.toml", &config),
            ("a.wflow", workflow),
            ("company.pem", &self.authority),
        ]);
        let mut command = sandbox.wflow(&["run", "a.wflow"]);
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port));
        if trusted {
            command.env("SSL_CERT_FILE", sandbox.dir.join("company.pem"));
        }
        command.envs(env.iter().copied()).output().expect("wflow starts")
    }
}

/// The lines of a request's head, and its body.
fn request(input: &mut impl BufRead) -> std::io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        lines.push(line.trim_end().to_owned());
    }
    let length =
        lines.iter().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    std::io::Read::read_exact(input, &mut vec![0; length.unwrap_or(0)])?;
    Ok(lines)
}

fn serve(stream: TcpStream, config: Arc<ServerConfig>, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let note = |lines: Vec<String>| seen.lock().unwrap_or_else(PoisonError::into_inner).extend(lines);
    note(request(&mut BufReader::new(stream.try_clone()?))?);
    (&stream).write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let tls = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut inside = BufReader::new(StreamOwned::new(tls, stream));
    note(request(&mut inside)?);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(inside.get_mut(), "{head}\r\ncontent-length: {}\r\n\r\n{ANSWER}", ANSWER.len())?;
    inside.get_mut().flush()
}

#[test]
fn a_server_of_the_company_answers_through_its_proxy_with_its_own_certificate() {
    let company = Company::with_certificate_for(HOST);
    let keys =
        [("OPENAI_API_KEY", "sk-own-0123456789"), ("WFLOW_KEY_LLM_COMPANY_EXAMPLE", "company-0123456789")];
    let output = company.asked(true, &keys);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "hello\n");
    let seen = company.seen();
    assert_eq!(seen.first().map(String::as_str), Some("CONNECT llm.company.example:443 HTTP/1.1"));
    assert!(seen.iter().any(|l| l.starts_with("POST /v1/chat/completions ")), "{seen:?}");
    // Its own key and no other; and nothing of it is for the proxy.
    let inside = seen.iter().position(|l| l.starts_with("POST ")).unwrap_or_default();
    let with_key: Vec<usize> = (0..seen.len()).filter(|&i| seen[i].contains("company-0123456789")).collect();
    assert!(with_key.len() == 1 && with_key[0] > inside, "{seen:?}");
    assert!(!seen.iter().any(|l| l.contains("sk-own")), "{seen:?}");
}

#[test]
fn a_certificate_that_the_machine_does_not_trust_is_refused_before_anything_is_sent() {
    let company = Company::with_certificate_for(HOST);
    let output = company.asked(false, &[("WFLOW_KEY_LLM_COMPANY_EXAMPLE", "company-0123456789")]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("certificate"), "{text}");
    let seen = company.seen();
    assert!(!seen.iter().any(|l| l.starts_with("POST ") || l.contains("company-0123456789")), "{seen:?}");
}

#[test]
fn a_trusted_certificate_for_another_name_is_refused() {
    let company = Company::with_certificate_for("other.company.example");
    let output = company.asked(true, &[]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("certificate"), "{text}");
    assert!(!company.seen().iter().any(|l| l.starts_with("POST ")));
}

#[test]
fn a_host_that_the_proxy_is_not_for_is_asked_directly() {
    let company = Company::with_certificate_for(HOST);
    let output = company.asked(true, &[("NO_PROXY", "company.example")]);
    let text = stderr(&output);
    // The name is nobody's, so that only the way is seen.
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(HOST), "{text}");
    assert_eq!(company.seen(), Vec::<String>::new());
}
