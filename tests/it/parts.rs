//! Small parts of the log and of the ledger that would take a million entries to show from outside.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use relief_ledger::audit::digest::Hint;
use relief_ledger::audit::entry::hint;
use relief_ledger::ledger::CellKey;
use relief_ledger::ledger::inside::{Block, FORMAT, HEAPS, Heaps, PARTS, SIZES, dated_cuboids, runs};
use relief_ledger::ledger::rollup::Sums;

#[test]
fn a_hint_is_read_as_base64url_reads_it() {
    for hashed in 0..2_000_u64 {
        let bytes = hashed.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes();
        let text = URL_SAFE_NO_PAD.encode(bytes);
        assert!(hint(text.as_bytes()) == Some(Hint(bytes)), "{text}");
        for (place, other) in [(0, b'+'), (3, b'='), (7, b' '), (10, b'B')] {
            let mut wrong = text.clone().into_bytes();
            wrong[place] = other;
            assert!(hint(&wrong).is_none(), "{text} with {} at {place}", char::from(other));
        }
    }
}

#[test]
fn a_heap_is_empty_only_when_the_same_was_taken_away() {
    let key = |first: u8| (0, CellKey([first; 16]));
    let sums = |moved_in: i64, on_hold: i64| Sums { moved_in, on_hold, ..Sums::default() };
    let is_wrong = |added: &[((i32, CellKey), Sums)], taken: ((i32, CellKey), Sums)| {
        let mut heaps = Heaps::new();
        for (row, sums) in added {
            heaps.add(*row, sums, false);
        }
        heaps.add(taken.0, &taken.1, true);
        (0..HEAPS).any(|heap| heaps.is_wrong(heap))
    };
    let many = i64::MAX / 8;
    let added = [(key(1), sums(5, 0)), (key(1), sums(many, -3))];
    assert!(!is_wrong(&added, (key(1), sums(5 + many, -3))));
    // A unit too many, one moved from one figure to the other, and the same figures in another row.
    assert!(is_wrong(&added, (key(1), sums(6 + many, -3))));
    assert!(is_wrong(&added, (key(1), sums(4 + many, -2))));
    assert!(is_wrong(&added, (key(2), sums(5 + many, -3))));
    // What the prime would take for the same.
    assert!(is_wrong(&added, (key(1), sums(5 + many + (1 << 61) - 1, -3))));
}

#[test]
fn what_blocks_are_made_of_is_what_it_was() {
    let cuboids: Vec<(i32, usize)> =
        dated_cuboids().iter().map(|cuboid| (cuboid.number, cuboid.keeps.len())).collect();
    assert_eq!(
        (FORMAT, Sums::FIGURES, PARTS, cuboids),
        (1, 20, 13, vec![(6, 3), (7, 3), (0, 4), (1, 6), (2, 6), (3, 5), (4, 6)]),
        "databases have blocks of another form: this needs a migration that empties dated_blocks and dated_rollups"
    );
}

#[test]
fn a_moment_is_a_few_large_blocks_then_small_ones() {
    let all = [1_000_000; SIZES.len()];
    assert_eq!(runs(2_047, all), (vec![], 0));
    assert_eq!(runs(2_048, all), (vec![(0, 0, 0)], 2_048));
    let (found, last) = runs(1_048_576 * 2 + 131_072 * 3 + 2_048 * 5 + 17, all);
    assert_eq!(found, [(3, 0, 1), (2, 16, 18), (0, 1_216, 1_220)]);
    assert_eq!(last, 1_048_576 * 2 + 131_072 * 3 + 2_048 * 5);
    // What is not made yet is left to smaller ones, or to the postings.
    assert_eq!(runs(20_000, [8, 0, 0, 0]), (vec![(0, 0, 7)], 16_384));
    assert_eq!(runs(20_000, [9, 1, 0, 0]), (vec![(1, 0, 0), (0, 8, 8)], 18_432));
    assert_eq!(runs(20_000, [3, 0, 0, 0]), (vec![(0, 0, 2)], 6_144));
}

#[test]
fn blocks_of_a_level_are_the_sum_of_those_below() {
    for level in 1..SIZES.len() {
        let block = Block { level, number: 3 };
        let of = |number| Block { level: level - 1, number }.sequences();
        let ends = block.parts().map(|(below, first, last)| (below, of(first).0, of(last).1));
        assert_eq!(ends, Some((level - 1, block.sequences().0, block.sequences().1)));
    }
    assert_eq!(Block { level: 0, number: 0 }.sequences(), (1, 2_048));
    assert!(Block { level: 0, number: 0 }.parts().is_none());
}
