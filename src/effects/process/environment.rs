//! The environment of a command: small, clean, the same for everybody. What could make a program load other code,
//! run other programs or read another configuration is refused unless `wflow.toml` lists it.

use super::Search;
use crate::diagnostics::codes::run as codes;
use crate::diagnostics::{ErrorKind, Failure};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// What the configuration says about the environment.
#[derive(Debug, Clone, Default)]
pub struct EnvironmentRules {
    /// Taken over from the environment of wflow itself.
    pub pass: Vec<String>,
    /// Refused names that `env { }` may set all the same.
    pub allow: Vec<String>,
}

/// Names and values, sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    allow: Vec<String>,
}

/// From the caller, if set. They name a person's home and language, nothing that is run.
const KEPT: [&str; 5] = ["HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"];

impl Environment {
    /// `PATH` (the search path), `TERM=dumb`, home, language, time zone, folder for temporary files, and what is
    /// listed. A listed name is the configuration's own decision, so it may be any.
    pub fn clean(search: &Search, rules: &EnvironmentRules) -> Environment {
        let mut variables = BTreeMap::new();
        for name in KEPT.into_iter().chain(rules.pass.iter().map(String::as_str)) {
            if valid_name(name)
                && let Some(value) = std::env::var_os(name)
            {
                variables.insert(name.to_owned(), value);
            }
        }
        variables.insert("PATH".to_owned(), search.path_variable());
        variables.insert("TERM".to_owned(), OsString::from("dumb"));
        Environment { variables, allow: rules.allow.iter().chain(&rules.pass).cloned().collect() }
    }

    /// Sets what `env { NAME: value }` asks for.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        if !valid_name(name) {
            return Err(Failure::new(
                ErrorKind::Verification,
                codes::E1112,
                format!("`{}` is no name for an environment variable", super::printable(name)),
            )
            .help("a name is made of letters, digits and `_`, and does not start with a digit"));
        }
        if value.contains('\0') {
            return Err(Failure::new(
                ErrorKind::Verification,
                codes::E1112,
                format!("the value of `{name}` holds a zero byte, which no environment variable can"),
            ));
        }
        if let Some(reason) = refused_name(name)
            && !self.allow.iter().any(|a| a == name)
        {
            return Err(Failure::new(
                ErrorKind::Permission,
                codes::E1111,
                format!("a command may not be given `{name}`: {reason}"),
            )
            .label("this name is refused")
            .help(format!(
                "say it with an option of the command; or, if the project needs it, list it in wflow.toml: [policy] env = [\"{name}\"]"
            )));
        }
        self.variables.insert(name.to_owned(), OsString::from(value));
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(name).map(OsString::as_os_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        self.variables.iter().map(|(n, v)| (n.as_str(), v.as_os_str()))
    }
}

fn valid_name(name: &str) -> bool {
    let ok = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.bytes().all(ok) && !name.as_bytes()[0].is_ascii_digit()
}

const LOADS_CODE: &str = "it can make a program load other code";
const RUNS_PROGRAMS: &str = "it names a program to run";
const CONFIGURES: &str = "it changes which configuration or programs are found";
const SHELL: &str = "it changes what a shell does";
const OURS: &str = "it belongs to wflow";

/// Prefixes first: a whole family of names.
const REFUSED_PREFIXES: &[(&str, &str)] = &[
    ("LD_", LOADS_CODE),
    ("DYLD_", LOADS_CODE),
    ("MALLOC_", LOADS_CODE),
    ("GIT_", CONFIGURES),
    ("BASH_", SHELL),
    ("LUA_INIT", LOADS_CODE),
    ("NPM_CONFIG_", CONFIGURES),
    ("npm_config_", CONFIGURES),
    ("CARGO_TARGET_", RUNS_PROGRAMS),
    ("CARGO_BUILD_", RUNS_PROGRAMS),
    ("CARGO_ALIAS_", RUNS_PROGRAMS),
    ("PIP_", CONFIGURES),
    ("UV_", CONFIGURES),
    ("WFLOW_", OURS),
];

