//! `wflow doctor`: what would work here, what would not, and what to do about it. Keys are looked for and never shown.

use super::args::{DoctorArgs, Format};
use super::exit::Exit;
use super::files::Projects;
use super::report::Trouble;
use super::screen::Screen;
use crate::diagnostics::Diagnostic;
use crate::effects::ai::{Probe, probe};
use crate::effects::machine::{self, Finding};
use crate::effects::process::Search;
use crate::policy::Provider;
use crate::ui::escape;
use crate::ui::style::{Paint, Style, Symbol};
use serde_json::{Value as Json, json};

pub fn doctor(args: &DoctorArgs, screen: &Screen) -> Result<Exit, Trouble> {
    let (project, wrong, _) = Projects::default().of(&args.path);
    let config = &project.config;
    let search = Search::new(&project.root, &config.policy.path);
    let mut findings = vec![project_file(&project.root, project.is_configured(), &wrong)];
    findings.extend(machine::look(&project.root, &search));
    let chosen = config.ai.provider;
    // Each may have to wait for a server.
    let probes: Vec<(Provider, Probe)> = std::thread::scope(|scope| {
        let (root, online) = (&project.root, !args.offline);
        let folders = &config.policy.path;
        let begin = |p: Provider| (p, scope.spawn(move || probe(p, &config.ai, root, folders, online)));
        let threads: Vec<_> = Provider::ALL.map(begin).into();
        let ended = |(p, thread): (Provider, std::thread::ScopedJoinHandle<'_, Probe>)| {
            let lost = || Probe::bad("looking at it failed", "please report this");
            (p, thread.join().unwrap_or_else(|_| lost()))
        };
        threads.into_iter().map(ended).collect()
    });
    match args.format {
        Format::Json => outln!("{}", as_json(&findings, &probes, chosen)),
        Format::Text => tell(&findings, &probes, chosen, screen),
    }
    let good = findings.iter().all(|f| f.good || !f.needed)
        && probes.iter().all(|(p, probe)| *p != chosen || probe.works || *p == Provider::Human);
    Ok(if good { Exit::Completed } else { Exit::Failed })
}

fn project_file(root: &std::path::Path, there: bool, wrong: &[Diagnostic]) -> Finding {
    let path = root.join(crate::policy::CONFIG_NAME);
    let errors = wrong.iter().filter(|d| d.is_error()).count();
    let (good, found, help) = match (there, errors) {
        (false, _) => (
            true,
            format!("{} has no wflow.toml, so nothing is allowed", root.display()),
            Some(String::from("`wflow init` writes one")),
        ),
        (true, 0) => (true, path.display().to_string(), None),
        (true, n) => {
            let mistakes = if n == 1 { "mistake" } else { "mistakes" };
            let found = format!("{} has {n} {mistakes}", path.display());
            (false, found, Some(String::from("`wflow check` shows them")))
        }
    };
    Finding { name: "wflow.toml", good, needed: true, found, help }
}

fn tell(findings: &[Finding], probes: &[(Provider, Probe)], chosen: Provider, screen: &Screen) {
    let style = Style { color: screen.color_out, unicode: screen.unicode };
    outln!("wflow {}", env!("CARGO_PKG_VERSION"));
    let names = findings.iter().map(|f| f.name).chain(probes.iter().map(|(p, _)| p.name()));
    let width = names.map(str::len).max().unwrap_or(0);
    for f in findings {
        line(style, width, f.name, f.good, f.needed, &f.found, f.help.as_deref());
    }
    outln!("providers, of which `{}` is chosen", chosen.name());
    for (p, probe) in probes {
        line(style, width, p.name(), probe.works, *p == chosen, &probe.found, probe.help.as_deref());
    }
}

fn line(style: Style, width: usize, name: &str, good: bool, needed: bool, found: &str, help: Option<&str>) {
    let (symbol, paint) = match (good, needed) {
        (true, _) => (Symbol::Done, Paint::Good),
        (false, true) => (Symbol::Failed, Paint::Bad),
        (false, false) => (Symbol::Dash, Paint::Dim),
    };
    let mark = style.paint(paint, style.symbol(symbol));
    outln!("  {mark} {name:width$}  {}", escape::line(found));
    if let Some(help) = help {
        outln!("    {:width$}  {}", "", escape::line(help));
    }
}

fn as_json(findings: &[Finding], probes: &[(Provider, Probe)], chosen: Provider) -> Json {
    let checks = findings.iter().map(
        |f| json!({ "name": f.name, "good": f.good, "needed": f.needed, "found": f.found, "help": f.help }),
    );
    let providers = probes.iter().map(|(p, probe)| {
        json!({
            "name": p.name(),
            "chosen": *p == chosen,
            "works": probe.works,
            "found": probe.found,
            "help": probe.help,
        })
    });
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "checks": checks.collect::<Vec<_>>(),
        "providers": providers.collect::<Vec<_>>(),
    })
}
