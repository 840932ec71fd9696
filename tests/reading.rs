//! What `read` makes of files: the forms that archives have, and what is rejected with which sentence.

mod common;

use std::path::Path;

use common::{Place, sample, shared};
use curbside::read::{Reader, Rejection};
use curbside::thread::{Role, SectionKind, Thread};
use proptest::prelude::*;

fn read(name: &str, content: &[u8]) -> Vec<Result<Thread, Rejection>> {
    let reader = Reader::new();
    let chunks = match reader.open_stream(Path::new(name), Box::new(std::io::Cursor::new(content.to_vec()))) {
        Ok(chunks) => chunks,
        Err(rejection) => return vec![Err(rejection)],
    };
    chunks.flat_map(|chunk| chunk.map_or_else(|rejection| vec![Err(rejection)], |chunk| reader.threads(&chunk))).collect()
}

#[track_caller]
fn one(name: &str, content: &[u8]) -> Thread {
    let mut results = read(name, content);
    assert_eq!(results.len(), 1, "{results:?}");
    results.remove(0).expect("a thread")
}

#[track_caller]
fn rejected(name: &str, content: &[u8]) -> String {
    let results = read(name, content);
    let rejections: Vec<String> = results.iter().filter_map(|r| r.as_ref().err().map(ToString::to_string)).collect();
    assert_eq!(rejections.len(), 1, "{results:?}");
    rejections[0].clone()
}

/// An invented page of the invented site.
const PAGE: &str = "My knee clicks. Is it harmful?\n\nQ. My knee clicks. Is it harmful?\n\nAnswered by\nDr. Ada Venn\nand medically \
reviewed by Wardround medical review team.\nThis is a premium question & answer published on Mar 02, 2017 and last reviewed on: \
Aug 11, 2023\n\nHello doctor,\n\nMy knee clicks when I climb stairs.\nIt does not hurt.\n\n\n\nWelcome to wardround.example.\n\nClicks \
without pain are harmless.\n\nThe Probable causes:\n\nGas bubbles in the joint.\n\nTreatment plan:\n\nNone.\n\nThank you doctor,\n\nCan I \
run?\n\nHello,\n\nWelcome back to wardround.example.\n\nYes, you may run — “gently”.\n\nWas this answer useful to you?\n\nRelated \
Questions:\n\nWhy does my hip click?\n\n.. a tendon that slides over bone   Read full\n\nIs running bad for knees?\n\nI am 40 and run a \
lot.   Read full\n\nAlso Read\n\nKnees\nAll about knees.\n\nDisclaimer: nothing here is advice.\n";

#[test]
fn a_page_comes_out_as_title_byline_dates_turns_sections_and_panel() {
    let thread = one("page.txt", PAGE.as_bytes());
    assert_eq!(thread.title, "My knee clicks. Is it harmful?");
    assert_eq!(thread.source.as_deref(), Some("wardround.example"));
    assert_eq!(thread.doctor.as_ref().map(|doctor| doctor.name.as_str()), Some("Dr. Ada Venn"));
    assert_eq!(thread.reviewer.as_deref(), Some("Wardround medical review team"));
    assert_eq!(thread.published.map(|date| date.to_string()).as_deref(), Some("2017-03-02"));
    assert_eq!(thread.reviewed.map(|date| date.to_string()).as_deref(), Some("2023-08-11"));
    assert!(thread.premium);
    let roles: Vec<Role> = thread.posts.iter().map(|post| post.role).collect();
    assert_eq!(roles, [Role::Patient, Role::Doctor, Role::Patient, Role::Doctor]);
    assert_eq!(thread.posts[0].text, "Hello doctor,\n\nMy knee clicks when I climb stairs.\nIt does not hurt.");
    assert_eq!(thread.posts[1].text, "Clicks without pain are harmless.");
    let kinds: Vec<SectionKind> = thread.posts[1].sections.iter().map(|section| section.kind).collect();
    assert_eq!(kinds, [SectionKind::ProbableCauses, SectionKind::TreatmentPlan]);
    assert_eq!(thread.posts[3].text, "Yes, you may run — “gently”.");
    let panel: Vec<(&str, &str)> = thread.panel.iter().map(|entry| (entry.title.as_str(), entry.snippet.as_str())).collect();
    assert_eq!(
        panel,
        [("Why does my hip click?", "a tendon that slides over bone"), ("Is running bad for knees?", "I am 40 and run a lot.")]
    );
}

