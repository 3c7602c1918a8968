//! One block of the outermost level as rows.

use super::inline::{Letters, Look};
use super::parser;
use super::table::Table;
use crate::ui::escape;
use crate::ui::style::{Paint, Style, Symbol, painted_width};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};

pub fn rows(text: &str, columns: usize, style: Style) -> Vec<String> {
    let mut printer = Printer {
        style,
        columns,
        rows: Vec::new(),
        blank: None,
        margins: Vec::new(),
        lists: Vec::new(),
        letters: Letters::default(),
        look: Look::default(),
        looks: Vec::new(),
        links: Vec::new(),
        code: None,
        table: None,
    };
    for event in parser(text) {
        printer.take(event);
    }
    printer.flush();
    printer.rows
}

struct Printer {
    style: Style,
    columns: usize,
    rows: Vec<String>,
    /// An empty row is due before the next one, with so many margins.
    blank: Option<usize>,
    /// What stands before each row, from the outside in.
    margins: Vec<Margin>,
    /// The number of the next item of each list; none where they have no numbers.
    lists: Vec<Option<u64>>,
    letters: Letters,
    look: Look,
    looks: Vec<Look>,
    /// Where the links that are open lead, and what is said of them so far.
    links: Vec<(String, String)>,
    /// The language and the text of a block of code or HTML.
    code: Option<(Option<String>, String)>,
    table: Option<Table>,
}

/// `first` stands before the next row, `rest` before all further ones.
struct Margin {
    first: Option<String>,
    rest: String,
}

