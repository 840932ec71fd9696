//! Tables and MedQuAD's XML: rows and pairs become threads, by a mapping, a profile or the names in the header.

mod common;
#[path = "common/packed.rs"]
mod packed;

use common::Place;
use serde_json::{Value, json};

/// What `parse` makes of a file, one thread a line.
#[track_caller]
fn parsed(place: &Place, args: &[&str]) -> Vec<Value> {
    let ran = place.run(&[&["parse"], args].concat()).ok();
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_header_with_the_names_of_our_fields_needs_no_mapping() {
    let place = Place::new();
    let table = "id,title,question,answer,doctor,specialty,published,tags,url,source,age,sex,votes\n\
        17,Clicking knee,\"My knee clicks,\nand it says \"\"click\"\".\",Rest it.,Dr. Ada Venn,Orthopaedics,2016-07-13 10:00:00,\"knee; joint\",u,s,34 years,F,3\n\
        18,,My jaw clicks.,\"[\"\"Chew less.\"\",\"\"Chew more.\"\"]\",,,,,,,,,\n";
    for (name, bytes) in [
        ("a.csv", table.as_bytes().to_vec()),
        ("no-extension", table.as_bytes().to_vec()),
        ("a.csv.gz", packed::gzip(table.as_bytes())),
        ("mark.csv", [b"\xef\xbb\xbf", table.as_bytes()].concat()),
        ("crlf.csv", table.replace('\n', "\r\n").into_bytes()),
    ] {
        place.write(name, bytes);
        let threads = parsed(&place, &[name]);
        assert_eq!(threads.len(), 2, "{name}");
        let first = &threads[0];
        assert_eq!((&first["id"], &first["title"]), (&json!("17"), &json!("Clicking knee")), "{name}");
        assert!(first["posts"][0]["text"].as_str().unwrap().ends_with("it says \"click\"."), "{name}: {first}");
        assert_eq!(first["doctor"], json!({"name": "Dr. Ada Venn", "specialty": "Orthopaedics"}));
        assert_eq!((&first["published"], &first["tags"]), (&json!("2016-07-13"), &json!(["knee", "joint"])));
        assert_eq!(first["patient"], json!({"age": 34.0, "sex": "female"}));
        let roles: Vec<&Value> = threads[1]["posts"].as_array().unwrap().iter().map(|post| &post["role"]).collect();
        assert_eq!(roles, ["patient", "doctor", "doctor"], "a cell may hold a list: {}", threads[1]);
    }
    place.write("a.tsv", "question\tanswer\nmy knee, it clicks\trest it\n");
    assert_eq!(parsed(&place, &["a.tsv"])[0]["posts"][0]["text"], "my knee, it clicks");
}

#[test]
fn other_headers_are_mapped_on_the_command_line() {
    let place = Place::new();
    place.write("a.csv", "qid,Question,body,reply,second\n1,Knee,My knee clicks.,Rest it.,Or not.\n");
    place.write("b.csv", "qid,body,reply\n1,My knee clicks.,Rest it.\n");
    place.run(&["parse", "b.csv"]).told(2, "its columns are qid, body, reply; say which with --columns question=NAME");
    // "Question" is the name of a field, and would be taken for it.
    let columns = "title=Question,question=body,answer=reply,answer=second,id=qid";
    let threads = parsed(&place, &["a.csv", "--columns", columns]);
    assert_eq!((&threads[0]["id"], &threads[0]["title"]), (&json!("1"), &json!("Knee")));
    assert_eq!(threads[0]["posts"].as_array().unwrap().len(), 3);
    let ran = place
        .run_with_input(&["parse", "-", "--columns", "question=body", "--columns", "id=qid"], b"qid;body\n5;My toe clicks.\n");
    assert_eq!(ran.json()["id"], "5", "{}", ran.err);
    place.run(&["index", "a.csv", "--columns", columns]).ok();
    assert_eq!(place.run(&["search", "knee", "--format", "json"]).ok().json()["hits"][0]["id"], "1");

    place
        .run(&["parse", "a.csv", "--columns", "question=nothing"])
        .told(2, "it has no column \"nothing\", which --columns names");
    place.run(&["parse", "a.csv", "--columns", "mood=body"]).told(2, "\"mood\" is no field of a thread; known are id, title");
    place.run(&["parse", "a.csv", "--columns", "body"]).told(2, "expected FIELD=COLUMN");
}

#[test]
fn a_site_profile_may_describe_a_table() {
    let place = Place::new();
    let profile = "# forum.test exports its posts as a table.\nname = \"forum.test\"\n\n[columns]\nid = \"post\"\nquestion = \"asked\"\nanswer = [\"first\", \"second\"]\n";
    place.write("profiles/forum.toml", profile);
    place.write("a.dat", "post;asked;first;second\n9;My knee clicks.;Rest it.;Do not.\n");
    let threads = parsed(&place, &["a.dat", "--profiles", "profiles"]);
    assert_eq!((&threads[0]["id"], &threads[0]["source"]), (&json!("9"), &json!("forum.test")));
    assert_eq!(threads[0]["posts"].as_array().unwrap().len(), 3);
    place.write("profiles/bad.toml", "name = \"x\"\n[columns]\nmood = \"a\"\n");
    place.run(&["parse", "a.dat", "--profiles", "profiles"]).told(2, "bad.toml: is not a site profile: \"mood\" is no field");
}

#[test]
fn a_row_that_is_no_thread_is_told_by_its_line_and_the_rest_goes_on() {
    let place = Place::new();
    place.write(
        "a.csv",
        "id,question,published\n1,\"My knee\nclicks.\",2016-07-13\n2,,\n3,My jaw clicks.,soon\n4,My toe clicks.\n",
    );
    let ran = place.run(&["parse", "a.csv"]);
    assert_eq!(ran.out.lines().count(), 2, "a row may be short: {}", ran.err);
    ran.told(2, "a.csv:4: has no post with text").told(2, "a.csv:5: is a row that makes no thread: \"soon\" is no date");
}

#[test]
fn a_quote_that_is_never_closed_stays_in_bounds() {
    let place = Place::new();
    let mut table = b"question,answer\nmy knee clicks,rest it\n\"my jaw".to_vec();
    table.resize(100_000_000, b' ');
    place.write("a.csv", table);
    let ran = place.run(&["parse", "a.csv"]);
    assert_eq!(ran.out.lines().count(), 1);
    ran.told(2, "a.csv:3: is 64 MB or more in one piece");
}

#[test]
fn each_pair_of_a_medquad_document_is_a_thread() {
    let place = Place::new();
    let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document id=\"0000042\" source=\"INVENTED\" url=\"https://invented.example/glorb\">\n\
        <Focus>Glorb's disease</Focus>\n<FocusAnnotations><Category>Disease</Category></FocusAnnotations>\n<QAPairs>\n\
        <QAPair pid=\"1\"><Question qid=\"0000042-1\" qtype=\"information\">What is (are) Glorb's disease ?</Question>\
        <Answer>Key Points\n                - It is invented &amp; harmless.\n  <![CDATA[Below 5 < 6.]]></Answer></QAPair>\n\
        <QAPair pid=\"2\"><Question qtype=\"treatment\">How is it treated ?</Question><Answer></Answer></QAPair>\n</QAPairs>\n</Document>\n";
    place.write("a.xml", document);
    let threads = parsed(&place, &["a.xml"]);
    assert_eq!(threads.len(), 2);
    let first = &threads[0];
    assert_eq!((&first["id"], &first["source"]), (&json!("0000042-1"), &json!("INVENTED")));
    assert_eq!(first["title"], "What is (are) Glorb's disease ?");
    assert_eq!(first["tags"], json!(["Glorb's disease", "Disease", "information"]));
    assert_eq!(first["posts"][1]["text"], "Key Points\n- It is invented & harmless.\nBelow 5 < 6.");
    assert_eq!((&threads[1]["id"], threads[1]["posts"].as_array().unwrap().len()), (&json!("0000042-2"), 1));

    place.write("a.zip", packed::zip(&[("set/a.xml", document.as_bytes())]));
    assert_eq!(parsed(&place, &["a.zip"]), threads);
    place.write("cut.xml", &document[..document.len() - 80]);
    let ran = place.run(&["parse", "cut.xml"]);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.err);
    ran.told(2, "cut.xml: ");
    place.write("none.xml", "<Document id=\"1\"><Focus>x</Focus></Document>");
    place.run(&["parse", "none.xml"]).told(2, "none.xml: has no post with text");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_refused_with_what_to_do() {
    let place = Place::new();
    place.write("a.parquet", b"PAR1and so on");
    place.run(&["parse", "a.parquet"]).told(2, "build it with `--features parquet`, or export it as CSV");
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_reads_as_a_table_of_the_same_columns() {
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let place = Place::new();
    let schema = "message table { required int64 qid; required binary body (UTF8); required binary answer (UTF8); }";
    let schema = std::sync::Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(place.path("a.parquet")).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Default::default()).unwrap();
    for group in 0..3i64 {
        let mut rows = writer.next_row_group().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[group * 2, group * 2 + 1], None, None).unwrap();
        column.close().unwrap();
        for text in ["my knee clicks", "rest it"] {
            let values = [ByteArray::from(text), ByteArray::from(format!("{text} {group}").as_str())];
            let mut column = rows.next_column().unwrap().unwrap();
            column.typed::<ByteArrayType>().write_batch(&values, None, None).unwrap();
            column.close().unwrap();
        }
        rows.close().unwrap();
    }
    writer.close().unwrap();
    let threads = parsed(&place, &["a.parquet", "--columns", "id=qid,question=body"]);
    assert_eq!(threads.len(), 6);
    assert_eq!((&threads[5]["id"], &threads[5]["posts"][1]["text"]), (&json!("5"), &json!("rest it 2")));
    place.run(&["index", "a.parquet", "--columns", "id=qid,question=body"]).ok();
    place.run(&["parse", "a.parquet"]).told(2, "its columns are qid, body, answer");
    let bytes = std::fs::read(place.path("a.parquet")).unwrap();
    place.write("cut.parquet", &bytes[..bytes.len() / 2]);
    place.run(&["parse", "cut.parquet"]).told(2, "its Parquet data is damaged");
}
