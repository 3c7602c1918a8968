//! What of the project an agent is told: the files that its `context` names.
//!
//! `CLAUDE.md` and `AGENTS.md` without a folder mean the files of that name in every folder from the root down to those
//! of the files in play (the workflow's own, and the others that `context` names), the root's first. Anything else is a
//! path or a pattern. Files are taken in the order written, as long as they fit into the token budget; one that does
//! not is left out, and said so, to the model as well.

use super::usage::estimate;
use crate::effects::workspace::Workspace;
use crate::journal::digest_of;
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex, PoisonError};

/// Where the project does not say how much.
pub const TOKENS: u64 = 32_000;

/// Guidance for agents by convention.
const GUIDANCE: [&str; 2] = ["CLAUDE.md", "AGENTS.md"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextFile {
    pub path: String,
    pub text: Arc<str>,
    /// `sha256:…` of the text.
    pub digest: String,
    /// About how many.
    pub tokens: u64,
}

/// What is sent, in order, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Context {
    pub files: Vec<ContextFile>,
    /// With the reason.
    pub left_out: Vec<(String, String)>,
}

/// Says why a file may not be read, if it may not.
pub type MayRead<'a> = &'a mut dyn FnMut(&str) -> Result<(), String>;

/// Looks for the files and reads them. `sources` are the workflow's own files. `may_read` is asked about each file, by
/// the path at which it was looked for and by the one where it really is.
pub fn load(
    workspace: &Workspace,
    cache: &Cache,
    entries: &[String],
    sources: &[String],
    budget: u64,
    may_read: MayRead<'_>,
) -> Context {
    let mut reader = Reader { workspace, cache, may_read, left: budget };
    let mut out = Context::default();
    let mut named: Vec<Vec<String>> = Vec::new();
    for entry in entries {
        named.push(match entry.as_str() {
            name if GUIDANCE.contains(&name) => Vec::new(),
            pattern if pattern.contains(['*', '?', '[', '{']) => match workspace.glob(pattern) {
                Ok(found) if found.is_empty() => {
                    out.left_out.push((entry.clone(), String::from("nothing matches")));
                    found
                }
                Ok(found) => found,
                Err(failure) => {
                    out.left_out.push((entry.clone(), failure.message));
                    Vec::new()
                }
            },
            path => vec![path.to_owned()],
        });
    }
    let folders = folders(named.iter().flatten().chain(sources));
    let wanted: Vec<&str> = GUIDANCE.into_iter().filter(|g| entries.iter().any(|e| e == g)).collect();
    let mut guided = false;
    for (entry, paths) in entries.iter().zip(named) {
        if !GUIDANCE.contains(&entry.as_str()) {
            for path in paths {
                out.take(&mut reader, &path, false);
            }
        } else if !std::mem::replace(&mut guided, true) {
            for folder in &folders {
                // In the order written.
                for name in entries.iter().filter(|e| wanted.contains(&e.as_str())) {
                    let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                    out.take(&mut reader, &path, true);
                }
            }
        }
    }
    out
}

/// The folders from the root down to those of the files, outer ones first; the root is empty.
fn folders<'a>(files: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut out = vec![String::new()];
    for file in files {
        let clean: Vec<&str> = file.split('/').filter(|n| !n.is_empty() && *n != ".").collect();
        if file.starts_with('/') || clean.contains(&"..") {
            continue;
        }
        for depth in 1..clean.len() {
            out.push(clean[..depth].join("/"));
        }
    }
    out.sort_by(|a, b| (a.matches('/').count(), a.as_str()).cmp(&(b.matches('/').count(), b.as_str())));
    // The root has no slash either, but comes before all.
    out.dedup();
    out
}

struct Reader<'a> {
    workspace: &'a Workspace,
    cache: &'a Cache,
    may_read: MayRead<'a>,
    /// How many tokens.
    left: u64,
}

