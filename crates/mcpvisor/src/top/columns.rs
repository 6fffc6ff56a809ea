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

/// The name never gets less, columns.
const NAME_LEAST: u16 = 14;
/// The name needs no more before other columns are served.
const NAME_ENOUGH: u16 = 16;
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
            Self::Name => NAME_LEAST,
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

/// Columns from left to right with their widths; a gap of one is between two.
pub fn choose(width: u16) -> Vec<(Column, u16)> {
    let mut chosen = [false; ON_SCREEN.len()];
    chosen[0] = true;
    let mut taken = NAME_ENOUGH;
    for column in BY_WORTH {
        let needed = column.width() + 1;
        if taken + needed > width {
            break;
        }
        taken += needed;
        for (at, other) in ON_SCREEN.iter().enumerate() {
            chosen[at] |= *other == column;
        }
    }
    let left = width.saturating_sub(taken);
    let all = chosen.iter().filter(|chosen| **chosen).count() > BY_WORTH.len();
    let (name, command) = if all && left > COMMAND_LEAST {
        let name = NAME_ENOUGH + (left - COMMAND_LEAST - 1).min(NAME_MOST - NAME_ENOUGH);
        (
            name,
            Some(width.saturating_sub(taken - NAME_ENOUGH + name + 1)),
        )
    } else {
        ((NAME_ENOUGH + left).min(width), None)
    };
    let mut columns: Vec<(Column, u16)> = ON_SCREEN
        .iter()
        .zip(chosen)
        .filter(|(_, chosen)| *chosen)
        .map(|(column, _)| {
            (
                *column,
                if *column == Column::Name {
                    name
                } else {
                    column.width()
                },
            )
        })
        .collect();
    columns.extend(command.map(|wide| (Column::Command, wide)));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_width_and_no_more() {
        for width in 16..400 {
            let columns = choose(width);
            let sum: u16 = columns.iter().map(|(_, wide)| wide + 1).sum();
            assert_eq!(sum - 1, width, "{columns:?}");
            assert_eq!(columns[0].0, Column::Name);
        }
    }

    #[test]
    fn eighty_columns_have_what_matters() {
        let columns: Vec<Column> = choose(80).into_iter().map(|(column, _)| column).collect();
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
            choose(200)
                .iter()
                .any(|(column, _)| *column == Column::Command)
        );
    }

    #[test]
    fn a_tiny_terminal_has_the_name() {
        assert_eq!(choose(5), [(Column::Name, 5)]);
        assert_eq!(choose(0), [(Column::Name, 0)]);
    }
}
