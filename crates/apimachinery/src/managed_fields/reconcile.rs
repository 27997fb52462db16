//! Fits stored sets to a type of which a part has become atomic since.

use super::compare::{Members, Place, Shape};
use super::path_set::{PathElement, Set};
use crate::schema::Struct;

/// Replaces paths below a place that is one value by the place itself.
pub(super) fn reconcile(ty: &Struct, set: &mut Set) {
    reconcile_members(Members::Struct(ty), set);
}

fn reconcile_members(members: Members<'_>, set: &mut Set) {
    let mut collapsed = Vec::new();
    for (element, below) in &mut set.children {
        let PathElement::Field(name) = element else { continue };
        if !reconcile_place(members.place(name), below) {
            collapsed.push(element.clone());
        }
    }
    collapse(set, collapsed);
}

/// `false` when the place is one value, so that nothing can be below it.
fn reconcile_place(place: Place<'_>, below: &mut Set) -> bool {
    match place.shape() {
        Shape::Leaf => return !place.is_composite(),
        Shape::Map(members) => reconcile_members(members, below),
        Shape::List(element, _) => {
            let mut collapsed = Vec::new();
            for (item, below) in &mut below.children {
                if !reconcile_place(element, below) {
                    collapsed.push(item.clone());
                }
            }
            collapse(below, collapsed);
        }
        Shape::Free => {}
    }
    true
}

fn collapse(set: &mut Set, elements: Vec<PathElement>) {
    for element in elements {
        set.children.remove(&element);
        set.members.insert(element);
    }
}
