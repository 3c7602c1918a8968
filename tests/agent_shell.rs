//! The command lines of agents: what is accepted, bash reads in the same way, and what is handed to a shell is read by it
//! as exactly the words that were judged. Held against the real bash with random lines.

#[path = "support/chance.rs"]
mod chance;

use chance::{Chance, seed};
use std::process::Command;
use wflow::effects::ai::claude::shell::{quote, split};

/// Pieces of which trouble is made.
const PIECES: &[&str] = &[
    "a", "b1", "git", "log", "-n", "--x=y", "a=b", "=", "'", "\"", "\\", "\\\\", "\\'", "\\\"", " ", "  ",
    "\t", "\n", "$", "$x", "${x}", "$(id)", "`id`", "|", "||", "&", "&&", ";", "<", ">", ">>", "<<E", "(",
    ")", "{", "}", "{a,b}", "*", "?", "[a]", "[", "]", "~", "~root", "a~", "=~", ":~", "#", "a#", "!", "!!",
    "^", "%", "%d", "@", "+", ",", ".", "/", "x/y", ":", "é", "ß", "漢", "\u{a0}", "\u{200b}", "'a b'",
    "\"a b\"", "''", "\"\"", "$'a'", "$\"a\"", "<(a)", "\\\n", "\r", "\0", "\u{7}", "1>", "2>&1", "if",
    "time", "\u{2028}",
];

fn line(chance: &mut Chance) -> String {
    let pieces = 1 + chance.below(9);
    (0..pieces).map(|_| PIECES[chance.below(PIECES.len() as u64) as usize]).collect()
}

/// The words that bash makes of each line, by one process.
fn by_bash(lines: &[String]) -> Vec<Vec<String>> {
    let dir = tempfile::tempdir().expect("a folder");
    // Patterns that match would show.
    for name in ["a", "b1", "ab"] {
        std::fs::write(dir.path().join(name), "").expect("a file");
    }
    let mut script = String::from("w() { printf '%s\\0' \"$#\" \"$@\"; }\n");
    for line in lines {
        script.push_str(&format!("eval {}\n", quote([format!("w {line}").as_str()])));
    }
    let file = dir.path().join("script.sh");
    std::fs::write(&file, script).expect("a file");
    let output = Command::new("bash")
        .arg(&file)
        .current_dir(dir.path())
        .env("LANG", "C.UTF-8")
        .output()
        .expect("bash");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut parts = text.split('\0').map(str::to_owned);
    let mut all = Vec::new();
    for line in lines {
        let count = parts.next().and_then(|n| n.parse().ok());
        let count: usize =
            count.unwrap_or_else(|| panic!("bash says nothing of {line:?}: {:?}", output.stderr));
        all.push(parts.by_ref().take(count).collect());
    }
    all
}

#[test]
fn what_is_accepted_bash_reads_in_the_same_way() {
    let mut chance = Chance(seed("lines"));
    let mut accepted: Vec<String> = Vec::new();
    let mut refused = 0;
    while accepted.len() < 3000 {
        let line = line(&mut chance);
        match split(&line) {
            Ok(_) => accepted.push(line),
            Err(why) => {
                refused += 1;
                assert!(!why.is_empty() && !why.contains('\n'), "{line:?}: {why}");
            }
        }
    }
    println!("{} accepted, {refused} refused", accepted.len());
    for (line, words) in accepted.iter().zip(by_bash(&accepted)) {
        assert_eq!(split(line).as_ref(), Ok(&words), "{line:?}");
    }
}

#[test]
fn words_come_through_every_quoting() {
    let mut chance = Chance(seed("words"));
    let mut all: Vec<Vec<String>> = Vec::new();
    while all.len() < 2000 {
        let count = 1 + chance.below(4);
        let word = |chance: &mut Chance| line(chance).replace(['\0', '\r', '\u{7}'], "");
        let words: Vec<String> =
            std::iter::once("p".to_owned()).chain((0..count).map(|_| word(&mut chance))).collect();
        let quoted = quote(words.iter().map(String::as_str));
        assert_eq!(split(&quoted).as_ref(), Ok(&words), "{quoted}");
        all.push(words);
    }
    let lines: Vec<String> = all.iter().map(|w| quote(w.iter().map(String::as_str))).collect();
    for (words, read) in all.iter().zip(by_bash(&lines)) {
        assert_eq!(*words, read);
    }
}

/// No character that means something to a shell is accepted outside of quotes, wherever it stands.
#[test]
fn nothing_with_a_meaning_of_its_own_is_accepted() {
    for bad in [
        "|", "&", ";", "<", ">", "(", ")", "$", "`", "*", "?", "[", "]", "{", "}", "!", "\n", "\r", "\0",
        "\u{7}", "\u{a0}",
    ] {
        for line in [
            format!("p{bad}q"),
            format!("p {bad}"),
            format!("p {bad} q"),
            format!("{bad}p"),
            format!("p 'a'{bad}q"),
        ] {
            // At its ends a line may be broken.
            let trimmed = line.trim_matches([' ', '\t', '\n']);
            assert!(split(&line).is_err() || !trimmed.contains(bad), "{line:?}");
        }
    }
    for line in [
        "",
        "  ",
        "''",
        "x=1 p",
        "x+=1 p",
        "p $'a'",
        "p \"$x\"",
        "p \"`x`\"",
        "p 'a",
        "p \"a",
        "p \\",
        "~/p",
        "p ~",
        "p a=~/x",
        "#p",
        "p #x",
        "p =q",
        "cd x",
        "if p",
        "'cd' x",
        "time p",
    ] {
        assert!(split(line).is_err(), "{line:?}");
    }
    for (line, words) in [
        ("git log HEAD~1 HEAD^ v1.0..v2", vec!["git", "log", "HEAD~1", "HEAD^", "v1.0..v2"]),
        ("p 'a b' \"c d\" e\\ f \"\\\"\" a'b'\"c\"", vec!["p", "a b", "c d", "e f", "\"", "abc"]),
        ("p --x=y a#b \"!\" '$x' \"\\$x\" '' \"\\a\"", vec!["p", "--x=y", "a#b", "!", "$x", "$x", "", "\\a"]),
        ("  p\tq \n", vec!["p", "q"]),
        ("'if' x", vec!["if", "x"]),
    ] {
        assert_eq!(split(line), Ok(words.into_iter().map(str::to_owned).collect()), "{line:?}");
    }
}
