//! Rows from Arrow IPC: files (Feather), whose footer says where the batches are, and streams, in which they follow each other.
//!
//! One batch at a time is read. Lengths are checked here before Arrow sees them: it takes memory for what a message claims.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_footer_length, read_record_batch};
use arrow_ipc::{
    Block, CompressionType, Message, MessageHeader, RecordBatch, Schema, root_as_footer, root_as_message,
};
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::file::reader::ChunkReader;
use ta_kernel_api::Scalar;

use super::batches::Batches;
use super::guard::decode;
use super::{Options, Reading, unreadable};
use crate::error::{Error, Kind};

const NAME: &str = "Arrow IPC";

/// Packed buffers that claim to be larger than this are unpacked once to see whether it is true.
const TRUSTED: i64 = 64 << 20;

/// What stands before the length of a message.
const CONTINUATION: [u8; 4] = [0xff; 4];

/// Reads a file. What stands before its batches is not looked at, as not every writer puts a schema there.
pub(super) fn read_file<S: Scalar>(input: &impl ChunkReader, options: &Options) -> Result<Reading<S>, Error> {
    let end = input.len();
    let start = end.checked_sub(10).ok_or_else(cut_off)?;
    let trailer = part(input, start, 10)?.first_chunk().copied().ok_or_else(cut_off)?;
    let length = read_footer_length(trailer).map_err(|_| cut_off())?;
    let footer = part(input, start.checked_sub(length as u64).ok_or_else(cut_off)?, length)?;
    let footer = root_as_footer(&footer).map_err(|_| damaged("its footer cannot be read"))?;
    let schema = footer.schema().ok_or_else(|| damaged("there is no schema"))?;
    let mut decoder = Decoder::new(schema, options)?;
    for block in footer.dictionaries().iter().flatten().chain(footer.recordBatches().iter().flatten()) {
        let (message, body) = block_of(input, block)?;
        decoder.add(&parse(&message)?, &body)?;
    }
    decoder.batches.finish()
}

/// A message and what belongs to it.
fn block_of(input: &impl ChunkReader, block: &Block) -> Result<(Bytes, Buffer), Error> {
    let outside = || damaged("a batch lies outside the file");
    let start = u64::try_from(block.offset()).map_err(|_| outside())?;
    let message = usize::try_from(block.metaDataLength()).map_err(|_| outside())?;
    let body = usize::try_from(block.bodyLength()).map_err(|_| outside())?;
    let bytes = part(input, start, message.checked_add(body).ok_or_else(outside)?)?;
    let mut skip = 4;
    if bytes.starts_with(&CONTINUATION) {
        skip = 8;
    }
    if message < skip {
        return Err(outside());
    }
    Ok((bytes.slice(skip..message), Buffer::from(bytes.slice(message..))))
}

/// A part of a file, which has to be in it.
fn part(input: &impl ChunkReader, start: u64, length: usize) -> Result<Bytes, Error> {
    if start.checked_add(length as u64).is_none_or(|end| end > input.len()) {
        return Err(damaged("a batch lies outside the file"));
    }
    decode(NAME, || input.get_bytes(start, length))
}

/// Reads a stream, which ends where it says so or where there is nothing more.
pub(super) fn read_stream<S: Scalar>(mut input: impl Read, options: &Options) -> Result<Reading<S>, Error> {
    let mut decoder: Option<Decoder<'_, S>> = None;
    while let Some(message) = next(&mut input)? {
        let message = parse(&message)?;
        let body = Buffer::from_vec(exactly(&mut input, message.bodyLength())?);
        match (&mut decoder, message.header_as_schema()) {
            (none @ None, Some(schema)) => *none = Some(Decoder::new(schema, options)?),
            (Some(decoder), None) => decoder.add(&message, &body)?,
            (None, None) => return Err(damaged("it does not begin with a schema")),
            (Some(_), Some(_)) => return Err(damaged("there are two schemas")),
        }
    }
    decoder.ok_or_else(|| damaged("there is no schema"))?.batches.finish()
}

/// The batches read so far, and the lists of values that they refer to.
struct Decoder<'a, S> {
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    batches: Batches<'a, S>,
}

