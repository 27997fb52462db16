//! Commands in containers, and joining their streams.

use bytes::Bytes;
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use streaming::remote_command::client::{self, Event};
use streaming::remote_command::{ExitStatus, Protocol, TerminalSize};
use streaming::upgrade;

use crate::world::{World, container, eventually, log_lines, own, processes_of, secure};

pub async fn a_command_runs_beside_the_container_with_its_user_and_limits(world: &World) {
    let sandbox = world.sandbox("exec").await;
    let config = secure(container("main", &["sleep"]), |security| {
        security.run_as_user = Some(Int64Value { value: 1000 });
    });
    let id = world.create(&sandbox, config).await;
    let error = world.exec(&id, &["/program", "exit", "0"]).await.expect_err("it does not run yet");
    assert!(error.message().contains("container is in CONTAINER_CREATED state"), "{error:?}");
    world.start(&id).await;
    let show = [
        "/program", "status", "Uid", ";", "status", "Groups", ";", "status", "Seccomp", ";", "env", "COLOR", ";",
        "warn", "oops", ";", "exit", "4",
    ];
    let (code, output, errors) = world.exec(&id, &show).await.expect("it runs");
    assert_eq!((code, output.as_str(), errors.as_str()), (4, "1000 1000 1000 1000\n1000 50000\n2\nred", "oops"));
    let error = world.exec(&id, &["nope"]).await.expect_err("there is no such program");
    assert!(
        error
            .message()
            .ends_with("unable to start container process: exec: \"nope\": executable file not found in $PATH"),
        "{error:?}"
    );
    let (_, listing, _) = world.exec(&id, &["/program", "read", "/proc/1/comm"]).await.expect("it runs");
    assert_eq!(listing, "program");
    world.remove_sandbox(&sandbox).await;
}

pub async fn a_command_in_a_container_is_ended_when_its_time_is_over(world: &World) {
    let sandbox = world.sandbox("timeout").await;
    let id = world.create(&sandbox, container("main", &["sleep"])).await;
    world.start(&id).await;
    let request = ExecSyncRequest { container_id: id.clone(), cmd: own(&["/program", "sleep"]), timeout: 1 };
    let error = world.runtime.exec_sync(request).await.expect_err("it takes too long");
    assert_eq!(error.code(), tonic::Code::DeadlineExceeded);
    let cgroup = format!("{}/pod-timeout/{id}", world.cgroup);
    eventually(async || (processes_of(&cgroup).len() == 1).then_some(())).await;
    world.remove_sandbox(&sandbox).await;
}

/// Connects to a stream's URL.
async fn open(url: &str, headers: http::HeaderMap) -> hyper::upgrade::Upgraded {
    let uri: http::Uri = url.parse().expect("it is a URL");
    let address = uri.authority().expect("there is one").as_str();
    let socket = tokio::net::TcpStream::connect(address).await.expect("the server listens");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.expect("it speaks HTTP");
    tokio::spawn(connection.with_upgrades());
    let mut request = http::Request::get(uri.path_and_query().expect("there is one").as_str())
        .header("host", address)
        .body(Empty::<Bytes>::new())
        .expect("it is a request");
    request.headers_mut().extend(headers);
    let response = sender.send_request(request).await.expect("it answers");
    assert_eq!(response.status(), http::StatusCode::SWITCHING_PROTOCOLS);
    hyper::upgrade::on(response).await.expect("it is upgraded")
}

async fn open_session(url: &str) -> (client::Sender, client::Receiver) {
    let upgraded = open(url, upgrade::request_headers(&[Protocol::V5.name()])).await;
    client::start(Box::new(TokioIo::new(upgraded)), Protocol::V5).await
}

/// Reads until `text` was shown.
async fn read_until(receiver: &mut client::Receiver, text: &str) {
    let mut shown = String::new();
    while !shown.contains(text) {
        match receiver.next().await.expect("the stream is good") {
            Some(Event::Stdout(bytes) | Event::Stderr(bytes)) => shown += &String::from_utf8_lossy(&bytes),
            other => panic!("{text:?} did not come: {shown:?}, then {other:?}"),
        }
    }
}

async fn end(receiver: &mut client::Receiver) -> ExitStatus {
    loop {
        match receiver.next().await.expect("the stream is good") {
            Some(Event::Ended(status)) => return status,
            Some(_) => {}
            None => panic!("the stream ended without a status"),
        }
    }
}

