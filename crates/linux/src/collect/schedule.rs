//! Which costly readings are taken at a pass: the oldest and fastest-changing first, as far as the
//! budget goes. Pure.
//!
//! A [`Purse`] fills with time at the share of a processor that the budget allows, pays for the
//! cheap figures first, and lends to one reading at most: a reading that costs more than there is
//! makes a debt that later passes pay off, so that large processes are read too, only less often.

/// Kinds of costly readings, in the order in which they are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Costly {
    /// Proportional memory.
    Pss = 0,
    /// Open files.
    Files = 1,
    /// Network connections.
    Connections = 2,
}

impl Costly {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Pss, Self::Files, Self::Connections];
}

/// A reading that could be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The caller's number of the process.
    pub process: usize,
    /// Kind.
    pub kind: Costly,
    /// Asked for by name: comes before all that are not.
    pub wanted: bool,
    /// Time since the last reading, nanoseconds; `None` if there was none.
    pub age_ns: Option<u64>,
    /// How much what it depends on has changed since, relative: 0.5 for half as much again.
    pub change: f64,
}

impl Candidate {
    /// Age, weighted with change. Never read is older than anything.
    fn urgency(&self) -> (bool, f64) {
        let age = self.age_ns.map_or(f64::INFINITY, |age| age as f64);
        (self.wanted, age * (1.0 + self.change.max(0.0)))
    }
}

/// Sorts the `count` most urgent candidates to the front, most urgent first; equally urgent ones
/// by process and kind.
pub fn most_urgent_first(candidates: &mut [Candidate], count: usize) -> &[Candidate] {
    let order = |a: &Candidate, b: &Candidate| {
        let ((a_wanted, a_urgency), (b_wanted, b_urgency)) = (a.urgency(), b.urgency());
        b_wanted
            .cmp(&a_wanted)
            .then(b_urgency.total_cmp(&a_urgency))
            .then(a.process.cmp(&b.process))
            .then(a.kind.cmp(&b.kind))
    };
    let count = count.min(candidates.len());
    if count > 0 && count < candidates.len() {
        candidates.select_nth_unstable_by(count - 1, order);
    }
    let first = &mut candidates[..count];
    first.sort_unstable_by(order);
    first
}

/// CPU time that may be spent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purse {
    /// Share of one processor that flows in.
    share: f64,
    balance_ns: f64,
}

/// At most the income of so long is saved up.
const SAVED_SECONDS: f64 = 2.0;
/// Cheap figures that cost more than there is make a debt of at most so long, costly readings one of
/// at most the other: after that, what comes in is there to be spent again.
const CHEAP_DEBT_SECONDS: f64 = 1.0;
const COSTLY_DEBT_SECONDS: f64 = 120.0;

impl Purse {
    /// An empty purse for a share of one processor.
    pub fn new(cpu_share: f64) -> Self {
        Self {
            share: cpu_share.max(0.0),
            balance_ns: 0.0,
        }
    }

    /// Income of the time since the last pass.
    pub fn earn(&mut self, elapsed_ns: u64) {
        let earned = self.balance_ns + self.share * elapsed_ns as f64;
        self.balance_ns = earned.min(self.income_ns(SAVED_SECONDS));
    }

    /// Pays for the cheap figures of a pass, which are always read.
    pub fn pay_cheap(&mut self, cost_ns: u64) {
        self.pay_down_to(cost_ns, -self.income_ns(CHEAP_DEBT_SECONDS));
    }

    /// Pays for a costly reading.
    pub fn pay_costly(&mut self, cost_ns: u64) {
        self.pay_down_to(cost_ns, -self.income_ns(COSTLY_DEBT_SECONDS));
    }

    /// May another costly reading be taken?
    pub fn has_money(&self) -> bool {
        self.balance_ns > 0.0
    }

    fn income_ns(&self, seconds: f64) -> f64 {
        self.share * seconds * 1e9
    }

    fn pay_down_to(&mut self, cost_ns: u64, least_ns: f64) {
        let left = self.balance_ns - cost_ns as f64;
        self.balance_ns = left.max(least_ns.min(self.balance_ns));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Candidate, Costly, Purse, most_urgent_first};

