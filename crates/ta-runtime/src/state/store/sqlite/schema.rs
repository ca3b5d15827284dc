//! The tables of a store.

/// `TARS`: the file is a store of this project.
pub(super) const APPLICATION_ID: i32 = 0x5441_5253;
/// The layout this build reads and writes.
pub(super) const VERSION: i32 = 1;

/// The tables, as they are created and as they must be found, sorted by name.
///
/// What would be missed if it vanished is said in two places: the events in `session`, the checkpoints too, the sessions in `store`.
pub(super) const TABLES: [(&str, &str); 4] = [
    (
        "event",
        "CREATE TABLE event (
    session TEXT NOT NULL,
    sequence INTEGER NOT NULL, -- counts the events of the session from 1
    partition TEXT NOT NULL,
    ts INTEGER NOT NULL,       -- milliseconds since the epoch
    link BLOB NOT NULL,        -- BLAKE3 of this event and of the link before
    bytes BLOB NOT NULL,
    PRIMARY KEY (session, sequence)
) STRICT, WITHOUT ROWID",
    ),
    (
        "session",
        "CREATE TABLE session (
    name TEXT NOT NULL PRIMARY KEY,
    plan BLOB NOT NULL,        -- fingerprint
    sequence INTEGER NOT NULL, -- the last event, in the newest snapshot or after it
    link BLOB NOT NULL,        -- the link of that event
    snapshots INTEGER NOT NULL,
    digest BLOB NOT NULL       -- BLAKE3 of the columns before
) STRICT, WITHOUT ROWID",
    ),
    (
        "snapshot",
        "CREATE TABLE snapshot (
    session TEXT NOT NULL,
    sequence INTEGER NOT NULL, -- how many events are in it
    ts INTEGER,                -- the time of the last of them
    link BLOB NOT NULL,        -- the link of the last of them
    content BLOB NOT NULL,     -- BLAKE3 of the state
    digest BLOB NOT NULL,      -- BLAKE3 of the columns before
    state BLOB NOT NULL,
    PRIMARY KEY (session, sequence)
) STRICT, WITHOUT ROWID",
    ),
    (
        "store",
        "CREATE TABLE store (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    sessions INTEGER NOT NULL
) STRICT",
    ),
];

/// All that makes an empty file a store.
pub(super) fn create() -> String {
    let tables = TABLES.map(|(_, table)| table).join(";\n");
    format!(
        "BEGIN;\n{tables};\nINSERT INTO store VALUES (1, 0);\n\
         PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {VERSION};\nCOMMIT;"
    )
}