impl Reader<'_> {
    /// `Err(None)` where there is no such file, otherwise why it is not sent.
    fn read(&mut self, path: &str) -> Result<ContextFile, Option<String>> {
        let Some(real) = self.workspace.real_path(path).map_err(|f| Some(f.message))? else {
            return Err(None);
        };
        (self.may_read)(path).map_err(Some)?;
        if real != path {
            (self.may_read)(&real).map_err(Some)?;
        }
        self.cache.read(self.workspace, path)
    }
}

impl Context {
    fn take(&mut self, reader: &mut Reader<'_>, path: &str, optional: bool) {
        if self.files.iter().any(|f| f.path == path) {
            return;
        }
        let file = match reader.read(path) {
            Ok(file) => file,
            Err(None) if optional => return,
            Err(None) => return self.left_out.push((path.to_owned(), String::from("it is not there"))),
            Err(Some(why)) => return self.left_out.push((path.to_owned(), why)),
        };
        if let Some(same) = self.files.iter().find(|f| f.digest == file.digest) {
            // Often one is a link to the other.
            let why = format!("the same as {}", same.path);
            return self.left_out.push((path.to_owned(), why));
        }
        if file.tokens > reader.left {
            let why = format!("about {} tokens, and only {} are left", file.tokens, reader.left);
            return self.left_out.push((path.to_owned(), why));
        }
        reader.left -= file.tokens;
        self.files.push(file);
    }

    pub fn tokens(&self) -> u64 {
        self.files.iter().map(|f| f.tokens).sum()
    }

    /// As a request has them.
    pub fn texts(&self) -> Vec<(String, String)> {
        self.files.iter().map(|f| (f.path.clone(), f.text.to_string())).collect()
    }

    /// `docs/long.md (about 50000 tokens, and only 200 are left)`
    pub fn left_out_in_words(&self) -> Vec<String> {
        self.left_out.iter().map(|(path, why)| format!("{path} ({why})")).collect()
    }

    /// As it is recorded.
    pub fn to_json(&self) -> Json {
        let files = self
            .files
            .iter()
            .map(|f| json!({ "path": f.path, "digest": f.digest, "tokens": f.tokens, "text": &*f.text }));
        let mut out = Map::new();
        out.insert("files".into(), files.collect());
        if !self.left_out.is_empty() {
            let left_out = self.left_out.iter().map(|(path, why)| json!({ "path": path, "why": why }));
            out.insert("left_out".into(), left_out.collect());
        }
        Json::Object(out)
    }

    /// From the record; an earlier form is a list of paths with their texts.
    pub fn from_json(json: &Json) -> Context {
        let text =
            |value: &Json, key: &str| value.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let items = |value: Option<&Json>| value.and_then(Json::as_array).cloned().unwrap_or_default();
        let mut out = Context::default();
        if let Some(pairs) = json.as_array() {
            for pair in pairs {
                let at = |i: usize| pair.get(i).and_then(Json::as_str).unwrap_or_default();
                out.files.push(ContextFile::new(at(0), at(1)));
            }
            return out;
        }
        for file in items(json.get("files")) {
            out.files.push(ContextFile {
                path: text(&file, "path"),
                text: text(&file, "text").into(),
                digest: text(&file, "digest"),
                tokens: file.get("tokens").and_then(Json::as_u64).unwrap_or(0),
            });
        }
        for file in items(json.get("left_out")) {
            out.left_out.push((text(&file, "path"), text(&file, "why")));
        }
        out
    }
}

impl ContextFile {
    fn new(path: &str, text: &str) -> ContextFile {
        ContextFile {
            path: path.to_owned(),
            digest: digest_of(text.as_bytes()),
            tokens: estimate(text.len()),
            text: text.into(),
        }
    }
}

/// Files that were read and have not changed since. The ones that were not used for longest go first.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<String, (Stamp, ContextFile, u64)>,
    /// One text for all files that have it.
    texts: HashMap<String, Arc<str>>,
    bytes: usize,
    clock: u64,
}

