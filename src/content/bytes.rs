//! Numbers and parts out of bytes; nothing runs past their end.

/// Reads on through bytes.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bytes, if there are as many.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let part = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(part)
    }

    /// Passes over bytes, as far as there are any.
    pub(super) fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count).min(self.bytes.len());
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|one| one[0])
    }

    /// The most significant byte first.
    pub(super) fn big_16(&mut self) -> Option<u16> {
        self.take(2).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes)
    }

    pub(super) fn big_32(&mut self) -> Option<u32> {
        self.take(4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes)
    }

    /// The least significant byte first.
    pub(super) fn little_32(&mut self) -> Option<u32> {
        self.take(4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes)
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }
}

/// The position of the first `needle` in `haystack`.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The position of the last one.
pub(super) fn find_last(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).rposition(|window| window == needle)
}
