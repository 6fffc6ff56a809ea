//! The keys, explained.

use super::Look;
use super::paint::Sheet;

/// Keys and what they do.
const KEYS: [(&str, &str); 21] = [
    (
        "Up Down",
        "choose a line, which then stays chosen; PgUp, PgDn, Home and End go further",
    ),
    (
        "Enter Space",
        "open or close a server or an instance; Right opens, Left closes",
    ),
    ("a", "open everything, or close everything"),
    ("t", "tree under servers, or a flat list of processes"),
    ("c", "sort by CPU"),
    ("m", "sort by memory: PSS where it is known, else RSS"),
    ("n", "sort by name"),
    ("o", "sort by owner"),
    ("u", "sort by time running"),
    (
        "s",
        "sort by the next column, state and number of processes too",
    ),
    ("r", "turn the order round"),
    (
        "/",
        "show only what holds a text: name, owner, state, pid, command line",
    ),
    (
        "d",
        "details of what is selected, with the last two minutes of its server",
    ),
    (
        "f",
        "findings with their evidence and the command that helps",
    ),
    ("Tab", "give the keys to the next pane"),
    (
        "k",
        "stop the selected instance: shows what would be done, and asks",
    ),
    ("x", "clean up what is left over: shows the plan, and asks"),
    ("p", "pause, and go on"),
    ("+ -", "look less often, more often"),
    ("Esc", "back to the servers; clears the filter"),
    ("q", "quit"),
];

/// The help as lines.
pub fn sheet(columns: usize, look: Look) -> Sheet {
    let mut sheet = Sheet::new(columns, look);
    for (key, does) in KEYS {
        sheet.fact(key, does);
    }
    sheet.gap();
    sheet.fact(
        "-",
        "not known: not read yet, refused, or given up to spare the machine",
    );
    sheet.fact("12.3 MiB+", "at least this: a part of it is not known");
    sheet.fact(
        "PSS",
        "memory with shared pages split among those who share them: adds up",
    );
    sheet.fact(
        "RSS",
        "memory with shared pages counted for each: adds up to too much",
    );
    sheet
}
