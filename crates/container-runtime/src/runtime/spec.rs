//! From the CRI's words to the shim's: what a container's process and limits are. Pure.

use container_interfaces::cri::v1::security_profile::ProfileType;
use container_interfaces::cri::v1::{
    ContainerConfig, IdMapping, LinuxContainerResources, LinuxContainerSecurityContext, NamespaceMode,
    PodSandboxConfig, SecurityProfile, Signal, SupplementalGroupsPolicy,
};
use tonic::Status;

use crate::capabilities::{self, Capabilities};
use crate::contract::{self, IdRange, Pair, ProcessSpec, Resources, UserNamespaceSpec, UserSpec};
use crate::image_source::ImageConfig;
use crate::wire::Blob;

/// What every container finds, unless its image or its Pod says otherwise.
const PATH_VARIABLE: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The security settings of a container; the default when it has none.
pub fn security_context(config: &ContainerConfig) -> LinuxContainerSecurityContext {
    config.linux.as_ref().and_then(|linux| linux.security_context.clone()).unwrap_or_default()
}

/// The first process, without its seccomp filter.
pub fn process(
    config: &ContainerConfig,
    image: &ImageConfig,
    hostname: &str,
    host_capabilities: Capabilities,
) -> Result<ProcessSpec, Status> {
    let security = security_context(config);
    let capability = security.capabilities.clone().unwrap_or_default();
    let request = capabilities::Request {
        is_privileged: security.privileged,
        add: &capability.add_capabilities,
        drop: &capability.drop_capabilities,
    };
    let allowed = capabilities::resolve(request, host_capabilities);
    let ambient = capability.add_ambient_capabilities.iter().filter_map(|name| Capabilities::named(name));
    let ambient = ambient.fold(0, |bits, capability| bits | capability.0) & host_capabilities.0;
    let resources = config.linux.as_ref().and_then(|linux| linux.resources.as_ref());
    Ok(ProcessSpec {
        args: arguments(config, image)?,
        env: environment(config, image, hostname),
        cwd: first_given(&config.working_dir, &image.working_dir, "/"),
        user: user(&security, image)?,
        capabilities: allowed.0 | ambient,
        ambient_capabilities: ambient,
        has_no_new_privs: security.no_new_privs,
        oom_score_adj: resources.map(|resources| resources.oom_score_adj),
        is_terminal: config.tty,
        ..ProcessSpec::default()
    })
}

fn first_given(first: &str, second: &str, otherwise: &str) -> String {
    let given = [first, second].into_iter().find(|text| !text.is_empty());
    given.unwrap_or(otherwise).to_owned()
}

fn arguments(config: &ContainerConfig, image: &ImageConfig) -> Result<Vec<String>, Status> {
    let (mut command, mut args) = (config.command.clone(), config.args.clone());
    if command.is_empty() {
        if args.is_empty() {
            args = image.cmd.clone();
        }
        command = image.entrypoint.clone();
    }
    command.append(&mut args);
    match command.is_empty() {
        true => Err(Status::unknown("failed to generate container spec: no command specified")),
        false => Ok(command),
    }
}

/// The later of two variables with one name wins.
fn environment(config: &ContainerConfig, image: &ImageConfig, hostname: &str) -> Vec<Blob> {
    let mut list: Vec<Vec<u8>> = vec![PATH_VARIABLE.into()];
    if config.tty {
        list.push(b"TERM=xterm".to_vec());
    }
    list.push(format!("HOSTNAME={hostname}").into_bytes());
    list.extend(image.env.iter().map(|variable| variable.clone().into_bytes()));
    for variable in &config.envs {
        list.push([variable.key.as_bytes(), b"=", variable.value.as_slice()].concat());
    }
    let name = |variable: &[u8]| variable.split(|byte| *byte == b'=').next().unwrap_or_default().to_vec();
    let mut kept: Vec<Vec<u8>> = Vec::with_capacity(list.len());
    for variable in list {
        match kept.iter_mut().find(|other| name(other) == name(&variable)) {
            Some(other) => *other = variable,
            None => kept.push(variable),
        }
    }
    kept.into_iter().map(Blob).collect()
}

