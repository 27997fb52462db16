//! The demo: a web application of two replicas behind a Service, from an image that is this executable.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use apimachinery::value::Value;
use apimachinery::{json, tree};
use client::client::{Client, PatchFormat};
use client::resources;
use container_runtime::images::archive::{self, NewImage};
use container_runtime::images::manifest::RunConfig;

use crate::admin;
use crate::config::Config;

/// Name of the image.
const IMAGE: &str = "corten.local/demo:1";

/// Name of the Deployment and the Service.
pub const NAME: &str = "demo";

/// Port of the application.
const PORT: u16 = 8080;

/// Patience with a client of the application.
const CLIENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The application: answers every request with its Pod's name; ends on SIGTERM by default action.
pub fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).context("listen")?;
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    println!("serving as {host}");
    // The first process of a container gets no default action for SIGTERM: handle it.
    let signals = crate::supervisor::signal_wait::Blocked::new();
    std::thread::spawn(move || {
        while signals.wait(None) != crate::supervisor::signal_wait::Got::Stop {}
        std::process::exit(0);
    });
    for stream in listener.incoming().flatten() {
        let host = host.clone();
        std::thread::spawn(move || answer(stream, &host));
    }
    Ok(())
}

fn answer(mut stream: TcpStream, host: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let body = format!("Hello from Corten. This is Pod {host}.\n");
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Brings the image in and creates the objects.
pub async fn install(config: &Config, client: &Client, executable: &Path) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    archive::write(&[image(executable)?], &mut bytes).context("pack the demo image")?;
    admin::send_archive(&config.run_dir, std::io::Cursor::new(bytes)).await.context("import the demo image")?;
    for (resource, object) in [(resources::DEPLOYMENTS, deployment()), (resources::SERVICES, service())] {
        let body = bytes::Bytes::from(json::to_vec(&object));
        match client.create(resource, "default", body.clone()).await {
            Err(error) if error.is_already_exists() => {
                client.patch(resource, "default", NAME, "", PatchFormat::Merge, body).await?;
            }
            outcome => drop(outcome?),
        }
    }
    Ok(())
}

fn image(executable: &Path) -> anyhow::Result<NewImage> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    let bytes = std::fs::read(executable).with_context(|| format!("read {}", executable.display()))?;
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "corten", &bytes[..])?;
    let config = RunConfig {
        entrypoint: Some(vec!["/corten".into(), "demo-app".into()]),
        user: "65532".into(),
        ..RunConfig::default()
    };
    Ok(NewImage { name: IMAGE.into(), config, layers: vec![tar.into_inner()?.into()] })
}

fn deployment() -> Value {
    let probe = tree!({ "httpGet": { "path": "/", "port": (i64::from(PORT)) }, "periodSeconds": 1 });
    tree!({
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": { "name": NAME },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": NAME } },
            "template": {
                "metadata": { "labels": { "app": NAME } },
                "spec": { "containers": [{
                    "name": "web", "image": IMAGE, "imagePullPolicy": "IfNotPresent",
                    "ports": [{ "containerPort": (i64::from(PORT)) }],
                    "readinessProbe": (probe),
                    "resources": { "requests": { "cpu": "10m", "memory": "16Mi" } }
                }] }
            }
        }
    })
}

fn service() -> Value {
    tree!({
        "kind": "Service", "apiVersion": "v1", "metadata": { "name": NAME },
        "spec": { "selector": { "app": NAME }, "ports": [{ "port": 80, "targetPort": (i64::from(PORT)) }] }
    })
}
