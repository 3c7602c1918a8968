//! The table behind [`super::grammar`]: which options of which programs a star does not cover.

/// What is known about a program.
pub(super) struct Program {
    pub names: &'static [&'static str],
    pub dangers: &'static [Danger],
    /// Beginnings of plain words that need spelling out.
    pub words: &'static [(&'static str, &'static str)],
    /// Its first plain word is a program in a small language.
    pub script: Option<Script>,
    /// Some of its words can be another command.
    pub holds_command: bool,
    /// Behind its first plain word everything belongs to what that names: a script, another machine.
    pub hands_over: bool,
}

pub(super) struct Danger {
    pub place: Where,
    /// With their dashes; without any, a plain word.
    pub options: &'static [&'static str],
    pub why: &'static str,
}

#[derive(PartialEq)]
pub(super) enum Where {
    Anywhere,
    /// Before the subcommand.
    Before,
    Under(&'static str),
}

pub(super) struct Script {
    pub harmless: fn(&str) -> bool,
}

impl Script {
    pub(super) const WHY: &'static str =
        "is a script that may run programs or write files; spell it in the rule, or use the option --sandbox";
}

/// A program whose plain words are another command.
pub(super) struct Wrapper {
    pub names: &'static [&'static str],
    pub with_value: &'static [&'static str],
    /// Plain words that stand before the command.
    pub skips: fn(&str) -> bool,
}

impl Wrapper {
    pub(super) const WHY_OPTION: &'static str = "changes what is started";
    pub(super) const WHY_PROGRAM: &'static str = "is a program that would be started";
}

const RUNS: &str = "makes it run another program";
const CONFIGURES: &str = "changes its configuration, which can make it run another program";
const ELSEWHERE: &str = "makes it read its instructions from elsewhere";
const CODE: &str = "makes it run the code that follows";
const WRITES: &str = "makes it write to a file of its own choice";

const fn any(options: &'static [&'static str], why: &'static str) -> Danger {
    Danger { place: Where::Anywhere, options, why }
}

const fn under(subcommand: &'static str, options: &'static [&'static str], why: &'static str) -> Danger {
    Danger { place: Where::Under(subcommand), options, why }
}

const fn before(options: &'static [&'static str], why: &'static str) -> Danger {
    Danger { place: Where::Before, options, why }
}

const fn handing_over(names: &'static [&'static str], dangers: &'static [Danger]) -> Program {
    Program { hands_over: true, ..program(names, dangers) }
}

const fn program(names: &'static [&'static str], dangers: &'static [Danger]) -> Program {
    Program { names, dangers, words: &[], script: None, holds_command: false, hands_over: false }
}