const REFUSED: &[(&str, &[&str])] = &[
    (
        LOADS_CODE,
        &[
            "PYTHONPATH",
            "PYTHONSTARTUP",
            "PYTHONHOME",
            "PYTHONINSPECT",
            "PYTHONBREAKPOINT",
            "PYTHONUSERBASE",
            "PYTHONEXECUTABLE",
            "PYTHONPLATLIBDIR",
            "PYTHONWARNINGS",
            "NODE_OPTIONS",
            "NODE_PATH",
            "PERL5OPT",
            "PERL5LIB",
            "PERLLIB",
            "PERL5DB",
            "RUBYOPT",
            "RUBYLIB",
            "GEM_HOME",
            "GEM_PATH",
            "BUNDLE_GEMFILE",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "JAVA_OPTS",
            "CLASSPATH",
            "MAVEN_OPTS",
            "GRADLE_OPTS",
            "LUA_PATH",
            "LUA_CPATH",
            "PHPRC",
            "PHP_INI_SCAN_DIR",
            "TCLLIBPATH",
            "R_PROFILE",
            "R_PROFILE_USER",
            "R_ENVIRON",
            "JULIA_LOAD_PATH",
            "ERL_FLAGS",
            "ERL_AFLAGS",
            "ERL_LIBS",
            "GCONV_PATH",
            "GLIBC_TUNABLES",
            "LOCPATH",
            "OPENSSL_CONF",
            "OPENSSL_ENGINES",
            "OPENSSL_MODULES",
            "GTK_MODULES",
            "QT_PLUGIN_PATH",
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTDOCFLAGS",
            "CFLAGS",
            "CXXFLAGS",
            "LDFLAGS",
            "GOFLAGS",
            "DOTNET_STARTUP_HOOKS",
            "VIMINIT",
            "EXINIT",
            "EMACSLOADPATH",
        ],
    ),
    (
        RUNS_PROGRAMS,
        &[
            "EDITOR",
            "VISUAL",
            "PAGER",
            "MANPAGER",
            "BROWSER",
            "SHELL",
            "LESSOPEN",
            "LESSCLOSE",
            "SSH_ASKPASS",
            "SUDO_ASKPASS",
            "RSYNC_RSH",
            "CVS_RSH",
            "TAR_OPTIONS",
            "MAKEFLAGS",
            "GNUMAKEFLAGS",
            "MFLAGS",
            "MAKEFILES",
            "RUSTC",
            "RUSTDOC",
            "RUSTC_WRAPPER",
            "RUSTC_WORKSPACE_WRAPPER",
            "CC",
            "CXX",
            "AR",
            "LD",
            "CMAKE_GENERATOR",
            "GOROOT",
            "GOTOOLDIR",
            "FZF_DEFAULT_COMMAND",
            "GREP_OPTIONS",
            "RIPGREP_CONFIG_PATH",
        ],
    ),
    (
        CONFIGURES,
        &[
            "PATH",
            "HOME",
            "XDG_CONFIG_HOME",
            "XDG_CONFIG_DIRS",
            "XDG_DATA_DIRS",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
            "GOPATH",
            "CURL_HOME",
            "WGETRC",
            "INPUTRC",
            "TERMINFO",
            "TERMCAP",
            "HOSTALIASES",
            "RESOLV_HOST_CONF",
            "RES_OPTIONS",
            "LOCALDOMAIN",
        ],
    ),
    (
        SHELL,
        &[
            "ENV",
            "IFS",
            "PS4",
            "CDPATH",
            "SHELLOPTS",
            "BASHOPTS",
            "PROMPT_COMMAND",
            "GLOBIGNORE",
            "FPATH",
            "ZDOTDIR",
            "POSIXLY_CORRECT",
        ],
    ),
];

/// Why `env { }` may not set this name, if so.
pub fn refused_name(name: &str) -> Option<&'static str> {
    let by_prefix = REFUSED_PREFIXES.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, why)| *why);
    by_prefix.or_else(|| REFUSED.iter().find(|(_, names)| names.contains(&name)).map(|(why, _)| *why))
}
