//! Markdown on a terminal. A case is one file of `tests/markdown/`; beside it stands what is shown of it, plain on a
//! narrow screen and painted on a wider one. `UPDATE=1` writes those anew.

use proptest::prelude::*;
use std::fmt::Write;
use std::path::Path;
use wflow::ui::escape;
use wflow::ui::markdown::{Stream, render};
use wflow::ui::style::{Style, painted_width};
use wflow::ui::terminal::Size;

const PLAIN: Style = Style { color: false, unicode: false };
const PAINTED: Style = Style { color: true, unicode: true };

#[test]
fn each_case_looks_as_it_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/markdown");
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the cases").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "md") {
            continue;
        }
        count += 1;
        let text = std::fs::read_to_string(&path).expect("a case");
        let mut shown = String::new();
        for (name, columns, style) in [("plain", 40, PLAIN), ("painted", 72, PAINTED)] {
            writeln!(shown, "--- {name}, {columns} columns").expect("a text takes it");
            for row in render(&text, columns, style) {
                writeln!(shown, "{}", row.replace('\u{1b}', "\\e")).expect("a text takes it");
            }
        }
        let beside = path.with_extension("out");
        if update {
            std::fs::write(&beside, &shown).expect("it can be written");
        } else if std::fs::read_to_string(&beside).unwrap_or_default() != shown {
            wrong.push(format!("{}:\n{shown}", path.display()));
        }
    }
    assert!(count > 8, "the cases were not found");
    assert!(wrong.is_empty(), "these look otherwise; UPDATE=1 writes them anew\n{}", wrong.join("\n"));
}

/// As much of a terminal as is used: rows, a cursor at the beginning of one, going up, erasing below.
struct Terminal {
    columns: usize,
    rows: Vec<String>,
}

impl Terminal {
    fn print(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(up) = rest.strip_prefix("\u{1b}[")
                && let Some((rows, more)) = up.split_once("A\r\u{1b}[J")
                && let Ok(rows) = rows.parse::<usize>()
            {
                let mut left = rows;
                while left > 0 {
                    let row = self.rows.pop().expect("it never goes above what it printed");
                    let height = painted_width(&row).div_ceil(self.columns).max(1);
                    left = left.checked_sub(height).expect("it goes to the beginning of a row");
                }
                rest = more;
                continue;
            }
            let (row, more) = rest.split_once('\n').expect("each row ends");
            self.rows.push(row.to_owned());
            rest = more;
        }
    }
}

/// What is left on the screen of a text that came in at these places.
fn streamed(text: &str, places: &[usize], size: Size, style: Style) -> Vec<String> {
    let mut terminal = Terminal { columns: size.columns, rows: Vec::new() };
    let mut stream = Stream::new(style, "| ");
    for place in places {
        let end = (0..=(*place).min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        terminal.print(&stream.hears(&text[..end], size));
        assert!(terminal.rows.iter().all(|row| !row.contains("[J")), "{:?}", terminal.rows);
    }
    terminal.print(&stream.ends(text, size));
    terminal.rows
}

fn whole(text: &str, size: Size, style: Style) -> Vec<String> {
    let rows = render(text, size.columns - 3, style);
    rows.iter().map(|row| format!("| {row}").trim_end().to_owned()).collect()
}

/// Pieces of which Markdown is made, and what is hostile in it.
fn markdown() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "# ",
        "## ",
        "- ",
        "* ",
        "1. ",
        "2) ",
        "> ",
        "```",
        "```rust\n",
        "~~~\n",
        "    ",
        "  ",
        "\t",
        "\n",
        "\n\n",
        "\n\n\n",
        "**",
        "*",
        "_",
        "~~",
        "`",
        "``",
        "[",
        "](",
        ")",
        "]: ",
        "[a]: /u\n",
        "[a]",
        "![",
        "<b>",
        "</b>",
        "<div>\n",
        "<!--",
        "-->",
        "&#27;",
        "&amp;",
        "---\n",
        "===\n",
        "***\n",
        "| a | b |\n|---|--:|\n| ",
        " | ",
        "|\n",
        "word ",
        "more words ",
        "x",
        "1",
        "\\",
        "\\\n",
        "  \n",
        "\u{1b}[2J",
        "\u{9b}",
        "\u{202e}",
        "\r",
        "\u{0}",
        "\u{301}",
        "世界",
        "https://a.example ",
        "<https://a.example>",
        "- [x] ",
        "+ ",
        "10. ",
    ];
    proptest::collection::vec(proptest::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// However a text comes in, what stands there in the end is the whole text.
    #[test]
    fn in_pieces_it_looks_as_it_does_whole(
        text in markdown(),
        mut places in proptest::collection::vec(0usize..200, 0..12),
        rows in 3usize..30,
        columns in 16usize..60,
        color in any::<bool>(),
    ) {
        places.sort();
        let size = Size { columns, rows };
        let style = Style { color, unicode: color };
        prop_assert_eq!(streamed(&text, &places, size, style), whole(&text, size, style), "{:?} at {:?}", text, places);
    }

    /// No control character comes out but those of a style, and nothing that hides or turns around.
    #[test]
    fn nothing_unsafe_comes_out(text in markdown(), junk in "\\PC*|[\\x00-\\x1f\u{80}-\u{9f}\u{200b}-\u{206f}a-z]*", columns in 12usize..100) {
        for text in [text.clone(), junk.clone(), format!("{text}{junk}")] {
            for row in render(&text, columns, PLAIN) {
                prop_assert!(row.chars().all(|c| !c.is_control()), "{row:?}");
                prop_assert_eq!(escape::line(&row).matches("\\u{").count(), row.matches("\\u{").count(), "{:?}", row);
            }
            for row in render(&text, columns, PAINTED) {
                let mut rest = row.as_str();
                while let Some(at) = rest.find('\u{1b}') {
                    let sequence = rest[at..].strip_prefix("\u{1b}[").and_then(|s| s.split_once('m'));
                    let (codes, more) = sequence.expect("a sequence of a style");
                    prop_assert!(codes.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{row:?}");
                    rest = more;
                }
                prop_assert!(!row.chars().any(|c| c.is_control() && c != '\u{1b}'), "{row:?}");
            }
        }
    }
}