pub(super) const PROGRAMS: &[Program] = &[
    Program {
        words: &[("ext::", RUNS), ("alias.", CONFIGURES), ("core.", CONFIGURES)],
        ..program(
            &["git"],
            &[
                before(&["-c", "--config-env"], CONFIGURES),
                under("clone", &["-c", "--config"], CONFIGURES),
                any(&["--exec-path", "--upload-pack", "--receive-pack", "--exec", "--extcmd"], RUNS),
                any(&["--open-files-in-pager", "--ext-diff", "--template"], RUNS),
                any(&["--git-dir", "--work-tree", "--separate-git-dir"], ELSEWHERE),
                any(&["--output", "--output-directory"], WRITES),
                under("grep", &["-O"], RUNS),
                under("clone", &["-u"], RUNS),
                under("rebase", &["-x"], RUNS),
                under("difftool", &["-x"], RUNS),
                under("bisect", &["run"], RUNS),
                under("submodule", &["foreach"], RUNS),
                under("config", &["config"], CONFIGURES),
                under("filter-branch", &["filter-branch"], RUNS),
            ],
        )
    },
    Program {
        holds_command: true,
        ..program(
            &["find"],
            &[
                any(&["-exec", "-execdir", "-ok", "-okdir"], RUNS),
                any(&["-fprint", "-fprint0", "-fprintf", "-fls"], WRITES),
                any(&["-delete"], "makes it delete files"),
            ],
        )
    },
    program(&["fd", "fdfind"], &[any(&["-x", "-X", "--exec", "--exec-batch"], RUNS)]),
    program(&["rg", "ripgrep"], &[any(&["--pre", "--hostname-bin"], RUNS)]),
    program(
        &["tar", "bsdtar"],
        &[
            any(
                &["-I", "--use-compress-program", "--to-command", "--checkpoint-action", "--rsh-command"],
                RUNS,
            ),
            any(&["-F", "--info-script", "--new-volume-script", "--rmt-command"], RUNS),
        ],
    ),
    program(&["zip"], &[any(&["-TT", "--unzip-command"], RUNS)]),
    program(&["sort"], &[any(&["--compress-program"], RUNS), any(&["-o", "--output"], WRITES)]),
    program(&["split"], &[any(&["--filter"], RUNS)]),
    handing_over(
        &["ssh"],
        &[
            any(&["-o", "-F", "-I"], CONFIGURES),
            any(&["-L", "-R", "-D", "-w"], "opens the network to others"),
        ],
    ),
    program(&["scp", "sftp"], &[any(&["-o", "-F", "-S", "-D", "-s"], CONFIGURES)]),
    program(&["rsync"], &[any(&["-e", "--rsh", "--rsync-path"], RUNS)]),
    program(
        &["curl"],
        &[any(&["-K", "--config"], ELSEWHERE), any(&["-o", "-O", "--output", "--remote-name"], WRITES)],
    ),
    program(
        &["wget"],
        &[
            any(&["-e", "--execute", "--config"], CONFIGURES),
            any(&["--use-askpass"], RUNS),
            any(&["-O", "-o", "-a", "--output-document", "--output-file", "--append-output"], WRITES),
        ],
    ),
    Program {
        script: Some(Script { harmless: harmless_sed }),
        ..program(
            &["sed"],
            &[any(&["-e", "-f", "--expression", "--file"], CODE), any(&["-i", "--in-place"], WRITES)],
        )
    },
    Program {
        script: Some(Script { harmless: harmless_awk }),
        ..program(
            &["awk", "gawk", "mawk", "nawk"],
            &[any(
                &["-f", "-e", "-i", "-E", "-l", "--file", "--source", "--include", "--exec", "--load"],
                CODE,
            )],
        )
    },
    Program {
        words: &[("SHELL=", RUNS), ("MAKEFLAGS=", CONFIGURES), (".SHELLFLAGS=", RUNS)],
        ..program(
            &["make"],
            &[
                any(&["-f", "--file", "--makefile", "-C", "--directory", "-I", "--include-dir"], ELSEWHERE),
                any(&["-E", "--eval"], CODE),
            ],
        )
    },
    program(&["ninja"], &[any(&["-f", "-C"], ELSEWHERE)]),
    program(
        &["just"],
        &[any(
            &["-f", "-d", "--justfile", "--working-directory", "--shell", "--shell-arg", "-c", "--command"],
            RUNS,
        )],
    ),
    program(&["cmake"], &[any(&["-P", "-E", "-C"], RUNS)]),
    program(&["cargo"], &[any(&["--config", "-Z", "-C", "--manifest-path"], CONFIGURES)]),
    program(&["rustc"], &[any(&["-C", "--codegen"], CONFIGURES)]),
    program(&["go"], &[any(&["-exec", "-toolexec", "-vettool", "-modfile", "-overlay"], RUNS)]),
    program(
        &["npm", "npx", "pnpm", "yarn"],
        &[any(
            &[
                "--script-shell",
                "--node-options",
                "-c",
                "--call",
                "--prefix",
                "--userconfig",
                "--globalconfig",
            ],
            RUNS,
        )],
    ),
    program(&["pip", "uv"], &[any(&["--config-file", "--index-url", "--extra-index-url", "-i"], ELSEWHERE)]),
    program(
        &["docker", "podman"],
        &[any(
            &["-v", "--volume", "--mount", "--privileged", "--config", "-H", "--host"],
            "reaches beyond the container",
        )],
    ),
    program(
        &["kubectl", "helm"],
        &[any(&["--kubeconfig", "--server", "--token", "--post-renderer"], CONFIGURES)],
    ),
    program(&["psql"], &[any(&["-o", "-L", "--output", "--log-file"], WRITES)]),
    program(&["less", "more", "man"], &[any(&["-P", "--pager", "-o", "-O"], RUNS)]),
    program(
        &["vim", "vi", "nvim", "emacs", "ed"],
        &[any(&["-c", "-S", "-e", "-s", "--cmd", "--eval", "-l", "--load"], CODE)],
    ),
    handing_over(
        &["sh", "bash", "dash", "zsh", "ksh", "fish"],
        &[any(&["-c", "-s", "-i", "--rcfile", "--init-file", "--command", "--init-command"], CODE)],
    ),
    handing_over(&["python", "pypy"], &[any(&["-c", "-m"], CODE)]),
    handing_over(
        &["node", "nodejs", "deno", "bun"],
        &[any(&["-e", "-p", "-r", "--eval", "--print", "--require", "--import", "--loader"], CODE)],
    ),
    handing_over(&["perl", "ruby", "lua", "php"], &[any(&["-e", "-E", "-r", "-M", "-I"], CODE)]),
];

