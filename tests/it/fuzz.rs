//! Whatever bytes come, no reader of this house stops, and none goes on for ever.
//!
//! Each reader is fed bytes at random and, more often, what it takes with something changed: only what is nearly right comes
//! far into a reader. How much it is fed is limited, so that no clock is needed. Each reader is shown to take its samples, or
//! the changes would be of nothing; and with each goes a broken twin, the same reader that stops at a mark, which must be
//! caught. An ordinary run feeds the same each time, so that whoever breaks a reader sees it at once; `RELIEF_LONG` feeds more,
//! and other things each time.

mod doors;
mod files;
mod memory;
mod proofs;
mod sent;
mod tables;
mod trouble;
mod words;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Cases of one reader in an ordinary run, and in a long one.
const CASES: [u32; 2] = [256, 20_000];
/// Cases until a twin must be caught.
const TWIN_CASES: u32 = 10_000;
/// Bytes of one case.
const BYTES_MAX: usize = 64 * 1_024;
/// Where a twin stops.
const MARK: &[u8] = b"\x00mark\xff";

/// What is put into samples: ends and beginnings of all that is read here, numbers at their ends, and letters that are none.
const TOKENS: [&[u8]; 32] = [
    MARK,
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"\r\n",
    b"\n\n",
    b"=",
    b"%",
    b"%%",
    b"<",
    b"/>",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"&b;",
    b"{",
    b"}",
    b"]",
    b"\\u0000",
    b"-9223372036854775808",
    b"99999999999999999999999999",
    b"1e999",
    b"-0.0",
    b"0000",
    "\u{202e}\u{0301}\u{1f9fa}".as_bytes(),
    "٣٤".as_bytes(),
    b"null",
];

/// Whether a reader takes bytes.
type Takes = Box<dyn Fn(&[u8]) -> bool>;

/// A reader, and what it takes.
pub struct Reader {
    pub name: &'static str,
    pub samples: Vec<Vec<u8>>,
    /// Whether it takes these bytes.
    pub takes: Takes,
}

impl Reader {
    pub fn new(name: &'static str, samples: Vec<Vec<u8>>, takes: impl Fn(&[u8]) -> bool + 'static) -> Self {
        Self { name, samples, takes: Box::new(takes) }
    }

    /// One that reads text; what is no UTF-8 is not its to read.
    pub fn of_text(name: &'static str, samples: &[&str], takes: impl Fn(&str) -> bool + 'static) -> Self {
        let samples = samples.iter().map(|text| text.as_bytes().to_vec()).collect();
        Self::new(name, samples, move |bytes| std::str::from_utf8(bytes).is_ok_and(&takes))
    }
}

/// Something that is changed in a sample.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Put(Index, usize),
    /// One token many times: what nests, and what is long.
    Many(Index, usize, usize),
    Cut(Index, usize),
    Again(Index, usize, Index),
    End(Index),
}

impl Change {
    fn any() -> impl Strategy<Value = Self> {
        let token = || 0..TOKENS.len();
        prop_oneof![
            3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Self::Byte(at, byte)),
            4 => (any::<Index>(), token()).prop_map(|(at, token)| Self::Put(at, token)),
            1 => (any::<Index>(), token(), 2..4_000_usize).prop_map(|(at, token, times)| Self::Many(at, token, times)),
            2 => (any::<Index>(), 1..48_usize).prop_map(|(at, count)| Self::Cut(at, count)),
            2 => (any::<Index>(), 1..200_usize, any::<Index>()).prop_map(|(at, count, to)| Self::Again(at, count, to)),
            1 => any::<Index>().prop_map(Self::End),
        ]
    }

    fn put(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |at: &Index| at.index(length + 1);
        match self {
            Self::Byte(at, byte) => {
                if let Some(found) = bytes.get_mut(place(at)) {
                    *found = *byte;
                }
            }
            Self::Put(at, token) => {
                let at = place(at);
                bytes.splice(at..at, TOKENS[*token].iter().copied());
            }
            Self::Many(at, token, times) => {
                let at = place(at);
                bytes.splice(at..at, TOKENS[*token].repeat(*times));
            }
            Self::Cut(at, count) => {
                let at = place(at);
                bytes.drain(at..(at + count).min(length));
            }
            Self::Again(at, count, to) => {
                let at = place(at);
                let part = bytes[at..(at + count).min(length)].to_vec();
                let to = place(to);
                bytes.splice(to..to, part);
            }
            Self::End(at) => bytes.truncate(place(at)),
        }
        bytes.truncate(BYTES_MAX);
    }
}

/// Bytes at random, and more often a sample with something changed.
fn nearly(samples: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = (select(samples), vec(Change::any(), 0..6)).prop_map(|(mut bytes, changes)| {
        changes.iter().for_each(|change| change.put(&mut bytes));
        bytes
    });
    prop_oneof![1 => vec(any::<u8>(), 0..600), 5 => changed]
}

/// Feeds something; says what stopped it.
fn feed(samples: &[Vec<u8>], cases: u32, takes: impl Fn(&[u8])) -> Result<(), String> {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let mut runner = if is_long() {
        TestRunner::new(config)
    } else {
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    };
    let fed = runner.run(&nearly(samples.to_vec()), |bytes| {
        takes(&bytes);
        Ok(())
    });
    fed.map_err(|error| error.to_string())
}

fn is_long() -> bool {
    std::env::var_os("RELIEF_LONG").is_some()
}

/// Takes what a reader answered, whatever that is: that it answered is all that is asked.
pub fn seen<T>(_: T) {}

fn has_mark(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|window| window == MARK)
}

/// Feeds each reader, and its twin.
pub fn none_stops(readers: &[Reader]) {
    for reader in readers {
        for sample in &reader.samples {
            let shown = String::from_utf8_lossy(&sample[..sample.len().min(400)]).into_owned();
            assert!((reader.takes)(sample), "{} does not take its sample {shown:?}", reader.name);
        }
        let fed = feed(&reader.samples, CASES[usize::from(is_long())], |bytes| {
            (reader.takes)(bytes);
        });
        assert_eq!(fed, Ok(()), "{}", reader.name);
        let twin = feed(&reader.samples, TWIN_CASES, |bytes| {
            (reader.takes)(bytes);
            assert!(!has_mark(bytes), "it came to the mark");
        });
        assert!(twin.is_err(), "{}: a reader that stops at the mark is not caught", reader.name);
    }
}

#[test]
fn what_is_changed_stays_within_its_size_and_reaches_all_of_a_sample() {
    let sample = vec![b'a'; 1_000];
    let fed = feed(std::slice::from_ref(&sample), 2_000, |bytes| assert!(bytes.len() <= BYTES_MAX));
    assert_eq!(fed, Ok(()));
    // The twin: a reader that stops only where nothing but its end is another.
    let twin = feed(&[sample], TWIN_CASES, |bytes| {
        assert!(
            bytes.len() != 1_000
                || bytes[..900].iter().any(|byte| *byte != b'a')
                || bytes[900..] == [b'a'; 100]
        );
    });
    assert!(twin.is_err());
}
