//! What can happen to the screen, and what it wants done.

use std::sync::Arc;
use std::time::Duration;

use inventory::plan::Plan;
use model::ProcessId;

use crate::picture::Picture;

/// A key as a terminal sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those on the keys")]
pub enum Key {
    /// A character that can be printed, the space included.
    Char(char),
    /// A letter together with Control.
    Control(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// A new look at the machine.
    Picture(Arc<Picture>),
    /// A look at the machine failed, and why.
    Failed(String),
    /// Time has passed.
    Tick,
    /// What an effect led to.
    Result(Outcome),
}

/// What an effect led to; errors are for people.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Answer to [`Effect::PlanStop`].
    Planned(Result<Plan, String>),
    /// Answer to [`Effect::Apply`]: what was done, one fact a line.
    Applied(Result<Vec<String>, String>),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Draw the screen again.
    Redraw,
    /// End.
    Quit,
    /// Plan to stop the instance with this root, and answer with [`Outcome::Planned`].
    PlanStop {
        /// Topmost process of the instance.
        root: ProcessId,
    },
    /// Carry out just the plan with this id, which was shown and confirmed.
    Apply {
        /// [`Plan::id`].
        plan_id: String,
    },
    /// Look at the machine this often from now on.
    SetInterval(Duration),
}
