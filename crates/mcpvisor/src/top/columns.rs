//! Which columns the table has at which width.
//!
//! The name is always there. The others are taken in the order of their worth while there is room
//! for the name beside them; what is left over goes to the name up to a comfortable width, and then
//! to the command line.

use super::order::SortKey;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the titles say it")]
pub enum Column {
    Name,
    Owner,
    State,
    Instances,
    Processes,
    Cpu,
    Rss,
    Pss,
    Threads,
    Fds,
    Read,
    Write,
    Uptime,
    Command,
}

/// The name has this much before any other column, columns.
const NAME_ENOUGH: u16 = 16;
/// The name has this much before columns that are not essential.
const NAME_COMFORT: u16 = 24;
/// So many of the columns by worth are essential.
const ESSENTIAL: usize = 6;
/// The name gets no more while there is a command line.
const NAME_MOST: u16 = 36;
/// A command line in less is of no use.
const COMMAND_LEAST: u16 = 24;

/// Columns from left to right.
const ON_SCREEN: [Column; 14] = [
    Column::Name,
    Column::Owner,
    Column::State,
    Column::Instances,
    Column::Processes,
    Column::Cpu,
    Column::Rss,
    Column::Pss,
    Column::Threads,
    Column::Fds,
    Column::Read,
    Column::Write,
    Column::Uptime,
    Column::Command,
];

/// Columns by worth.
const BY_WORTH: [Column; 12] = [
    Column::Cpu,
    Column::Pss,
    Column::State,
    Column::Rss,
    Column::Owner,
    Column::Uptime,
    Column::Processes,
    Column::Fds,
    Column::Threads,
    Column::Instances,
    Column::Read,
    Column::Write,
];

impl Column {
    /// Title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "SERVER",
            Self::Owner => "OWNER",
            Self::State => "STATE",
            Self::Instances => "INST",
            Self::Processes => "PROCS",
            Self::Cpu => "CPU%",
            Self::Rss => "RSS",
            Self::Pss => "PSS",
            Self::Threads => "THR",
            Self::Fds => "FDS",
            Self::Read => "READ/S",
            Self::Write => "WRITE/S",
            Self::Uptime => "UPTIME",
            Self::Command => "COMMAND",
        }
    }

    /// Says how many there are of something that a process is only one of.
    fn counts(self) -> bool {
        matches!(self, Self::Instances | Self::Processes)
    }

    /// Figures stand at the right.
    pub fn is_figure(self) -> bool {
        !matches!(self, Self::Name | Self::Owner | Self::State | Self::Command)
    }

    /// Is this the column that rows are sorted by?
    pub fn is_sorted_by(self, key: SortKey) -> bool {
        match key {
            SortKey::Cpu => self == Self::Cpu,
            SortKey::Memory => self == Self::Pss,
            SortKey::Name => self == Self::Name,
            SortKey::Owner => self == Self::Owner,
            SortKey::Uptime => self == Self::Uptime,
            SortKey::Processes => self == Self::Processes,
            SortKey::State => self == Self::State,
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Name => NAME_ENOUGH,
            Self::Owner | Self::State => 11,
            Self::Instances => 4,
            Self::Processes | Self::Threads | Self::Fds => 5,
            Self::Cpu => 6,
            Self::Rss => 8,
            Self::Pss | Self::Read | Self::Write => 9,
            Self::Uptime => 7,
            Self::Command => COMMAND_LEAST,
        }
    }
}

/// Columns from left to right with their widths; a gap of one is between two. A flat list of
/// processes has no columns that count instances and processes.
pub fn choose(width: u16, flat: bool) -> Vec<(Column, u16)> {
    let wanted = |column: &Column| !(flat && column.counts());
    let mut chosen: Vec<Column> = Vec::with_capacity(ON_SCREEN.len());
    let mut taken = 0;
    let mut all = true;
    for (rank, column) in BY_WORTH.into_iter().enumerate() {
        if !wanted(&column) {
            continue;
        }
        let name = if rank < ESSENTIAL {
            NAME_ENOUGH
        } else {
            NAME_COMFORT
        };
        // One direction without the other would say little.
        let both = if column == Column::Read {
            Column::Write.width() + 1
        } else {
            0
        };
        if name + taken + column.width() + 1 + both > width {
            all = false;
            break;
        }
        taken += column.width() + 1;
        chosen.push(column);
    }
    let left = width.saturating_sub(taken);
    let has_command = all && left > NAME_COMFORT + COMMAND_LEAST;
    let name = if has_command {
        (left - COMMAND_LEAST - 1).min(NAME_MOST)
    } else {
        left
    };
    let mut columns = vec![(Column::Name, name)];
    let on_screen = ON_SCREEN
        .into_iter()
        .filter(|column| chosen.contains(column));
    columns.extend(on_screen.map(|column| (column, column.width())));
    if has_command {
        columns.push((Column::Command, left - name - 1));
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_no_more() {
        for (width, flat) in (16..400).flat_map(|width| [(width, false), (width, true)]) {
            let columns = choose(width, flat);
            let sum: u16 = columns.iter().map(|(_, wide)| wide + 1).sum();
            assert_eq!(sum - 1, width, "{columns:?}");
            assert_eq!(columns[0].0, Column::Name);
        }
    }

    #[test]
    fn eighty_columns_have_what_matters() {
        let columns: Vec<Column> = choose(80, false)
            .into_iter()
            .map(|(column, _)| column)
            .collect();
        for column in [
            Column::Owner,
            Column::State,
            Column::Cpu,
            Column::Rss,
            Column::Pss,
            Column::Uptime,
        ] {
            assert!(columns.contains(&column), "{column:?}");
        }
        assert!(
            choose(200, true)
                .iter()
                .any(|(column, _)| *column == Column::Command)
        );
    }

    #[test]
    fn a_tiny_terminal_has_the_name() {
        assert_eq!(choose(5, false), [(Column::Name, 5)]);
        assert_eq!(choose(0, true), [(Column::Name, 0)]);
    }
}
