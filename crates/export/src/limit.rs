//! How many series a page may have, and what became of those that it was given.

/// Bounds of one page. What lies beyond is left out from the end of the order by labels, so the
/// same series are missing each time instead of flickering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Most series of one metric.
    pub series_per_metric: usize,
    /// Most series in all.
    pub series: usize,
}

impl Default for Limit {
    /// 5,000 and 50,000: some hundred servers with all their labels, far beyond a sane machine.
    fn default() -> Self {
        Self {
            series_per_metric: 5_000,
            series: 50_000,
        }
    }
}

/// What was written, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Series on the page.
    pub series: usize,
    /// Left out because of the [`Limit`].
    pub over_limit: usize,
    /// Left out because the same series was there already.
    pub duplicates: usize,
    /// Left out because its metric is not of the table, it has too many or too few labels, or it
    /// is a counter that is negative or not a number.
    pub malformed: usize,
}

impl Written {
    /// Series that were given and are not on the page.
    pub fn dropped(&self) -> usize {
        self.over_limit + self.duplicates + self.malformed
    }
}
