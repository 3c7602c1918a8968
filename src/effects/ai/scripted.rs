//! A provider for tests: answers by a function.

use super::{Capabilities, Control, Provider, ProviderReply, ProviderRequest, Unanswered};

type Script = dyn Fn(&ProviderRequest) -> Result<String, Unanswered> + Send + Sync;

pub struct Scripted(Box<Script>);

impl Scripted {
    pub fn new(
        f: impl Fn(&ProviderRequest) -> Result<String, Unanswered> + Send + Sync + 'static,
    ) -> Scripted {
        Scripted(Box::new(f))
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }
    fn capabilities(&self) -> Capabilities {
        Capabilities { structured: true, ..Capabilities::default() }
    }
    fn answer(&self, request: &ProviderRequest, _: &Control<'_>) -> Result<ProviderReply, Unanswered> {
        (self.0)(request).map(ProviderReply::text)
    }
}
