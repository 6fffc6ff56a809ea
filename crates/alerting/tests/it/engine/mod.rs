//! The engine: rules over looks at a small world whose time and figures are made up.
#![expect(
    clippy::panic,
    clippy::float_cmp,
    reason = "a test fails by panicking, and compares with values that were put in"
)]

mod absence;
mod bounds;
mod clocks;
mod counters;
mod findings;
mod forecasts;
mod hands;
mod labels;
mod properties;
mod reconfigured;
mod restart;
mod shapes;
mod texts;
mod thresholds;
mod unknown;
mod world;
