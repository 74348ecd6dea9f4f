//! "Did you mean": names near a name that does not exist.

use std::sync::Arc;

use super::Model;

/// Distance is quadratic in length; no name in a catalogue needs more.
const COMPARED_CHARACTERS_MAX: usize = 64;

pub(super) fn models<'c>(models: &'c [Arc<Model>], name: &str, n: usize) -> Vec<&'c str> {
    let wanted = comparable(name);
    let near = wanted.len() / 2 + 1;
    let mut found: Vec<(usize, &str)> = models
        .iter()
        .filter_map(|model| {
            let names = std::iter::once(&model.id).chain(&model.aliases);
            let nearest = names.map(|name| distance(&wanted, &comparable(name))).min()?;
            (nearest <= near).then_some((nearest, model.id.as_str()))
        })
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(n).map(|(_, id)| id).collect()
}

fn comparable(name: &str) -> Vec<char> {
    name.to_lowercase().chars().take(COMPARED_CHARACTERS_MAX).collect()
}

/// Levenshtein's: insertions, deletions and replacements.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, from) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::super::{Catalog, DEFAULT_CATALOG};

    #[test]
    fn a_typing_mistake_finds_the_model_meant_first() {
        let catalog = Catalog::parse(DEFAULT_CATALOG).unwrap();
        assert_eq!(catalog.closest("gpt-4.1-mni", 3)[0], "gpt-4.1-mini");
        assert_eq!(catalog.closest("Claude-Sonet-4.5", 1), ["claude-sonnet-4.5"]);
        assert!(catalog.closest("gpt-4.1-mni", 3).len() == 3);
    }

    #[test]
    fn nothing_near_is_nothing_offered() {
        let catalog = Catalog::parse(DEFAULT_CATALOG).unwrap();
        assert!(catalog.closest("zzzzzzzzzzzzzzzzzzzzzzzz", 3).is_empty());
    }
}