const fn wrapper(names: &'static [&'static str], with_value: &'static [&'static str]) -> Wrapper {
    Wrapper { names, with_value, skips: never }
}

pub(super) const WRAPPERS: &[Wrapper] = &[
    Wrapper { names: &["env"], with_value: &["-u", "-C", "--unset", "--chdir"], skips: assignment },
    wrapper(&["xargs", "parallel"], &["-n", "-P", "-I", "-d", "-L", "-a", "-E", "-s", "-j"]),
    wrapper(&["nohup", "setsid", "busybox", "toybox", "command", "exec", "time", "unbuffer"], &[]),
    Wrapper { names: &["nice", "ionice", "chrt", "taskset"], with_value: &["-n", "-c"], skips: number },
    Wrapper { names: &["timeout"], with_value: &["-k", "-s"], skips: number },
    wrapper(&["stdbuf"], &["-i", "-o", "-e"]),
    Wrapper {
        names: &["sudo", "doas", "su", "runuser"],
        with_value: &["-u", "-g", "-h", "-p", "-C"],
        skips: assignment,
    },
    wrapper(&["strace", "ltrace", "watch"], &["-e", "-o", "-p", "-n"]),
    wrapper(&["unshare", "nsenter", "chroot", "flock", "systemd-run", "firejail", "bwrap"], &[]),
];

/// Files behind the names of many programs.
pub(super) const MANY_IN_ONE: &[&str] =
    &["busybox", "toybox", "coreutils", "rustup", "volta-shim", "mise", "asdf"];

/// Options that mean the same, where a `deny` must not depend on which one is written.
pub(super) const ALIASES: &[(&str, &[&[&str]])] = &[
    ("git", &[&["--force", "-f"], &["--delete", "-d", "-D"]]),
    ("rm", &[&["--recursive", "-r", "-R"], &["--force", "-f"]]),
    ("cp", &[&["--recursive", "-r", "-R", "-a"], &["--force", "-f"]]),
    ("chmod", &[&["--recursive", "-R"]]),
    ("chown", &[&["--recursive", "-R"]]),
    ("curl", &[&["--request", "-X"], &["--data", "-d"], &["--upload-file", "-T"], &["--insecure", "-k"]]),
    ("docker", &[&["--force", "-f"], &["--volume", "-v"]]),
    ("kubectl", &[&["--namespace", "-n"]]),
    ("make", &[&["--file", "--makefile", "-f"]]),
    ("sed", &[&["--in-place", "-i"]]),
];

fn never(_: &str) -> bool {
    false
}

fn assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

fn number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// One address with `p`, `d` or `q`, or one substitution without the flags that run or write.
fn harmless_sed(script: &str) -> bool {
    if script.contains(['\n', ';', '{', '}']) {
        return false;
    }
    if let Some(rest) = script.strip_prefix('s')
        && let Some(delimiter) = rest.chars().next()
        && delimiter.is_ascii_punctuation()
        && delimiter != '\\'
    {
        let mut parts = vec![String::new()];
        let mut escaped = false;
        for c in rest.chars().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == delimiter => parts.push(String::new()),
                c => parts.last_mut().into_iter().for_each(|p| p.push(c)),
            }
        }
        return parts.len() == 3 && parts[2].chars().all(|c| c.is_ascii_digit() || "gpiI".contains(c));
    }
    let address = script.trim_end_matches(['p', 'd', 'q', '=']);
    script.len() - address.len() == 1 && address.chars().all(|c| c.is_ascii_digit() || "$,~!+ ".contains(c))
}

/// Without what can start a program, read or write a file, or load code.
fn harmless_awk(script: &str) -> bool {
    !script.contains(['|', '>', '<', '@', '`'])
        && !["system", "getline", "close"].iter().any(|w| script.contains(w))
}