impl<'a, S: Scalar> Decoder<'a, S> {
    fn new(schema: Schema<'_>, options: &'a Options) -> Result<Self, Error> {
        if !schema.endianness().equals_to_target_endianness() {
            return Err(Error::new(Kind::Unsupported, "its bytes are in the order of another machine"));
        }
        let schema = Arc::new(decode(NAME, || Ok::<_, Error>(fb_to_schema(schema)))?);
        let batches = Batches::new(&schema, options)?;
        Ok(Self { schema, dictionaries: HashMap::new(), batches })
    }

    fn add(&mut self, message: &Message<'_>, body: &Buffer) -> Result<(), Error> {
        let version = message.version();
        let absent = || damaged("there is no batch");
        match message.header_type() {
            MessageHeader::DictionaryBatch => {
                let batch = message.header_as_dictionary_batch().ok_or_else(absent)?;
                check(batch.data().ok_or_else(absent)?, body)?;
                let known = &mut self.dictionaries;
                decode(NAME, || read_dictionary(body, batch, &self.schema, known, &version))
            }
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch().ok_or_else(absent)?;
                check(batch, body)?;
                let (schema, known) = (self.schema.clone(), &self.dictionaries);
                self.batches
                    .add(&decode(NAME, || read_record_batch(body, batch, schema, known, None, &version))?)
            }
            _ => Err(damaged("there is a message that is no batch")),
        }
    }
}

fn damaged(why: &str) -> Error {
    Error::new(Kind::Data, format!("damaged {NAME}: {why}"))
}

fn parse(message: &[u8]) -> Result<Message<'_>, Error> {
    root_as_message(message).map_err(|_| damaged("a message cannot be read"))
}

/// The next message of a stream, without what belongs to it.
fn next(input: &mut impl Read) -> Result<Option<Vec<u8>>, Error> {
    let mut length = Vec::new();
    input.take(4).read_to_end(&mut length).map_err(|err| unreadable(&err))?;
    if length.is_empty() {
        return Ok(None);
    }
    if length == CONTINUATION {
        length = exactly(input, 4)?;
    }
    match i32::from_le_bytes(length.try_into().map_err(|_| cut_off())?) {
        0 => Ok(None),
        length => exactly(input, length.into()).map(Some),
    }
}

/// So many bytes, which take memory only as they come.
fn exactly(input: &mut impl Read, length: i64) -> Result<Vec<u8>, Error> {
    let length = u64::try_from(length).map_err(|_| damaged("a length is negative"))?;
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes).map_err(|err| unreadable(&err))?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(cut_off()) }
}

fn cut_off() -> Error {
    damaged("it is cut off")
}

/// Refuses buffers that lie outside their message, and packed ones that are smaller than they claim.
fn check(batch: RecordBatch<'_>, body: &[u8]) -> Result<(), Error> {
    let codec = batch.compression().map(|compression| compression.codec());
    for buffer in batch.buffers().iter().flatten() {
        let place = usize::try_from(buffer.offset()).ok().zip(usize::try_from(buffer.length()).ok());
        let bytes = place.and_then(|(start, length)| body.get(start..start.checked_add(length)?));
        let bytes = bytes.ok_or_else(|| damaged("a column lies outside its batch"))?;
        let Some((claim, packed)) = bytes.split_first_chunk().filter(|_| codec.is_some()) else { continue };
        let claim = i64::from_le_bytes(*claim);
        if claim > TRUSTED {
            let mut unpacked: Box<dyn Read + '_> = match codec {
                Some(CompressionType::ZSTD) => {
                    Box::new(zstd::stream::read::Decoder::new(packed).map_err(|err| unreadable(&err))?)
                }
                _ => Box::new(lz4_flex::frame::FrameDecoder::new(packed)),
            };
            let size = io::copy(&mut unpacked.by_ref().take(claim as u64 + 1), &mut io::sink());
            if size.map_err(|err| damaged(&err.to_string()))? != claim as u64 {
                return Err(damaged("a column is not as large as it claims to be"));
            }
        }
    }
    Ok(())
}
