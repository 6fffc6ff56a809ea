//! What rows are sorted by.

use std::cmp::Ordering;

use super::figures::Totals;

/// A column to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// CPU, the most first.
    Cpu,
    /// Memory, the most first: proportional where it is known, else resident.
    #[default]
    Memory,
    /// Name.
    Name,
    /// Owner, then name.
    Owner,
    /// Time since the start, the longest first.
    Uptime,
    /// Number of processes, the most first.
    Processes,
    /// State, the worst first.
    State,
}

impl SortKey {
    const ALL: [Self; 7] = [
        Self::Cpu,
        Self::Memory,
        Self::Name,
        Self::Owner,
        Self::Uptime,
        Self::Processes,
        Self::State,
    ];

    /// The one after this.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|key| *key == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Name => "name",
            Self::Owner => "owner",
            Self::Uptime => "time running",
            Self::Processes => "processes",
            Self::State => "state",
        }
    }

    /// The most, longest or worst first, where that is the usual way round.
    pub fn descends(self) -> bool {
        !matches!(self, Self::Name | Self::Owner)
    }
}

/// What is compared of one row.
#[derive(Clone, Copy, Debug)]
pub struct Rank<'a> {
    /// Figures.
    pub totals: &'a Totals,
    /// Name.
    pub name: &'a str,
    /// Owner.
    pub owner: &'a str,
    /// How bad its state is: more is worse.
    pub badness: u8,
    /// Where everything else is the same: topmost pid.
    pub pid: u32,
}

/// Compares two rows. What is unknown comes last, whichever way round.
pub fn compare(key: SortKey, reversed: bool, a: &Rank<'_>, b: &Rank<'_>) -> Ordering {
    let number = |get: fn(&Totals) -> Option<f64>| {
        unknown_last(get(a.totals), get(b.totals), key.descends() != reversed)
    };
    let way = |ordering: Ordering| {
        if reversed {
            ordering.reverse()
        } else {
            ordering
        }
    };
    let first = match key {
        SortKey::Cpu => number(|totals| totals.cpu_percent.known()),
        SortKey::Memory => number(Totals::memory),
        SortKey::Uptime => {
            // The earlier the start, the longer it has run.
            number(|totals| totals.oldest_ticks.map(|ticks| -(ticks as f64)))
        }
        SortKey::Processes => {
            number(|totals| (totals.processes > 0).then_some(f64::from(totals.processes)))
        }
        SortKey::Name => way(by_name(a.name, b.name)),
        SortKey::Owner => way(by_name(a.owner, b.owner)),
        SortKey::State => way(b.badness.cmp(&a.badness)),
    };
    first
        .then_with(|| by_name(a.name, b.name))
        .then_with(|| a.pid.cmp(&b.pid))
}

fn unknown_last(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// As people sort names: capitals do not matter.
fn by_name(a: &str, b: &str) -> Ordering {
    let folded = |text: &'_ str| {
        text.bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .collect::<Vec<u8>>()
    };
    if a == b {
        Ordering::Equal
    } else {
        folded(a).cmp(&folded(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_last_whichever_way_round() {
        let (mut low, mut high) = (Totals::default(), Totals::default());
        let none = Totals::default();
        low.cpu_percent.add(Some(1.0));
        high.cpu_percent.add(Some(9.0));
        let rank = |totals, name| Rank {
            totals,
            name,
            owner: "x",
            badness: 0,
            pid: 1,
        };
        for (reversed, expected) in [
            (false, ["high", "low", "none"]),
            (true, ["low", "high", "none"]),
        ] {
            let mut rows = [rank(&none, "none"), rank(&low, "low"), rank(&high, "high")];
            rows.sort_by(|a, b| compare(SortKey::Cpu, reversed, a, b));
            assert_eq!(rows.map(|row| row.name), expected);
        }
    }

    #[test]
    fn the_keys_come_round() {
        let mut key = SortKey::Cpu;
        for _ in 0..SortKey::ALL.len() {
            key = key.next();
        }
        assert_eq!(key, SortKey::Cpu);
    }
}
