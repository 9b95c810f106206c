//! How the polygons of the shipped areas lie in `data/areas.polygons`.
//!
//! The file is one zlib stream of whole numbers, seven bits a byte with the lowest first, the eighth bit set where
//! more follow. For each area: the length and bytes of its identifier, the number of its rings, and for each ring
//! twice the number of its corners, plus 1 for a hole, and the steps from corner to corner in ten-thousandths of a
//! degree, east then north, as 2n, or −2n − 1 where negative. A step begins where the one before ended, also from
//! ring to ring and area to area. `data/make_areas.py` writes it.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::fixed::{HALF_TURN, POLE, Spot, UNITS_PER_DEGREE};
use super::frame::GlobeRing;

/// What the steps of the file are in.
const UNITS_PER_STEP: i64 = UNITS_PER_DEGREE / 10_000;
/// Ten times what the file unpacks to: more is not our file.
const UNPACKED_BYTES_MAX: u64 = 16 << 20;

/// The rings of an area, as the file has them.
#[derive(Debug)]
pub(super) struct PackedArea {
    pub(super) id: String,
    pub(super) rings: Vec<GlobeRing>,
}

/// Unpacks the polygons.
///
/// # Errors
/// What is wrong with the file.
pub(super) fn unpack(file: &[u8]) -> Result<Vec<PackedArea>, String> {
    let mut bytes = Vec::new();
    let read = ZlibDecoder::new(file).take(UNPACKED_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot be unpacked: {error}"))?;
    let mut numbers = Numbers { bytes: &bytes };
    let (mut areas, mut spot) = (Vec::new(), Spot { x: 0, y: 0 });
    while !numbers.bytes.is_empty() {
        let id = numbers.text()?;
        let count = numbers.count()?;
        let mut rings = Vec::with_capacity(count);
        for _ in 0..count {
            let header = numbers.count()?;
            let mut spots = Vec::with_capacity(header / 2);
            for _ in 0..header / 2 {
                spot.x += numbers.step()?;
                spot.y += numbers.step()?;
                if spot.x.abs() > HALF_TURN || spot.y.abs() > POLE {
                    return Err(format!("area {id} has a corner off the globe"));
                }
                spots.push(spot);
            }
            rings.push(GlobeRing { spots, hole: header % 2 == 1 });
        }
        areas.push(PackedArea { id, rings });
    }
    Ok(areas)
}

struct Numbers<'a> {
    bytes: &'a [u8],
}

impl Numbers<'_> {
    fn number(&mut self) -> Result<u64, String> {
        let mut number = 0u64;
        for shift in (0..63).step_by(7) {
            let (byte, rest) = self.bytes.split_first().ok_or("ends in the middle of a number")?;
            self.bytes = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("has a number of more than nine bytes".to_owned())
    }

    /// A number of things that follow, of which each takes a byte at least.
    fn count(&mut self) -> Result<usize, String> {
        let count = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        if count > self.bytes.len() {
            return Err(format!("announces {count} of what {} bytes cannot hold", self.bytes.len()));
        }
        Ok(count)
    }

    fn step(&mut self) -> Result<i64, String> {
        let number = self.number()?;
        let half = i64::try_from(number >> 1).unwrap_or(i64::MAX);
        let step = if number & 1 == 0 { half } else { -half - 1 };
        if step.abs() > i64::from(u32::MAX) {
            return Err(format!("steps {step} ten-thousandths of a degree"));
        }
        Ok(step * UNITS_PER_STEP)
    }

    fn text(&mut self) -> Result<String, String> {
        let length = self.count()?;
        let (text, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        String::from_utf8(text.to_vec()).map_err(|_| "has an identifier that is no text".to_owned())
    }
}
