//! postStart and preStop hooks.

use std::time::Duration;

use api::k8s_openapi::api::core::v1::{Container, LifecycleHandler};
use container_interfaces::cri::RuntimeService;
use container_interfaces::cri::v1::ExecSyncRequest;

use crate::http_get::{HttpTarget, get};
use crate::spec::{PodId, quote};

/// Time that a hook's HTTP request may take. Hooks as a whole are limited by the grace period or not at all.
const HTTP_TIMEOUT: Duration = Duration::from_secs(3_600);

/// For whom a hook runs.
pub struct HookInput<'a> {
    /// Which Pod.
    pub pod: &'a PodId,
    /// The Pod's address.
    pub pod_ip: &'a str,
    /// The container.
    pub container: &'a Container,
    /// Runtime's id.
    pub container_id: &'a str,
    /// The runtime.
    pub runtime: &'a dyn RuntimeService,
}

/// Runs a hook to its end; the error is upstream's text.
pub async fn run_hook(input: &HookInput<'_>, hook: &LifecycleHandler) -> Result<(), String> {
    let about = format!("for Container {} in Pod {}", quote(&input.container.name), quote(&input.pod.to_string()));
    if let Some(exec) = &hook.exec {
        let command = exec.command.clone().unwrap_or_default();
        let shown = command.join(" ");
        return exec_hook(input, command).await.map_err(|(error, output)| {
            format!("Exec lifecycle hook ([{shown}]) {about} failed - error: {error}, message: {}", quote(&output))
        });
    }
    if let Some(action) = &hook.http_get {
        let path = action.path.as_deref().unwrap_or("");
        let target = HttpTarget::new(action, input.container, input.pod_ip, "lifecycle");
        let answer = match target {
            Ok(target) => get(&target, HTTP_TIMEOUT).await.map(drop),
            Err(error) => Err(error),
        };
        return answer.map_err(|error| format!("HTTP lifecycle hook ({path}) {about} failed - error: {error}"));
    }
    if let Some(sleep) = &hook.sleep {
        tokio::time::sleep(Duration::from_secs(u64::try_from(sleep.seconds).unwrap_or(0))).await;
        return Ok(());
    }
    Err("Cannot run handler: invalid handler".to_owned())
}

async fn exec_hook(input: &HookInput<'_>, command: Vec<String>) -> Result<(), (String, String)> {
    let shown = command.join(" ");
    let request = ExecSyncRequest { container_id: input.container_id.to_owned(), cmd: command, timeout: 0 };
    let answer = input.runtime.exec_sync(request).await;
    let answer = answer.map_err(|error| (error.message().to_owned(), String::new()))?;
    if answer.exit_code == 0 {
        return Ok(());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let error = format!("command '{shown}' exited with {}: {}", answer.exit_code, text(&answer.stderr));
    Err((error, text(&answer.stdout) + &text(&answer.stderr)))
}
