//! Rows from Parquet.

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;
use ta_kernel_api::Scalar;

use super::batches::Batches;
use super::guard::decode;
use super::table::CHUNK;
use super::{Options, Reading};
use crate::error::{Error, Kind};

const NAME: &str = "Parquet";

/// Reads the columns that are wanted, piece by piece.
pub(super) fn read<S: Scalar>(
    input: impl ChunkReader + 'static,
    options: &Options,
) -> Result<Reading<S>, Error> {
    let length = input.len();
    let builder = decode(NAME, || ParquetRecordBatchReaderBuilder::try_new(input))?;
    check_chunks(builder.metadata(), length)?;
    let mut batches = Batches::new(builder.schema(), options)?;
    let wanted = ProjectionMask::roots(builder.parquet_schema(), batches.project());
    let mut reader = decode(NAME, || builder.with_projection(wanted).with_batch_size(CHUNK).build())?;
    while let Some(batch) = decode(NAME, || reader.next().transpose())? {
        batches.add(&batch)?;
    }
    batches.finish()
}

/// Refuses columns that lie outside the file, before memory is taken for them.
fn check_chunks(metadata: &ParquetMetaData, length: u64) -> Result<(), Error> {
    for (group, columns) in metadata.row_groups().iter().enumerate() {
        for chunk in columns.columns() {
            let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
            let end = start.checked_add(chunk.compressed_size());
            if start < 0 || end.is_none_or(|end| end < start || end as u64 > length) {
                let message = format!("damaged {NAME}: row group {group} lies outside the file");
                return Err(Error::new(Kind::Data, message));
            }
        }
    }
    Ok(())
}
