//! Whether a provider would work here: is there a key, is the server there, does it take the key?

use super::{Remote, keys};
use crate::effects::ai::remote::http::Lost;
use crate::effects::ai::remote::watch::Watch;
use crate::interpreter::CancelToken;
use std::time::{Duration, Instant};

/// A server that takes longer to say who it is will not do.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    pub works: bool,
    /// One line.
    pub found: String,
    /// What to do, where something is missing.
    pub help: Option<String>,
}

impl Probe {
    pub fn good(found: impl Into<String>) -> Probe {
        Probe { works: true, found: found.into(), help: None }
    }

    pub fn bad(found: impl Into<String>, help: impl Into<String>) -> Probe {
        Probe { works: false, found: found.into(), help: Some(help.into()) }
    }
}

impl Remote {
    /// Looks for the key, and with `online` asks the server for its list of models, which costs nothing.
    pub fn probe(&self, online: bool) -> Probe {
        let name = self.server.key_name(self.own_key_name());
        let key = match self.key() {
            Ok(key) => key,
            Err(failure) => return Probe::bad(failure.message, failure.help.join("; ")),
        };
        let key_found = match key {
            Some(key) => format!("{name} in the {}", key.source.in_words()),
            None => format!("no key ({name} is not set), and the server may need none"),
        };
        if !online {
            return Probe::good(format!("{key_found}; {} was not tried", self.server.base));
        }
        let cancel = CancelToken::default();
        let watch = Watch::begin(&cancel, Some(Instant::now() + PATIENCE));
        let (version, path) = self.wire.probe();
        let headers = self.wire.headers(key.map(|k: &keys::Key| k.value.as_str()));
        let base = &self.server.base;
        match self.client().get(&self.server.url(version, path), &headers, &watch) {
            Ok(r) if r.status == 200 => Probe::good(format!("{key_found}; {base} answers")),
            Ok(r) if matches!(r.status, 401 | 403) => Probe::bad(
                format!("{base} does not accept the key ({})", r.status),
                format!("set a valid {name}"),
            ),
            // Some servers have no list of models; it is there, and that is what was asked.
            Ok(r) => Probe::good(format!("{key_found}; {base} answers with status {}", r.status)),
            Err(Lost::Network(why) | Lost::Setup(why)) => Probe::bad(
                format!("{base} cannot be reached: {why}"),
                "check the network, the proxy settings and `base_url`",
            ),
            Err(Lost::Cancelled | Lost::Expired) => Probe::bad(
                format!("{base} does not answer within {} s", PATIENCE.as_secs()),
                "check the network, the proxy settings and `base_url`",
            ),
        }
    }
}
