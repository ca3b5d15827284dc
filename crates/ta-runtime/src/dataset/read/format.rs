//! What a file is, seen from how it begins.

/// How many bytes tell.
pub(super) const HEAD: u64 = 512;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    JsonLines,
    Parquet,
    /// Arrow IPC with a footer: Feather.
    ArrowFile,
    /// Arrow IPC without one.
    ArrowStream,
    Gzip,
    /// Feather version 1, which is something else and long superseded.
    OldFeather,
}

impl Format {
    /// What begins like this; everything unknown is CSV, which then says what is wrong with it.
    pub(super) fn of(head: &[u8]) -> Self {
        let magic: [(&[u8], Self); 6] = [
            (b"PAR1", Self::Parquet),
            (b"PARE", Self::Parquet),
            (b"ARROW1", Self::ArrowFile),
            (b"\xff\xff\xff\xff", Self::ArrowStream),
            (b"\x1f\x8b", Self::Gzip),
            (b"FEA1", Self::OldFeather),
        ];
        if let Some(&(_, format)) = magic.iter().find(|(magic, _)| head.starts_with(magic)) {
            return format;
        }
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        if text.starts_with(b"{") || text.starts_with(b"[") { Self::JsonLines } else { Self::Csv }
    }

    /// Its name in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::JsonLines => "JSON lines",
            Self::Parquet => "Parquet",
            Self::ArrowFile | Self::ArrowStream => "Arrow IPC",
            Self::Gzip => "gzip",
            Self::OldFeather => "Feather version 1",
        }
    }
}