    fn candidate(process: usize, age_ns: Option<u64>, change: f64, wanted: bool) -> Candidate {
        Candidate {
            process,
            kind: Costly::Pss,
            wanted,
            age_ns,
            change,
        }
    }

    #[test]
    fn wanted_then_never_read_then_old_or_changing() {
        let mut candidates = [
            candidate(0, Some(10), 0.0, false),
            candidate(1, Some(8), 1.0, false),
            candidate(2, None, 0.0, false),
            candidate(3, Some(1), 0.0, true),
            candidate(4, Some(20), 0.0, false),
        ];
        let order: Vec<usize> = most_urgent_first(&mut candidates, 9)
            .iter()
            .map(|c| c.process)
            .collect();
        assert_eq!(order, [3, 2, 4, 1, 0]);
    }

    /// Readings cost 1 ms, income is 2 ms a second: each of a hundred processes has its turn.
    #[test]
    fn nobody_starves_and_the_budget_holds() {
        let mut purse = Purse::new(0.002);
        let mut last: Vec<Option<u64>> = vec![None; 100];
        let mut readings = 0_u64;
        for second in 1..=200_u64 {
            let now = second * 1_000_000_000;
            purse.earn(1_000_000_000);
            let mut candidates: Vec<Candidate> = last
                .iter()
                .enumerate()
                // The first ten change fast.
                .map(|(i, at)| {
                    candidate(i, at.map(|at| now - at), f64::from(u8::from(i < 10)), false)
                })
                .collect();
            for chosen in most_urgent_first(&mut candidates, 100) {
                if !purse.has_money() {
                    break;
                }
                purse.pay_costly(1_000_000);
                last[chosen.process] = Some(now);
                readings += 1;
            }
        }
        assert!((398..=402).contains(&readings), "{readings}");
        let oldest = |range: std::ops::Range<usize>| last[range].iter().copied().min().flatten();
        let (fast, slow) = (oldest(0..10), oldest(10..100));
        assert!(slow > Some(130_000_000_000), "{slow:?}");
        assert!(fast > slow, "{fast:?} {slow:?}");
    }

    #[test]
    fn a_huge_reading_is_paid_off() {
        let mut purse = Purse::new(0.01);
        purse.earn(1_000_000_000);
        assert!(purse.has_money());
        purse.pay_costly(35_000_000);
        let mut waited = 0;
        while !purse.has_money() {
            purse.earn(1_000_000_000);
            waited += 1;
        }
        assert_eq!(waited, 3, "25 ms of debt at 10 ms a second");
    }

    #[test]
    fn savings_and_debt_are_bounded() {
        let mut purse = Purse::new(0.008);
        purse.earn(u64::MAX / 2);
        purse.pay_costly(17_000_000);
        assert!(!purse.has_money(), "saved up 2 s of 8 ms");
        let seconds_of_debt = |purse: &mut Purse| {
            let mut seconds = 0;
            while !purse.has_money() {
                purse.earn(1_000_000_000);
                seconds += 1;
            }
            seconds
        };
        purse.pay_cheap(u64::MAX);
        assert_eq!(
            seconds_of_debt(&mut purse),
            2,
            "cheap figures leave little debt"
        );
        purse.pay_costly(u64::MAX);
        assert_eq!(
            seconds_of_debt(&mut purse),
            121,
            "a huge reading leaves much"
        );
        purse.pay_costly(80_000_000);
        purse.pay_cheap(1_000_000);
        assert_eq!(
            seconds_of_debt(&mut purse),
            10,
            "which cheap figures do not wipe out"
        );
    }

    proptest! {
        #[test]
        fn the_front_is_the_same_as_of_a_full_sort(
            ages in prop::collection::vec((prop::option::of(0_u64..50), 0_u8..4, any::<bool>()), 0..60),
            count in 0_usize..70,
        ) {
            let mut some: Vec<Candidate> = ages
                .iter()
                .enumerate()
                .map(|(i, &(age, change, wanted))| candidate(i, age, f64::from(change), wanted))
                .collect();
            let mut all = some.clone();
            let every = all.len();
            let front = most_urgent_first(&mut some, count).to_vec();
            let sorted = most_urgent_first(&mut all, every);
            prop_assert_eq!(&front[..], &sorted[..count.min(every)]);
        }
    }
}
