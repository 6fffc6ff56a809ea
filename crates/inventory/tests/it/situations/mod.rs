//! Situations in a process table, and what they are judged to be. Pictures and answers are text: see
//! [`crate::support`].

mod captures;
mod fixtures;
mod names;
mod owners;
mod random;
mod safety;
