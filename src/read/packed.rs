//! **Packed** inputs: a stream that is compressed becomes the stream that it was. In: any reader. Out: a reader that tells in an error's
//! [`Reason`] when the data is cut off, damaged, or unpacks to more than can be meant well.

use std::error::Error;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Reason;

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Bzip2,
    Zstandard,
}

type Stream = Box<dyn Read + Send>;

impl Packing {
    /// By the magic bytes that a stream begins with.
    pub(super) fn of(head: &[u8]) -> Option<Packing> {
        match head {
            [0x1f, 0x8b, 8, ..] => Some(Packing::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..] => Some(Packing::Bzip2),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstandard),
            // A frame to be skipped, as parallel compressors write it.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstandard),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Bzip2 => "bzip2",
            Packing::Zstandard => "zstd",
        }
    }
}

/// Several members or frames, one after the other, are one stream.
pub(super) fn unpack(packing: Packing, input: Stream) -> io::Result<Stream> {
    let scale = Arc::new(Scale::default());
    let input = Weighed { input, scale: scale.clone() };
    let unpacked: Stream = match packing {
        Packing::Gzip => Box::new(MultiGzDecoder::new(input)),
        Packing::Bzip2 => Box::new(MultiBzDecoder::new(input)),
        Packing::Zstandard => Box::new(Frames::new(input)),
    };
    Ok(Box::new(Unpacked::new(unpacked, packing.name(), scale)))
}

/// What went into unpacking and what came out.
#[derive(Debug, Default)]
pub(super) struct Scale {
    packed: AtomicU64,
    unpacked: AtomicU64,
}

impl Scale {
    /// Text shrinks to a tenth; even one thread over and over hardly gets below a hundredth. Gzip's best is a thousandth.
    const MOST: u64 = 500;
    /// Below this many bytes nothing is too much.
    const HARMLESS: u64 = 256 << 20;

    pub(super) fn of(packed: u64) -> Scale {
        Scale { packed: packed.into(), unpacked: 0.into() }
    }

    fn add(&self, unpacked: usize) -> Result<(), Reason> {
        let unpacked = self.unpacked.fetch_add(unpacked as u64, Ordering::Relaxed) + unpacked as u64;
        let most = Scale::HARMLESS.max(self.packed.load(Ordering::Relaxed).saturating_mul(Scale::MOST));
        if unpacked > most { Err(Reason::Bomb { times: Scale::MOST }) } else { Ok(()) }
    }
}

/// Counts the packed bytes. An error here is the input's own and not the decoder's.
struct Weighed<R> {
    input: R,
    scale: Arc<Scale>,
}

impl<R: Read> Read for Weighed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::other(Reason::of(error)),
        })?;
        self.scale.packed.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Counts the unpacked bytes, and says of a decoder's error what it means.
pub(super) struct Unpacked<R> {
    input: R,
    packing: &'static str,
    scale: Arc<Scale>,
}

impl<R: Read> Unpacked<R> {
    pub(super) fn new(input: R, packing: &'static str, scale: Arc<Scale>) -> Unpacked<R> {
        Unpacked { input, packing, scale }
    }

    fn reason(&self, error: io::Error) -> Reason {
        if let Some(reason) = reason_within(&error) {
            return reason;
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Reason::CutOff { packing: self.packing },
            _ => Reason::Corrupt { packing: self.packing, met: error.to_string() },
        }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.input.read(buffer) {
            Ok(n) => self.scale.add(n).map(|()| n).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(io::Error::other(self.reason(error))),
        }
    }
}

/// A reason that one of our readers put into an error, through whatever a decoder wrapped around it. An end that came too early is one
/// too.
fn reason_within(error: &io::Error) -> Option<Reason> {
    let mut cause = error.get_ref().map(|inner| inner as &(dyn Error + 'static));
    while let Some(error) = cause {
        if let Some(reason) = error.downcast_ref::<Reason>() {
            return Some(reason.clone());
        }
        cause = match error.downcast_ref::<io::Error>() {
            Some(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Some(Reason::CutOff { packing: "zstd" }),
            Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        };
    }
    None
}

impl Reason {
    /// Why reading failed.
    pub(super) fn of(error: io::Error) -> Reason {
        reason_within(&error).unwrap_or_else(|| Reason::Unreadable(error.to_string()))
    }
}

/// The frames of a Zstandard stream, one after the other. What a frame's window holds comes out when the frame ends, so that of one that is
/// cut off the last few megabytes are lost.
struct Frames<R: Read> {
    source: BufReader<R>,
    decoder: FrameDecoder,
    /// Within a frame.
    open: bool,
}

impl<R: Read> Frames<R> {
    fn new(input: R) -> Frames<R> {
        Frames { source: BufReader::new(input), decoder: FrameDecoder::new(), open: false }
    }

    /// Opens the next frame; `false` at the end.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => {
                    self.open = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut (&mut self.source).take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.open = false;
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(written), Some(found)) if written != found => Err(io::Error::other("its checksum is not that of its bytes")),
            _ => Ok(()),
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.open || self.next_frame()? {
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)).map_err(io::Error::other)?;
            }
            let n = self.decoder.read(buffer)?;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
            self.end_frame()?;
        }
        Ok(0)
    }
}
