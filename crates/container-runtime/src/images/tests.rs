//! Archives in, pulls from the own registry, images out.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::archive::{self, NewImage};
use super::manifest::RunConfig;
use super::pull::{Credentials, PullConfig, Puller};
use super::reference::Reference;
use super::registry_server::RegistryServer;
use super::store::{ImageError, ImageStore};

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("corten-images-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        Scratch(directory)
    }
    fn store(&self, name: &str) -> Arc<ImageStore> {
        Arc::new(ImageStore::open(&self.0.join(name)).expect("open a store"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn layer(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, body) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(body.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, name, body.as_bytes()).expect("append to memory");
    }
    tar.into_inner().expect("write to memory")
}

fn archive_of(name: &str, files: &[(&str, &str)]) -> Vec<u8> {
    archive_of_images(&[name], files)
}

fn archive_of_images(names: &[&str], files: &[(&str, &str)]) -> Vec<u8> {
    let layer = bytes::Bytes::from(layer(files));
    let image = |name: &&str| NewImage {
        name: (*name).into(),
        config: RunConfig { entrypoint: Some(vec!["/app".into(), (*name).into()]), ..RunConfig::default() },
        layers: vec![layer.clone()],
    };
    let mut out = Vec::new();
    archive::write(&names.iter().map(image).collect::<Vec<_>>(), &mut out).expect("write to memory");
    out
}

/// Serves a store's images on loopback until the test's runtime ends.
async fn serve(store: Arc<ImageStore>, auth: &str) -> String {
    let server = Arc::new(RegistryServer::new(store, auth));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind loopback");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(server.serve(listener));
    address.to_string()
}

fn puller(store: &Arc<ImageStore>, registry: &str, base: &str) -> Puller {
    let mirrors = [(registry.to_owned(), vec![format!("http://{base}")])].into();
    Puller::new(Arc::clone(store), PullConfig { mirrors, ..PullConfig::default() })
}

#[test]
fn an_imported_image_is_found_by_every_name_and_survives_a_restart() {
    let scratch = Scratch::new("import");
    let imported = archive::import(&scratch.store("a"), &archive_of("registry.test/app:1", &[("app", "hello")])[..]);
    let record = imported.expect("import").remove(0);
    let store = scratch.store("a");
    for name in ["registry.test/app:1", &record.id.to_string(), record.id.hex(), &record.digests[0]] {
        assert_eq!(store.find(name).expect(name).id, record.id);
    }
    let (layers, _lease) = store.layers(&record);
    assert_eq!(std::fs::read_to_string(layers[0].join("app")).expect("unpacked"), "hello");
}

#[test]
fn images_of_one_archive_share_a_layer_and_keep_ids_of_their_own() {
    let scratch = Scratch::new("shared");
    let store = scratch.store("a");
    let names = ["registry.test/app:1", "registry.test/app:2"];
    let bytes = archive_of_images(&names, &[("app", "hello")]);
    let imported = archive::import(&store, &bytes[..]).expect("import");
    assert_eq!(imported.iter().map(|record| &record.tags[0][..]).collect::<Vec<_>>(), names);
    assert_eq!(imported[0].layers, imported[1].layers);
    assert_ne!(imported[0].id, imported[1].id);
    assert_eq!(std::fs::read_dir(store.root().join("layers")).expect("list").count(), 1);
}

#[test]
fn a_tag_moves_to_the_newer_image_and_removal_frees_the_disk() {
    let scratch = Scratch::new("move");
    let store = scratch.store("a");
    let old = archive::import(&store, &archive_of("r.test/app:1", &[("app", "old")])[..]).expect("import").remove(0);
    let new = archive::import(&store, &archive_of("r.test/app:1", &[("app", "new")])[..]).expect("import").remove(0);
    assert_eq!(store.find("r.test/app:1").expect("the tag is there").id, new.id);
    let (paths, lease) = store.layers(&old);
    assert!(store.remove(&old.id.to_string()).expect("remove"));
    assert!(paths[0].exists(), "a leased layer stays");
    drop(lease);
    store.collect_garbage().expect("collect");
    assert!(!paths[0].exists());
    assert!(store.remove("r.test/app:1").expect("remove"));
    assert_eq!(std::fs::read_dir(store.root().join("blobs/sha256")).expect("list").count(), 0);
}

#[test]
fn a_docker_archive_is_imported() {
    let scratch = Scratch::new("docker");
    let layer = layer(&[("bin/sh", "x")]);
    let diff_id = super::digest::Digest::of(&layer);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"Cmd":["sh"]}},"rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}}}}"#
    );
    let manifest = r#"[{"Config":"c.json","RepoTags":["box:2"],"Layers":["l/layer.tar"]}]"#;
    let mut tar = tar::Builder::new(Vec::new());
    for (name, body) in
        [("l/layer.tar", &layer[..]), ("c.json", config.as_bytes()), ("manifest.json", manifest.as_bytes())]
    {
        let mut header = tar::Header::new_ustar();
        header.set_size(body.len() as u64);
        tar.append_data(&mut header, name, body).expect("append to memory");
    }
    let store = scratch.store("a");
    archive::import(&store, &tar.into_inner().expect("write to memory")[..]).expect("import");
    assert_eq!(store.find("box:2").expect("found").config.cmd, Some(vec!["sh".into()]));
}