/// Device, inode, size, and when content and inode were changed: a file with the same is the same.
type Stamp = (u64, u64, u64, i64, i64, i64, i64);

/// Beyond this the oldest are forgotten.
const KEPT_BYTES: usize = 32 << 20;

impl Cache {
    /// `Err(None)` where there is no such file, otherwise why it cannot be read.
    fn read(&self, workspace: &Workspace, path: &str) -> Result<ContextFile, Option<String>> {
        let stamp = || {
            let m = std::fs::metadata(workspace.root().join(path)).ok()?;
            Some((m.dev(), m.ino(), m.size(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()))
        };
        let before = stamp();
        if let Some(stamp) = before
            && let Some(file) = self.lock().get(path, stamp)
        {
            return Ok(file);
        }
        match workspace.exists(path) {
            Ok(true) => {}
            Ok(false) => return Err(None),
            Err(failure) => return Err(Some(failure.message)),
        }
        let text = workspace.read_text(path).map_err(|f| Some(f.message))?;
        let file = ContextFile::new(path, &text);
        match before {
            // Otherwise it changed while it was read.
            Some(before) if stamp() == Some(before) => Ok(self.lock().put(before, file)),
            _ => Ok(file),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn get(&mut self, path: &str, stamp: Stamp) -> Option<ContextFile> {
        self.clock += 1;
        let (known, file, used) = self.files.get_mut(path)?;
        *used = self.clock;
        (*known == stamp).then(|| file.clone())
    }

    fn put(&mut self, stamp: Stamp, mut file: ContextFile) -> ContextFile {
        self.clock += 1;
        self.forget(&file.path.clone());
        let shared = self.texts.entry(file.digest.clone()).or_insert_with(|| file.text.clone());
        if Arc::ptr_eq(shared, &file.text) {
            self.bytes += file.text.len();
        }
        file.text = shared.clone();
        self.files.insert(file.path.clone(), (stamp, file.clone(), self.clock));
        while self.bytes > KEPT_BYTES && self.files.len() > 1 {
            let oldest =
                self.files.iter().min_by_key(|(_, (_, _, used))| *used).map(|(path, _)| path.clone());
            let Some(oldest) = oldest else { break };
            self.forget(&oldest);
        }
        file
    }

    fn forget(&mut self, path: &str) {
        let Some((_, file, _)) = self.files.remove(path) else { return };
        if !self.files.values().any(|(_, other, _)| other.digest == file.digest) {
            self.texts.remove(&file.digest);
            self.bytes = self.bytes.saturating_sub(file.text.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Project(tempfile::TempDir);

    impl Project {
        fn with(files: &[(&str, &str)]) -> Project {
            let project = Project(tempfile::tempdir().expect("a folder"));
            files.iter().for_each(|(name, text)| project.write(name, text));
            project
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().expect("it is below the folder")).expect("folders");
            std::fs::write(path, text).expect("a file");
        }

        fn load(&self, cache: &Cache, entries: &[&str], sources: &[&str], budget: u64) -> Context {
            self.load_if(cache, entries, sources, budget, &mut |_| Ok(()))
        }

        fn load_if(
            &self,
            cache: &Cache,
            entries: &[&str],
            sources: &[&str],
            budget: u64,
            may_read: MayRead<'_>,
        ) -> Context {
            let workspace = Workspace::open(self.0.path()).expect("it is there");
            let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
            super::load(&workspace, cache, &owned(entries), &owned(sources), budget, may_read)
        }
    }

    fn paths(context: &Context) -> Vec<&str> {
        context.files.iter().map(|f| f.path.as_str()).collect()
    }

    #[test]
    fn guidance_comes_from_the_root_down_to_the_files_in_play() {
        let project = Project::with(&[
            ("CLAUDE.md", "root claude"),
            ("AGENTS.md", "root agents"),
            ("flows/CLAUDE.md", "flows"),
            ("src/AGENTS.md", "src"),
            ("src/api/CLAUDE.md", "api"),
            ("src/api/a.rs", "fn a() {}"),
            ("src/api/b.rs", "fn b() {}"),
            ("other/CLAUDE.md", "not in play"),
        ]);
        let entries = ["CLAUDE.md", "AGENTS.md", "src/api/*.rs"];
        let context = project.load(&Cache::default(), &entries, &["flows/x.wflow"], TOKENS);
        let wanted = [
            "CLAUDE.md",
            "AGENTS.md",
            "flows/CLAUDE.md",
            "src/AGENTS.md",
            "src/api/CLAUDE.md",
            "src/api/a.rs",
            "src/api/b.rs",
        ];
        assert_eq!(paths(&context), wanted);
        assert_eq!(context.left_out, []);
        assert_eq!(Context::from_json(&context.to_json()), context);
    }

    #[test]
    fn what_does_not_fit_or_is_not_there_is_said() {
        let long = "x".repeat(3000);
        let project = Project::with(&[
            ("a.md", "a"),
            ("long.md", &long),
            ("b.md", "b"),
            ("c.md", "a"),
            ("d.bin", "\0"),
        ]);
        let entries =
            ["a.md", "long.md", "b.md", "c.md", "none.md", "*.txt", "d.bin", "../out.md", "CLAUDE.md"];
        let context = project.load(&Cache::default(), &entries, &[], 500);
        assert_eq!(paths(&context), ["a.md", "b.md"]);
        let said = context.left_out_in_words().join("\n");
        for part in [
            "long.md (about 1000 tokens, and only 499 are left)",
            "c.md (the same as a.md)",
            "none.md (it is not there)",
            "*.txt (nothing matches)",
            "d.bin (`d.bin` is not text",
            "../out.md (`../out.md` leads out of the project",
        ] {
            assert!(said.contains(part), "{part} in:\n{said}");
        }
        assert!(!said.contains("CLAUDE.md"), "a convention that nobody follows here is no loss:\n{said}");
    }

    #[test]
    fn what_may_not_be_read_is_not_sent_by_whatever_name() {
        let project = Project::with(&[("a.md", "a"), ("secret/b.md", "b")]);
        std::os::unix::fs::symlink("secret/b.md", project.0.path().join("c.md")).expect("a link");
        let mut may_read = |path: &str| match path.starts_with("secret/") {
            true => Err(String::from("denied")),
            false => Ok(()),
        };
        let cache = Cache::default();
        let context = project.load_if(&cache, &["*.md", "secret/*"], &[], TOKENS, &mut may_read);
        assert_eq!(paths(&context), ["a.md"]);
        assert_eq!(context.left_out_in_words(), ["c.md (denied)", "secret/b.md (denied)"]);
    }

    #[test]
    fn a_changed_file_is_read_anew_and_equal_texts_are_kept_once() {
        let project = Project::with(&[("a.md", "same"), ("b/a.md", "same")]);
        let cache = Cache::default();
        let text = |p: &Project, path: &str| p.load(&cache, &[path], &[], TOKENS).files[0].text.clone();
        let (a, b) = (text(&project, "a.md"), text(&project, "b/a.md"));
        assert!(Arc::ptr_eq(&a, &b));
        assert!(Arc::ptr_eq(&a, &text(&project, "a.md")));
        project.write("a.md", "changed");
        assert_eq!(&*text(&project, "a.md"), "changed");
        assert_eq!(&*text(&project, "b/a.md"), "same");
    }

    #[test]
    fn an_earlier_record_is_still_read() {
        let context = Context::from_json(&json!([["RULES.md", "Be brief."]]));
        assert_eq!(context.texts(), [(String::from("RULES.md"), String::from("Be brief."))]);
    }
}
