//! How deep a text nests, told from its tokens: brackets, and the words that take an expression and so nest without
//! any. It never tells less than the parser will recurse, and more only for texts that nobody writes.

/// What a word does to the nesting.
enum Role {
    /// Takes an expression, or holds one: nests where a value is expected, and starts a statement where none is.
    Takes,
    /// Starts a statement wherever it stands.
    Starts,
    /// An operator or a clause: a value follows.
    Goes,
    /// The same, with a name of a kind in between.
    Names,
    Other,
}

fn role(word: &[u8]) -> Role {
    match word {
        b"return" | b"break" | b"say" | b"wait" | b"ensure" | b"ask" | b"run" | b"gate" | b"if"
        | b"match" | b"for" | b"repeat" | b"step" | b"try" | b"parallel" => Role::Takes,
        b"fail" => Role::Names,
        b"let" | b"var" => Role::Starts,
        b"and" | b"or" | b"not" | b"in" | b"matches" | b"as" | b"else" | b"otherwise" | b"by" | b"show"
        | b"require" | b"timeout" | b"escalate" | b"on" | b"reject" | b"edit" | b"check" | b"with"
        | b"retry" | b"up" | b"to" | b"turns" | b"env" | b"stdin" | b"exits" | b"help" | b"limit"
        | b"min_assurance" | b"every" | b"where" | b"undo" | b"of" | b"interactive" | b"catch" => Role::Goes,
        _ => Role::Other,
    }
}

#[derive(Default)]
pub struct Nesting {
    /// Brackets that are open, with the run of words outside of each and whether a value was expected there.
    open: Vec<(usize, bool)>,
    /// The sum of those runs.
    around: usize,
    /// Words and arrows in a row of which each holds the next.
    run: usize,
    /// A value is to come: after an operator, say.
    expecting: bool,
    /// Before the last token a value was to come.
    expected: bool,
    /// The last token can be a lambda's parameter or parameters.
    parameter: bool,
    /// After a `.` a word is a field.
    field: bool,
    /// After `fail` or `catch` the next word is a name of a kind.
    kind: bool,
    /// The last word was `return` or `break`, whose value is none of the words that leave.
    left: bool,
    /// The last word was `JsonLines`, and how many of their `<` are open.
    lines: bool,
    angles: usize,
    /// Inside the `if` of a match arm, whose arrow is no lambda's.
    guard: bool,
    pub most: usize,
}

impl Nesting {
    fn count(&mut self) {
        self.most = self.most.max(self.open.len() + self.around + self.run);
    }

    pub fn value(&mut self) {
        self.expected = self.expecting;
        (self.expecting, self.parameter, self.field, self.kind) = (false, false, false, false);
        self.left = false;
    }

    pub fn word(&mut self, word: &[u8]) {
        if std::mem::take(&mut self.field) {
            return self.value();
        }
        let leaving =
            matches!(word, b"return" | b"break" | b"say" | b"wait" | b"ensure" | b"fail" | b"let" | b"var");
        let ends = std::mem::take(&mut self.left) && leaving;
        let expecting = (self.expecting || self.kind) && !ends;
        let role = role(word);
        match role {
            Role::Takes | Role::Names if expecting => {
                self.run += 1;
                self.count();
            }
            // A value ended before: this begins a statement, or the guard of an arm.
            Role::Takes | Role::Names => {
                self.guard = word == b"if";
                self.run = 0;
            }
            Role::Starts => self.run = 0,
            Role::Goes => {}
            Role::Other if expecting => {}
            Role::Other => self.run = 0,
        }
        self.left = matches!(word, b"return" | b"break");
        self.lines = word == b"JsonLines";
        self.expected = expecting;
        // Behind the kind's name the value is still to come.
        self.expecting = !matches!(role, Role::Other) || self.kind;
        self.kind = matches!(role, Role::Names) || word == b"catch";
        self.parameter = matches!(role, Role::Other) && !word[0].is_ascii_uppercase();
    }

    pub fn punct(&mut self, sign: u8, next: u8) {
        let lines = std::mem::take(&mut self.lines);
        match sign {
            b'<' if lines => {
                (self.angles, self.run) = (self.angles + 1, self.run + 1);
                self.count();
            }
            b'>' if self.angles > 0 => {
                (self.angles, self.run) = (self.angles - 1, self.run.saturating_sub(1));
                return self.value();
            }
            b'=' if next == b'>' => self.arrow(),
            // What they divide is not nested.
            b',' | b':' => (self.run, self.guard) = (0, false),
            b'=' if next != b'=' && !self.expecting => self.run = 0,
            _ => {}
        }
        let dot = sign == b'.';
        // Two dots are a range, and its end a value; one is a field.
        let second = dot && std::mem::take(&mut self.field);
        self.field = dot && !second;
        self.expected = self.expecting;
        self.expecting = match sign {
            b'.' => second,
            b'?' => next == b'?' || self.expecting,
            _ => true,
        };
        (self.parameter, self.kind, self.left) = (false, false, false);
    }

    fn arrow(&mut self) {
        if std::mem::take(&mut self.guard) || !(self.parameter && self.expected) {
            self.run = 0;
        } else {
            self.run += 1;
            self.count();
        }
    }

    pub fn open(&mut self) {
        self.open.push((self.run, self.expecting));
        self.around += self.run;
        self.left = false;
        (self.run, self.expecting, self.field, self.kind, self.guard) = (0, false, false, false, false);
        self.count();
    }

    pub fn close(&mut self) {
        if let Some((run, expecting)) = self.open.pop() {
            self.around -= run;
            self.run = run;
            self.expected = expecting;
        }
        (self.expecting, self.parameter, self.field, self.kind, self.guard) =
            (false, true, false, false, false);
    }
}

#[cfg(test)]
mod tests {
    use crate::source::FileId;

    fn most(text: &str) -> usize {
        super::super::scan::scan(FileId(0), text, false).nesting
    }

    #[test]
    fn statements_in_a_row_do_not_nest() {
        for line in [
            "say \"a\"\n",
            "run `a` timeout 5m\n",
            "run `a` as JsonLines<T>\n",
            "let a = run `a`\n",
            "a = ask \"a\" otherwise b\n",
            "f(x) ?? fail business \"no\"\n say 1\n",
            "1 => a\n",
            ".A => run `a`\n",
            "n if n > limit => n\n",
            "ensure a else \"b\" help \"c\"\n",
            "fail business \"a\"\n",
            "fail business a\n",
            "try { } catch kind e { }\n",
            "gate a \"A?\" by b show { c } timeout 5m\n",
            "xs.map(x => x + 1)\n",
            "a: run `a`, b: x => x,\n",
            "return\n",
            "x\n",
        ] {
            let nesting = most(&line.repeat(500));
            assert!(nesting <= 3, "{line} {nesting}");
        }
    }

    #[test]
    fn words_that_hold_the_next_nest() {
        for unit in [
            "say ",
            "x => ",
            "(x, y) => ",
            "ask \"a\" otherwise ",
            "fail business 1 help ",
            "run `a` timeout ",
            "1 + say ",
            "a or x => ",
            "ensure 1 else ",
            "fail business ",
            "1..say ",
            "a ?? say ",
            "for x in ",
            "repeat up to ",
        ] {
            assert!(most(&unit.repeat(50)) >= 49, "{unit} {}", most(&unit.repeat(50)));
        }
    }
}
