use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio_util::bytes::Bytes;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// The largest frame towards the app, in bytes: a file of 2.5 MB in base64, and all around it.
pub(crate) const TO_APP: usize = 3584 * 1024;
/// The largest frame towards a client, in bytes.
pub(crate) const TO_CLIENT: usize = 4 * 1024 * 1024;

/// Either end of a connection, whatever the platform makes it of.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

pub(crate) type Stream = Box<dyn Connection>;
pub(crate) type Incoming = FramedRead<ReadHalf<Stream>, LengthDelimitedCodec>;
pub(crate) type Outgoing = FramedWrite<WriteHalf<Stream>, LengthDelimitedCodec>;

/// Frames over `stream`, of at most `largest_in` and `largest_out` bytes.
pub(crate) fn framed(stream: Stream, largest_in: usize, largest_out: usize) -> (Incoming, Outgoing) {
    let (read, write) = tokio::io::split(stream);
    (FramedRead::with_capacity(read, codec(largest_in), 1024), FramedWrite::new(write, codec(largest_out)))
}

fn codec(largest: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder().length_field_type::<u32>().big_endian().max_frame_length(largest).new_codec()
}

/// One message as a frame's content; `None` when it is larger than `largest`.
pub(crate) fn write<T: Serialize>(message: &T, largest: usize) -> Option<Bytes> {
    let bytes = serde_json::to_vec(message).ok()?;
    (bytes.len() <= largest).then(|| bytes.into())
}

/// Reads a frame's content. The error names the place, and no value.
pub(crate) fn read<T: DeserializeOwned>(frame: &[u8]) -> Result<T, String> {
    serde_json::from_slice(frame).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "the message does not fit this protocol",
            _ => "the frame is not JSON",
        };
        format!("{what}: {error}")
    })
}