fn user(security: &LinuxContainerSecurityContext, image: &ImageConfig) -> Result<UserSpec, Status> {
    let mut user = match (&security.run_as_user, security.run_as_username.as_str()) {
        (_, name) if !name.is_empty() => name.to_owned(),
        (Some(uid), _) => uid.value.to_string(),
        (None, _) => String::new(),
    };
    if let Some(group) = &security.run_as_group {
        if user.is_empty() {
            return Err(Status::unknown(format!("user group \"{}\" is specified without user", group.value)));
        }
        user += &format!(":{}", group.value);
    }
    if user.is_empty() {
        user = image.user.clone();
    }
    let groups = security.supplemental_groups.iter().map(|gid| {
        u32::try_from(*gid).map_err(|_| Status::invalid_argument(format!("supplemental group {gid} is out of range")))
    });
    Ok(UserSpec {
        user,
        supplemental_groups: groups.collect::<Result<_, _>>()?,
        is_strict: security.supplemental_groups_policy == SupplementalGroupsPolicy::Strict as i32,
    })
}

/// Limits as the shim writes them. Without a swap limit a container with a memory limit gets no swap.
pub fn resources(linux: Option<&LinuxContainerResources>) -> Resources {
    let Some(linux) = linux else { return Resources::default() };
    let pair = |(name, value): (&String, &String)| Pair { name: name.clone(), value: value.clone() };
    Resources {
        cpu_shares: linux.cpu_shares.max(0) as u64,
        cpu_quota: linux.cpu_quota,
        cpu_period: linux.cpu_period.max(0) as u64,
        memory_bytes: linux.memory_limit_in_bytes,
        memory_swap_bytes: match linux.memory_swap_limit_in_bytes {
            0 => linux.memory_limit_in_bytes,
            bytes => bytes,
        },
        cpuset_cpus: linux.cpuset_cpus.clone(),
        cpuset_mems: linux.cpuset_mems.clone(),
        hugepages: linux
            .hugepage_limits
            .iter()
            .map(|limit| Pair { name: limit.page_size.clone(), value: limit.limit.to_string() })
            .collect(),
        unified: linux.unified.iter().map(pair).collect(),
        pids: 0,
    }
}

/// Which seccomp filter a container gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seccomp {
    /// None.
    Unconfined,
    /// The built-in profile.
    RuntimeDefault,
    /// That of this file.
    Localhost(String),
}

/// Reads the choice from the security settings.
pub fn seccomp(security: &LinuxContainerSecurityContext) -> Result<Seccomp, Status> {
    let Some(SecurityProfile { profile_type, localhost_ref }) = &security.seccomp else {
        return Ok(Seccomp::Unconfined);
    };
    if security.privileged {
        return Ok(Seccomp::Unconfined);
    }
    match ProfileType::try_from(*profile_type) {
        Ok(ProfileType::RuntimeDefault) => Ok(Seccomp::RuntimeDefault),
        Ok(ProfileType::Unconfined) => Ok(Seccomp::Unconfined),
        Ok(ProfileType::Localhost) => Ok(Seccomp::Localhost(localhost_ref.clone())),
        Err(_) => Err(Status::invalid_argument(format!("unknown seccomp profile type {profile_type}"))),
    }
}

/// Which PID namespace a container gets, and of which container.
pub fn pid_mode(security: &LinuxContainerSecurityContext) -> (u32, String) {
    let Some(options) = &security.namespace_options else { return (contract::PID_CONTAINER, String::new()) };
    match NamespaceMode::try_from(options.pid) {
        Ok(NamespaceMode::Pod) => (contract::PID_POD, String::new()),
        Ok(NamespaceMode::Node) => (contract::PID_HOST, String::new()),
        Ok(NamespaceMode::Target) => (contract::PID_TARGET, options.target_id.clone()),
        _ => (contract::PID_CONTAINER, String::new()),
    }
}

/// The id mappings of a Pod that has a user namespace of its own.
pub fn user_namespace(config: &PodSandboxConfig) -> Result<Option<UserNamespaceSpec>, Status> {
    let security = config.linux.as_ref().and_then(|linux| linux.security_context.as_ref());
    let options = security.and_then(|security| security.namespace_options.as_ref());
    let Some(options) = options.and_then(|options| options.userns_options.as_ref()) else { return Ok(None) };
    match NamespaceMode::try_from(options.mode) {
        Ok(NamespaceMode::Node) => return Ok(None),
        Ok(NamespaceMode::Pod) => {}
        _ => return Err(Status::invalid_argument("unsupported user namespace mode")),
    }
    Ok(Some(UserNamespaceSpec { uids: id_ranges(&options.uids)?, gids: id_ranges(&options.gids)? }))
}

