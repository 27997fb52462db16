//! The cases: each is a sentence about what containers do.

use futures_util::future::LocalBoxFuture;

use crate::world::World;

mod execs;
mod isolation;
mod lifecycle;
mod restarts;
mod speed;

/// A case.
pub type Case = for<'a> fn(&'a World) -> LocalBoxFuture<'a, ()>;

macro_rules! cases {
    ($($module:ident::$name:ident,)*) => {
        /// All cases, in the order they run.
        pub const CASES: &[(&str, Case)] = &[$((stringify!($name), |world| Box::pin($module::$name(world))),)*];
    };
}

cases! {
    execs::a_client_attaches_to_input_and_output,
    execs::a_command_in_a_container_is_ended_when_its_time_is_over,
    execs::a_command_runs_beside_the_container_with_its_user_and_limits,
    execs::a_terminal_is_served_over_a_websocket,
    execs::ports_are_reached_inside_the_sandbox,
    isolation::a_read_only_root_cannot_be_written_and_volumes_can,
    isolation::a_volume_shows_what_the_host_mounts_only_when_asked_for,
    isolation::capabilities_are_the_default_set_and_privileged_ones_more,
    isolation::cgroups_are_shown_read_only_and_without_version_two,
    isolation::devices_are_the_usual_ones_and_others_are_refused,
    isolation::dangerous_system_calls_are_refused_by_the_default_profile,
    isolation::host_namespaces_are_kept_when_asked_for,
    isolation::images_can_be_volumes,
    isolation::masked_and_read_only_paths_are_so,
    isolation::pods_share_memory_and_process_ids_when_asked_for,
    isolation::pods_get_a_user_namespace_when_asked_for,
    isolation::users_come_from_the_image_and_the_pod,
    lifecycle::a_container_asked_to_stop_ends_politely_or_is_killed,
    lifecycle::a_container_over_its_memory_limit_is_oom_killed,
    lifecycle::a_failed_network_leaves_nothing,
    lifecycle::a_missing_program_is_a_start_error,
    lifecycle::a_program_logs_both_streams_and_ends_with_its_code,
    lifecycle::a_foreign_kubelet_uses_the_cri_socket,
    lifecycle::events_tell_what_happens_and_when,
    lifecycle::limits_are_set_changed_and_measured,
    lifecycle::long_lines_are_parted_and_logs_reopened,
    lifecycle::many_pods_at_once_leave_nothing,
    lifecycle::names_are_reserved_and_removed_things_are_gone,
    restarts::a_killed_daemon_leaves_containers_and_the_next_one_finds_them,
    restarts::a_killed_shim_takes_its_containers_along,
    restarts::an_older_client_and_garbage_do_no_harm_to_a_shim,
    speed::pods_start_quickly_and_shims_are_small,
}
