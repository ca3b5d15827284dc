//! Text that is packed with gzip.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use ta_kernel_api::Scalar;

use super::format::Format;
use super::{Head, Options, Reading, unsupported};
use crate::error::Error;

pub(super) fn read<S: Scalar>(input: impl Read, options: &Options) -> Result<Reading<S>, Error> {
    let mut unpacked = MultiGzDecoder::new(input);
    let head = Head::read(&mut unpacked)?;
    match head.format {
        Format::Csv => super::csv::read(head.bytes.chain(unpacked), options),
        Format::JsonLines => super::jsonl::read(head.bytes.chain(unpacked), options),
        // Others pack their own parts.
        other => Err(unsupported(other).about("in gzip")),
    }
}
