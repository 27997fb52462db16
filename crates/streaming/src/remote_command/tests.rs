use super::client::Event;
use super::server::{RequestedStreams, Session};
use super::*;

async fn pair(protocol: Protocol, streams: RequestedStreams) -> (Session, client::Sender, client::Receiver) {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let session = Session::start(Box::new(near), protocol, streams).await;
    let (sender, receiver) = client::start(Box::new(far), protocol).await;
    (session, sender, receiver)
}

const ALL: RequestedStreams = RequestedStreams { stdin: true, stdout: true, stderr: true, tty: true };

#[test]
fn the_first_offer_that_is_spoken_wins() {
    assert_eq!(Protocol::choose(&["v9.x", "v4.channel.k8s.io", "v5.channel.k8s.io"]), Some(Protocol::V4));
    assert_eq!(Protocol::choose(&["base64.channel.k8s.io"]), None);
    assert_eq!(Protocol::choose(&["channel.k8s.io"]), Some(Protocol::Old));
    assert_eq!(Protocol::choose(&[]), Some(Protocol::Old));
}

#[test]
fn streams_are_read_from_the_query() {
    let streams = RequestedStreams::from_query("command=sh&stdin=true&stdout=1&stderr=false&container=a");
    assert_eq!(streams, RequestedStreams { stdin: true, stdout: true, stderr: false, tty: false });
}

#[test]
fn exit_status_survives_its_document() {
    for status in [ExitStatus::Success, ExitStatus::Code(137)] {
        assert_eq!(ExitStatus::from_json(status.to_json().as_bytes()), status);
    }
    let failure = ExitStatus::from_json(ExitStatus::Failure("no \"such\" file".into()).to_json().as_bytes());
    assert_eq!(failure, ExitStatus::Failure("Internal error occurred: no \"such\" file".into()));
    assert!(matches!(ExitStatus::from_json(b"garbage"), ExitStatus::Failure(_)));
}

#[test]
fn terminal_size_ignores_key_case_and_refuses_garbage() {
    let size = TerminalSize { width: 80, height: 24 };
    assert_eq!(TerminalSize::from_json(size.to_json().as_bytes()), Some(size));
    assert_eq!(TerminalSize::from_json(br#"{"width":80,"height":24}"#), Some(size));
    assert_eq!(TerminalSize::from_json(br#"{"Width":-1,"Height":24}"#), None);
    assert_eq!(TerminalSize::from_json(b"[]"), None);
}

#[tokio::test]
async fn bytes_flow_both_ways_and_the_exit_code_ends_it() {
    let (mut session, mut sender, mut receiver) = pair(Protocol::V5, ALL).await;
    let server = tokio::spawn(async move {
        let mut stdin = session.stdin.take().expect("stdin was asked for");
        let mut resize = session.resize.take().expect("a terminal was asked for");
        assert_eq!(resize.recv().await, Some(TerminalSize { width: 100, height: 30 }));
        while let Some(bytes) = stdin.recv().await {
            session.output.stdout(&bytes).await.expect("the client listens");
        }
        session.output.stderr(b"bye").await.expect("the client listens");
        session.finish(&ExitStatus::Code(3)).await;
    });
    sender.resize(TerminalSize { width: 100, height: 30 }).await.expect("open");
    sender.stdin(b"hello").await.expect("open");
    sender.close_stdin().await.expect("open");
    let mut events = Vec::new();
    while let Some(event) = receiver.next().await.expect("no protocol error") {
        events.push(event);
    }
    let expected = [
        Event::Stdout(Bytes::from_static(b"hello")),
        Event::Stderr(Bytes::from_static(b"bye")),
        Event::Ended(ExitStatus::Code(3)),
    ];
    assert_eq!(events, expected);
    drop((sender, receiver));
    server.await.expect("the server side ends");
}

#[tokio::test]
async fn a_client_that_goes_away_ends_input_and_output() {
    let (mut session, sender, receiver) = pair(Protocol::V4, ALL).await;
    drop((sender, receiver));
    session.output.closed().await;
    assert_eq!(session.stdin.take().expect("asked for").recv().await, None);
    assert_eq!(session.output.stdout(b"x").await, Err(server::Closed));
}

#[tokio::test]
async fn v4_has_no_close_message() {
    let (mut session, mut sender, _receiver) = pair(Protocol::V4, ALL).await;
    sender.close_stdin().await.expect("nothing is sent");
    sender.stdin(b"still here").await.expect("open");
    let stdin = session.stdin.as_mut().expect("asked for");
    assert_eq!(stdin.recv().await.as_deref(), Some(&b"still here"[..]));
}

#[tokio::test]
async fn the_oldest_protocol_says_nothing_of_success() {
    let streams = RequestedStreams { stdout: true, ..RequestedStreams::default() };
    let (session, _sender, mut receiver) = pair(Protocol::Old, streams).await;
    session.output.stdout(b"out").await.expect("there");
    let finishing = tokio::spawn(async move { session.finish(&ExitStatus::Success).await });
    assert_eq!(receiver.next().await.expect("well"), Some(Event::Stdout(Bytes::from_static(b"out"))));
    assert_eq!(receiver.next().await.expect("well"), None);
    drop((_sender, receiver));
    finishing.await.expect("finished");
}
