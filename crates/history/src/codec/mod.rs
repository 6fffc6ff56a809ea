//! Columns of numbers as few bytes, and back without loss.
//!
//! Whole numbers are stored as the shortest of five forms: one value for all (`constant`), the few
//! places where it changes (`sparse`), differences as variable-length numbers (`short`, best below
//! some dozens), these deflated (best for what comes again), or pco (best for the rest). Values are whole numbers of a decimal fraction where that is exact (bytes,
//! counts, processor time in steps of 10 ms, percent with one decimal), so that 12.34 costs what
//! 1234 does; where it is not, the bits of the floating-point numbers are kept as they are, NaN
//! payloads and negative zero included.
//!
//! pco and a Gorilla encoder were compared on recorded process data: the figures are in the
//! documentation of the crate.

mod decimal;
mod deflated;
mod integers;
mod packed;
mod values;

pub(crate) use decimal::{Exponent, MOST, to_scaled, to_value};
pub(crate) use integers::{decode_integers, encode_integers};
pub(crate) use values::{decode_values, encode_values};

/// No column is longer: damaged bytes cannot make us reserve more.
pub(crate) const LONGEST: usize = 1 << 20;
