//! Chance that is the same with every run of one seed (xorshift).

/// Throws the dice.
#[derive(Debug, Clone)]
pub(crate) struct Odds {
    state: u64,
}

impl Odds {
    /// One seed, one sequence.
    pub(crate) fn of(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    /// True so many times of a hundred.
    pub(crate) fn strike(&mut self, percent: u64) -> bool {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % 100 < percent
    }
}
