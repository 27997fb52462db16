//! projected: several sources in one directory, in memory; among them service account tokens.

use std::path::Path;

use api::k8s_openapi::api::core::v1::{Volume, VolumeProjection};

use super::atomic_writer::{self, File, Payload};
use super::{
    MountInput, TokenWish, VolumeKind, config_map, downward_api, empty_dir, fs_group, fs_user, ownership, secret,
};
use crate::env::References;
use crate::mounts::make_dirs;
use crate::spec;

/// Permission bits of files whose mode nobody set (the API's default).
pub(super) const MODE_DEFAULT: i32 = 0o644;
/// Life of a token that nobody set (the API's default).
const TOKEN_SECONDS_DEFAULT: i64 = 3_600;

/// The kind.
pub struct ProjectedVolume;

impl VolumeKind for ProjectedVolume {
    fn plugin(&self) -> &'static str {
        "kubernetes.io~projected"
    }

    fn claims(&self, volume: &Volume) -> bool {
        volume.projected.is_some()
    }

    fn references(&self, volume: &Volume, into: &mut References) {
        for source in sources(volume) {
            if let Some(config_map) = &source.config_map {
                into.add_config_map(&config_map.name);
            }
            if let Some(secret) = &source.secret {
                into.add_secret(&secret.name);
            }
        }
    }

    fn tokens(&self, volume: &Volume, into: &mut Vec<TokenWish>) {
        into.extend(sources(volume).filter_map(token_wish));
    }

    fn mount(&self, input: &MountInput<'_>) -> Result<(), String> {
        let mode = input.volume.projected.as_ref().and_then(|source| source.default_mode).unwrap_or(MODE_DEFAULT);
        let mut payload = Payload::new();
        let mut errors = Vec::new();
        for source in sources(input.volume) {
            match files(input, source, mode) {
                Ok(files) => payload.extend(files),
                Err(error) => errors.push(error),
            }
        }
        match errors.len() {
            0 => {}
            1 => return Err(errors.remove(0)),
            _ => return Err(format!("[{}]", errors.join(", "))),
        }
        empty_dir::wrap(input.directory)?;
        publish(input, &payload)
    }

    fn is_read_only(&self) -> bool {
        true
    }
}

fn sources(volume: &Volume) -> impl Iterator<Item = &VolumeProjection> {
    volume.projected.iter().flat_map(|source| source.sources.iter().flatten())
}

fn token_wish(source: &VolumeProjection) -> Option<TokenWish> {
    let token = source.service_account_token.as_ref()?;
    Some(TokenWish {
        audience: token.audience.clone().unwrap_or_default(),
        expiration_seconds: token.expiration_seconds.unwrap_or(TOKEN_SECONDS_DEFAULT),
    })
}

fn files(input: &MountInput<'_>, source: &VolumeProjection, mode: i32) -> Result<Payload, String> {
    if let Some(from) = &source.secret {
        let is_optional = from.optional.unwrap_or(false);
        let found = input.objects.secret(&from.name, is_optional)?;
        return secret::payload(found, from.items.as_deref(), mode, is_optional);
    }
    if let Some(from) = &source.config_map {
        let is_optional = from.optional.unwrap_or(false);
        let found = input.objects.config_map(&from.name, is_optional)?;
        return config_map::payload(found, from.items.as_deref(), mode, is_optional);
    }
    if let Some(from) = &source.downward_api {
        return downward_api::payload(&input.fields, from.items.as_deref(), mode);
    }
    if let (Some(from), Some(wish)) = (&source.service_account_token, token_wish(source)) {
        let token = input.tokens.get(&wish).cloned().unwrap_or_else(|| Err("failed to fetch token".to_owned()))?;
        let user = fs_user(input.pod);
        let is_private = user.is_some() || fs_group(input.pod).is_some();
        let mode = if is_private { 0o600 } else { mode };
        let file = File { data: token.into_bytes(), mode: mode_bits(mode), user };
        return Ok(Payload::from([(from.path.clone(), file)]));
    }
    if source.cluster_trust_bundle.is_some() || source.pod_certificate.is_some() {
        return Err(
            "projections of cluster trust bundles and pod certificates are not supported by this kubelet".into()
        );
    }
    Ok(Payload::new())
}

pub(super) fn mode_bits(mode: i32) -> u32 {
    u32::try_from(mode).unwrap_or(0) & 0o777
}

/// Writes the files at once and gives them to the Pod's group.
pub(super) fn publish(input: &MountInput<'_>, payload: &Payload) -> Result<(), String> {
    make_nested_mount_points(input)?;
    let give = |directory: &Path| match fs_group(input.pod) {
        Some(group) => {
            ownership::give_to_group(directory, group, true)?;
            std::os::unix::fs::lchown(input.directory, None, u32::try_from(group).ok())
        }
        None => Ok(()),
    };
    atomic_writer::write(input.directory, payload, give).map_err(|error| error.to_string())
}

/// Directories in a read-only volume on which a container mounts other volumes.
fn make_nested_mount_points(input: &MountInput<'_>) -> Result<(), String> {
    for container in spec::all_containers(input.pod) {
        let mounts = || container.volume_mounts.iter().flatten();
        for own in mounts().filter(|own| own.name == input.volume.name && own.sub_path.is_none()) {
            for other in mounts() {
                let below = Path::new(&other.mount_path).strip_prefix(&own.mount_path).ok();
                let below = below.filter(|below| !below.as_os_str().is_empty() && !has_dots(below));
                if let Some(below) = below {
                    make_dirs(&input.directory.join(below), 0o755).map_err(|error| error.to_string())?;
                }
            }
        }
    }
    Ok(())
}

fn has_dots(path: &Path) -> bool {
    path.components().any(|part| !matches!(part, std::path::Component::Normal(_)))
}
