//! The selected line of a list that changes under it, and the part of the list that is visible.

/// A selected line and the first visible one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Selected line.
    pub index: usize,
    /// First visible line.
    pub offset: usize,
}

impl Selection {
    /// Moves by so many lines, within a list of `length` with room for `visible`.
    pub fn step(&mut self, by: isize, length: usize, visible: usize) {
        self.index = self.index.saturating_add_signed(by);
        self.settle(length, visible);
    }

    /// Selects a line.
    pub fn select(&mut self, index: usize, length: usize, visible: usize) {
        self.index = index;
        self.settle(length, visible);
    }

    /// Brings the selection into the list and the view to the selection, and leaves no room empty.
    pub fn settle(&mut self, length: usize, visible: usize) {
        self.index = self.index.min(length.saturating_sub(1));
        let lowest = (self.index + 1).saturating_sub(visible.max(1));
        let highest = self.index.min(length.saturating_sub(visible));
        self.offset = self.offset.max(lowest).min(highest.max(lowest));
    }
}

/// Moves the top of a text that is only read, within what there is to see.
pub fn scrolled(offset: usize, by: isize, length: usize, visible: usize) -> usize {
    offset
        .saturating_add_signed(by)
        .min(length.saturating_sub(visible))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_view_follows_and_stays_full() {
        let mut selection = Selection::default();
        for (by, expected) in [
            (3, (3, 0)),
            (2, (5, 1)),
            (100, (9, 5)),
            (-4, (5, 5)),
            (-1, (4, 4)),
        ] {
            selection.step(by, 10, 5);
            assert_eq!((selection.index, selection.offset), expected, "after {by}");
        }
        // The list became shorter, then empty.
        selection.settle(3, 5);
        assert_eq!(
            selection,
            Selection {
                index: 2,
                offset: 0
            }
        );
        selection.settle(0, 5);
        assert_eq!(selection, Selection::default());
    }

    #[test]
    fn no_room_at_all() {
        let mut selection = Selection::default();
        selection.step(4, 10, 0);
        assert_eq!(selection.index, 4);
    }
}
