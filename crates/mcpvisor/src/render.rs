//! Documents for people: tables that line up at 80 columns and use what more there is.

pub mod alerts;
pub mod clean;
pub mod containers;
pub mod doctor;
pub mod explain;
pub mod history;
pub mod ps;
pub mod replay;
pub mod rules;
pub mod status;
pub mod style;
pub mod supervision;
pub mod table;