fn id_ranges(mappings: &[IdMapping]) -> Result<Vec<IdRange>, Status> {
    let is_bad = |range: &IdMapping| {
        range.length == 0
            || range.host_id.checked_add(range.length).is_none()
            || range.container_id.checked_add(range.length).is_none()
    };
    if !mappings.iter().any(|range| range.container_id == 0) || mappings.iter().any(is_bad) {
        return Err(Status::invalid_argument("a user namespace needs sound mappings, one of them for id 0"));
    }
    let convert =
        |range: &IdMapping| IdRange { inside: range.container_id, outside: range.host_id, length: range.length };
    Ok(mappings.iter().map(convert).collect())
}

/// Number of the signal that asks a container to stop: its own, its image's, or SIGTERM.
pub fn stop_signal(config: &ContainerConfig, image: &ImageConfig) -> u32 {
    let own = match Signal::try_from(config.stop_signal) {
        Ok(Signal::RuntimeDefault) | Err(_) => None,
        Ok(signal) => signal_number(signal.as_str_name()),
    };
    own.or_else(|| signal_number(&image.stop_signal)).unwrap_or(libc::SIGTERM as u32)
}

/// `SIGTERM`, `TERM`, `15`, `SIGRTMIN+3`.
fn signal_number(name: &str) -> Option<u32> {
    const NAMES: [(&str, i32); 34] = [
        ("ABRT", libc::SIGABRT),
        ("ALRM", libc::SIGALRM),
        ("BUS", libc::SIGBUS),
        ("CHLD", libc::SIGCHLD),
        ("CLD", libc::SIGCHLD),
        ("CONT", libc::SIGCONT),
        ("FPE", libc::SIGFPE),
        ("HUP", libc::SIGHUP),
        ("ILL", libc::SIGILL),
        ("INT", libc::SIGINT),
        ("IO", libc::SIGIO),
        ("IOT", libc::SIGIOT),
        ("KILL", libc::SIGKILL),
        ("PIPE", libc::SIGPIPE),
        ("POLL", libc::SIGPOLL),
        ("PROF", libc::SIGPROF),
        ("PWR", libc::SIGPWR),
        ("QUIT", libc::SIGQUIT),
        ("SEGV", libc::SIGSEGV),
        ("STKFLT", libc::SIGSTKFLT),
        ("STOP", libc::SIGSTOP),
        ("SYS", libc::SIGSYS),
        ("TERM", libc::SIGTERM),
        ("TRAP", libc::SIGTRAP),
        ("TSTP", libc::SIGTSTP),
        ("TTIN", libc::SIGTTIN),
        ("TTOU", libc::SIGTTOU),
        ("URG", libc::SIGURG),
        ("USR1", libc::SIGUSR1),
        ("USR2", libc::SIGUSR2),
        ("VTALRM", libc::SIGVTALRM),
        ("WINCH", libc::SIGWINCH),
        ("XCPU", libc::SIGXCPU),
        ("XFSZ", libc::SIGXFSZ),
    ];
    if let Ok(number) = name.parse::<u32>() {
        return (1..=64).contains(&number).then_some(number);
    }
    let upper = name.to_ascii_uppercase();
    let bare = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some((_, number)) = NAMES.iter().find(|(known, _)| *known == bare) {
        return Some(*number as u32);
    }
    // The proto's enumeration writes `SIGRTMINPLUS3`, images `SIGRTMIN+3`.
    let (base, rest, sign) = match (bare.strip_prefix("RTMIN"), bare.strip_prefix("RTMAX")) {
        (Some(rest), _) => (34, rest, 1),
        (_, Some(rest)) => (64, rest, -1),
        _ => return None,
    };
    let digits = rest.trim_start_matches(['+', '-']).trim_start_matches("PLUS").trim_start_matches("MINUS");
    let offset: i32 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
    u32::try_from(base + sign * offset).ok().filter(|number| (34..=64).contains(number))
}

