//! Text that is shared and can still grow in place.

use std::borrow::Borrow;
use std::sync::{Arc, LazyLock};

/// Immutable to everybody who shares it; its only owner appends without copying.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<String>);

static EMPTY: LazyLock<Text> = LazyLock::new(|| Text(Arc::new(String::new())));

impl Text {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends; copies first if the text is shared.
    pub fn push_str(&mut self, more: &str) {
        match Arc::get_mut(&mut self.0) {
            Some(own) => own.push_str(more),
            None => {
                let mut own = String::with_capacity((self.0.len() + more.len()).max(16));
                own.push_str(&self.0);
                own.push_str(more);
                self.0 = Arc::new(own);
            }
        }
    }

    /// The text itself where it is the only owner, a copy otherwise.
    pub fn into_string(self) -> String {
        Arc::unwrap_or_clone(self.0)
    }
}

impl Default for Text {
    fn default() -> Text {
        EMPTY.clone()
    }
}

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Arc::new(text))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(Arc::new(text.to_owned()))
    }
}

impl From<&Arc<str>> for Text {
    fn from(text: &Arc<str>) -> Text {
        Text::from(&**text)
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.as_str(), f)
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn a_shared_text_is_not_changed_under_its_other_owner() {
        let mut a = Text::from("ab");
        let b = a.clone();
        a.push_str("c");
        assert_eq!((a.as_str(), b.as_str()), ("abc", "ab"));
    }
}
