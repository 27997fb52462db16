//! What was promised to a Pod that was resized, on disk for the next kubelet.
//!
//! A Pod that was never resized has no checkpoint: its API status says all.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use api::k8s_openapi::api::core::v1::{Container, Pod, PodSpec, ResourceRequirements};
use serde_json::{Value, json};

use crate::pod::resize::{Allocation, Checkpoint};
use crate::spec;

/// Bytes of a checkpoint.
const BYTES_MAX: u64 = 1 << 20;

/// Replaces the checkpoint at once.
pub fn write(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let allocated = carrier(&checkpoint.allocated.containers, checkpoint.allocated.pod.clone());
    let actuated = carrier(&checkpoint.actuated, None);
    let temporary = path.with_extension("new");
    std::fs::write(&temporary, json!({"allocated": allocated, "actuated": actuated}).to_string())?;
    std::fs::rename(&temporary, path)
}

/// What an earlier kubelet left; `None` if there is nothing that can be read.
pub fn read(path: &Path) -> Option<Checkpoint> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(BYTES_MAX).read_to_string(&mut text).ok()?;
    let tree: Value = serde_json::from_str(&text).ok()?;
    let pod = |key: &str| api::typed::pod(tree.get(key)?.to_string().as_bytes()).ok();
    let (allocated, actuated) = (pod("allocated")?, pod("actuated")?);
    let lists = |pod: &Pod| -> BTreeMap<String, ResourceRequirements> {
        let own = |container: &Container| (container.name.clone(), container.resources.clone().unwrap_or_default());
        spec::containers(pod).iter().map(own).collect()
    };
    Some(Checkpoint {
        allocated: Allocation { containers: lists(&allocated), pod: spec::spec(&allocated).resources.clone() },
        actuated: lists(&actuated),
    })
}

/// Resources inside of a Pod: typed values are encoded only as part of whole objects.
fn carrier(lists: &BTreeMap<String, ResourceRequirements>, of_pod: Option<ResourceRequirements>) -> Value {
    let container = |(name, resources): (&String, &ResourceRequirements)| Container {
        name: name.clone(),
        resources: Some(resources.clone()),
        ..Container::default()
    };
    let spec = PodSpec { containers: lists.iter().map(container).collect(), resources: of_pod, ..PodSpec::default() };
    let pod = Pod { spec: Some(spec), ..Pod::default() };
    serde_json::from_slice(&api::typed::pod_json(&pod)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use api::k8s_openapi::apimachinery::pkg::api::resource::Quantity;

    use super::*;

    #[test]
    fn a_checkpoint_is_read_as_it_was_written_and_a_torn_one_is_none() {
        let path = std::env::temp_dir().join(format!("corten-checkpoint-{}", std::process::id()));
        let list = |cpu: &str| ResourceRequirements {
            limits: Some([("cpu".to_owned(), Quantity(cpu.into()))].into()),
            ..ResourceRequirements::default()
        };
        let checkpoint = Checkpoint {
            allocated: Allocation { containers: [("c".to_owned(), list("2"))].into(), pod: Some(list("3")) },
            actuated: [("id".to_owned(), list("1"))].into(),
        };
        write(&path, &checkpoint).expect("a file can be written");
        let found = read(&path);
        std::fs::write(&path, "{\"allocated\":").expect("a file can be written");
        let torn = read(&path);
        std::fs::remove_file(&path).expect("it is there");
        assert_eq!((found, torn), (Some(checkpoint), None));
    }
}
