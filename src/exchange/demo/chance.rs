//! Chance that comes out the same each time: SplitMix64 (G. Steele, D. Lea, C. Flood, "Fast splittable
//! pseudorandom number generators", 2014). For invented data only, never for secrets.

/// A row of numbers from a seed.
pub struct Chance(u64);

impl Chance {
    /// The row of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from `least` to `most`, both included. The small bias of a remainder does no harm to
    /// invented data.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = most.saturating_sub(least).max(0).unsigned_abs() + 1;
        least + (self.next() % width) as i64
    }

    /// Parts of `total`, each a multiple of `step` and at least one step but for the last, which takes what
    /// is left over.
    pub fn parts(&mut self, total: i64, count: usize, step: i64) -> Vec<i64> {
        let weights: Vec<i64> = (0..count).map(|_| self.between(60, 140)).collect();
        let sum: i64 = weights.iter().sum();
        let mut parts: Vec<i64> =
            weights.iter().map(|weight| (total * weight / sum / step * step).max(step)).collect();
        let rest = total - parts.iter().sum::<i64>();
        if let Some(last) = parts.last_mut() {
            *last += rest;
        }
        parts
    }
}
