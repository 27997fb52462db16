//! The refusal of an apply that would take fields of others.

use super::entries::{Entry, Operation};
use super::path_set::{PathElement, Set};
use crate::field_error::quoted;
use crate::status::{Status, StatusCause, StatusDetails};

/// Fields of one other manager that an apply would change.
pub(super) struct Conflict<'a> {
    pub(super) owner: &'a Entry,
    pub(super) fields: Set,
}

/// 409 with a cause per field.
pub(super) fn refusal(conflicts: &[Conflict<'_>]) -> Status {
    let owned: Vec<(String, Vec<String>)> =
        conflicts.iter().map(|it| (owner_text(it.owner), path_texts(&it.fields))).collect();
    let pairs = || owned.iter().flat_map(|(owner, paths)| paths.iter().map(move |path| (owner, path)));
    let causes = pairs().map(|(owner, path)| StatusCause {
        reason: "FieldManagerConflict".into(),
        message: format!("conflict with {owner}"),
        field: path.clone(),
    });
    let details = StatusDetails { causes: causes.collect(), ..StatusDetails::default() };
    let count = pairs().count();
    let message = match (pairs().next(), count) {
        (Some((owner, path)), 1) => format!("Apply failed with 1 conflict: conflict with {owner}: {path}"),
        _ => {
            let of_owner =
                |(owner, paths): &(String, Vec<String>)| format!("conflicts with {owner}:\n- {}", paths.join("\n- "));
            let all: Vec<String> = owned.iter().map(of_owner).collect();
            format!("Apply failed with {count} conflicts: {}", all.join("\n"))
        }
    };
    Status { code: 409, reason: "Conflict", message, details: Some(Box::new(details)) }
}

fn owner_text(entry: &Entry) -> String {
    let mut text = quoted(&entry.manager);
    if !entry.subresource.is_empty() {
        text.push_str(&format!(" with subresource {}", quoted(&entry.subresource)));
    }
    if entry.operation == Operation::Update {
        text.push_str(&format!(" using {}", entry.api_version));
    }
    text
}

/// The paths of a set, those of one step first.
fn path_texts(set: &Set) -> Vec<String> {
    let mut texts = Vec::new();
    push_paths(set, "", &mut texts);
    texts
}

fn push_paths(set: &Set, prefix: &str, texts: &mut Vec<String>) {
    let text = |element: &PathElement| format!("{prefix}{element}");
    texts.extend(set.members.iter().map(text));
    for (element, below) in &set.children {
        push_paths(below, &text(element), texts);
    }
}
