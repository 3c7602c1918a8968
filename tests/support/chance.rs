//! Numbers that look random and come from a seed, so that a failure can be repeated.

/// splitmix64
#[derive(Debug, Clone)]
pub struct Chance(pub u64);

#[allow(dead_code, reason = "each test file uses its part")]
impl Chance {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `n`, which is not 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }
}

/// That of the variable `SEED`, or one that differs from run to run; told, so that it can be used again.
#[allow(dead_code, reason = "each test file uses its part")]
pub fn seed(of: &str) -> u64 {
    let given = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
    let time = || std::time::UNIX_EPOCH.elapsed().map_or(0, |t| t.as_nanos() as u64);
    let seed = given.unwrap_or_else(time);
    println!("{of}: SEED={seed}");
    seed
}