pub async fn a_terminal_is_served_over_a_websocket(world: &World) {
    let sandbox = world.sandbox("terminal").await;
    let id = world.create(&sandbox, container("main", &["sleep"])).await;
    world.start(&id).await;
    let request = |cmd: &[&str], tty| ExecRequest {
        container_id: id.clone(),
        cmd: own(cmd),
        tty,
        stdin: true,
        stdout: true,
        stderr: !tty,
    };
    let url = world
        .runtime
        .exec(request(&["/program", "copy-input", ";", "terminal", ";", "exit", "6"], true))
        .await
        .expect("there is a URL")
        .url;
    let (mut sender, mut receiver) = open_session(&url).await;
    sender.resize(TerminalSize { width: 91, height: 23 }).await.expect("it is open");
    sender.stdin(b"typed\n").await.expect("it is open");
    read_until(&mut receiver, "typed\r\ntyped\r\n").await;
    sender.stdin(b"\x04").await.expect("it is open");
    read_until(&mut receiver, "true 91x23").await;
    assert_eq!(end(&mut receiver).await, ExitStatus::Code(6));

    let url = world
        .runtime
        .exec(request(&["/program", "copy-input", ";", "warn", "e"], false))
        .await
        .expect("there is a URL")
        .url;
    let (mut sender, mut receiver) = open_session(&url).await;
    sender.stdin(b"piped").await.expect("it is open");
    read_until(&mut receiver, "piped").await;
    sender.close_stdin().await.expect("it is open");
    assert_eq!(end(&mut receiver).await, ExitStatus::Success);

    let url = world.runtime.exec(request(&["nope"], false)).await.expect("there is a URL").url;
    let (_sender, mut receiver) = open_session(&url).await;
    assert!(
        matches!(end(&mut receiver).await, ExitStatus::Failure(text) if text.contains("executable file not found in $PATH"))
    );

    // A container's own terminal.
    let mut config = container("tty", &["terminal", ";", "copy-input"]);
    (config.tty, config.stdin) = (true, true);
    let tty = world.create(&sandbox, config).await;
    world.start(&tty).await;
    let log = world.status(&tty).await.log_path;
    eventually(async || log_lines(&log).iter().any(|line| line.starts_with("stdout F true")).then_some(())).await;
    let request = AttachRequest { container_id: tty.clone(), stdin: true, tty: true, stdout: true, stderr: false };
    let url = world.runtime.attach(request).await.expect("there is a URL").url;
    let (mut sender, mut receiver) = open_session(&url).await;
    sender.stdin(b"hello\n").await.expect("it is open");
    read_until(&mut receiver, "hello\r\nhello\r\n").await;
    let (_, listing, _) = world.exec(&tty, &["/program", "mounts", "/dev/console"]).await.expect("it runs");
    assert!(listing.contains("devpts"), "{listing}");
    world.remove_sandbox(&sandbox).await;
}

pub async fn a_client_attaches_to_input_and_output(world: &World) {
    let sandbox = world.sandbox("attach").await;
    let mut config = container("main", &["copy-input", ";", "exit", "8"]);
    (config.stdin, config.stdin_once) = (true, true);
    let id = world.create(&sandbox, config).await;
    world.start(&id).await;
    let attach = async |stdin| {
        let request = AttachRequest { container_id: id.clone(), stdin, tty: false, stdout: true, stderr: true };
        open_session(&world.runtime.attach(request).await.expect("there is a URL").url).await
    };
    let (_watcher, mut watched) = attach(false).await;
    let (mut sender, mut receiver) = attach(true).await;
    sender.stdin(b"one\n").await.expect("it is open");
    read_until(&mut receiver, "one").await;
    read_until(&mut watched, "one").await;
    sender.close_stdin().await.expect("it is open");
    read_until(&mut receiver, "end of input").await;
    assert_eq!(end(&mut receiver).await, ExitStatus::Success);
    assert_eq!(end(&mut watched).await, ExitStatus::Success);
    let status = world.ended(&id).await;
    assert_eq!(status.exit_code, 8);
    assert_eq!(log_lines(&status.log_path), ["stdout F one", "stdout F end of input"]);
    let request = AttachRequest { container_id: id, stdin: false, tty: false, stdout: true, stderr: true };
    assert!(world.runtime.attach(request).await.is_err(), "it has ended");
    world.remove_sandbox(&sandbox).await;
}

pub async fn ports_are_reached_inside_the_sandbox(world: &World) {
    let sandbox = world.sandbox("ports").await;
    let namespace =
        std::fs::File::open(format!("/proc/{}/ns/net", world.shim_pid(&sandbox).await)).expect("it is there");
    let listener = std::thread::spawn(move || {
        use std::os::fd::AsFd;
        corten_container_runtime::sys::set_namespaces(namespace.as_fd(), corten_container_runtime::sys::NEW_NETWORK)
            .expect("root may");
        std::net::TcpListener::bind("127.0.0.1:8080").expect("the loopback interface is up")
    });
    let listener = listener.join().expect("it listens");
    let server = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("somebody connects");
        let mut word = [0; 4];
        stream.read_exact(&mut word).expect("they say something");
        stream.write_all(b"pong").expect("they listen");
        word
    });
    let request = PortForwardRequest { pod_sandbox_id: sandbox.clone(), port: vec![8080] };
    let url = world.runtime.port_forward(request).await.expect("there is a URL").url;
    let headers = streaming::spdy::handshake::request_headers(&streaming::port_forward::PROTOCOLS);
    let io = Box::new(TokioIo::new(open(&url, headers).await));
    let mut connection = streaming::spdy::Connection::start(io, streaming::spdy::Role::Client);
    let fields = |kind| streaming::spdy::Headers::of([("streamType", kind), ("port", "8080"), ("requestID", "0")]);
    let _error = connection.open(fields("error")).await.expect("it is open");
    let mut data = connection.open(fields("data")).await.expect("it is open");
    data.writer.write(bytes::Bytes::from_static(b"ping")).await.expect("it is open");
    let mut answer = Vec::new();
    while let Some(bytes) = data.reader.next().await {
        answer.extend_from_slice(&bytes);
    }
    assert_eq!((&answer[..], &server.join().expect("it ends")), (&b"pong"[..], b"ping"));
    world.remove_sandbox(&sandbox).await;
}