impl Printer {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text, self.look),
            },
            Event::Code(text) => {
                self.mark("`");
                self.text(&text, Look { accent: true, ..self.look });
                self.mark("`");
            }
            Event::Html(text) => match &mut self.code {
                Some((_, code)) => code.push_str(&text),
                None => self.text(&text, Look::DIM),
            },
            Event::InlineHtml(text) => self.text(&text, Look { dim: true, ..self.look }),
            Event::SoftBreak => self.text(" ", self.look),
            Event::HardBreak => self.letters.end_row(),
            Event::Rule => {
                self.flush();
                let rule = if self.style.unicode { "─" } else { "-" };
                let row = rule.repeat(self.room().min(40));
                self.row(self.style.paint(Paint::Dim, &row));
                self.part();
            }
            Event::TaskListMarker(done) => self.text(if done { "[x] " } else { "[ ] " }, Look::DIM),
            // Not asked for, and so shown as they are.
            Event::InlineMath(text) | Event::DisplayMath(text) | Event::FootnoteReference(text) => {
                self.text(&text, self.look);
            }
        }
    }

    fn text(&mut self, text: &str, look: Look) {
        if let Some((_, said)) = self.links.last_mut() {
            said.push_str(text);
        }
        self.letters.push(text, look);
    }

    /// Where nothing is painted, emphasis is marked.
    fn mark(&mut self, mark: &str) {
        if !self.style.color {
            self.letters.push(mark, self.look);
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.flush(),
            Tag::Heading { level, .. } => {
                self.flush();
                let high = matches!(level, HeadingLevel::H1 | HeadingLevel::H2);
                self.wear(Look { bold: true, accent: high, ..self.look });
                self.letters.push(&format!("{} ", "#".repeat(level as usize)), self.look);
            }
            Tag::BlockQuote(_) => {
                self.flush();
                let margin = self.style.paint(Paint::Dim, "> ");
                self.margins.push(Margin { first: None, rest: margin });
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Fenced(info) => {
                        let room = self.room().saturating_sub(4);
                        info.split_whitespace().next().map(|name| escape::fit(&escape::line(name), room))
                    }
                    CodeBlockKind::Indented => None,
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => {
                self.flush();
                self.code = Some((None, String::new()));
            }
            Tag::List(first) => {
                self.flush();
                self.lists.push(first);
            }
            Tag::Item => {
                self.flush();
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number = number.saturating_add(1);
                        format!("{}. ", *number - 1)
                    }
                    _ if self.style.unicode => format!("{} ", self.style.symbol(Symbol::Bullet)),
                    _ => String::from("- "),
                };
                // What nests deeper than there is room for is not indented further.
                let rest = if self.room() > self.columns / 2 { marker.chars().count() } else { 0 };
                self.margins.push(Margin { first: Some(marker), rest: " ".repeat(rest) });
            }
            Tag::Emphasis => {
                self.wear(Look { italic: true, ..self.look });
                self.mark("*");
            }
            Tag::Strong => {
                self.wear(Look { bold: true, ..self.look });
                self.mark("**");
            }
            // Not every terminal can strike out.
            Tag::Strikethrough => self.letters.push("~~", self.look),
            Tag::Link { dest_url, .. } => {
                self.links.push((dest_url.to_string(), String::new()));
                self.wear(Look { underlined: true, ..self.look });
            }
            Tag::Image { dest_url, .. } => {
                self.links.push((dest_url.to_string(), String::new()));
                self.letters.push("[image: ", Look::DIM);
                self.wear(self.look);
            }
            Tag::Table(alignments) => {
                self.flush();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
                let bold = matches!(tag, Tag::TableHead);
                self.wear(Look { bold: bold || self.look.bold, ..self.look });
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => {
                self.flush();
                self.part();
            }
            TagEnd::Heading(_) => {
                self.flush();
                self.undress();
                self.part();
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.margins.pop();
                self.part();
            }
            TagEnd::CodeBlock | TagEnd::HtmlBlock => {
                if let Some((language, code)) = self.code.take() {
                    self.code(language.as_deref(), &code, tag == TagEnd::CodeBlock);
                }
                self.part();
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                // Within an item the distance is that of its paragraphs.
                if self.lists.is_empty() {
                    self.part();
                }
            }
            TagEnd::Item => {
                self.flush();
                // An item without anything in it is there all the same.
                if self.margins.last().is_some_and(|m| m.first.is_some()) {
                    self.row(String::new());
                }
                self.margins.pop();
            }
            TagEnd::Emphasis => {
                self.mark("*");
                self.undress();
            }
            TagEnd::Strong => {
                self.mark("**");
                self.undress();
            }
            TagEnd::Strikethrough => self.letters.push("~~", self.look),
            TagEnd::Link | TagEnd::Image => {
                self.undress();
                if tag == TagEnd::Image {
                    self.letters.push("]", Look::DIM);
                }
                if let Some((leads, said)) = self.links.pop()
                    && !leads.is_empty()
                    && leads != said
                    && leads.strip_prefix("mailto:") != Some(&said)
                {
                    self.text(&format!(" ({leads})"), Look::DIM);
                }
            }
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.letters);
                if let Some(row) = self.table.as_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow => self.undress(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    table.render(self.room(), self.style).into_iter().for_each(|row| self.row(row));
                }
                self.part();
            }
            _ => {}
        }
    }

    fn wear(&mut self, look: Look) {
        self.looks.push(std::mem::replace(&mut self.look, look));
    }

    fn undress(&mut self) {
        self.look = self.looks.pop().unwrap_or_default();
    }

    fn code(&mut self, language: Option<&str>, code: &str, fenced: bool) {
        let fence = |text: &str| format!("```{text}");
        let plain = !self.style.color;
        match language.filter(|l| !l.is_empty()) {
            Some(language) if !plain => self.row(self.style.paint(Paint::Dim, &format!("  {language}"))),
            language if fenced && plain => self.row(fence(language.unwrap_or_default())),
            _ => {}
        }
        let paint = if fenced { Paint::Accent } else { Paint::Dim };
        for line in escape::block(code) {
            for row in escape::wrap(&line, self.room().saturating_sub(2)) {
                let indent = if fenced && plain { "" } else { "  " };
                self.row(format!("{indent}{}", self.style.paint(paint, &row)));
            }
        }
        if fenced && plain {
            self.row(fence(""));
        }
    }

    fn room(&self) -> usize {
        let margins: usize = self.margins.iter().map(|m| painted_width(&m.rest)).sum();
        self.columns.saturating_sub(margins).max(8)
    }

    /// Shows the letters that wait.
    fn flush(&mut self) {
        if self.letters.is_empty() || self.table.is_some() {
            return;
        }
        let letters = std::mem::take(&mut self.letters);
        letters.rows(self.room(), self.style).into_iter().for_each(|row| self.row(row));
    }

    /// What comes next stands apart.
    fn part(&mut self) {
        self.blank = Some(self.margins.len());
    }

    fn row(&mut self, text: String) {
        if let Some(margins) = self.blank.take()
            && !self.rows.is_empty()
        {
            // The margins of what goes on, not of what begins.
            let goes_on = self.margins.iter().take(margins).filter(|m| m.first.is_none());
            let margin: String = goes_on.map(|m| m.rest.as_str()).collect();
            self.rows.push(ends(&margin));
        }
        let mut row = String::new();
        for margin in &mut self.margins {
            row.push_str(&margin.first.take().unwrap_or_else(|| margin.rest.clone()));
        }
        row.push_str(&text);
        self.rows.push(ends(&row));
    }
}

/// Without white space at its end, also before the sequence that ends a colour.
fn ends(row: &str) -> String {
    row.trim_end().to_owned()
}
