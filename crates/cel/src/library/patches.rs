//! Keys in the paths of JSON patches.

use super::{Cost, Function, costly, no_overload};
use crate::value::{Outcome, Val};

pub(super) static FUNCTIONS: &[Function] = &[costly("jsonpatch.escapeKey(string) -> string", Cost::Text, escape)];

fn escape(args: &[Val]) -> Outcome {
    match args {
        [Val::String(key)] => Ok(Val::text(key.replace('~', "~0").replace('/', "~1"))),
        _ => no_overload(),
    }
}
