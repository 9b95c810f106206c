//! Tracking codes and the codes of private links: short, unambiguous, checked.

/// Letters and digits that are not taken for one another: no 0 O, 1 I L, U.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ=";
/// The letters of the code itself; the 31st only closes the checksum's prime field and is never printed.
const LETTERS: u64 = 30;
/// Letters that carry 50 random bits: 30^11 is above 2^53.
const CODE_LETTERS: usize = 11;

/// Writes 50 random bits as a tracking code: 11 letters, a check letter, in groups of four.
pub fn tracking_code(random: u64) -> String {
    // Two checks in 961 would fall on the letter that is not printed; the next number is as random.
    let mut value = random & ((1 << 50) - 1);
    loop {
        let mut digits = [0_u8; CODE_LETTERS];
        let mut rest = value;
        for digit in digits.iter_mut().rev() {
            *digit = (rest % LETTERS) as u8;
            rest /= LETTERS;
        }
        let check = check_digit(&digits);
        if u64::from(check) < LETTERS {
            let mut code: String = String::with_capacity(CODE_LETTERS + 3);
            for (index, digit) in digits.iter().chain([&check]).enumerate() {
                if index > 0 && index % 4 == 0 {
                    code.push('-');
                }
                code.push(char::from(ALPHABET[usize::from(*digit)]));
            }
            return code;
        }
        value = (value + 1) & ((1 << 50) - 1);
    }
}

/// A checksum over a prime field: it tells every single wrong letter and every two neighbours swapped.
fn check_digit(digits: &[u8]) -> u8 {
    let sum: u32 =
        digits.iter().enumerate().map(|(index, digit)| (index as u32 + 2) * u32::from(*digit)).sum();
    ((31 - sum % 31) % 31) as u8
}

/// A tracking code as people type it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypedCode {
    /// Well formed; the canonical spelling.
    Sound(String),
    /// Mistyped: a letter that is not used, the wrong length, or a check letter that does not fit.
    Mistyped,
}

/// Reads a code however it is typed: lower case, blanks, without dashes.
pub fn read_tracking_code(text: &str) -> TypedCode {
    let mut digits = Vec::with_capacity(CODE_LETTERS + 1);
    for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
        let upper = letter.to_ascii_uppercase();
        match ALPHABET.iter().position(|one| char::from(*one) == upper && *one != b'=') {
            Some(digit) => digits.push(digit as u8),
            None => return TypedCode::Mistyped,
        }
    }
    let Some((check, body)) = digits.split_last() else { return TypedCode::Mistyped };
    if body.len() != CODE_LETTERS || check_digit(body) != *check {
        return TypedCode::Mistyped;
    }
    let mut code = String::with_capacity(CODE_LETTERS + 3);
    for (index, digit) in digits.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        code.push(char::from(ALPHABET[usize::from(*digit)]));
    }
    TypedCode::Sound(code)
}