#[test]
fn a_corrupt_archive_records_nothing() {
    let scratch = Scratch::new("corrupt");
    let store = scratch.store("a");
    let mut bytes = archive_of("r.test/app:1", &[("app", "hello")]);
    let at = bytes.windows(5).position(|window| window == b"hello").expect("the layer is in there");
    bytes[at] = b'j';
    let error = archive::import(&store, &bytes[..]).expect_err("the blob's digest is another");
    assert!(matches!(error, ImageError::Invalid(text) if text.contains("hashed to")));
    assert!(archive::import(&store, &b"no archive"[..]).is_err());
    assert!(store.list().is_empty());
}

#[tokio::test]
async fn an_image_is_pulled_with_credentials_and_refused_without() {
    let scratch = Scratch::new("pull");
    let source = scratch.store("source");
    archive::import(&source, &archive_of("registry.test/team/app:1", &[("app", "hello")])[..]).expect("import");
    let base = serve(source, "me:secret").await;
    let target = scratch.store("target");
    let puller = puller(&target, "registry.test", &base);
    let reference = Reference::parse("registry.test/team/app:1").expect("a reference");
    let good = Credentials::Basic("me".into(), "secret".into());
    let record = puller.pull(&reference, &good).await.expect("pull");
    assert_eq!(target.find("registry.test/team/app:1").expect("found").id, record.id);
    for bad in [Credentials::None, Credentials::Basic("me".into(), "wrong".into())] {
        // The mirror refuses; the registry itself cannot be reached from a test.
        assert!(
            puller.pull(&Reference::parse("registry.test/team/other:1").expect("a reference"), &bad).await.is_err()
        );
    }
}

#[tokio::test]
async fn a_hosts_file_sends_pulls_of_a_registry_to_its_mirror() {
    let scratch = Scratch::new("hosts-file");
    let source = scratch.store("source");
    let archive = archive_of("registry.k8s.io/e2e/kitten:1.8", &[("etc/os-release", "NAME=kitten\n")]);
    archive::import(&source, &archive[..]).expect("import");
    let base = serve(source, "").await;
    let hosts_directory = scratch.0.join("certs.d");
    std::fs::create_dir_all(hosts_directory.join("registry.k8s.io")).expect("make a directory");
    let file = hosts_directory.join("registry.k8s.io/hosts.toml");
    let config = PullConfig { hosts_directory, ..PullConfig::default() };
    let target = scratch.store("target");
    let puller = Puller::new(Arc::clone(&target), config);
    let reference = Reference::parse("registry.k8s.io/e2e/kitten:1.8").expect("a reference");
    // The second host only hands out content: its tags are looked up at the first.
    for text in [
        format!("[host.'http://{base}']\ncapabilities = ['pull', 'resolve']\n"),
        format!(
            "[host.'http://{base}/']\ncapabilities = ['resolve']\n[host.'http://{base}']\ncapabilities = ['pull']\n"
        ),
    ] {
        std::fs::write(&file, text).expect("write the file");
        let record = puller.pull(&reference, &Credentials::None).await.expect("the mirror has it");
        assert_eq!(record.tags, ["registry.k8s.io/e2e/kitten:1.8"]);
        target.remove(&record.id.to_string()).expect("remove");
    }
    std::fs::write(&file, "server = 3").expect("write the file");
    let error = puller.pull(&reference, &Credentials::None).await.expect_err("the file is wrong");
    assert!(error.to_string().contains("hosts.toml"), "{error}");
}

#[tokio::test]
async fn a_missing_image_on_a_loopback_registry_is_not_found() {
    let scratch = Scratch::new("missing");
    let base = serve(scratch.store("source"), "").await;
    let puller = Puller::new(scratch.store("target"), PullConfig::default());
    let reference = Reference::parse(&format!("{base}/nope:1")).expect("a reference");
    let error = puller.pull(&reference, &Credentials::None).await.expect_err("nothing is there");
    assert!(
        matches!(&error, ImageError::NotFound(text) if text.starts_with("failed to pull and unpack image")),
        "{error}"
    );
}

#[tokio::test]
async fn a_registry_that_sends_other_bytes_is_caught() {
    let scratch = Scratch::new("tamper");
    let source = scratch.store("source");
    let record =
        archive::import(&source, &archive_of("r.test/app:1", &[("app", "hello")])[..]).expect("import").remove(0);
    let blob = source.root().join("blobs/sha256").join(record.blobs[0].hex());
    let length = std::fs::metadata(&blob).expect("there").len() as usize;
    std::fs::File::create(&blob).and_then(|mut file| file.write_all(&vec![b'x'; length])).expect("tamper");
    let base = serve(source, "").await;
    let target = scratch.store("target");
    let reference = Reference::parse(&format!("{base}/app:1")).expect("a reference");
    let error = Puller::new(Arc::clone(&target), PullConfig::default()).pull(&reference, &Credentials::None).await;
    assert!(matches!(error, Err(ImageError::Invalid(text)) if text.contains("hashed to")));
    assert!(target.list().is_empty());
}