#[test]
fn the_same_page_reads_the_same_in_every_wrapping() {
    let plain = one("page.txt", PAGE.as_bytes());
    let windows_1252 = encoding_rs::WINDOWS_1252.encode(PAGE).0.into_owned();
    let escaped = PAGE.replace('&', "&amp;");
    let paragraphs: String = escaped.lines().map(|line| format!("<p>{line}</p>\n")).collect();
    let breaks = escaped.replace('\n', "<br>");
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(PAGE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let wrappings: [(&str, Vec<u8>); 8] = [
        ("CRLF", PAGE.replace('\n', "\r\n").into_bytes()),
        ("byte-order mark", format!("\u{feff}{PAGE}").into_bytes()),
        ("non-breaking spaces", PAGE.replace(' ', "\u{a0}").into_bytes()),
        ("Windows-1252", windows_1252),
        ("UTF-16", utf16),
        (
            "HTML line breaks",
            format!("<!DOCTYPE html><html><head><style>p {{}}</style></head><body><div>{breaks}</div></body></html>")
                .into_bytes(),
        ),
        (
            "HTML preformatted",
            format!("<html><body><pre>{escaped}</pre><script>Hello doctor, x</script></body></html>").into_bytes(),
        ),
        (
            "HTML with a declared encoding",
            encoding_rs::WINDOWS_1252
                .encode(&format!("<html><head><meta charset=\"iso-8859-1\"></head><body><pre>{escaped}</pre></body></html>"))
                .0
                .into_owned(),
        ),
    ];
    for (wrapping, bytes) in wrappings {
        assert_eq!(one("page", &bytes), plain, "{wrapping}");
    }
    // A paragraph a line parts the lines of one paragraph, and nothing else.
    let mut parted = one("page", format!("<html><body>{paragraphs}</body></html>").as_bytes());
    parted.posts[0].text = parted.posts[0].text.replace("stairs.\n\nIt", "stairs.\nIt");
    assert_eq!(parted, plain);
}

#[test]
fn the_page_that_started_the_project_reads_as_its_readers_see_it() {
    let Some(path) = shared("seed/consult-page.txt") else { return };
    let bytes = std::fs::read(path).unwrap();
    let thread = one("seed", &bytes);
    assert_eq!(thread.title, "Why does my friend have numbness after hemilaminectomy surgery?");
    assert!(thread.premium);
    assert_eq!(thread.doctor.as_ref().unwrap().name, "Dr. Berry Chirag Ashok");
    assert_eq!(thread.reviewer.as_deref(), Some("iCliniq medical review team"));
    assert_eq!(thread.published.unwrap().to_string(), "2016-07-13");
    assert_eq!(thread.reviewed.unwrap().to_string(), "2023-06-20");
    let roles: Vec<Role> = thread.posts.iter().map(|post| post.role).collect();
    assert_eq!(roles, [Role::Patient, Role::Doctor].repeat(4));
    let kinds = |n: usize| thread.posts[n].sections.iter().map(|section| section.kind.name()).collect::<Vec<_>>();
    assert_eq!(kinds(1), ["probable_causes", "investigations", "differential_diagnosis", "treatment_plan"]);
    assert_eq!(kinds(5), ["investigations", "probable_diagnosis"]);
    assert_eq!(thread.panel.len(), 3);
    assert!(thread.panel.iter().all(|entry| entry.snippet.len() > 40 && !entry.snippet.contains("Read full")));
    let said = serde_json::to_string(&thread.posts).unwrap();
    for furniture in [
        "icliniq.com",
        "Welcome",
        "Was this answer",
        "Also Read",
        "Disclaimer",
        "guaranteed answer",
        "Answered by",
        "Same symptoms",
    ] {
        assert!(!said.contains(furniture), "{furniture} is in a post");
    }
}

#[test]
fn a_page_without_a_profile_is_rejected_with_what_was_looked_for() {
    let sentence = rejected("other.txt", b"Some page of some site.\n\nNothing that we know.");
    assert!(sentence.starts_with("other.txt: fits no site profile: "), "{sentence}");
    assert!(sentence.contains("icliniq.com is known by") && sentence.contains("wardround.example is known by"), "{sentence}");
    assert!(sentence.ends_with("add a profile for the site with --profiles"), "{sentence}");
}

#[test]
fn a_profile_of_ones_own_reads_a_new_site() {
    let place = Place::new();
    let profile = "name = 'forum.test'\nfits = ['^FORUM']\ntitle = ['^# (?<value>.+)$']\nend = ['^--']\nsections = []\n\
        [turns]\ndoctor = ['^(?<greeting>DR: )']\npatient = ['^(?<greeting>PT: )']\n[panel]\nbegin = ['^See']\nsnippet = ['^> (?<value>.*)']\nend = ['^END']\n";
    place.write("profiles/forum.toml", profile);
    let page = place.write("a.txt", "FORUM\n# Sore toe\nPT: my toe is sore\nDR: rest it\n-- \n");
    let ran = place.run(&[&"parse".into(), &page, &"--profiles".into(), &place.path("profiles")]).ok();
    let thread = ran.json();
    assert_eq!(thread["title"], "Sore toe");
    assert_eq!(thread["posts"][1]["text"], "rest it");
    place.write("profiles/bad.toml", "name = 'x'\nfits = ['(']\n");
    place
        .run(&[&"parse".into(), &page, &"--profiles".into(), &place.path("profiles")])
        .told(2, "bad.toml: is not a site profile");
}

#[test]
fn exports_are_read_as_they_are() {
    let thread = one(
        "a.jsonl",
        br#"{"title":"T","question":"hello doctor my knee hurts","answers":["rest it","ice"],"tags":["knee"],"url":"u"}"#,
    );
    assert_eq!((thread.title.as_str(), thread.posts.len(), thread.tags.len()), ("T", 3, 1));
    let thread = one("a.jsonl", br#"{"question_text":"my knee hurts","answer":"rest it","id":17,"votes":3}"#);
    assert_eq!((thread.id.as_str(), thread.posts[1].role), ("17", Role::Doctor));
    assert_eq!(thread.other["votes"], 3, "unknown fields are kept");
    let thread = one("a.jsonl", br#"{"instruction":"If you are a doctor","input":"i have a cough","output":"drink tea"}"#);
    assert_eq!((thread.posts[0].text.as_str(), thread.posts[1].text.as_str()), ("i have a cough", "drink tea"));
    let thread = one("a.json", b"{\n \"question\": \"Doctor: How are you?\\nPatient: My toe hurts.\\nDoctor: Rest.\"\n}");
    let roles: Vec<Role> = thread.posts.iter().map(|post| post.role).collect();
    assert_eq!(roles, [Role::Doctor, Role::Patient, Role::Doctor], "a transcript becomes its turns");
    let list = read("a.json", br#"[{"question":"one","answers":[]}, {"question":"two","answers":null}]"#);
    assert_eq!(list.iter().filter(|result| result.is_ok()).count(), 2);
}

#[test]
fn the_same_consult_twice_has_one_id_whatever_its_form() {
    let export = one("a.jsonl", br#"{"question":"my knee  hurts","answers":["rest it"]}"#);
    let instruction = one("b.jsonl", br#"{"instruction":"x","input":"my knee hurts","output":"rest it\n"}"#);
    let model =
        one("c.json", br#"{"title":"","posts":[{"role":"patient","text":"my knee hurts"},{"role":"doctor","text":"rest it"}]}"#);
    assert_eq!(export.id, instruction.id);
    assert_eq!(export.id, model.id);
    assert_ne!(export.id, one("d.jsonl", br#"{"question":"my hip hurts","answers":["rest it"]}"#).id);
}

#[test]
fn bad_input_is_told_by_path_line_and_what_to_do() {
    for (name, content, sentence) in [
        ("e.json", &b""[..], "e.json: is empty"),
        ("e.txt", b" \n\n ", "e.txt: is empty"),
        ("b.bin", b"\x7fELF\x02\x01\x00\x00\x00\x00", "b.bin: is binary"),
        ("b.txt", b"\x01\x02\x03\x04\x05\x06\x07\x08hello", "b.txt: is binary"),
        ("t.json", b"{\n \"title\": \"x\",\n \"posts\": [{\"role\": ", "t.json: ends in the middle of the JSON"),
        ("s.json", b"{\"title\": \"x\", \"body\": \"y\"}", "is JSON but not a thread: the fields are title, body"),
        ("r.json", b"{\"posts\": [{\"role\": \"nurse\", \"text\": \"y\"}]}", "unknown variant `nurse`"),
        ("n.json", b"{\"posts\": []}", "has no post with text"),
        ("q.json", b"{\"question\": 3}", "\"question\" is a number instead of text"),
        ("l.json", b"[]", "l.json: is empty"),
        ("d.json", b"{\"question\": \"x\", \"published\": \"soon\"}", "is JSON but not a thread"),
    ] {
        let said = rejected(name, content);
        assert!(said.contains(sentence), "{said:?} does not say {sentence:?}");
        assert!(said.contains(';'), "{said:?} does not say what to do");
    }
}

#[test]
fn a_broken_line_is_named_and_the_rest_goes_on() {
    let results = read("x.jsonl", b"{\"question\":\"one\"}\n\n{broken\n[1]\n{\"question\":\"two\"}\n{\"question\":\"cut");
    let said: Vec<String> =
        results.iter().map(|r| r.as_ref().map_or_else(ToString::to_string, |t| t.posts[0].text.clone())).collect();
    assert_eq!((said[0].as_str(), said[3].as_str(), said.len()), ("one", "two", 5));
    assert!(said[1].starts_with("x.jsonl:3: is not valid JSON"), "{}", said[1]);
    assert!(said[2].starts_with("x.jsonl:4: is JSON but not a thread: a list instead of an object"), "{}", said[2]);
    assert!(said[4].starts_with("x.jsonl:6: ends in the middle"), "{}", said[4]);
}

#[test]
fn a_line_of_a_hundred_megabytes_is_passed_over() {
    let mut content = b"{\"question\":\"one\"}\n{\"question\":\"".to_vec();
    content.resize(content.len() + 100_000_000, b'a');
    content.extend_from_slice(b"\"}\n{\"question\":\"two\"}\n");
    let results = read("long.jsonl", &content);
    let said: Vec<String> =
        results.iter().map(|r| r.as_ref().map_or_else(ToString::to_string, |t| t.posts[0].text.clone())).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!((said[0].as_str(), said[2].as_str()), ("one", "two"));
    assert!(said[1].starts_with("long.jsonl:2: is 95 MB or more in one piece, the limit is 64 MB"), "{}", said[1]);
}

#[test]
fn every_thread_of_the_sample_reads_and_fits_the_schema() {
    let schema = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/thread.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let place = Place::new();
    let ran = place.run(&[&"parse".into(), &sample()]);
    let mut threads = 0;
    for line in ran.out.lines() {
        let thread: serde_json::Value = serde_json::from_str(line).unwrap();
        let faults: Vec<String> = schema.iter_errors(&thread).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{}: {faults:?}", thread["id"]);
        let back: Thread = serde_json::from_value(thread.clone()).unwrap();
        assert_eq!(serde_json::to_value(&back).unwrap(), thread, "a thread comes back as it was written");
        threads += 1;
    }
    assert!(threads >= 200, "{threads} threads");
}

#[test]
fn the_schema_refuses_what_is_no_thread() {
    let schema = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/thread.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for wrong in [
        r#"{"title": "x", "posts": [{"role": "patient", "text": "y"}]}"#,
        r#"{"id": "a", "title": "x", "posts": []}"#,
        r#"{"id": "a", "title": "x", "posts": [{"role": "nurse", "text": "y"}]}"#,
        r#"{"id": "a", "title": "x", "published": "soon", "posts": [{"role": "patient", "text": "y"}]}"#,
        r#"{"id": "a", "title": "x", "posts": [{"role": "doctor", "text": "y", "sections": [{"kind": "other", "text": ""}]}]}"#,
    ] {
        assert!(!schema.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for result in read("any", &bytes).into_iter().flatten() {
            prop_assert!(!result.id.is_empty() && !result.posts.is_empty());
        }
    }

    #[test]
    fn no_cut_of_a_page_makes_reading_panic(cut in 0..PAGE.len(), flip in any::<u8>(), at in 0..PAGE.len()) {
        let mut bytes = PAGE.as_bytes()[..cut].to_vec();
        if let Some(byte) = bytes.get_mut(at) {
            *byte = flip;
        }
        read("any", &bytes);
        let html = [b"<html><body><div>", &bytes[..], b"</div>"].concat();
        read("any", &html);
    }
}
