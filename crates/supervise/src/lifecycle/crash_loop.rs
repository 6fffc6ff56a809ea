//! The finding that a server crashes again and again.

use serde::{Deserialize, Serialize};

/// A server is given up for now. It is over when the server is well for long enough
/// ([`Told::Steady`](super::Told::Steady)), when somebody orders a start or a stop, or when what it runs
/// is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrashLoop {
    /// Failures in a row.
    pub failures: u32,
    /// How it failed last.
    pub last: String,
    /// The last lines of its log.
    pub lines: Vec<String>,
    /// When it is tried again, seconds from now.
    pub retry_seconds: f64,
}

impl CrashLoop {
    /// One line, to be read after the server's name.
    pub fn title(&self) -> String {
        let retry = model::units::seconds(self.retry_seconds);
        let Self { failures, last, .. } = self;
        format!("failed {failures} times in a row, the last time it {last}; next try in {retry}")
    }

    /// What was seen, one fact a line.
    pub fn evidence(&self) -> Vec<String> {
        let mut facts = vec![
            format!("{} failures in a row", self.failures),
            format!("the last time it {}", self.last),
        ];
        if self.lines.is_empty() {
            facts.push("its log says nothing".to_owned());
        }
        facts.extend(self.lines.iter().map(|line| format!("log: {line}")));
        facts
    }

    /// What to do, for people.
    pub fn advice(&self, server: &str) -> String {
        format!(
            "Read its last lines and mend the cause, then `mcpvisor start {server}`; \
             until then it is tried every few minutes"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::CrashLoop;

    #[test]
    fn what_people_read() {
        let mut found = CrashLoop {
            failures: 8,
            last: "ended with code 1".to_owned(),
            lines: vec!["Error: GITHUB_TOKEN is not set".to_owned()],
            retry_seconds: 291.3,
        };
        assert_eq!(
            found.title(),
            "failed 8 times in a row, the last time it ended with code 1; next try in 4m 51s"
        );
        assert_eq!(found.evidence().len(), 3);
        found.lines.clear();
        assert_eq!(found.evidence()[2], "its log says nothing");
        assert!(found.advice("github").contains("`mcpvisor start github`"));
    }
}
