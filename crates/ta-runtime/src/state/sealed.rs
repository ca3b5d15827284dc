//! What goes around the content of a snapshot.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `TARTSNAP` |
//! | 4 | version of this layout, little endian |
//! | 8 | length of the content, little endian |
//! | ... | the content in `MessagePack` |
//! | 32 | BLAKE3 of all bytes before |

use std::fmt;

use crate::error::{Error, Kind};

const MAGIC: &[u8; 8] = b"TARTSNAP";
const VERSION: u32 = 3;
const HEAD: usize = MAGIC.len() + 4 + 8;
const HASH: usize = blake3::OUT_LEN;
/// How deeply values may be nested; far above any state there is.
pub(super) const DEPTH: usize = 64;

/// Content with what goes around it.
pub(super) fn seal(content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + content.len() + HASH);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// The content, when all around it is as it was made.
pub(super) fn unseal(bytes: &[u8]) -> Result<&[u8], Error> {
    let cut_off = || {
        refused(
            format!("snapshot is cut off after {} bytes", bytes.len()),
            "it is read as a whole or not at all",
        )
    };
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(refused("bytes are no snapshot".to_owned(), "a snapshot begins with `TARTSNAP`"));
    };
    let (version, rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(refused(
            format!("snapshot has layout {version}"),
            &format!("this build reads layout {VERSION}"),
        ));
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(cut_off)?;
    let length = u64::from_le_bytes(*length);
    let (content, hash) =
        usize::try_from(length).ok().and_then(|at| rest.split_at_checked(at)).ok_or_else(cut_off)?;
    match hash.len() {
        HASH if blake3::hash(&bytes[..HEAD + content.len()]) == *hash => Ok(content),
        ..HASH => Err(cut_off()),
        _ => Err(refused("snapshot is damaged".to_owned(), "its checksum does not fit its bytes")),
    }
}

pub(super) fn refused(message: String, help: &str) -> Error {
    Error::new(Kind::Snapshot, message).with_help(help)
}

pub(super) fn other_plan() -> Error {
    refused(
        "snapshot is of another plan".to_owned(),
        "it goes on with the same expressions, column names and options alone",
    )
}

pub(super) fn misfit(what: &str) -> Error {
    refused(format!("snapshot does not fit its plan: {what}"), "it was not made by this program")
}

pub(super) fn unread(what: &str, reason: &dyn fmt::Display) -> Error {
    refused(format!("snapshot cannot be read: {what}"), &shown(&reason.to_string()))
}

pub(super) fn unsaved(what: &str, reason: &dyn fmt::Display) -> Error {
    refused(format!("snapshot cannot be made: {what}"), &reason.to_string())
}

/// The beginning of a text from outside, safe to print.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(200).flat_map(char::escape_debug).collect()
}
