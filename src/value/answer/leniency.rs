//! What was forgiven when an answer was read: each kind has a name, and the record of a run says which were used.

use std::fmt;

macro_rules! kinds {
    ($($variant:ident $name:literal)*) => {
        /// A way in which an answer may differ from the JSON that was asked for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($variant,)* }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name,)* }
            }
        }
    };
}

kinds! {
    // Around the value.
    OddSpace "unusual white space"
    Thinking "thinking left out"
    Fence "fence"
    Prose "extra prose"
    Others "other JSON beside it"
    Repeated "said more than once"
    Lines "lines of key and value"
    Sequence "values one after another to a list"
    Punctuation "punctuation around"
    // In how the value is written.
    TrailingComma "trailing comma"
    MissingComma "missing comma"
    MissingBracket "missing closing bracket"
    WrongBracket "wrong closing bracket"
    ExtraBracket "extra closing bracket"
    Quotes "other quotes"
    InnerQuotes "quotes inside a text"
    UnquotedKey "key without quotes"
    UnquotedText "text without quotes"
    PythonLiteral "Python literal"
    JavaScriptLiteral "JavaScript literal"
    Comment "comment"
    ControlCharacter "line break or tab in a text"
    Escape "unknown escape"
    NumberForm "form of a number"
    // In its type.
    TextToInt "text to Int"
    TextToFloat "text to Float"
    TextToBool "text to Bool"
    TextToNone "text to none"
    NumberToText "number to Text"
    BoolToText "Bool to Text"
    DurationForm "form of a duration"
    SizeForm "form of a size"
    TimeForm "form of a time"
    OneToList "one value to a list"
    ListToOne "a list of one to its value"
    PairsToMap "list of pairs to a map"
    JsonInText "JSON in a text"
    Wrapper "value in an object"
    FieldName "field by spelling"
    EnumCase "enum by case"
    EnumSpelling "enum by spelling"
    EnumName "enum by name"
    LiteralCase "literal by case"
    VariantByTag "variant by a field that names it"
    VariantByFields "variant by its fields"
    UnitAsObject "variant without fields as an object"
    OnlyField "one value to the only field"
    WhiteSpace "white space around a text"
}

/// One thing that was forgiven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leniency {
    pub kind: Kind,
    /// Where in the value (`$.score`); nothing where it concerns the text.
    pub at: Option<String>,
}

impl fmt::Display for Leniency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(at) => write!(f, "{} at {at}", self.kind.name()),
            None => f.write_str(self.kind.name()),
        }
    }
}

/// The kinds that a reading of a text used, each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notes(u64);

const _: () = assert!(Kind::ALL.len() <= 64);

impl Notes {
    pub fn of(kind: Kind) -> Notes {
        Notes(1 << kind as u64)
    }

    pub fn add(&mut self, kind: Kind) {
        self.0 |= Notes::of(kind).0;
    }

    pub fn has(self, kind: Kind) -> bool {
        self.0 & Notes::of(kind).0 != 0
    }

    pub fn and(self, other: Notes) -> Notes {
        Notes(self.0 | other.0)
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn leniencies(self) -> impl Iterator<Item = Leniency> {
        Kind::ALL.iter().filter(move |k| self.has(**k)).map(|k| Leniency { kind: *k, at: None })
    }
}
