//! The wire form of SSH (RFC 4251): lengths before contents. A reader that takes nothing on trust.

pub struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    pub fn new(bytes: &'a [u8]) -> Wire<'a> {
        Wire(bytes)
    }

    pub fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn number(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(4)?.try_into().ok()?))
    }

    pub fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.bytes(length)
    }

    pub fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// A number that is not negative, without the zero that keeps it so.
    pub fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.string()? {
            [first, ..] if first & 0x80 != 0 => None,
            [0, rest @ ..] => Some(rest),
            plain => Some(plain),
        }
    }

    /// Nothing may follow what was read.
    pub fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

pub fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    // Nothing that is signed comes near the limit: records and keys are bounded when they are read.
    out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
}
