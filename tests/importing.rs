//! Standard terminologies that a user brings: how each form is read, what of two sources is one concept, and how bad files are met.

mod common;

use std::collections::BTreeSet;
use std::path::PathBuf;

use curbside::clinical::{Annotator, Kind, Lexicon};

use common::{Place, sample};

const OBO: &str = "format-version: 1.2
ontology: hp

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:0003401
name: Paresthesia
synonym: \"Zingling of \\\"limbs\\\"\" EXACT layperson []
synonym: \"Odd feeling\" BROAD []
xref: UMLS:C0030554
is_a: HP:0000118 ! Phenotypic abnormality

[Term]
id: HP:9000001
name: Zorbing of the elbow
is_a: HP:0003401 {source=\"x\"} ! Paresthesia

[Term]
id: HP:9000002
name: obsolete Zonk
is_obsolete: true

[Typedef]
id: part_of
name: part of
";

const MESH: &str = "<?xml version=\"1.0\"?>
<DescriptorRecordSet LanguageCode=\"eng\">
<DescriptorRecord DescriptorClass=\"1\">
  <DescriptorUI>D000700</DescriptorUI>
  <DescriptorName><String>Zanalgesics</String></DescriptorName>
  <TreeNumberList><TreeNumber>D27.505.696</TreeNumber></TreeNumberList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass=\"1\">
  <DescriptorUI>D900001</DescriptorUI>
  <DescriptorName><String>Zorbitol &amp; Salts</String></DescriptorName>
  <PharmacologicalActionList><PharmacologicalAction><DescriptorReferredTo>
    <DescriptorUI>D000700</DescriptorUI><DescriptorName><String>Zanalgesics</String></DescriptorName>
  </DescriptorReferredTo></PharmacologicalAction></PharmacologicalActionList>
  <TreeNumberList><TreeNumber>D99.100</TreeNumber></TreeNumberList>
  <ConceptList><Concept PreferredConceptYN=\"Y\"><TermList>
    <Term IsPermutedTermYN=\"N\"><String>Zorbitol</String></Term>
    <Term IsPermutedTermYN=\"Y\"><String>Salts, Zorbitol</String></Term>
  </TermList></Concept></ConceptList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass=\"1\">
  <DescriptorUI>D900002</DescriptorUI>
  <DescriptorName><String>Zorbology</String></DescriptorName>
  <TreeNumberList><TreeNumber>H02.403</TreeNumber></TreeNumberList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass=\"1\">
  <DescriptorUI>D900003</DescriptorUI>
  <DescriptorName><String>Zorbitis</String></DescriptorName>
  <TreeNumberList><TreeNumber>C23.888.100</TreeNumber></TreeNumberList>
</DescriptorRecord>
<DescriptorRecord DescriptorClass=\"1\">
  <DescriptorUI>D900004</DescriptorUI>
  <DescriptorName><String>Zorbitis of the Thumb</String></DescriptorName>
  <TreeNumberList><TreeNumber>C23.888.100.200</TreeNumber></TreeNumberList>
</DescriptorRecord>
</DescriptorRecordSet>
";

const LISTING: &str = "concept_id\ttype\tpreferred\tsynonyms\tparents\tsource\tlicence
ZO:1\tcondition\tZorb disease\tzorbosis|Zonk\tCOB:1\tzo\tCC0
ZO:2\tcondition\tChronic zorb disease\t\tZO:1\tzo\tCC0
ZO:3\tdrug\tLife\tNZAID|zorbolife\t\tzo\tCC0
";

/// A row of the term files of RxNorm and the UMLS: code, preferred or not, source, type, term, suppressed.
fn term(code: &str, preferred: bool, source: &str, kind: &str, term: &str, suppressed: &str) -> String {
    let (status, form, is) = if preferred { ("P", "PF", "Y") } else { ("S", "VO", "N") };
    format!("{code}|ENG|{status}|L1|{form}|S1|{is}|A1||||{source}|{kind}|{code}|{term}|0|{suppressed}|256|\n")
}

/// A row of their relations: what the second is to the first.
fn relation(first: &str, relation: &str, second: &str, says: &str) -> String {
    format!("{first}||CUI|{relation}|{second}||CUI|{says}|R1||RXNORM|RXNORM||||4096|\n")
}

fn rxnorm(place: &Place) -> PathBuf {
    let terms = [
        term("25480", true, "RXNORM", "IN", "gabapentin", "N"),
        term("900", true, "RXNORM", "IN", "zorbamide", "N"),
        term("900", false, "RXNORM", "SY", "zorbaminum", "N"),
        term("900", false, "RXNORM", "SY", "zorbolate", "O"),
        term("901", true, "RXNORM", "PIN", "zorbamide sodium", "N"),
        term("902", true, "RXNORM", "BN", "Zorbex", "N"),
        term("903", true, "RXNORM", "MIN", "gabapentin / zorbamide", "N"),
        term("904", true, "RXNORM", "BN", "Zorbapentin", "N"),
        term("905", true, "RXNORM", "SCD", "zorbamide 10 MG Oral Tablet", "N"),
        term("906", true, "MTHSPL", "SU", "ZORBAMIDUM", "N"),
    ];
    let relations = [
        relation("900", "RO", "902", "tradename_of"),
        relation("901", "RO", "900", "form_of"),
        relation("903", "RO", "900", "part_of"),
        relation("25480", "RO", "903", "has_part"),
        relation("904", "RO", "900", "has_tradename"),
        relation("904", "RO", "25480", "has_tradename"),
        relation("905", "RO", "900", "has_ingredient"),
    ];
    place.write("rx/RXNREL.RRF", relations.concat());
    place.write("rx/RXNCONSO.RRF", terms.concat())
}

fn umls(place: &Place) -> PathBuf {
    let terms = [
        term("C0030554", true, "MSH", "MH", "Paresthesia", "N"),
        term("C0030554", false, "CHV", "SY", "zingling feeling", "N"),
        term("C9000001", false, "CHV", "SY", "zorbs", "N"),
        term("C9000001", true, "MSH", "MH", "Zorbing", "N"),
        term("C9000001", false, "MSH", "MH", "old zorbing", "Y"),
        term("C9000002", true, "MSH", "MH", "Zorbologist", "N"),
    ];
    let types = [
        "C0030554|T184|A2.2.2|Sign or Symptom|AT1||\n",
        "C9000001|T184|A2.2.2|Sign or Symptom|AT2||\n",
        "C9000002|T097|A2|Professional|AT3||\n",
    ];
    let relations = [
        relation("C9000001", "PAR", "C0030554", ""),
        relation("C0030554", "PAR", "C9000001", "inverse_isa"),
        relation("C9000001", "RO", "C9000002", "treats"),
    ];
    place.write("umls/MRSTY.RRF", types.concat());
    place.write("umls/MRREL.RRF", relations.concat());
    place.write("umls/MRCONSO.RRF", terms.concat())
}

fn with(files: &[PathBuf]) -> Lexicon {
    Lexicon::with_tables(files).unwrap_or_else(|error| panic!("{error}"))
}

/// The tables of the files alone.
fn alone(files: &[PathBuf]) -> Lexicon {
    Lexicon::of_tables(files).unwrap_or_else(|error| panic!("{error}"))
}

fn named(lexicon: &Lexicon, text: &str) -> Vec<String> {
    let mentions = Annotator::new(lexicon.clone()).annotate(text);
    mentions.iter().map(|mention| lexicon.concept(mention.concept).id.to_owned()).collect()
}

fn parents(lexicon: &Lexicon, id: &str) -> Vec<String> {
    let concept = lexicon.by_id(id).unwrap_or_else(|| panic!("no {id}"));
    lexicon.parents(concept).map(|parent| lexicon.concept(parent).id.to_owned()).collect()
}

#[test]
fn an_ontology_in_obo_adds_its_exact_and_lay_terms_to_the_concept_it_shares() {
    let place = Place::new();
    let lexicon = with(&[place.write("hp.obo", OBO)]);
    assert_eq!(named(&lexicon, "some zingling of limbs today"), ["symptom:paresthesia"]);
    assert_eq!(named(&lexicon, "a zorbing of the elbow"), ["symptom:HP:9000001"]);
    assert_eq!(parents(&lexicon, "symptom:HP:9000001"), ["symptom:paresthesia"]);
    for left_out in ["odd feeling", "zonk", "phenotypic abnormality", "part of"] {
        assert_eq!(named(&lexicon, left_out), Vec::<String>::new(), "{left_out}");
    }
}

#[test]
fn mesh_descriptors_have_types_by_their_trees_and_classes_by_their_actions() {
    let place = Place::new();
    let lexicon = with(&[place.write("desc.xml", MESH)]);
    assert_eq!(named(&lexicon, "I took zorbitol for zorbitis of the thumb"), ["drug:MESH:D900001", "symptom:MESH:D900004"]);
    assert_eq!(parents(&lexicon, "symptom:MESH:D900004"), ["symptom:MESH:D900003"]);
    assert_eq!(
        parents(&lexicon, "drug:MESH:D900001"),
        lexicon.lookup("Zanalgesics").iter().map(|&id| lexicon.concept(id).id).collect::<Vec<_>>()
    );
    let names: Vec<&str> = lexicon.terms(lexicon.by_id("drug:MESH:D900001").unwrap()).collect();
    assert_eq!(names, ["Zorbitol & Salts", "Zorbitol"], "what is turned round for an index is left out");
    assert!(lexicon.lookup("zorbology").is_empty(), "a discipline is of none of the types");
}

#[test]
fn rxnorm_brands_and_salts_are_their_ingredient_and_a_combination_is_below_each() {
    let place = Place::new();
    let lexicon = with(&[rxnorm(&place)]);
    for text in ["zorbamide", "Zorbex", "zorbamide sodium", "zorbaminum"] {
        assert_eq!(named(&lexicon, text), ["drug:RXCUI:900"], "{text}");
    }
    assert_eq!(named(&lexicon, "Zorbapentin"), ["drug:RXCUI:903"]);
    assert_eq!(parents(&lexicon, "drug:RXCUI:903"), ["drug:gabapentin", "drug:RXCUI:900"]);
    for left_out in ["zorbolate", "zorbamidum"] {
        assert!(lexicon.lookup(left_out).is_empty(), "{left_out}");
    }
}

#[test]
fn a_release_is_read_as_a_whole_whichever_of_its_files_is_named() {
    let place = Place::new();
    let conso = rxnorm(&place);
    let folder = conso.parent().unwrap().to_owned();
    let whole = alone(std::slice::from_ref(&conso)).fingerprint();
    for files in [vec![folder.clone()], vec![folder.join("RXNREL.RRF")], vec![conso, folder.join("RXNREL.RRF")]] {
        assert_eq!(alone(&files).fingerprint(), whole, "{files:?}");
    }
}

#[test]
fn umls_concepts_have_types_by_semantic_type_and_their_parents_may_go_round() {
    let place = Place::new();
    let lexicon = with(&[umls(&place)]);
    assert_eq!(named(&lexicon, "a zingling feeling"), ["symptom:paresthesia"]);
    assert_eq!(named(&lexicon, "it zorbs"), ["symptom:C9000001"]);
    assert_eq!(lexicon.concept(lexicon.by_id("symptom:C9000001").unwrap()).name, "Zorbing");
    assert!(lexicon.lookup("zorbologist").is_empty() && lexicon.lookup("old zorbing").is_empty());
    let round = [parents(&lexicon, "symptom:C9000001"), parents(&lexicon, "symptom:paresthesia")].concat();
    assert_eq!(round.len(), 1, "{round:?}");
}

#[test]
fn a_listing_is_read_by_its_columns() {
    let place = Place::new();
    let lexicon = alone(&[place.write("zo.tsv", LISTING)]);
    assert_eq!(named(&lexicon, "chronic zorb disease, or zorbosis"), ["condition:ZO:2", "condition:ZO:1"]);
    assert_eq!(parents(&lexicon, "condition:ZO:2"), ["condition:ZO:1"]);
    // A terminology that files a concept in several places may have it above and below another.
    let round = "concept_id\ttype\tpreferred\tparents\nZO:1\tdrug\tzorb\tZO:2\nZO:2\tdrug\tzonk\tZO:1\n";
    let lexicon = alone(&[place.write("round.tsv", round)]);
    assert_eq!([parents(&lexicon, "drug:ZO:1"), parents(&lexicon, "drug:ZO:2")].concat().len(), 1);
}

#[test]
fn what_two_sources_share_by_cross_reference_or_term_is_one_concept() {
    let place = Place::new();
    let files = [place.write("hp.obo", OBO), umls(&place), rxnorm(&place)];
    let lexicon = with(&files);
    assert_eq!(named(&lexicon, "zingling feeling"), ["symptom:paresthesia"]);
    assert_eq!(lexicon.by_id("symptom:HP:0003401"), None);
    assert_eq!(lexicon.by_id("drug:RXCUI:25480"), None);
    // Of two types between which terminologies draw the line elsewhere.
    let listing = "concept_id\ttype\tpreferred\nZO:9\tsymptom\thypertension\n";
    let lexicon = with(&[place.write("zo.tsv", listing)]);
    assert_eq!(lexicon.len(), Lexicon::core().len());
}

#[test]
fn terms_that_nobody_reviewed_are_not_met_where_they_are_ordinary_words_and_acronyms_only_in_their_case() {
    let place = Place::new();
    let lexicon = with(&[place.write("zo.tsv", LISTING)]);
    assert_eq!(named(&lexicon, "life is busy"), Vec::<String>::new());
    assert_eq!(lexicon.lookup("life").len(), 1, "it can still be looked up");
    assert_eq!(named(&lexicon, "took NZAID and nzaid"), ["drug:ZO:3"]);
    assert_eq!(named(&lexicon, "took zorbolife"), ["drug:ZO:3"]);
}

#[test]
fn import_writes_a_table_that_is_read_as_the_terminology_was() {
    let place = Place::new();
    let listing = place.write("zo.tsv", LISTING);
    let (obo, table) = (place.write("hp.obo", OBO), place.path("table.tsv"));
    let args = [
        "lexicon".into(),
        "import".into(),
        listing.clone().into_os_string(),
        obo.clone().into(),
        "--out".into(),
        table.clone().into(),
    ];
    let ran = place.run::<std::ffi::OsString>(&args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let (direct, written) = (with(&[listing.clone(), obo]), with(std::slice::from_ref(&table)));
    for text in ["zorbosis and zingling of limbs", "life", "NZAID", "nzaid", "zorbing of the elbow"] {
        assert_eq!(named(&direct, text), named(&written, text), "{text}");
    }
    assert_eq!(place.run(&["lexicon".as_ref(), "check".as_ref(), table.as_os_str()]).code, 0);
    let printed = place.run(&["lexicon".as_ref(), "import".as_ref(), listing.as_os_str()]);
    assert!(printed.out.starts_with("id\tname\tsynonyms\tparents\txrefs\treviewed\n"), "{}", printed.out);
}

#[test]
fn index_search_and_show_use_a_terminology_on_top_of_the_core() {
    let place = Place::new();
    let archive =
        place.write("a.jsonl", "{\"id\":\"z\",\"title\":\"Is it zorbosis?\",\"question\":\"I have zorbosis and a fever.\"}\n");
    let listing = place.write("zo.tsv", LISTING);
    let args = ["index".as_ref(), archive.as_os_str(), "--lexicon".as_ref(), listing.as_os_str()];
    assert_eq!(place.run(&args).code, 0);
    let answer = place.run(&["search", "zorb disease", "--format", "json"]).ok().json();
    assert_eq!(answer["query"]["concepts"][0]["concept"], "condition:ZO:1", "{answer}");
    assert_eq!(answer["hits"][0]["conditions"][0], "Zorb disease");
    let shown =
        place.run(&["lexicon".as_ref(), "show".as_ref(), "zonk".as_ref(), "--lexicon".as_ref(), listing.as_os_str()]).ok();
    assert!(shown.out.contains("condition:ZO:1"), "{}", shown.out);
}

/// Names of files, their content, and what the refusal says: the file, the line, what is wrong and what to do.
fn refusals() -> Vec<(&'static str, Vec<u8>, usize, [&'static str; 2])> {
    let conso = term("900", true, "RXNORM", "IN", "zorbamide", "N");
    let old = "C9000001|ENG|P|L1|PF|S1|Zorbing|0|\n";
    vec![
        ("zo.tsv", b"concept_id\tpreferred\nZO:1\tzorb\n".to_vec(), 1, ["no column \"type\"", "the first line names"]),
        ("zo.tsv", b"concept_id\ttype\tpreferred\nZO:1\tdisease\tzorb\n".to_vec(), 2, ["unknown type \"disease\"", "known are"]),
        ("zo.tsv", b"concept_id\ttype\tpreferred\nZO:1\tdrug\t\n".to_vec(), 2, ["\"preferred\" is empty", "remove the line"]),
        ("zo.tsv", b"concept_id\ttype\tpreferred\nZO:1\tdrug\tzorb\tx\n".to_vec(), 2, ["4 cells", "remove a tab"]),
        ("zo.tsv", b"concept_id\ttype\tpreferred\nZO:1\tdrug\tz\xffrb\n".to_vec(), 2, ["is not UTF-8", "save the file"]),
        (
            "zo.tsv",
            b"concept_id\ttype\tpreferred\nZO:1\tdrug\tzorb\nZO:1\tdrug\tzonk\n".to_vec(),
            3,
            ["\"ZO:1\" is also in line 2", "take one out"],
        ),
        (
            "hp.obo",
            OBO.replace("HP:9000001", "HP:0003401").into_bytes(),
            16,
            ["\"HP:0003401\" is also in line 8", "take one out"],
        ),
        (
            "hp.obo",
            OBO.replace("is_a: HP:0000118", "is_a: HP:9000001\nis_a: HP:0000118").into_bytes(),
            17,
            ["the parents go round", "take one out"],
        ),
        ("hp.obo", OBO.replace("name: Zorbing of the elbow\n", "").into_bytes(), 16, ["the term has no name", "add a line"]),
        ("hp.obo", OBO.replace("name: Paresthesia", "Paresthesia").into_bytes(), 10, ["has no colon", "a tag, a colon"]),
        ("hp.obo", OBO.replace("HP:0000118", "XX:1").into_bytes(), 1, ["below a root", "bring a table of your own"]),
        ("hp.obo", b"zorb".to_vec(), 1, ["no [Term]", "OBO form"]),
        ("hp.obo", [OBO.as_bytes(), b"\n[Term]\nid: \xff\n"].concat(), 31, ["is not UTF-8", "save the file"]),
        (
            "desc.xml",
            MESH.replace("DescriptorRecordSet", "SupplementalRecordSet").into_bytes(),
            2,
            ["SupplementalRecordSet", "bring a desc"],
        ),
        ("desc.xml", MESH.as_bytes()[..900].to_vec(), 17, ["the file is cut off", "fetch it again"]),
        (
            "desc.xml",
            MESH.replace("D900004", "D900003").into_bytes(),
            30,
            ["\"MESH:D900003\" is also in line 25", "take one out"],
        ),
        ("desc.xml", MESH.replace("</Term>", "</Trem>").into_bytes(), 16, ["Trem", "fetch it again"]),
        ("RXNCONSO.RRF", format!("{conso}{old}").into_bytes(), 2, ["8 fields", "bring one in Rich Release Format"]),
        ("RXNCONSO.RRF", [conso.as_bytes(), b"\xff|\n"].concat(), 2, ["is not UTF-8", "save the file"]),
        ("MRSTY.RRF", b"C1|T184|Sign or Symptom|\n".to_vec(), 1, ["3 fields", "of another release"]),
    ]
}

#[test]
fn bad_files_are_refused_with_path_line_what_is_wrong_and_what_to_do() {
    let mut wrong = Vec::new();
    for (name, content, line, says) in refusals() {
        let place = Place::new();
        let path = place.write(name, &content);
        let refused = Lexicon::of_tables(&[path]).err().map(|error| error.to_string()).unwrap_or_default();
        let is_there = refused.contains(&format!("{name}, line {line}: "));
        if !is_there || !says.iter().all(|says| refused.contains(says)) {
            wrong.push(format!("{name}, line {line}, {says:?}: {refused}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_folder_without_a_release_and_an_unknown_rrf_file_are_refused() {
    let place = Place::new();
    let unknown = place.write("folder/RXNSAT.RRF", "");
    for (path, says) in [(unknown.parent().unwrap().to_owned(), "a folder without"), (unknown, "name RXNCONSO.RRF")] {
        let refused = Lexicon::of_tables(&[path]).err().expect("refused").to_string();
        assert!(refused.contains(says), "{refused}");
    }
}

#[test]
fn a_bad_terminology_leaves_the_index_as_it_was() {
    let place = Place::new();
    place.index(&[&sample().join("topics.tsv"), &sample()]);
    let before = place.run(&["stats", "--format", "json"]).ok().out;
    let mut met = BTreeSet::new();
    for (name, content, ..) in refusals().into_iter().filter(|(name, ..)| met.insert(*name)) {
        let path = place.write(name, &content);
        let archive = sample();
        let args = ["index".as_ref(), archive.as_os_str(), "--full".as_ref(), "--lexicon".as_ref(), path.as_os_str()];
        place.run(&args).told(2, name);
        std::fs::remove_file(path).expect("it was written");
    }
    assert_eq!(place.run(&["stats", "--format", "json"]).ok().out, before);
}

#[test]
fn every_row_of_the_mappings_is_read() {
    for (table, columns) in [(include_str!("../schema/import/types.tsv"), 5), (include_str!("../schema/import/prefixes.tsv"), 2)]
    {
        for (line, number) in table.lines().zip(1..) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert!(cells.len() == columns && cells.iter().all(|cell| !cell.is_empty()), "line {number}: {line:?}");
            if columns == 5 && number > 1 {
                assert!(
                    cells[2].parse::<Kind>().is_ok() && ["umls", "mesh", "obo"].contains(&cells[0]),
                    "line {number}: {line:?}"
                );
            }
        }
    }
}
