//! A container's mounts and devices: the CRI's list, what every container gets besides, and what the host has.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use container_interfaces::cri::v1::{ContainerConfig, Device, DnsConfig, Mount, MountPropagation};
use tonic::Status;

use crate::contract::{
    DeviceSpec, MOUNT_BIND, MOUNT_LAYERS, MountSpec, PROPAGATION_BIDIRECTIONAL, PROPAGATION_HOST_TO_CONTAINER,
    PROPAGATION_PRIVATE,
};

/// Files that the runtime keeps for each sandbox, and where containers see them.
const SANDBOX_FILES: [(&str, &str); 3] =
    [("hostname", "/etc/hostname"), ("hosts", "/etc/hosts"), ("resolv.conf", "/etc/resolv.conf")];
/// What of the host's /dev privileged containers do not get: they have their own.
const SKIPPED_DEVICES: [&str; 7] = ["pts", "shm", "fd", "mqueue", "console", "ptmx", "tty"];
/// Devices of one container.
const DEVICES_MAX: usize = 4_096;

/// Writes a sandbox's hostname, hosts and resolv.conf.
pub fn write_sandbox_files(directory: &Path, hostname: &str, dns: Option<&DnsConfig>) -> io::Result<()> {
    fs::write(directory.join("hostname"), format!("{hostname}\n"))?;
    fs::write(directory.join("hosts"), fs::read("/etc/hosts").unwrap_or_default())?;
    let resolv = match dns {
        Some(dns) if *dns != DnsConfig::default() => resolv_conf(dns).into_bytes(),
        _ => fs::read("/etc/resolv.conf").unwrap_or_default(),
    };
    fs::write(directory.join("resolv.conf"), resolv)
}

fn resolv_conf(dns: &DnsConfig) -> String {
    let mut text = String::new();
    if !dns.searches.is_empty() {
        text += &format!("search {}\n", dns.searches.join(" "));
    }
    for server in &dns.servers {
        text += &format!("nameserver {server}\n");
    }
    if !dns.options.is_empty() {
        text += &format!("options {}\n", dns.options.join(" "));
    }
    text
}

/// All mounts of a container, outer ones first. `image_layers` are those of image mounts, by destination.
pub fn convert(
    config: &ContainerConfig,
    sandbox_directory: &Path,
    is_root_read_only: bool,
    image_layers: &BTreeMap<String, Vec<PathBuf>>,
) -> Result<Vec<MountSpec>, Status> {
    let mount_info = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut list = Vec::with_capacity(config.mounts.len() + SANDBOX_FILES.len());
    for (file, destination) in SANDBOX_FILES {
        let is_given = config.mounts.iter().any(|mount| mount.container_path.trim_end_matches('/') == destination);
        if !is_given {
            list.push(MountSpec {
                destination: destination.to_owned(),
                source: sandbox_directory.join(file).to_string_lossy().into_owned(),
                is_read_only: is_root_read_only,
                ..MountSpec::default()
            });
        }
    }
    for mount in &config.mounts {
        list.push(convert_one(mount, image_layers, &mount_info)?);
    }
    let depth = |mount: &MountSpec| mount.destination.split('/').filter(|part| !part.is_empty()).count();
    list.sort_by_key(depth);
    Ok(list)
}

fn convert_one(
    mount: &Mount,
    image_layers: &BTreeMap<String, Vec<PathBuf>>,
    mount_info: &str,
) -> Result<MountSpec, Status> {
    let destination = mount.container_path.clone();
    if !destination.starts_with('/') || destination.trim_matches('/').is_empty() {
        return Err(Status::invalid_argument(format!(
            "mount destination {destination:?} must be an absolute path below /"
        )));
    }
    if let Some(layers) = image_layers.get(&destination) {
        return Ok(MountSpec {
            destination,
            kind: MOUNT_LAYERS,
            source: mount.image_sub_path.clone(),
            layers: layers.iter().map(|layer| layer.to_string_lossy().into_owned()).collect(),
            is_read_only: true,
            ..MountSpec::default()
        });
    }
    let source = host_path(&mount.host_path)?;
    let propagation = propagation(mount, &source, mount_info)?;
    if mount.recursive_read_only && (!mount.readonly || propagation != PROPAGATION_PRIVATE) {
        return Err(Status::invalid_argument("recursive_read_only requires readonly and private propagation"));
    }
    Ok(MountSpec {
        destination,
        kind: MOUNT_BIND,
        source: source.to_string_lossy().into_owned(),
        is_read_only: mount.readonly,
        is_recursive_read_only: mount.recursive_read_only,
        propagation,
        is_id_mapped: !mount.uid_mappings.is_empty(),
        ..MountSpec::default()
    })
}

