//! Signs, strings and numbers read from the front of a JSON text. `None` of a string or a whole number says
//! nothing against the text, only that it does not stand for itself.

/// What is left of a text.
pub(crate) struct Reader<'t> {
    pub rest: &'t str,
}

impl<'t> Reader<'t> {
    /// Passes over `sign`, which must come next.
    #[inline(always)]
    pub fn sign(&mut self, sign: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?;
        Some(())
    }

    /// Text between quotes that stands for itself.
    #[inline(always)]
    pub fn string(&mut self) -> Option<&'t str> {
        self.sign("\"")?;
        let string = self.plain();
        self.sign("\"")?;
        Some(string)
    }

    /// Text before the first quote, backslash or control character.
    #[inline(always)]
    pub fn plain(&mut self) -> &'t str {
        let (plain, rest) = self.rest.split_at_checked(plain_len(self.rest.as_bytes())).unwrap_or((self.rest, ""));
        self.rest = rest;
        plain
    }

    /// Passes over white space.
    #[inline(always)]
    pub fn space(&mut self) {
        if self.rest.as_bytes().first().is_some_and(|byte| *byte <= b' ') {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
        }
    }

    /// A number of any kind and size, as it is spelled.
    #[inline(always)]
    pub fn numeral(&mut self) -> Option<&'t str> {
        let bytes = self.rest.as_bytes();
        let digits = |from: usize| from + bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let some_digits = |from: usize| Some(digits(from)).filter(|end| *end > from);
        let whole = usize::from(bytes.first() == Some(&b'-'));
        let mut end = if bytes.get(whole) == Some(&b'0') { whole + 1 } else { some_digits(whole)? };
        if bytes.get(end) == Some(&b'.') {
            end = some_digits(end + 1)?;
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let signed = matches!(bytes.get(end + 1), Some(b'+' | b'-'));
            end = some_digits(end + 1 + usize::from(signed))?;
        }
        let (numeral, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(numeral)
    }

    /// A whole number without a sign; at most 9 digits, more are left to the parser.
    #[inline(always)]
    pub fn number(&mut self) -> Option<u32> {
        let (mut value, mut digits) = (0_u64, 0);
        for byte in self.rest.bytes().take(10).take_while(u8::is_ascii_digit) {
            value = u64::from(byte - b'0') + value * 10;
            digits += 1;
        }
        let (text, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        let whole =
            rest.starts_with([',', '}']) && (1..=9).contains(&digits) && (digits == 1 || !text.starts_with('0'));
        if whole { u32::try_from(value).ok() } else { None }
    }
}

const ONES: u64 = u64::MAX / 0xFF;

/// Bytes before the first quote, backslash or control character; eight are looked at in one step.
#[inline(always)]
fn plain_len(bytes: &[u8]) -> usize {
    let mut steps = bytes.chunks_exact(8);
    let mut len = 0;
    for step in &mut steps {
        let eight = u64::from_le_bytes(step.try_into().unwrap_or_default());
        let is = |byte: u8| (eight ^ (ONES * u64::from(byte))).wrapping_sub(ONES) & !(eight ^ (ONES * u64::from(byte)));
        // The lowest mark is exact; a byte above it may be marked by what it lends.
        let marked = (is(b'"') | is(b'\\') | eight.wrapping_sub(ONES * 0x20) & !eight) & (ONES << 7);
        if marked != 0 {
            return len + marked.trailing_zeros() as usize / 8;
        }
        len += 8;
    }
    let plain = |byte: &&u8| **byte != b'"' && **byte != b'\\' && **byte >= 0x20;
    len + steps.remainder().iter().take_while(plain).count()
}
