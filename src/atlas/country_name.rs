//! From what people write to the country they mean: six languages, accents or none, "St" or "Saint", names
//! turned round ("Korea, Republic of") and names of former days ("Swaziland").
//!
//! A name is folded to letters and digits and looked up, never scored: nothing is matched because it is
//! merely close. What is close is only offered in the error, and a name that fits several countries
//! ("Congo") is answered with all of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use icu_normalizer::DecomposingNormalizerBorrowed;
use thiserror::Error;

use super::country::{Country, CountryCode, Language, countries, country_by_iso3, country_by_m49, quoted};
use super::sheet::{DataError, Sheet};

const ALIASES_CSV: &str = include_str!("../../data/country_aliases.csv");
const ALIASES_FILE: &str = "country_aliases.csv";

/// The longest name in the table has 77 characters; what is much longer is not a country's name, and folding
/// it would only be work done for somebody else.
const NAME_CHARS_MAX: usize = 160;

/// How many near misses an error names.
const SUGGESTIONS_MAX: usize = 3;

/// Why a text could not be turned into a country.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CountryNameError {
    /// There is nothing to match.
    #[error("the country is blank")]
    Blank,
    /// No country is called this.
    #[error("unknown country '{name}'{}", did_you_mean(.suggestions))]
    Unknown {
        /// What was given, cut after 60 characters.
        name: String,
        /// Countries with a name that differs by a slip of the pen, if any.
        suggestions: Vec<CountryCode>,
    },
    /// Several countries are called this, and guessing would be wrong for one of them.
    #[error("country '{name}' could be {}: write the full name or the code", listed(.candidates))]
    Ambiguous {
        /// What was given, cut after 60 characters.
        name: String,
        /// The countries it could be, in the order of their codes.
        candidates: Vec<CountryCode>,
    },
}

fn did_you_mean(suggestions: &[CountryCode]) -> String {
    if suggestions.is_empty() { String::new() } else { format!("; did you mean {}?", listed(suggestions)) }
}

fn listed(codes: &[CountryCode]) -> String {
    let named: Vec<String> = codes
        .iter()
        .map(|code| format!("{} ({code})", code.country().short_name(Language::English)))
        .collect();
    named.join(" or ")
}

/// What one folded name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Meaning {
    One(CountryCode),
    Several(BTreeSet<CountryCode>),
}

impl Meaning {
    fn of(codes: &BTreeSet<CountryCode>) -> Self {
        match codes.first() {
            Some(&only) if codes.len() == 1 => Self::One(only),
            Some(_) | None => Self::Several(codes.clone()),
        }
    }

    fn codes(&self) -> BTreeSet<CountryCode> {
        match self {
            Self::One(code) => BTreeSet::from([*code]),
            Self::Several(codes) => codes.clone(),
        }
    }

    fn add(&mut self, code: CountryCode) {
        let mut codes = self.codes();
        codes.insert(code);
        *self = Self::of(&codes);
    }
}

/// All folded names. A name has up to two keys: its words run together, which forgives "Viet Nam" and
/// "Vietnam", and its words in alphabetical order, which forgives "Korea, Republic of".
#[derive(Default)]
struct NameIndex {
    meanings: HashMap<String, Meaning>,
}

impl NameIndex {
    /// The names of the table in six languages, then the aliases, which may overrule them, then the names of
    /// the table without what stands in parentheses, where nobody has that name yet.
    fn build(countries: &[Country], aliases_csv: &str) -> Result<Self, DataError> {
        let mut index = Self { meanings: HashMap::with_capacity(8192) };
        for country in countries {
            for name in names_of(country) {
                index.add(name, country.code());
            }
        }
        index.add_aliases(aliases_csv)?;
        let mut bare = Self::default();
        for country in countries {
            for name in names_of(country) {
                if let Some((before, _)) = split_parentheses(name) {
                    bare.add(before, country.code());
                }
            }
        }
        for (key, meaning) in bare.meanings {
            index.meanings.entry(key).or_insert(meaning);
        }
        Ok(index)
    }

