//! Which server a provider's requests go to, and whether a key may.

use crate::diagnostics::codes::ask::{E1323, E1331};
use crate::diagnostics::{ErrorKind, Failure};
use ureq::http::Uri;

/// A server that speaks a provider's protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `https://api.anthropic.com`, without a slash at the end.
    pub base: String,
    pub host: String,
    /// The provider's own.
    pub official: bool,
    /// On this machine.
    pub loopback: bool,
    pub tls: bool,
}

impl Server {
    /// Anthropic's own.
    pub fn anthropic() -> Server {
        let base = String::from(super::anthropic::URL);
        let host = base.trim_start_matches("https://").to_owned();
        Server { base, host, official: true, loopback: false, tls: true }
    }

    /// `own` is the provider's address; `base_url` another one, from `wflow.toml`.
    pub fn new(own: &str, base_url: Option<&str>) -> Result<Server, Failure> {
        let base = base_url.unwrap_or(own).trim_end_matches('/');
        let wrong = |why: &str| {
            let message =
                format!("`base_url = \"{}\"` is no address of a server: {why}", base.escape_debug());
            Failure::new(ErrorKind::Configuration, E1323, message)
                .help("write it as `https://host/v1` or `http://127.0.0.1:8080/v1`")
        };
        let uri: Uri = base.parse().map_err(|_| wrong("it cannot be read"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("it begins with neither `https://` nor `http://`")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a name or password must not stand in it"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a `?`"));
        }
        let host = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let address = host.parse::<std::net::IpAddr>();
        Ok(Server {
            official: base == own,
            loopback: host == "localhost" || address.is_ok_and(|a| a.is_loopback()),
            base: base.to_owned(),
            host,
            tls,
        })
    }

    /// The environment variable, and name in the keyring, of the key for this server. A provider's own key goes to the
    /// provider and to this machine only: whoever writes `base_url` must not be able to have it sent elsewhere.
    pub fn key_name(&self, own: &str) -> String {
        if self.official || self.loopback {
            return own.to_owned();
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        format!("WFLOW_KEY_{}", self.host.chars().map(plain).collect::<String>())
    }

    /// A key must not travel in the clear.
    pub fn may_have_key(&self) -> Result<(), Failure> {
        if self.tls || self.loopback {
            return Ok(());
        }
        let message =
            format!("the key for {} would be sent over `http://`, where anybody can read it", self.host);
        Err(Failure::new(ErrorKind::Configuration, E1331, message)
            .help("use `https://` in `base_url`, or unset the key if the server needs none"))
    }

    /// `base` and `path`; `version` (`/v1`) is put between them unless the base says where the API begins.
    pub fn url(&self, version: &str, path: &str) -> String {
        let base = &self.base;
        let after_host = base.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        match after_host {
            None => format!("{base}{version}{path}"),
            Some(_) => format!("{base}{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "https://api.openai.com";

    #[test]
    fn a_key_of_the_provider_goes_nowhere_else() {
        let name = |base| Server::new(OWN, base).map(|s| s.key_name("OPENAI_API_KEY")).unwrap_or_default();
        assert_eq!(name(None), "OPENAI_API_KEY");
        assert_eq!(name(Some("http://127.0.0.1:11434/v1")), "OPENAI_API_KEY");
        assert_eq!(name(Some("http://localhost:1")), "OPENAI_API_KEY");
        assert_eq!(name(Some("https://llm.example.com/v1")), "WFLOW_KEY_LLM_EXAMPLE_COM");
        assert_eq!(
            name(Some("https://api.openai.com.evil.example")),
            "WFLOW_KEY_API_OPENAI_COM_EVIL_EXAMPLE"
        );
        assert_eq!(name(Some("https://localhost.evil.example")), "WFLOW_KEY_LOCALHOST_EVIL_EXAMPLE");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in
            ["", "host", "ftp://host", "https://", "https://a:b@host/", "https://host/?x=1", "http:// x"]
        {
            assert!(Server::new(OWN, Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_version_is_added_where_the_address_has_no_path() {
        let url = |base| Server::new(OWN, base).map(|s| s.url("/v1", "/chat")).unwrap_or_default();
        assert_eq!(url(None), "https://api.openai.com/v1/chat");
        assert_eq!(url(Some("http://localhost:8080/")), "http://localhost:8080/v1/chat");
        assert_eq!(url(Some("http://localhost:8080/api/v2/")), "http://localhost:8080/api/v2/chat");
    }
}
