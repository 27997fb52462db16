//! A Pod's phase from its containers' statuses. Pure.

use api::k8s_openapi::api::core::v1::{Container, ContainerStatus, Pod};

use super::restart::restarts_after;
use crate::spec;

/// What one container counts as.
enum State<'a> {
    Unknown,
    Waiting,
    /// Waiting after an exit, or exited.
    Stopped(i32),
    Running(&'a ContainerStatus),
}

fn state<'a>(container: &Container, statuses: &'a [ContainerStatus]) -> State<'a> {
    let Some(status) = statuses.iter().find(|status| status.name == container.name) else { return State::Unknown };
    let Some(state) = &status.state else { return State::Unknown };
    let last = status.last_state.as_ref().and_then(|last| last.terminated.as_ref());
    if state.running.is_some() {
        State::Running(status)
    } else if let Some(terminated) = &state.terminated {
        State::Stopped(terminated.exit_code)
    } else if state.waiting.is_some() {
        last.map_or(State::Waiting, |last| State::Stopped(last.exit_code))
    } else {
        State::Unknown
    }
}

/// The phase. `is_over` says that nothing is restarted any more; `is_initialized` that a regular container of the
/// present sandbox has been created.
pub fn phase(pod: &Pod, statuses: &[ContainerStatus], is_over: bool, is_initialized: bool) -> &'static str {
    let (mut pending_init, mut pending_sidecars) = (0, 0);
    let (mut unknown, mut running, mut waiting) = (0, 0, 0);
    for container in spec::init_containers(pod) {
        let state = state(container, statuses);
        if !spec::is_sidecar(container) {
            match state {
                State::Stopped(0) => {}
                State::Stopped(code) if restarts_after(pod, container, code) => {}
                State::Stopped(_) => return "Failed",
                _ => pending_init += 1,
            }
            continue;
        }
        match state {
            State::Running(status) => {
                running += 1;
                pending_sidecars += usize::from(status.started != Some(true));
            }
            State::Stopped(_) => {}
            State::Waiting => {
                waiting += 1;
                pending_sidecars += 1;
            }
            State::Unknown => unknown += 1,
        }
    }
    let (mut stopped, mut succeeded, mut restartable) = (0, 0, 0);
    for container in spec::containers(pod) {
        match state(container, statuses) {
            State::Running(_) => running += 1,
            State::Waiting => waiting += 1,
            State::Unknown => unknown += 1,
            State::Stopped(code) => {
                stopped += 1;
                succeeded += usize::from(code == 0);
                restartable += usize::from(restarts_after(pod, container, code));
            }
        }
    }
    let is_initializing = pending_init > 0 || (pending_sidecars > 0 && !is_initialized);
    if is_initializing || waiting > 0 || unknown > 0 {
        return "Pending";
    }
    if running > 0 {
        return "Running";
    }
    match stopped {
        0 => "Pending",
        _ if restartable > 0 && !is_over => "Running",
        _ if stopped == succeeded => "Succeeded",
        _ => "Failed",
    }
}
