use bytes::{Bytes, BytesMut};

use super::frame::{Decoder, Encoder, Frame, HEAD_BYTES, Head};
use super::*;

fn pair() -> (Connection, Connection) {
    let (client, server) = tokio::io::duplex(16 * 1024);
    (Connection::start(Box::new(client), Role::Client), Connection::start(Box::new(server), Role::Server))
}

async fn read_all(reader: &mut Reader) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(bytes) = reader.next().await {
        all.extend_from_slice(&bytes);
    }
    all
}

#[test]
fn frames_are_read_as_they_were_written_whatever_came_before() {
    let (mut encoder, mut decoder) = (Encoder::default(), Decoder::default());
    for id in (1..400).step_by(2) {
        let headers = Headers::of([("streamType", "data"), ("port", "8080"), ("requestID", &id.to_string())]);
        for frame in [Frame::Open { id, headers, is_last: false }, Frame::Accept { id, is_last: true }, Frame::Ping(id)]
        {
            let mut out = BytesMut::new();
            encoder.write(&frame, &mut out);
            let head = out.split_to(HEAD_BYTES);
            let Head::Control { kind, flags, length } = Head::read(head[..].try_into().expect("eight bytes")) else {
                panic!("a control frame");
            };
            assert_eq!(length, out.len());
            assert_eq!(decoder.read(kind, flags, out.freeze()).expect("readable"), frame);
        }
    }
}

/// SYN_STREAM frames of Go's library, without their heads: the error and the data stream of a forwarded port.
const FROM_GO: [&[u8]; 2] = [
    b"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x78\xf9\xe3\xc6\xa7\xc2\x02\x25\x3a\x70\x3a\x2b\x29\x4a\x4d\xcc\x85\x16\x25\xac\xa9\xa0\x80\x86\x14\xcb\x45\xe0\x1c\x60\x61\x60\x61\xc0\xc0\xc0\xc0\x59\x04\x89\xc6\x4c\x50\xf2\x66\x34\x00\x00\x00\x00\xff\xff",
    b"\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\xc2\xaa\x19\x54\x0e\x25\x12\xd6\x0b\x00\x00\x00\xff\xff",
];

#[test]
fn streams_that_go_opened_are_read() {
    let mut decoder = Decoder::default();
    for (expected_id, kind, body) in [(1, "error", FROM_GO[0]), (3, "data", FROM_GO[1])] {
        match decoder.read(1, 0, Bytes::from_static(body)) {
            Ok(Frame::Open { id, headers, .. }) => {
                assert_eq!((id, headers.get("streamType"), headers.get("Port")), (expected_id, kind, "8080"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn malformed_headers_are_refused() {
    let mut decoder = Decoder::default();
    assert!(decoder.read(1, 0, Bytes::from_static(b"\0\0")).is_err());
    assert!(decoder.read(1, 0, Bytes::from_static(b"\0\0\0\x01\0\0\0\0\0\0garbage")).is_err());
    assert_eq!(decoder.read(4, 0, Bytes::new()).expect("settings"), Frame::Ignored);
}

#[tokio::test]
async fn streams_carry_bytes_both_ways_and_end_one_by_one() {
    let (mut client, mut server) = pair();
    let mut ours = client.open(Headers::of([("streamtype", "data")])).await.expect("open");
    let mut theirs = server.accept().await.expect("a stream");
    assert_eq!((theirs.id, theirs.headers.get("streamType")), (1, "data"));
    let big = Bytes::from(vec![7; 300_000]);
    let sending = async {
        ours.writer.write(big.clone()).await.expect("sent");
        ours.writer.finish().await;
    };
    let (got, ()) = tokio::join!(read_all(&mut theirs.reader), sending);
    assert_eq!(got, big);
    theirs.writer.write(Bytes::from_static(b"answer")).await.expect("sent");
    theirs.writer.finish().await;
    assert_eq!(read_all(&mut ours.reader).await, b"answer");
    assert_eq!(ours.writer.write(Bytes::from_static(b"x")).await, Err(Closed));
}

#[tokio::test]
async fn a_dropped_stream_breaks_off_and_others_go_on() {
    let (mut client, mut server) = pair();
    let dropped = client.open(Headers::default()).await.expect("open");
    let mut kept = client.open(Headers::default()).await.expect("open");
    let (mut first, mut second) = (server.accept().await.expect("one"), server.accept().await.expect("two"));
    drop(dropped);
    assert_eq!(first.reader.next().await, None);
    assert_eq!(first.writer.write(Bytes::from_static(b"x")).await, Err(Closed));
    second.writer.write(Bytes::from_static(b"y")).await.expect("sent");
    assert_eq!(kept.reader.next().await.as_deref(), Some(&b"y"[..]));
    second.writer.finish().await;
    kept.writer.finish().await;
}

#[tokio::test]
async fn a_closed_connection_ends_its_streams() {
    let (mut client, mut server) = pair();
    let mut stream = client.open(Headers::default()).await.expect("open");
    let accepted = server.accept().await.expect("a stream");
    stream.writer.write(Bytes::from_static(b"last")).await.expect("sent");
    stream.writer.finish().await;
    drop(stream);
    let closing = tokio::spawn(client.close());
    let mut reader = accepted.reader;
    assert_eq!(read_all(&mut reader).await, b"last");
    assert!(server.accept().await.is_none());
    drop((accepted.writer, server));
    closing.await.expect("closed");
}
