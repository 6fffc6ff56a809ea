//! The life of a server: its transitions as tables, then whatever may happen.

mod chaos;
mod orders;
mod restarts;
mod starts;
mod stops;
mod table;
mod taken_up;
mod texts;
mod world;
