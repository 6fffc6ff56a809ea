//! Ladders: step by step, within limits, and whatever may happen.

mod chaos;
mod holds;
mod kept;
mod steps;
mod texts;
mod world;