/// A source on the host, links resolved; made as a directory when it is not there.
fn host_path(path: &str) -> Result<PathBuf, Status> {
    match fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.starts_with('/') => {
            fs::create_dir_all(path).map_err(|error| Status::unknown(format!("failed to mkdir {path:?}: {error}")))?;
            Ok(path.into())
        }
        outcome => outcome.map_err(|error| Status::unknown(format!("failed to resolve symlink {path:?}: {error}"))),
    }
}

fn propagation(mount: &Mount, source: &Path, mount_info: &str) -> Result<u32, Status> {
    let kind = MountPropagation::try_from(mount.propagation)
        .map_err(|_| Status::invalid_argument(format!("unknown mount propagation {}", mount.propagation)))?;
    let (mounted_on, has_peers, is_slave) = mount_of(source, mount_info);
    let refuse = |what: &str| {
        Err(Status::unknown(format!(
            "path {:?} is mounted on {mounted_on:?} but it is not a {what} mount",
            source.display().to_string()
        )))
    };
    match kind {
        MountPropagation::PropagationPrivate => Ok(PROPAGATION_PRIVATE),
        MountPropagation::PropagationHostToContainer if has_peers || is_slave => Ok(PROPAGATION_HOST_TO_CONTAINER),
        MountPropagation::PropagationHostToContainer => refuse("shared or slave"),
        MountPropagation::PropagationBidirectional if has_peers => Ok(PROPAGATION_BIDIRECTIONAL),
        MountPropagation::PropagationBidirectional => refuse("shared"),
    }
}

/// The mount that a path lies on: where, whether it is shared, whether it is a slave.
fn mount_of(path: &Path, mount_info: &str) -> (String, bool, bool) {
    let mut best = (String::new(), false, false);
    for line in mount_info.lines() {
        let Some((mount, _)) = line.split_once(" - ") else { continue };
        let mut fields = mount.split(' ').skip(4);
        let point = unescape(fields.next().unwrap_or_default());
        if path.starts_with(&point) && point.len() >= best.0.len() {
            let options: Vec<&str> = fields.skip(1).collect();
            let has = |prefix: &str| options.iter().any(|option| option.starts_with(prefix));
            best = (point, has("shared:"), has("master:"));
        }
    }
    best
}

/// mountinfo writes blanks as `\040`.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Device nodes of a container: those it asks for; all of the host's when it is privileged.
pub fn devices(requested: &[Device], is_privileged: bool) -> Result<Vec<DeviceSpec>, Status> {
    let mut list = Vec::new();
    if is_privileged {
        add_tree(Path::new("/dev"), "/dev", "rwm", &mut list);
    }
    for device in requested {
        let path = Path::new(&device.host_path);
        let metadata = fs::metadata(path)
            .map_err(|error| Status::unknown(format!("failed to get device {:?}: {error}", device.host_path)))?;
        if metadata.is_dir() {
            add_tree(path, &device.container_path, &device.permissions, &mut list);
        } else {
            let spec = device_spec(path, &device.container_path, &device.permissions)
                .ok_or_else(|| Status::unknown(format!("{:?} is not a device node", device.host_path)))?;
            list.push(spec);
        }
    }
    match list.len() {
        0..=DEVICES_MAX => Ok(list),
        _ => Err(Status::invalid_argument("too many devices")),
    }
}