    fn add(&mut self, name: &str, code: CountryCode) {
        for key in Keys::of(name).distinct() {
            self.meanings.entry(key).and_modify(|meaning| meaning.add(code)).or_insert(Meaning::One(code));
        }
    }

    fn add_aliases(&mut self, text: &str) -> Result<(), DataError> {
        let sheet = Sheet::parse(ALIASES_FILE, text)?;
        let (name, codes) = (sheet.column("name")?, sheet.column("codes")?);
        for row in sheet.rows() {
            let mut meant = BTreeSet::new();
            for text in row.text(codes).split(' ') {
                let code = CountryCode::known(text)
                    .ok_or_else(|| row.fault(codes, format!("'{text}' is not in countries.csv")))?;
                meant.insert(code);
            }
            let meaning = Meaning::of(&meant);
            for key in Keys::of(row.text(name)).distinct() {
                let known = self.meanings.get(&key);
                // An alias may say that a name decides nothing; it may not give a name to somebody else.
                if let (Some(Meaning::One(owner)), Meaning::One(claimed)) = (known, &meaning)
                    && owner != claimed
                {
                    let problem = format!("'{}' is a name of {owner} already", row.text(name));
                    return Err(row.fault(name, problem));
                }
                self.meanings.insert(key, meaning.clone());
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&Meaning> {
        let keys = Keys::of(name);
        self.by_keys(&keys).or_else(|| self.by_keys(&keys.without_forms_of_state()?))
    }

    fn by_keys(&self, keys: &Keys) -> Option<&Meaning> {
        [keys.run_together(), keys.in_order()].iter().find_map(|key| self.meanings.get(key))
    }

    /// "Myanmar (Burma)", "Kenya (KEN)", "Korea (KR)": what stands inside may confirm what stands before, or
    /// choose among several. Anything else in parentheses ("Georgia (USA)") decides against a match.
    fn get_with_parentheses(&self, name: &str) -> Option<CountryCode> {
        let (before, inside) = split_parentheses(name)?;
        let inside = by_code(inside).or_else(|| match self.get(inside)? {
            Meaning::One(code) => Some(*code),
            Meaning::Several(_) => None,
        })?;
        self.get(before)?.codes().contains(&inside).then_some(inside)
    }

    /// Countries one of whose names is a slip of the pen away, nearest first; all of them equally near.
    fn near(&self, name: &str) -> Vec<CountryCode> {
        let wanted: Vec<char> = Keys::of(name).run_together().chars().collect();
        let mut most = match wanted.len() {
            0..=3 => return Vec::new(),
            4..=6 => 1,
            7..=11 => 2,
            12.. => 3,
        };
        let mut found = BTreeSet::new();
        for (key, meaning) in &self.meanings {
            if key.contains(' ') {
                continue;
            }
            let Some(distance) = edits(&wanted, key, most) else { continue };
            if distance < most {
                most = distance;
                found.clear();
            }
            found.extend(meaning.codes());
        }
        found.into_iter().take(SUGGESTIONS_MAX).collect()
    }
}

/// Every distinct name of a country; most short names are the formal ones again.
fn names_of(country: &Country) -> impl Iterator<Item = &str> {
    Language::ALL.into_iter().flat_map(|language| {
        let (formal, short) = (country.name(language), country.short_name(language));
        std::iter::once(formal).chain((short != formal).then_some(short))
    })
}

/// What stands before and inside the first parentheses, half-width or full-width.
fn split_parentheses(name: &str) -> Option<(&str, &str)> {
    let (before, rest) = name.split_once(['(', '（'])?;
    let (inside, _) = rest.split_once([')', '）'])?;
    (!before.trim().is_empty()).then_some((before.trim(), inside.trim()))
}

/// The words of a name, folded.
struct Keys {
    words: Vec<String>,
}

/// Small words that come and go between spellings of one name.
const SMALL_WORDS: [&str; 20] = [
    "a", "and", "da", "de", "del", "des", "du", "e", "el", "et", "la", "las", "le", "les", "los", "of",
    "the", "u", "y", "и",
];

/// Abbreviated words and what they stand for.
const ABBREVIATIONS: [(&str, &str); 6] = [
    ("dem", "democratic"),
    ("is", "islands"),
    ("isl", "islands"),
    ("rep", "republic"),
    ("st", "saint"),
    ("ste", "sainte"),
];

/// Words that name a form of state. "Republic of Kenya" is Kenya; "Republic of Congo" stays as open as "Congo".
const FORMS_OF_STATE: [&str; 22] = [
    "arab",
    "bolivarian",
    "cooperative",
    "democratic",
    "duchy",
    "emirate",
    "federal",
    "federative",
    "grand",
    "hashemite",
    "islamic",
    "kingdom",
    "peoples",
    "plurinational",
    "principality",
    "reino",
    "republic",
    "republica",
    "republique",
    "royaume",
    "socialist",
    "sultanate",
];

impl Keys {
    fn of(name: &str) -> Self {
        let folded = fold(name);
        let mut words: Vec<String> = folded
            .split(' ')
            .filter(|word| !word.is_empty() && !SMALL_WORDS.contains(word))
            .map(|word| {
                let full = ABBREVIATIONS.iter().find(|(short, _)| *short == word);
                full.map_or(word, |(_, full)| full).to_owned()
            })
            .collect();
        // "U.S.A." has been cut into letters, of which the small words may have eaten some.
        if words.iter().all(|word| word.chars().count() == 1) {
            words = vec![folded.replace(' ', "")];
        }
        Self { words }
    }

    fn run_together(&self) -> String {
        self.words.concat()
    }

    fn in_order(&self) -> String {
        let mut words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        words.sort_unstable();
        words.join(" ")
    }

    /// The distinct keys; none for a name without a letter or digit.
    fn distinct(self) -> impl Iterator<Item = String> {
        let together = self.run_together();
        let ordered = (self.words.len() > 1).then(|| self.in_order());
        std::iter::once(together).chain(ordered).filter(|key| !key.is_empty())
    }

    fn without_forms_of_state(&self) -> Option<Self> {
        let kept: Vec<String> =
            self.words.iter().filter(|word| !FORMS_OF_STATE.contains(&word.as_str())).cloned().collect();
        (!kept.is_empty() && kept.len() < self.words.len()).then_some(Self { words: kept })
    }
}

/// Small letters and digits without accents, words parted by single or more spaces. Apostrophes vanish
/// ("d'Ivoire" is one word); every other sign parts words.
pub(super) fn fold(name: &str) -> String {
    const NORMALIZER: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();
    let mut folded = String::with_capacity(name.len());
    for decomposed in NORMALIZER.normalize_iter(name.chars()) {
        for letter in decomposed.to_lowercase() {
            match letter {
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                'ß' => folded.push_str("ss"),
                'ø' => folded.push('o'),
                'đ' | 'ð' => folded.push('d'),
                'ł' => folded.push('l'),
                'ı' => folded.push('i'),
                // Alef maqsura for yeh and teh marbuta for heh are two ways to write one ending.
                'ى' => folded.push('ي'),
                'ة' => folded.push('ه'),
                letter if is_mark(letter) || is_apostrophe(letter) => {}
                letter if letter.is_alphanumeric() => folded.push(letter),
                _ => folded.push(' '),
            }
        }
    }
    folded
}

/// Combining accents of Latin, Cyrillic and Arabic after decomposition, and the Arabic stretching sign.
const fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{0300}'..='\u{036F}' | '\u{0640}' | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '`' | '´' | '‘' | '’' | 'ʼ' | 'ʻ' | '′')
}

/// Number of letters left out, added, changed or swapped with their neighbour, if it is at most `most`.
///
/// The restricted edit distance of Damerau (1964) in three rows.
fn edits(wanted: &[char], key: &str, most: usize) -> Option<usize> {
    let key: Vec<char> = key.chars().collect();
    if wanted.len().abs_diff(key.len()) > most {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=key.len()).collect();
    for (row, &left) in wanted.iter().enumerate() {
        let mut current = Vec::with_capacity(key.len() + 1);
        current.push(row + 1);
        for (column, &right) in key.iter().enumerate() {
            let changed = last[column] + usize::from(left != right);
            let mut fewest = changed.min(last[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && left == key[column - 1] && wanted[row - 1] == right {
                fewest = fewest.min(before_last[column - 1] + 1);
            }
            current.push(fewest);
        }
        if current.iter().all(|&count| count > most) {
            return None;
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().filter(|&count| count <= most)
}

static INDEX: LazyLock<Result<NameIndex, DataError>> =
    LazyLock::new(|| NameIndex::build(countries(), ALIASES_CSV));
static EMPTY: LazyLock<NameIndex> = LazyLock::new(NameIndex::default);

fn index() -> &'static NameIndex {
    INDEX.as_ref().unwrap_or_else(|_| &*EMPTY)
}

/// Reads the aliases and says whether they could be read.
pub(super) fn check_embedded_aliases() -> Result<(), DataError> {
    INDEX.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// Reads a table with the columns of `data/country_aliases.csv` against the embedded countries.
///
/// # Errors
/// The first row with a code that no country has, or that gives one country's name to another.
pub fn check_aliases(text: &str) -> Result<(), DataError> {
    NameIndex::build(countries(), text).map(|_| ())
}

/// The country a name means. Codes are not names: for cells that may hold either, ask [`find_country`].
///
/// # Errors
/// [`CountryNameError::Ambiguous`] with the candidates when the name fits several countries,
/// [`CountryNameError::Unknown`] with near misses when it fits none.
pub fn match_name(name: &str) -> Result<CountryCode, CountryNameError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(CountryNameError::Blank);
    }
    if name.chars().nth(NAME_CHARS_MAX).is_some() {
        return Err(CountryNameError::Unknown { name: quoted(name), suggestions: Vec::new() });
    }
    let index = index();
    let found = index.get(name);
    if let Some(Meaning::One(code)) = found {
        return Ok(*code);
    }
    if let Some(code) = index.get_with_parentheses(name) {
        return Ok(code);
    }
    match found {
        Some(several) => Err(CountryNameError::Ambiguous {
            name: quoted(name),
            candidates: several.codes().into_iter().collect(),
        }),
        None => Err(CountryNameError::Unknown { name: quoted(name), suggestions: index.near(name) }),
    }
}

/// The country that a cell of a table means: an ISO 3166-1 code of two or three letters in capitals, an M49
/// number of three digits, or a name.
///
/// # Errors
/// As [`match_name`].
pub fn find_country(text: &str) -> Result<CountryCode, CountryNameError> {
    by_code(text.trim()).map_or_else(|| match_name(text), Ok)
}

/// `NA` is Namibia, but `N/A`, `na` and `n.a.` are people saying that they do not know: codes are capitals.
fn by_code(text: &str) -> Option<CountryCode> {
    match text.len() {
        2 => CountryCode::known(text),
        3 if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            country_by_m49(text.parse().ok()?).map(Country::code)
        }
        3 => country_by_iso3(text).map(Country::code),
        _ => None,
    }
}

/// The country that was probably meant by a text that is no code; a lowercase code counts.
pub(super) fn meant_by(text: &str) -> Option<CountryCode> {
    if text.chars().nth(NAME_CHARS_MAX).is_some() {
        return None;
    }
    by_code(&text.trim().to_ascii_uppercase()).or_else(|| match index().get(text)? {
        Meaning::One(code) => Some(*code),
        Meaning::Several(_) => None,
    })
}
