//! Chance that comes in as a seed: the same seed gives the same rolls, on every machine.

/// A row of rolls. `SplitMix64` (Steele, Lea, Flood, 2014): short, and good enough to keep servers that
/// failed together from starting together.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next roll: at least 0, below 1.
    pub(crate) fn roll(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // 53 bits are what a double holds without rounding up to 1.
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Dice;

    #[test]
    fn rolls_repeat_and_spread() {
        let rolls = |seed| {
            let mut dice = Dice::new(seed);
            (0..1000).map(|_| dice.roll()).collect::<Vec<_>>()
        };
        assert_eq!(rolls(7), rolls(7));
        assert_ne!(rolls(7), rolls(8));
        let low = rolls(0).iter().filter(|roll| **roll < 0.5).count();
        assert!((450..550).contains(&low), "{low}");
        assert!(rolls(0).iter().all(|roll| (0.0..1.0).contains(roll)));
    }
}