fn add_tree(host: &Path, inside: &str, access: &str, list: &mut Vec<DeviceSpec>) {
    for entry in fs::read_dir(host).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        if SKIPPED_DEVICES.contains(&name.as_str()) || list.len() > DEVICES_MAX {
            continue;
        }
        let path = format!("{inside}/{name}");
        if kind.is_dir() {
            add_tree(&entry.path(), &path, access, list);
        } else if kind.is_block_device() || kind.is_char_device() {
            list.extend(device_spec(&entry.path(), &path, access));
        }
    }
}

fn device_spec(host: &Path, inside: &str, access: &str) -> Option<DeviceSpec> {
    let metadata = fs::metadata(host).ok()?;
    let kind = metadata.file_type();
    if !kind.is_block_device() && !kind.is_char_device() {
        return None;
    }
    Some(DeviceSpec {
        path: inside.to_owned(),
        is_block: kind.is_block_device(),
        major: rustix::fs::major(metadata.rdev()),
        minor: rustix::fs::minor(metadata.rdev()),
        mode: metadata.mode() & 0o777,
        uid: metadata.uid(),
        gid: metadata.gid(),
        access: if access.is_empty() { "rwm".to_owned() } else { access.to_owned() },
        host_path: host.to_string_lossy().into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNT_INFO: &str = "1 0 8:1 / / rw - ext4 /dev/vda rw\n\
        2 1 0:5 / /var/lib rw shared:7 - tmpfs none rw\n\
        3 2 0:6 / /var/lib/a\\040b rw master:7 - tmpfs none rw\n";

    #[test]
    fn the_deepest_mount_tells_the_propagation() {
        let of = |path: &str| mount_of(Path::new(path), MOUNT_INFO);
        assert_eq!(of("/etc/x"), ("/".into(), false, false));
        assert_eq!(of("/var/lib/x"), ("/var/lib".into(), true, false));
        assert_eq!(of("/var/library"), ("/".into(), false, false));
        assert_eq!(of("/var/lib/a b/c"), ("/var/lib/a b".into(), false, true));
    }

    #[test]
    fn propagation_that_the_host_cannot_give_is_refused_with_upstreams_words() {
        let mount = |propagation: MountPropagation| Mount { propagation: propagation as i32, ..Mount::default() };
        let bidirectional = mount(MountPropagation::PropagationBidirectional);
        let error = propagation(&bidirectional, Path::new("/etc"), MOUNT_INFO).expect_err("private");
        assert_eq!(error.message(), "path \"/etc\" is mounted on \"/\" but it is not a shared mount");
        assert_eq!(
            propagation(&bidirectional, Path::new("/var/lib"), MOUNT_INFO).ok(),
            Some(PROPAGATION_BIDIRECTIONAL)
        );
    }

    #[test]
    fn outer_mounts_come_first_and_given_files_replace_the_runtimes() {
        let mount = |path: &str| Mount { container_path: path.into(), host_path: "/tmp".into(), ..Mount::default() };
        let mounts = vec![mount("/a/b/c"), mount("/a"), mount("/etc/hosts")];
        let config = ContainerConfig { mounts, ..ContainerConfig::default() };
        let list = convert(&config, Path::new("/run/s"), true, &BTreeMap::new()).expect("all are good");
        let shown: Vec<(&str, &str, bool)> =
            list.iter().map(|mount| (mount.destination.as_str(), mount.source.as_str(), mount.is_read_only)).collect();
        let expected = [
            ("/a", "/tmp", false),
            ("/etc/hostname", "/run/s/hostname", true),
            ("/etc/resolv.conf", "/run/s/resolv.conf", true),
            ("/etc/hosts", "/tmp", false),
            ("/a/b/c", "/tmp", false),
        ];
        assert_eq!(shown, expected);
        let root = ContainerConfig { mounts: vec![mount("/")], ..ContainerConfig::default() };
        assert!(convert(&root, Path::new("/run/s"), true, &BTreeMap::new()).is_err());
    }

    #[test]
    fn the_resolver_file_is_as_upstream_writes_it() {
        let dns = DnsConfig {
            servers: vec!["10.96.0.10".into()],
            searches: vec!["a.svc".into(), "svc".into()],
            options: vec!["ndots:5".into()],
        };
        assert_eq!(resolv_conf(&dns), "search a.svc svc\nnameserver 10.96.0.10\noptions ndots:5\n");
    }
}
