//! Rows of one cuboid, block and month as bytes: the same rows are the same bytes, wherever they were folded.
//!
//! Identifiers stand once in front, in order; rows name them by their place there. Figures that are 0 take no room.

use super::super::rollup::Sums;
use super::changes::{Numbers, PARTS, Spot, named};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How rows are written. Blocks that are there are never folded anew by themselves: where this changes, or which
/// cuboids are dated, a migration must empty `dated_blocks` and `dated_rollups`.
pub const FORMAT: u8 = 1;

#[derive(Serialize, Deserialize)]
struct Packed {
    format: u8,
    uuids: Vec<[u8; 16]>,
    countries: Vec<String>,
    rows: Vec<PackedRow>,
    figures: Vec<i64>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct PackedRow {
    spot: Spot,
    /// Of the month, from 0; 0 where the row is of the whole month.
    day: u8,
    /// Which figures stand for it, by bits.
    has: u32,
}

/// A row: where, on which day of the month, how much.
pub(super) type DatedRow<'a> = (&'a Spot, u8, &'a Sums);

/// Packs rows; none of them twice.
pub(super) fn pack(numbers: &Numbers, rows: &[DatedRow<'_>]) -> Result<Vec<u8>, postcard::Error> {
    let mut uuids: Vec<Uuid> = Vec::new();
    let mut countries: Vec<String> = Vec::new();
    for (spot, _, _) in rows {
        uuids.extend(spot[..11].iter().filter_map(|number| named(&numbers.uuids, *number)));
        countries.extend(spot[11..].iter().filter_map(|number| named(&numbers.countries, *number).cloned()));
    }
    uuids.sort_unstable();
    uuids.dedup();
    countries.sort_unstable();
    countries.dedup();
    let mut packed: Vec<(PackedRow, &Sums)> = Vec::with_capacity(rows.len());
    for (spot, day, sums) in rows {
        let told = |part: usize| -> u32 {
            let found = if part < 11 {
                named(&numbers.uuids, spot[part]).and_then(|id| uuids.binary_search(id).ok())
            } else {
                named(&numbers.countries, spot[part]).and_then(|code| countries.binary_search(code).ok())
            };
            found.and_then(|index| u32::try_from(index + 1).ok()).unwrap_or(0)
        };
        let figures = sums.figures().into_iter().enumerate();
        let has = figures.fold(0, |bits, (index, figure)| if figure == 0 { bits } else { bits | 1 << index });
        packed.push((PackedRow { spot: std::array::from_fn(told), day: *day, has }, sums));
    }
    packed.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let figures = packed.iter().flat_map(|(_, sums)| sums.figures()).filter(|figure| *figure != 0).collect();
    postcard::to_allocvec(&Packed {
        format: FORMAT,
        uuids: uuids.into_iter().map(Uuid::into_bytes).collect(),
        countries,
        rows: packed.into_iter().map(|(row, _)| row).collect(),
        figures,
    })
}

/// Reads packed rows, naming their places by `numbers`.
///
/// # Errors
/// Words that say what is wrong with the bytes.
pub(super) fn unpack(
    bytes: &[u8],
    numbers: &mut Numbers,
    mut each: impl FnMut(Spot, u8, &Sums),
) -> Result<(), String> {
    let packed: Packed = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
    if packed.format != FORMAT {
        return Err(format!("written in form {}, read in form {FORMAT}", packed.format));
    }
    let uuids: Vec<u32> = packed.uuids.iter().map(|id| numbers.id(Some(Uuid::from_bytes(*id)))).collect();
    let countries: Vec<u32> = packed.countries.iter().map(|code| numbers.country(Some(code))).collect();
    let mut figures = packed.figures.into_iter();
    for row in &packed.rows {
        let mut spot = [0; PARTS];
        for (part, number) in spot.iter_mut().enumerate() {
            let names = if part < 11 { &uuids } else { &countries };
            if row.spot[part] != 0 {
                *number = *named(names, row.spot[part]).ok_or("a row names what is not there")?;
            }
        }
        let mut all = [0; Sums::FIGURES];
        for (index, figure) in all.iter_mut().enumerate() {
            if row.has & 1 << index != 0 {
                *figure = figures.next().ok_or("figures are missing at the end")?;
            }
        }
        each(spot, row.day, &Sums::from_figures(all));
    }
    if figures.next().is_some() { Err("figures are left over at the end".to_owned()) } else { Ok(()) }
}
