//! What a benchmark has to say: the conditions, tables, limits, and what could not be measured; as
//! Markdown for people and JSON for programs.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use super::section;
use super::verdict::{self, Verdict};

/// Where a benchmark's result goes.
#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Print JSON instead of Markdown.
    #[arg(long)]
    json: bool,

    /// Also put the tables into this file, between the two marks of this benchmark.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// One run with all that is needed to judge it.
#[derive(Debug, Default)]
pub(crate) struct Paper {
    /// The benchmark's name: of its marks.
    pub(crate) name: &'static str,
    pub(crate) conditions: String,
    pub(crate) tables: Vec<Table>,
    pub(crate) verdicts: Vec<Verdict>,
    /// What could not be measured, and why.
    pub(crate) missing: Vec<(String, String)>,
    /// All figures, for programs.
    pub(crate) figures: Value,
}

/// A table: the first column has words, the others figures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) head: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Paper {
    /// Notes why something has no figures.
    pub(crate) fn note_missing(&mut self, what: &str, error: &anyhow::Error) {
        let reason = format!("{error:#}");
        eprintln!("{what}: {reason}");
        self.missing.push((what.to_owned(), reason));
    }

    /// Prints it, and puts it into the file.
    pub(crate) fn deliver(&self, output: &Output) -> Result<()> {
        if output.json {
            println!("{}", self.json());
        } else {
            println!("{}", self.markdown());
        }
        match &output.write {
            Some(file) => section::write_into(file, self.name, &self.markdown()),
            None => Ok(()),
        }
    }

    fn json(&self) -> Value {
        let missing = self.missing.iter();
        let missing = missing.map(|(what, why)| json!({"name": what, "why": why}));
        json!({
            "conditions": self.conditions,
            "figures": self.figures,
            "limits": verdict::json(&self.verdicts),
            "missing": missing.collect::<Vec<_>>(),
        })
    }

    fn markdown(&self) -> String {
        let mut text = format!("{}\n", self.conditions);
        for table in &self.tables {
            text.push_str(&format!("\n{}", table.markdown()));
        }
        if !self.verdicts.is_empty() {
            text.push_str(&format!("\n{}", verdict::markdown(&self.verdicts)));
        }
        for (what, why) in &self.missing {
            text.push_str(&format!("\nNot measured: {what}: {why}.\n"));
        }
        text
    }
}

impl Table {
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Self {
            head: head.to_vec(),
            rows: Vec::new(),
        }
    }

    fn markdown(&self) -> String {
        let rule: String = "--:|".repeat(self.head.len().saturating_sub(1));
        let mut text = format!("| {} |\n|---|{rule}\n", self.head.join(" | "));
        for row in &self.rows {
            text.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_everything() {
        let mut table = Table::new(&["program", "CPU %"]);
        table.rows.push(vec!["ours".to_owned(), "0.2".to_owned()]);
        let mut paper = Paper {
            name: "serve",
            conditions: "Two processors.".to_owned(),
            tables: vec![table],
            verdicts: vec![Verdict::most("share", 0.2, 0.3, " %")],
            ..Paper::default()
        };
        paper.note_missing("glances", &anyhow::anyhow!("not installed"));
        assert_eq!(
            paper.markdown(),
            "Two processors.\n\n| program | CPU % |\n|---|--:|\n| ours | 0.2 |\n\n\
             | limit | measured | allowed | met |\n|---|--:|--:|---|\n\
             | share | 0.200 % | ≤ 0.300 % | yes |\n\nNot measured: glances: not installed.\n"
        );
        assert_eq!(paper.json()["missing"][0]["why"], "not installed");
    }
}
