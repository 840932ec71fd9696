//! What a cold process costs: `curbside search` beside a process that opens the same index with tantivy and runs one term query.
//!
//! `cargo bench --bench cold`

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::{in_turn, indexed, report, report_ratio};
use tantivy::collector::TopDocs;
use tantivy::query::TermQuery;
use tantivy::schema::IndexRecordOption;

fn main() {
    if let Ok(index) = std::env::var("CURBSIDE_BENCH_RAW") {
        return raw(Path::new(&index));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let index = indexed(&path, &support::archive());
    println!("{} threads", index.view().unwrap().len());

    let binary = Path::new(env!("CARGO_BIN_EXE_curbside"));
    let this = std::env::current_exe().unwrap();
    let search =
        || run(Command::new(binary).args(["search", "numbness after laminectomy", "--format", "json", "--index"]).arg(&path));
    let term = || run(Command::new(&this).env("CURBSIDE_BENCH_RAW", &path));
    let (ours, tantivy) = in_turn(40, search, term);
    report("curbside search, whole process", &ours);
    report("tantivy open and one term query, whole process", &tantivy);
    report_ratio("ratio", &ours, &tantivy);
}

fn run(command: &mut Command) {
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
}

fn raw(path: &Path) {
    let index = tantivy::Index::open_in_dir(path).unwrap();
    let field = index.schema().get_field("question").unwrap();
    let searcher = index.reader().unwrap().searcher();
    let query = TermQuery::new(tantivy::Term::from_field_text(field, "numb"), IndexRecordOption::WithFreqs);
    let top = searcher.search(&query, &TopDocs::with_limit(10).order_by_score()).unwrap();
    println!("{top:?}");
}