/// Refuses kernel parameters that do not belong to the Pod's own namespaces.
pub fn check_sysctls(config: &PodSandboxConfig, is_host_network: bool, is_host_ipc: bool) -> Result<Vec<Pair>, Status> {
    let Some(linux) = &config.linux else { return Ok(Vec::new()) };
    let mut list = Vec::new();
    for (name, value) in &linux.sysctls {
        let dotted = if name.contains('/') { name.replace('.', "-").replace('/', ".") } else { name.clone() };
        let is_ipc = dotted.starts_with("fs.mqueue.")
            || ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem"].contains(&dotted.as_str())
            || dotted.starts_with("kernel.shm");
        let is_allowed = (is_ipc && !is_host_ipc) || (dotted.starts_with("net.") && !is_host_network);
        if !is_allowed {
            return Err(Status::unknown(format!("sysctl {name:?} is not in a separate kernel namespace")));
        }
        list.push(Pair { name: name.clone(), value: value.clone() });
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use container_interfaces::cri::v1::{Int64Value, KeyValue};

    use super::*;

    fn image() -> ImageConfig {
        ImageConfig {
            env: vec!["PATH=/app".into(), "COLOR=red".into()],
            entrypoint: vec!["/app/run".into()],
            cmd: vec!["serve".into()],
            user: "web".into(),
            stop_signal: "SIGQUIT".into(),
            ..ImageConfig::default()
        }
    }

    #[track_caller]
    fn check_arguments(command: &[&str], args: &[&str], expected: &[&str]) {
        let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let config = ContainerConfig { command: own(command), args: own(args), ..ContainerConfig::default() };
        assert_eq!(arguments(&config, &image()).expect("there is a command"), expected);
    }

    #[test]
    fn command_and_arguments_replace_those_of_the_image() {
        check_arguments(&[], &[], &["/app/run", "serve"]);
        check_arguments(&[], &["check"], &["/app/run", "check"]);
        check_arguments(&["/bin/sh"], &[], &["/bin/sh"]);
        check_arguments(&["/bin/sh"], &["-c"], &["/bin/sh", "-c"]);
        let error = arguments(&ContainerConfig::default(), &ImageConfig::default()).expect_err("no command");
        assert!(error.message().ends_with("no command specified"));
    }

    #[test]
    fn the_containers_variables_win_over_the_images_and_those_over_the_defaults() {
        let envs = vec![KeyValue { key: "COLOR".into(), value: b"a=\xff".to_vec() }];
        let config = ContainerConfig { envs, tty: true, ..ContainerConfig::default() };
        let list: Vec<Vec<u8>> = environment(&config, &image(), "web-0").into_iter().map(|blob| blob.0).collect();
        let expected: [&[u8]; 4] = [b"PATH=/app", b"TERM=xterm", b"HOSTNAME=web-0", b"COLOR=a=\xff"];
        assert_eq!(list, expected);
    }

    #[test]
    fn users_come_from_the_pod_then_from_the_image() {
        let check = |security: LinuxContainerSecurityContext, expected: &str| {
            assert_eq!(user(&security, &image()).expect("a good user").user, expected);
        };
        let number = |value| Some(Int64Value { value });
        check(LinuxContainerSecurityContext::default(), "web");
        check(LinuxContainerSecurityContext { run_as_user: number(5), ..Default::default() }, "5");
        check(
            LinuxContainerSecurityContext { run_as_user: number(5), run_as_group: number(6), ..Default::default() },
            "5:6",
        );
        check(LinuxContainerSecurityContext { run_as_username: "db".into(), ..Default::default() }, "db");
        let only_group = LinuxContainerSecurityContext { run_as_group: number(6), ..Default::default() };
        let error = user(&only_group, &image()).expect_err("no user");
        assert_eq!(error.message(), "user group \"6\" is specified without user");
    }

    #[test]
    fn stop_signals_are_known_by_name_and_number() {
        let names = ["SIGTERM", "term", "9", "SIGRTMIN+3", "SIGRTMINPLUS3", "RTMAX-1", "SIGNOPE", "65"];
        let numbers = [Some(15), Some(15), Some(9), Some(37), Some(37), Some(63), None, None];
        assert_eq!(names.map(signal_number), numbers);
        assert_eq!(stop_signal(&ContainerConfig::default(), &image()), 3);
        let own = ContainerConfig { stop_signal: Signal::Sigusr1 as i32, ..ContainerConfig::default() };
        assert_eq!(stop_signal(&own, &image()), 10);
    }

    #[test]
    fn every_signal_of_the_cri_has_a_number() {
        for value in 1..=65 {
            let Ok(signal) = Signal::try_from(value) else { continue };
            assert!(signal_number(signal.as_str_name()).is_some(), "{}", signal.as_str_name());
        }
    }

    #[test]
    fn kernel_parameters_of_the_host_are_refused() {
        let check = |name: &str, is_host_network, expected: bool| {
            let sysctls = [(name.to_owned(), "1".to_owned())].into();
            let linux = container_interfaces::cri::v1::LinuxPodSandboxConfig { sysctls, ..Default::default() };
            let config = PodSandboxConfig { linux: Some(linux), ..Default::default() };
            assert_eq!(check_sysctls(&config, is_host_network, false).is_ok(), expected, "{name}");
        };
        check("net.ipv4.ip_forward", false, true);
        check("net/ipv4/ip_forward", false, true);
        check("net.ipv4.ip_forward", true, false);
        check("kernel.shm_rmid_forced", false, true);
        check("kernel.panic", false, false);
        check("vm.swappiness", false, false);
    }
}
