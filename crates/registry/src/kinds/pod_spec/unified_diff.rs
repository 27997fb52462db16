//! The difference of two texts as a unified diff, in the form that upstream's messages have.
//!
//! Matching blocks are found as Python's `difflib` finds them: the longest run of equal lines, then the same left and
//! right of it; in a long text, lines that are all over the place start no run.

use std::collections::HashMap;
use std::ops::Range;

/// Lines of a text that is compared. The work grows with their square at worst; a longer text is not shown.
pub const DIFF_LINES_MAX: usize = 4_000;

/// Equal lines that are shown around a difference.
const CONTEXT_LINES: usize = 3;

/// Lines from which on frequent ones are not looked for.
const LONG_TEXT_LINES: usize = 200;

/// Equal lines: where they begin in both texts, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    old: usize,
    new: usize,
    count: usize,
}

/// Lines of both texts that stand for each other.
#[derive(Clone, Debug)]
struct Piece {
    is_equal: bool,
    old: Range<usize>,
    new: Range<usize>,
}

/// The difference, without names of files; empty when there is none.
pub fn unified_diff(old: &[String], new: &[String]) -> String {
    if old.len().max(new.len()) > DIFF_LINES_MAX {
        return "(too long to be shown)\n".to_owned();
    }
    let mut text = String::new();
    for hunk in hunks(pieces(old, new)) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let old_range = range_text(first.old.start, last.old.end);
        let new_range = range_text(first.new.start, last.new.end);
        text.push_str(&format!("@@ -{old_range} +{new_range} @@\n"));
        for piece in &hunk {
            let mut add = |sign: char, lines: &[String]| {
                lines.iter().for_each(|line| text.push_str(&format!("{sign}{line}\n")));
            };
            match piece.is_equal {
                true => add(' ', &old[piece.old.clone()]),
                false => {
                    add('-', &old[piece.old.clone()]);
                    add('+', &new[piece.new.clone()]);
                }
            }
        }
    }
    text
}

/// First line, counted from 1, and number of lines, where that is not 1; an empty range lies behind its first line.
fn range_text(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        count => format!("{},{count}", start + 1),
    }
}

/// Groups pieces so that the equal lines between two groups are many; the others are cut to the context.
fn hunks(mut pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    if let Some(first) = pieces.first_mut().filter(|it| it.is_equal) {
        first.old.start = first.old.start.max(first.old.end.saturating_sub(CONTEXT_LINES));
        first.new.start = first.new.start.max(first.new.end.saturating_sub(CONTEXT_LINES));
    }
    if let Some(last) = pieces.last_mut().filter(|it| it.is_equal) {
        last.old.end = last.old.end.min(last.old.start + CONTEXT_LINES);
        last.new.end = last.new.end.min(last.new.start + CONTEXT_LINES);
    }
    let mut hunks = Vec::new();
    let mut hunk: Vec<Piece> = Vec::new();
    for mut piece in pieces {
        if piece.is_equal && piece.old.len() > 2 * CONTEXT_LINES {
            let (old, new) = (piece.old.clone(), piece.new.clone());
            hunk.push(Piece {
                is_equal: true,
                old: old.start..old.start + CONTEXT_LINES,
                new: new.start..new.start + CONTEXT_LINES,
            });
            hunks.push(std::mem::take(&mut hunk));
            piece.old.start = old.end - CONTEXT_LINES;
            piece.new.start = new.end - CONTEXT_LINES;
        }
        hunk.push(piece);
    }
    hunks.push(hunk);
    hunks.retain(|hunk| hunk.iter().any(|piece| !piece.is_equal));
    hunks
}

/// Equal and different lines in turn.
fn pieces(old: &[String], new: &[String]) -> Vec<Piece> {
    let (mut pieces, mut at_old, mut at_new) = (Vec::new(), 0, 0);
    let end = Block { old: old.len(), new: new.len(), count: 0 };
    for block in blocks(old, new).into_iter().chain([end]) {
        if at_old < block.old || at_new < block.new {
            pieces.push(Piece { is_equal: false, old: at_old..block.old, new: at_new..block.new });
        }
        (at_old, at_new) = (block.old + block.count, block.new + block.count);
        if block.count > 0 {
            pieces.push(Piece { is_equal: true, old: block.old..at_old, new: block.new..at_new });
        }
    }
    pieces
}

