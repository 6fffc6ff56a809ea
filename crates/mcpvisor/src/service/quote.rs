//! Words of a command line in a unit file ("Command lines" in systemd.service(5), "Quoting" in
//! systemd.syntax(7)).

/// The program: specifiers are expanded in it, variables are not.
pub fn program(path: &str) -> String {
    quoted(&path.replace('%', "%%"))
}

/// An argument: both are.
pub fn argument(word: &str) -> String {
    quoted(&word.replace('%', "%%").replace('$', "$$"))
}

fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:=@,+%$".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    let mut text = String::from("\"");
    for character in word.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            control if control.is_control() => {
                let mut bytes = [0; 4];
                for byte in control.encode_utf8(&mut bytes).bytes() {
                    text.push_str(&format!("\\x{byte:02x}"));
                }
            }
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::{argument, program};

    #[test]
    fn what_systemd_would_read_otherwise_is_quoted() {
        for (word, expected) in [
            ("/usr/bin/mcpvisor", "/usr/bin/mcpvisor"),
            ("--config", "--config"),
            ("serve", "serve"),
            ("/home/ada lovelace/m", "\"/home/ada lovelace/m\""),
            ("/a\"b\\c", "\"/a\\\"b\\\\c\""),
            ("/100%/$HOME", "/100%%/$$HOME"),
            (
                "/a\nExecStartPre=/bin/evil",
                "\"/a\\nExecStartPre=/bin/evil\"",
            ),
            ("/a;b", "\"/a;b\""),
            ("/a\u{85}", "\"/a\\xc2\\x85\""),
            ("", "\"\""),
        ] {
            assert_eq!(argument(word), expected);
        }
        assert_eq!(program("/opt/$x%"), "/opt/$x%%");
    }
}
