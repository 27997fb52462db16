//! Figures, for people to look at; nothing is judged by a tight time.

use std::time::Instant;

use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::*;

use crate::world::{World, container, sandbox_config};

/// Pods that are timed, one at a time.
const ROUNDS: usize = 20;

pub async fn pods_start_quickly_and_shims_are_small(world: &World) {
    let mut steps: [Vec<u128>; 4] = Default::default();
    let mut sandboxes = Vec::new();
    for round in 0..ROUNDS {
        let config = sandbox_config(world, &format!("quick-{round}"));
        let begin = Instant::now();
        let sandbox = world.sandbox_with(config).await;
        let up = begin.elapsed();
        let id = world.create(&sandbox, container("main", &["sleep"])).await;
        let created = begin.elapsed();
        world.start(&id).await;
        let started = begin.elapsed();
        for (list, time) in steps.iter_mut().zip([up, created - up, started - created, started]) {
            list.push(time.as_micros());
        }
        sandboxes.push(sandbox);
    }
    for (name, list) in ["sandbox", "create", "start", "all"].iter().zip(&mut steps) {
        list.sort_unstable();
        println!("       {name:8} p50 {:6} us  p90 {:6} us", list[ROUNDS / 2], list[ROUNDS * 9 / 10]);
    }
    let mut kilobytes = Vec::new();
    for sandbox in &sandboxes {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", world.shim_pid(sandbox).await))
            .unwrap_or_default();
        let value = |key: &str| -> u64 {
            let line = rollup.lines().find_map(|line| line.strip_prefix(key));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        kilobytes.push((value("Pss:"), value("Rss:"), value("Private_Dirty:")));
    }
    kilobytes.sort_unstable();
    println!("       shim (PSS, RSS, private dirty) KiB of {ROUNDS}: {:?}", kilobytes[ROUNDS / 2]);
    let begin = Instant::now();
    for sandbox in &sandboxes {
        let stop = StopPodSandboxRequest { pod_sandbox_id: sandbox.clone() };
        world.runtime.stop_pod_sandbox(stop).await.expect("it stops");
    }
    println!("       stop     {:6} us each", begin.elapsed().as_micros() / ROUNDS as u128);
    let begin = Instant::now();
    for sandbox in &sandboxes {
        let remove = RemovePodSandboxRequest { pod_sandbox_id: sandbox.clone() };
        world.runtime.remove_pod_sandbox(remove).await.expect("it goes");
    }
    println!("       remove   {:6} us each", begin.elapsed().as_micros() / ROUNDS as u128);
}
