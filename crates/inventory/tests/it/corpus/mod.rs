//! How well real process trees are judged.
//!
//! `tests/corpus` holds pictures of real MCP servers under real and made-up owners, and of ordinary
//! programs, with what is to be found in each. Every picture is judged as it was recorded. A third of
//! them was recorded after the rules had been made, and is counted by itself; one that a rule was
//! changed for is no longer held out. `cargo xtask corpus record` adds a picture, `cargo xtask corpus
//! score` prints the table.

#![expect(clippy::print_stdout, reason = "the score is what one runs this for")]

mod record;
mod score;

use inventory::plan::{Wishes, plan};
use inventory::stock::look::Looks;
use inventory::wiring::Wiring;

use record::Record;
use score::{Score, Sheet};

/// Share of the servers that must be found and judged rightly, and of the finds that must be servers:
/// one mistake in a hundred, which in the smaller part is none.
const RECALL: f64 = 0.99;
const PRECISION: f64 = 0.99;

#[test]
fn corpus_is_judged_well() {
    let records = record::all();
    let mut sheet = Sheet::default();
    for record in &records {
        let inventory =
            inventory::stock::take(&record.table, &record.context, &mut Looks::default());
        sheet.add(record, &inventory);
    }
    println!("{sheet}");
    assert!(
        sheet.trees() >= 40,
        "only {} trees of servers",
        sheet.trees()
    );
    assert!(
        sheet.ordinary() >= 200,
        "only {} ordinary processes",
        sheet.ordinary()
    );
    for (what, score) in sheet.scores() {
        let Score { recall, precision } = score;
        assert!(recall >= RECALL, "recall of {what} is {recall:.3}");
        assert!(
            precision >= PRECISION,
            "precision of {what} is {precision:.3}"
        );
    }
}

/// With no grace at all, only what is known to have lost its owner is planned for.
#[test]
fn corpus_has_no_false_clean() {
    let (mut orphans, mut planned_orphans) = (0, 0);
    for Record {
        name,
        table,
        context,
        expected,
        ..
    } in record::all()
    {
        let wiring = Wiring::new(&table);
        let inventory = inventory::stock::take(&table, &context, &mut Looks::default());
        let wishes = Wishes {
            grace_seconds: 0.0,
            ..Wishes::default()
        };
        let plan = plan(&table, &inventory, &context, &wiring, &wishes);
        let mut allowed = Vec::new();
        for orphan in expected.iter().filter(|expected| !expected.alive) {
            orphans += 1;
            let at = table.position(orphan.root).unwrap();
            allowed.extend(
                table
                    .subtree(at)
                    .into_iter()
                    .map(|at| table.processes()[at].pid()),
            );
            let planned = plan
                .removals
                .iter()
                .any(|removal| removal.root.pid == orphan.root);
            planned_orphans += usize::from(planned);
            if !planned {
                let refused = plan
                    .refused
                    .iter()
                    .find(|refused| refused.root.pid == orphan.root);
                println!("{name}: the orphan {} stays: {refused:?}", orphan.root);
            }
        }
        for removal in &plan.removals {
            for id in &removal.processes {
                assert!(
                    allowed.contains(&id.pid),
                    "{name}: PID {} would be cleaned: {:?}",
                    id.pid,
                    table.get(id.pid).unwrap().argv()
                );
            }
        }
    }
    println!("{planned_orphans} of {orphans} recorded orphans would be cleaned, and nothing else");
    assert!(
        planned_orphans * 20 >= orphans * 19,
        "{planned_orphans} of {orphans}"
    );
}
