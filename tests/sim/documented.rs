//! Everything that the documentation promises to be tested has a test.

use std::path::Path;

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// The rows of the table of the seeds' own operations: the call, and the test that shows it.
fn rows() -> Vec<(String, String)> {
    let page = std::fs::read_to_string("docs/day-to-day.md").unwrap();
    let (_, table) = page.split_once("| before | now | test |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        (cells[cells.len() - 2].to_owned(), cells[cells.len() - 1].trim_matches('`').to_owned())
    })
    .collect()
}

#[test]
fn every_one_of_the_seeds_operations_has_a_test_that_makes_the_call() {
    let mut tests = String::new();
    sources(Path::new("tests"), &mut tests);
    let rows = rows();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    for (call, test) in rows {
        let Some((_, body)) = tests.split_once(&format!("fn {test}(")) else { panic!("there is no test `{test}`") };
        assert!(!body.is_empty(), "{test}");
        let verb = call.trim_start_matches('`').split('(').next().unwrap();
        assert!(tests.contains(&format!(".{verb}(")), "nothing calls `{verb}`");
    }
}
