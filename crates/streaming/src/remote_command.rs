//! Exec and attach: over WebSocket the subprotocols `v5.channel.k8s.io` and `v4.channel.k8s.io`; over SPDY what older
//! clients speak, see [`spdy`].
//!
//! Every binary message starts with its channel's number. v5 adds the message `[255, channel]`, which closes a
//! channel in one direction (the client's end of stdin). KEP-4006.

pub mod client;
pub mod server;
pub mod spdy;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

/// Subprotocols that are spoken, best first.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::V5, Protocol::V4, Protocol::Old];

/// Channel of the client's input.
pub const STDIN: u8 = 0;
/// Channel of the process's output.
pub const STDOUT: u8 = 1;
/// Channel of the process's error output.
pub const STDERR: u8 = 2;
/// Channel of the closing `Status` document.
pub const ERROR: u8 = 3;
/// Channel of terminal sizes.
pub const RESIZE: u8 = 4;
/// v5: closes the channel that the next byte names.
pub const CLOSE: u8 = 255;

/// One message; longer ones end the connection. Clients send at most 64 KiB at a time.
pub const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Messages that wait in each direction before the sender waits.
pub const QUEUE_MESSAGES_MAX: usize = 16;

/// A subprotocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `channel.k8s.io`, and clients that name none: the outcome is a text, and nothing on success.
    Old,
    /// `v4.channel.k8s.io`
    V4,
    /// `v5.channel.k8s.io`: with the close message.
    V5,
}

impl Protocol {
    /// The name in `Sec-WebSocket-Protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Old => "channel.k8s.io",
            Protocol::V4 => "v4.channel.k8s.io",
            Protocol::V5 => "v5.channel.k8s.io",
        }
    }

    /// From its name.
    pub fn from_name(name: &str) -> Option<Protocol> {
        PROTOCOLS.into_iter().find(|protocol| protocol.name() == name)
    }

    /// The first of the client's offers that is spoken here; the oldest for a client that offers nothing.
    pub fn choose(offered: &[&str]) -> Option<Protocol> {
        if offered.is_empty() {
            return Some(Protocol::Old);
        }
        offered.iter().find_map(|name| Protocol::from_name(name))
    }
}

/// A terminal's size in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl TerminalSize {
    /// The document on the resize channel.
    pub fn to_json(self) -> String {
        format!("{{\"Width\":{},\"Height\":{}}}", self.width, self.height)
    }

    /// Reads the document; key case does not matter, as in Go.
    pub fn from_json(document: &[u8]) -> Option<TerminalSize> {
        let parsed: serde_json::Value = serde_json::from_slice(document).ok()?;
        let number = |wanted: &str| {
            let (_, value) = parsed.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted))?;
            u16::try_from(value.as_u64()?).ok()
        };
        Some(TerminalSize { width: number("width")?, height: number("height")? })
    }
}

/// How a command ended, as the error channel tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// Exit code 0.
    Success,
    /// Another exit code (128 + signal for a killed process).
    Code(i32),
    /// It could not be run, or its streams broke.
    Failure(String),
}

impl ExitStatus {
    /// The `Status` document of the error channel, as upstream's kubelet writes it.
    pub fn to_json(&self) -> String {
        match self {
            ExitStatus::Success => r#"{"metadata":{},"status":"Success"}"#.to_owned(),
            ExitStatus::Code(code) => format!(
                concat!(
                    r#"{{"metadata":{{}},"status":"Failure","message":"command terminated with non-zero exit code: "#,
                    r#"command terminated with exit code {code}","reason":"NonZeroExitCode","#,
                    r#""details":{{"causes":[{{"reason":"ExitCode","message":"{code}"}}]}}}}"#
                ),
                code = code
            ),
            ExitStatus::Failure(cause) => {
                let message = serde_json::Value::from(format!("Internal error occurred: {cause}"));
                let detail = serde_json::Value::from(cause.as_str());
                format!(
                    concat!(
                        r#"{{"metadata":{{}},"status":"Failure","message":{message},"reason":"InternalError","#,
                        r#""details":{{"causes":[{{"message":{detail}}}]}},"code":500}}"#
                    ),
                    message = message,
                    detail = detail
                )
            }
        }
    }

    /// What the error channel carries in the oldest protocols: nothing on success.
    pub fn to_text(&self) -> String {
        match self {
            ExitStatus::Success => String::new(),
            ExitStatus::Code(code) => {
                format!("command terminated with non-zero exit code: command terminated with exit code {code}")
            }
            ExitStatus::Failure(cause) => format!("Internal error occurred: {cause}"),
        }
    }

    /// Reads the document of the error channel.
    pub fn from_json(document: &[u8]) -> ExitStatus {
        let parsed: serde_json::Value = serde_json::from_slice(document).unwrap_or_default();
        if parsed["status"] == "Success" {
            return ExitStatus::Success;
        }
        let causes = parsed["details"]["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let code = causes.iter().find(|cause| cause["reason"] == "ExitCode");
        match code.and_then(|cause| cause["message"].as_str()?.parse().ok()) {
            Some(code) => ExitStatus::Code(code),
            None => ExitStatus::Failure(parsed["message"].as_str().unwrap_or("unreadable status").to_owned()),
        }
    }
}

/// A connection of any kind, after the handshake.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Duplex for T {}

pub(crate) type Socket = WebSocketStream<Box<dyn Duplex>>;

pub(crate) async fn socket(io: Box<dyn Duplex>, role: Role) -> Socket {
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .read_buffer_size(32 * 1024)
        .write_buffer_size(0);
    WebSocketStream::from_raw_socket(io, role, Some(config)).await
}

pub(crate) fn frame(channel: u8, payload: &[u8]) -> Bytes {
    let mut message = BytesMut::with_capacity(payload.len() + 1);
    message.put_u8(channel);
    message.put_slice(payload);
    message.freeze()
}

#[cfg(test)]
mod tests;