/// Equal runs in order; adjacent ones are one.
fn blocks(old: &[String], new: &[String]) -> Vec<Block> {
    let places = places(new);
    let mut found: Vec<Block> = Vec::new();
    let mut todo = vec![(0..old.len(), 0..new.len())];
    while let Some((old_range, new_range)) = todo.pop() {
        let block = longest(old, new, &places, (old_range.clone(), new_range.clone()));
        if block.count == 0 {
            continue;
        }
        found.push(block);
        let (old_end, new_end) = (block.old + block.count, block.new + block.count);
        for (old_part, new_part) in
            [(old_range.start..block.old, new_range.start..block.new), (old_end..old_range.end, new_end..new_range.end)]
        {
            if !old_part.is_empty() && !new_part.is_empty() {
                todo.push((old_part, new_part));
            }
        }
    }
    found.sort_unstable();
    let mut merged: Vec<Block> = Vec::new();
    for block in found {
        match merged.last_mut() {
            Some(last) if last.old + last.count == block.old && last.new + last.count == block.new => {
                last.count += block.count;
            }
            _ => merged.push(block),
        }
    }
    merged
}

/// Where each line stands; in a long text without the lines that are frequent.
fn places(lines: &[String]) -> HashMap<&str, Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        places.entry(line).or_default().push(at);
    }
    if lines.len() >= LONG_TEXT_LINES {
        let most = lines.len() / 100 + 1;
        places.retain(|_, found| found.len() <= most);
    }
    places
}

/// The longest equal run in these ranges, the first of several.
fn longest(
    old: &[String],
    new: &[String],
    places: &HashMap<&str, Vec<usize>>,
    (old_range, new_range): (Range<usize>, Range<usize>),
) -> Block {
    let mut best = Block { old: old_range.start, new: new_range.start, count: 0 };
    // Length of the run that ends at a line of `new`, for the line of `old` before and for this one.
    let mut before: HashMap<usize, usize> = HashMap::new();
    for at in old_range.clone() {
        let mut now = HashMap::new();
        let found = places.get(old[at].as_str()).map_or(&[][..], Vec::as_slice);
        for place in found.iter().copied().filter(|place| new_range.contains(place)) {
            let run = place.checked_sub(1).and_then(|it| before.get(&it)).map_or(1, |run| run + 1);
            now.insert(place, run);
            if run > best.count {
                best = Block { old: at + 1 - run, new: place + 1 - run, count: run };
            }
        }
        before = now;
    }
    // Frequent lines start no run, but belong to one that they touch.
    while best.old > old_range.start && best.new > new_range.start && old[best.old - 1] == new[best.new - 1] {
        best = Block { old: best.old - 1, new: best.new - 1, count: best.count + 1 };
    }
    while best.old + best.count < old_range.end
        && best.new + best.count < new_range.end
        && old[best.old + best.count] == new[best.new + best.count]
    {
        best.count += 1;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, wanted: &str) {
        let lines = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(unified_diff(&lines(old), &lines(new)), wanted);
    }

    #[test]
    fn differences_stand_with_their_context() {
        check("a b c", "a b c", "");
        check("a b c d e f g", "a b c X e f g", "@@ -1,7 +1,7 @@\n a\n b\n c\n-d\n+X\n e\n f\n g\n");
        check("", "a", "@@ -0,0 +1 @@\n+a\n");
        check(
            "a 1 2 3 4 5 6 7 b",
            "A 1 2 3 4 5 6 7 B",
            "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n",
        );
        check("a 1 2 3 4 5 6 b", "A 1 2 3 4 5 6 B", "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
    }

    #[test]
    fn long_texts_are_not_compared() {
        let long = vec!["x".to_owned(); DIFF_LINES_MAX + 1];
        assert_eq!(unified_diff(&long, &[]), "(too long to be shown)\n");
    }
}
