//! The layout of the database and how older layouts become the newest: numbered steps, forward only,
//! each in a transaction of its own with the number it leads to (`PRAGMA user_version`). A file whose
//! number is higher than we know is refused and left alone.

mod v1;
mod v2;
mod v3;

use rusqlite::Connection;

/// "mcpv": says in the file's header whose it is.
pub(crate) const APPLICATION: i64 = 0x6d63_7076;

/// What leads from each layout to the next; the first from an empty file.
const STEPS: [&str; 3] = [v1::STEP, v2::STEP, v3::STEP];

/// The newest layout.
pub(crate) const NEWEST: i64 = 3;
const _: () = assert!(STEPS.len() == 3, "a step for each layout");

/// The layout of a file; 0 for an empty one.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Takes the steps that are missing, and says which layout the file had.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<i64> {
    migrate_to(connection, NEWEST)
}

pub(crate) fn migrate_to(connection: &mut Connection, newest: i64) -> rusqlite::Result<i64> {
    let found = version(connection)?;
    for (step, to) in STEPS.into_iter().zip(1..=newest) {
        if to <= found {
            continue;
        }
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", to)?;
        transaction.commit()?;
    }
    Ok(found)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn layout(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql")
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn every_earlier_layout_becomes_the_newest() {
        let mut new = Connection::open_in_memory().unwrap();
        assert_eq!(migrate(&mut new).unwrap(), 0);
        for earlier in 1..=NEWEST {
            let mut old = Connection::open_in_memory().unwrap();
            migrate_to(&mut old, earlier).unwrap();
            assert_eq!(version(&old).unwrap(), earlier);
            assert_eq!(migrate(&mut old).unwrap(), earlier);
            assert_eq!(version(&old).unwrap(), NEWEST);
            assert_eq!(layout(&old), layout(&new));
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_layout_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_to(&mut connection, 1).unwrap();
        connection.execute_batch("CREATE TABLE alert(id)").unwrap();
        assert!(migrate(&mut connection).is_err());
        assert_eq!(version(&connection).unwrap(), 1);
        assert!(
            !layout(&connection)
                .iter()
                .any(|sql| sql.contains("TABLE finding"))
        );
    }
}
