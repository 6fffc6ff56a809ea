//! The dashboard in a real browser, against a real daemon with real servers: one scenario of
//! `tests/browser/scenarios/` for each test.
//!
//! The test starts and ends all processes; the scenario looks at the page, and gives cues where
//! something is to happen on the machine ([`scene`]).

mod alerts;
mod cleaning;
mod containers;
mod everywhere;
mod life;
mod pictures;
mod prefixes;
mod scene;
mod servers;
mod strangers;
