//! The two collections of command lines.

use super::{arguments, split, text};

fn lines(file: &str) -> impl Iterator<Item = String> {
    file.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.replace('¦', ""))
}

#[test]
fn ordinary_command_lines_are_untouched() {
    let mut changed = Vec::new();
    let mut count = 0;
    for line in lines(include_str!("ordinary.txt")) {
        count += 1;
        let given = split(&line);
        let shown = arguments(&given);
        if shown != given {
            changed.push(format!("arguments: {line}\n       -> {}", shown.join(" ")));
        }
        if text(&line) != line {
            changed.push(format!("text:      {line}\n       -> {}", text(&line)));
        }
    }
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    assert!(count >= 60, "{count}");
}

#[test]
fn secrets_do_not_survive() {
    let mut seen = Vec::new();
    let mut count = 0;
    for line in lines(include_str!("secret.txt")) {
        count += 1;
        let (secret, command) = line.split_once(" | ").unwrap();
        assert!(command.contains(secret), "{line}");
        let shown = arguments(&split(command)).join(" ");
        for (how, shown) in [("arguments", shown), ("text", text(command).into_owned())] {
            let characters: Vec<char> = secret.chars().collect();
            let piece = characters
                .windows(8.min(characters.len()))
                .map(|piece| piece.iter().collect::<String>())
                .find(|piece| shown.contains(piece));
            if let Some(piece) = piece {
                seen.push(format!("{how}: `{piece}` of {command}\n    -> {shown}"));
            }
        }
    }
    assert!(seen.is_empty(), "{}", seen.join("\n"));
    assert!(count >= 120, "{count}");
}
