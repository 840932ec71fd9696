//! What the lexicon knows, what checking its tables finds, and what a user's tables do to it.

mod common;

use std::path::PathBuf;

use curbside::clinical::{Annotator, Kind, Lexicon, LexiconError, check_tables};

use common::Place;

fn core() -> Annotator {
    Annotator::new(Lexicon::core())
}

fn ids(lexicon: &Lexicon, term: &str) -> Vec<String> {
    lexicon.lookup(term).into_iter().map(|id| lexicon.concept(id).id.to_owned()).collect()
}

/// The ids of the concepts that a text names, in its order.
fn named(annotator: &Annotator, text: &str) -> Vec<String> {
    let mentions = annotator.annotate(text);
    mentions.iter().map(|mention| annotator.lexicon().concept(mention.concept).id.to_owned()).collect()
}

fn with_table(place: &Place, table: &str) -> Result<Lexicon, LexiconError> {
    Lexicon::with_tables(&[place.write("extra.tsv", table)])
}

fn refused(table: impl AsRef<[u8]>) -> String {
    let place = Place::new();
    let path = place.write("extra.tsv", table);
    match Lexicon::with_tables(&[path]) {
        Ok(_) => panic!("the table is taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_built_in_lexicon_has_concepts_of_every_kind_and_tens_of_thousands_of_terms() {
    let lexicon = Lexicon::core();
    for (kind, least) in
        [(Kind::Symptom, 900), (Kind::Condition, 1300), (Kind::Drug, 1200), (Kind::Procedure, 500), (Kind::Investigation, 300)]
    {
        let concepts = lexicon.all_terms().map(|(_, id)| id).collect::<std::collections::BTreeSet<_>>();
        let found = concepts.into_iter().filter(|&id| lexicon.concept(id).kind == kind).count();
        assert!(found >= least, "{found} of {kind}");
    }
    assert!(lexicon.all_terms().count() >= 20_000);
}

#[test]
fn no_line_of_the_built_in_tables_is_wrong_and_every_example_reads_as_it_says() {
    let findings = check_tables(&[]).expect("the tables fit together");
    let errors: Vec<String> = findings.iter().filter(|finding| finding.is_error).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn a_term_is_found_however_its_case_number_hyphens_and_spelling() {
    let lexicon = Lexicon::core();
    for term in ["anemia", "Anaemia", "ANEMIA", "anemias"] {
        assert_eq!(ids(&lexicon, term), ["condition:anemia"], "{term}");
    }
    for term in ["x-ray", "x ray", "xray", "X-Rays"] {
        assert_eq!(ids(&lexicon, term), ["investigation:x-ray"], "{term}");
    }
    assert_eq!(ids(&lexicon, "diabete"), Vec::<String>::new(), "diabetes is no plural");
}

#[test]
fn a_kind_of_a_procedure_is_found_below_it() {
    let lexicon = Lexicon::core();
    let [narrow, broad] = ["hemilaminectomy", "laminectomy"].map(|term| lexicon.lookup(term)[0]);
    assert!(lexicon.descendants(broad).contains(&narrow));
    let (_, distance) = lexicon.ancestors(narrow).into_iter().find(|&(id, _)| id == broad).expect("above");
    assert_eq!(distance, 1);
    assert!(lexicon.children(broad).any(|id| id == narrow) && lexicon.parents(narrow).any(|id| id == broad));
}

#[test]
fn a_lexicon_written_to_a_file_opens_as_the_same_lexicon() {
    let place = Place::new();
    let lexicon = with_table(&place, "id\tname\ncondition:zorbitis\tzorbitis\n").expect("a table");
    let opened = Lexicon::open(&place.write("lexicon", lexicon.bytes())).expect("a compiled lexicon");
    assert_eq!((opened.len(), opened.fingerprint()), (lexicon.len(), lexicon.fingerprint()));
    assert_eq!(named(&Annotator::new(opened), "it is zorbitis"), ["condition:zorbitis"]);
    assert_ne!(lexicon.fingerprint(), Lexicon::core().fingerprint());
}

#[test]
fn a_damaged_file_and_a_file_of_something_else_are_refused_with_a_sentence() {
    let place = Place::new();
    let mut bytes = Lexicon::core().bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for (name, content, says) in [
        ("damaged", bytes.as_slice(), "is damaged"),
        ("cut", &Lexicon::core().bytes()[..1000], "is damaged"),
        ("text", b"id\tname\n".as_slice(), "is not a compiled lexicon"),
        ("empty", b"", "is not a compiled lexicon"),
    ] {
        let refused = Lexicon::open(&place.write(name, content)).err().expect("refused").to_string();
        assert!(refused.contains(says) && refused.contains(name), "{refused}");
    }
}

#[test]
fn a_users_line_joins_a_known_concept_by_name_or_cross_reference_and_adds_its_terms() {
    let place = Place::new();
    let core = Lexicon::core();
    let table = "id\tname\tsynonyms\tparents\txrefs\n\
                 condition:x1\tanemia\tzanemia\t\t\n\
                 condition:x2\tzfibro\tzz fibro\tcondition:anemia\tMESH:D005356\n\
                 condition:x3\tzorb disease\t\tcondition:x1\t\n";
    let lexicon = with_table(&place, table).expect("a table");
    assert_eq!(ids(&lexicon, "zanemia"), ["condition:anemia"]);
    assert_eq!(ids(&lexicon, "zz fibro"), ["condition:fibromyalgia"]);
    assert_eq!(lexicon.len(), core.len() + 1);
    let new = lexicon.by_id("condition:x3").expect("the third is new");
    let above: Vec<&str> = lexicon.parents(new).map(|id| lexicon.concept(id).id).collect();
    assert_eq!(above, ["condition:anemia"]);
}

#[test]
fn a_table_that_is_wrong_is_refused_with_path_line_and_what_is_wrong() {
    for (table, line, says) in [
        ("name\tsynonyms\nfever\thot\n", 1, "no column \"id\""),
        ("id\tsynonyms\ncondition:x\ty\n", 1, "no column \"name\""),
        ("id\tname\ncondition:zx\tzx\ncondition:zx\tzy\n", 3, "also in line 2"),
        ("id\tname\tparents\ncondition:za\tza\tcondition:zb\ncondition:zb\tzb\tcondition:za\n", 2, "go round"),
        ("id\tname\tparents\ncondition:za\tza\tcondition:nowhere\n", 2, "no table has"),
        ("id\tname\nfever\tfever\n", 2, "type and a colon"),
        ("id\tname\ncondition:zx\tzx\textra\n", 2, "3 cells"),
        ("id\tname\ncondition:zx\t\n", 2, "\"name\" is empty"),
        ("term\trule\nx\tmaybe\n", 2, "unknown rule"),
        ("", 1, "empty"),
    ] {
        let refused = refused(table);
        assert!(refused.contains("extra.tsv"), "{refused}");
        let place = refused.contains(&format!("line {line}:")) || says == "go round";
        assert!(place && refused.contains(says), "{table:?}: {refused}");
    }
    let refused = refused(b"id\tname\ncondition:zx\tz\xffx\n");
    assert!(refused.contains("line 2") && refused.contains("UTF-8"), "{refused}");
}

#[test]
fn a_missing_table_is_refused_with_its_path() {
    let refused = Lexicon::with_tables(&[PathBuf::from("nowhere.tsv")]).err().expect("refused").to_string();
    assert!(refused.contains("nowhere.tsv"), "{refused}");
}

#[test]
fn every_one_word_term_that_no_guard_holds_back_is_read_as_its_own_concept_and_never_respelt() {
    let annotator = core();
    let lexicon = annotator.lexicon();
    for (term, id) in lexicon.all_terms().filter(|(term, _)| term.bytes().all(|b| b.is_ascii_lowercase())) {
        for mention in annotator.annotate(term) {
            let owners = lexicon.lookup(term);
            assert!(owners.contains(&mention.concept), "{term} of {} is read as another", lexicon.concept(id).id);
        }
    }
}

#[test]
fn a_misspelt_drug_of_seven_letters_is_read_and_an_ordinary_word_is_not() {
    let annotator = core();
    assert_eq!(named(&annotator, "started gabapentine and pregabaline last week"), ["drug:gabapentin", "drug:pregabalin"]);
    for text in ["we went to a concerto", "the president complained", "creative and proven", "in florida with stanley"] {
        assert_eq!(named(&annotator, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_misspelt_word_is_corrected_to_a_terms_word_and_a_known_one_is_left() {
    let annotator = core();
    assert_eq!(annotator.correct("gabapentine"), Some("gabapentin"));
    assert_eq!(annotator.correct("laminectmoy"), Some("laminectomy"));
    assert_eq!(annotator.correct("numbness"), None);
    assert_eq!(annotator.correct("xqzvkwj"), None);
}

#[test]
fn show_prints_a_concept_with_what_is_around_it_and_says_when_there_is_none() {
    let place = Place::new();
    let shown = place.run(&["lexicon", "show", "hemilaminectomy", "--format", "json"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    let concept: serde_json::Value = serde_json::from_str(&shown.out).expect("JSON");
    assert_eq!(concept["concept"], "procedure:hemilaminectomy");
    assert_eq!(concept["parents"], serde_json::json!(["procedure:laminectomy"]));
    let human = place.run(&["lexicon", "show", "laminectomy", "--format", "human"]);
    assert!(human.out.contains("hemilaminectomy"), "{}", human.out);
    assert_eq!(place.run(&["lexicon", "show", "xqzvkwj"]).code, 1);
}

#[test]
fn check_passes_the_built_in_tables_and_names_the_wrong_line_of_another() {
    let place = Place::new();
    let checked = place.run(&["lexicon", "check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
    let table =
        place.write("guards.tsv", "term\trule\targument\texample\texpected\nanemia\tstop\t\tshe has anemia\tcondition:anemia\n");
    let checked = place.run(&["lexicon".as_ref(), "check".as_ref(), table.as_os_str()]);
    assert_eq!(checked.code, 2, "{}", checked.out);
    assert!(checked.out.contains("guards.tsv, line 2"), "{}", checked.out);
}
