//! Measures, runs and judgements: what `curbside eval` says, held against `ir_measures` on stored runs, and how it meets bad files.

mod common;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{Place, sample};
use curbside::eval::{Comparison, Judging, Measure, Measured, Qrels, Run};
use proptest::prelude::*;
use serde_json::Value;

/// The sample archive, indexed once for all tests, which only read it.
static SAMPLE: LazyLock<Place> = LazyLock::new(|| {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    place
});

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/eval").join(name)
}

fn at(path: &Path) -> &str {
    path.to_str().expect("a path of the tests")
}

/// Rows of `expected.json`: what ir_measures says; `make.py` beside it tells how it was made.
fn expected() -> Vec<Value> {
    let text = std::fs::read_to_string(fixture("expected.json")).expect("the fixture");
    let expected: Value = serde_json::from_str(&text).expect("the fixture is JSON");
    expected["rows"].as_array().expect("rows").clone()
}

#[track_caller]
fn assert_near(ours: f64, theirs: f64, what: &str) {
    assert!((ours - theirs).abs() < 0.00005, "{what}: {ours} is not {theirs}");
}

#[test]
fn every_measure_agrees_with_ir_measures_topic_by_topic_and_in_the_mean() {
    let qrels = Qrels::read(&fixture("qrels.txt")).unwrap();
    let mut held = 0;
    for row in expected() {
        let run = Run::read(&fixture(&format!("{}.run", row["run"].as_str().unwrap()))).unwrap();
        let judging =
            Judging { relevant: row["relevant"].as_i64().unwrap() as i32, judged_only: row["judged_only"].as_bool().unwrap() };
        let theirs = row["measures"].as_object().unwrap();
        let measures: Vec<Measure> = theirs.keys().map(|name| name.parse().unwrap()).collect();
        let measured = Measured::new(&run, &qrels, &measures, judging);
        for (n, (name, mean)) in theirs.iter().enumerate() {
            let what = format!("run {}, {name}, {judging:?}", row["run"]);
            assert_near(measured.means()[n], mean.as_f64().unwrap(), &what);
            for topic in &measured.topics {
                // ir_measures leaves a topic out of its list where a run has nothing for it, and counts it as 0.
                let theirs = row["topics"][&topic.qid][name].as_f64().unwrap_or(0.0);
                assert_near(topic.values[n], theirs, &format!("{what}, topic {}", topic.qid));
                held += 1;
            }
        }
    }
    assert_eq!(held, 8 * 8 * 24);
}

#[test]
fn the_command_measures_a_stored_run_as_the_library_does() {
    let place = Place::new();
    let (run, qrels) = (fixture("b.run"), fixture("qrels.txt"));
    for row in expected().iter().filter(|row| row["run"] == "b") {
        let relevant = row["relevant"].to_string();
        let mut args = vec!["eval", "--run", at(&run), "--qrels", at(&qrels), "--format", "json", "--relevant", &relevant];
        args.extend(["--measures", "ndcg@10,map,mrr,recall@100,p@5"]);
        if row["judged_only"] == true {
            args.push("--judged-only");
        }
        let said = place.run(&args).ok().json();
        for (name, value) in said["measures"].as_object().unwrap() {
            assert_near(value.as_f64().unwrap(), row["measures"][name].as_f64().unwrap(), name);
        }
        assert_eq!(said["topics"], 24);
        assert_eq!(said["per_topic"].as_array().unwrap().len(), 24);
    }
}

#[test]
fn topics_without_a_relevant_thread_count_as_0_and_the_mean_without_them_stands_beside() {
    let qrels = Qrels::read(&fixture("qrels.txt")).unwrap();
    let run = Run::read(&fixture("a.run")).unwrap();
    let measured = Measured::new(&run, &qrels, &["mrr".parse().unwrap()], Judging { relevant: 2, judged_only: false });
    assert!(measured.answerable() < measured.topics.len());
    let ratio = measured.topics.len() as f64 / measured.answerable() as f64;
    assert_near(measured.answerable_means()[0], measured.means()[0] * ratio, "mrr");
}

#[test]
fn two_runs_are_compared_topic_by_topic_with_wins_losses_ties_and_a_p() {
    let place = Place::new();
    let (a, b, qrels) = (fixture("a.run"), fixture("b.run"), fixture("qrels.txt"));
    let args = ["eval", "--compare", at(&a), at(&b), "--qrels", at(&qrels), "--measures", "ndcg@10,map"];
    let said = place.run(&[&args[..], &["--format", "json"]].concat()).ok().json();
    let ndcg = &said["measures"]["ndcg@10"];
    assert_near(ndcg["a"].as_f64().unwrap(), 0.494290, "a");
    assert_near(ndcg["b"].as_f64().unwrap(), 0.363795, "b");
    let comparison = &ndcg["comparison"];
    assert_eq!([&comparison["wins"], &comparison["losses"], &comparison["ties"]], [13, 8, 3]);
    // scipy 1.17.1, stats.permutation_test(…, permutation_type="samples", n_resamples=200000): 0.2405.
    assert!((comparison["p"].as_f64().unwrap() - 0.2405).abs() < 0.01, "{comparison}");
    assert_eq!(said["topics"].as_array().unwrap().len(), 24);

    let human = place.run(&[&args[..], &["--format", "human"]].concat()).ok().out;
    assert!(human.contains("t13") && human.contains("wins") && human.contains("+0.1305"), "{human}");
    assert!(!human.contains("-0.0000"), "{human}");
}

#[test]
fn a_run_against_itself_ties_everywhere_with_p_1() {
    let values = [0.5, 0.0, 1.0, 0.25];
    let comparison = Comparison::new(&values, &values);
    assert_eq!((comparison.wins, comparison.losses, comparison.ties), (0, 0, 4));
    assert_eq!((comparison.difference, comparison.p), (0.0, 1.0));
}

#[test]
fn p_is_exact_where_few_topics_differ() {
    // All five better: of 32 assignments of signs only the two extreme ones are as far from 0.
    let comparison = Comparison::new(&[0.9, 0.8, 0.7, 0.6, 0.5], &[0.1; 5]);
    assert_eq!(comparison.p, 2.0 / 32.0);
}

#[test]
fn a_run_that_was_written_is_measured_as_it_was_found() {
    let place = Place::new();
    let (topics, qrels) = (sample().join("topics.tsv"), sample().join("qrels.txt"));
    let run = place.path("ours.run");
    let args = ["eval", "--topics", at(&topics), "--qrels", at(&qrels), "--format", "json"];
    let found = SAMPLE.run(&[&args[..], &["--write-run", at(&run)]].concat()).ok().json();
    let stored = place.run(&["eval", "--run", at(&run), "--qrels", at(&qrels), "--format", "json"]).ok().json();
    assert_eq!(found["measures"], stored["measures"]);
    assert_eq!(found["per_topic"], stored["per_topic"]);

    let mut last = (String::new(), 0, f32::INFINITY);
    for line in std::fs::read_to_string(&run).unwrap().lines() {
        let columns: Vec<&str> = line.split(' ').collect();
        let [qid, "Q0", _, rank, score, "curbside"] = columns[..] else { panic!("{line}") };
        let (rank, score): (usize, f32) = (rank.parse().unwrap(), score.parse().unwrap());
        if qid == last.0 {
            assert!(rank == last.1 + 1 && score < last.2, "scores fall with the rank: {line}");
        } else {
            assert_eq!(rank, 1, "{line}");
        }
        last = (qid.to_owned(), rank, score);
    }
}

#[test]
fn the_sample_archive_is_ranked_no_worse_than_before() {
    // Floors: raise them when the ranking gets better, never lower them.
    let (topics, qrels, related) = (sample().join("topics.tsv"), sample().join("qrels.txt"), sample().join("related-qrels.txt"));
    let search = SAMPLE.run(&["eval", "--topics", at(&topics), "--qrels", at(&qrels), "--format", "json"]).ok().json();
    let panels = SAMPLE.run(&["eval", "--all", "--qrels", at(&related), "--format", "json"]).ok().json();
    for (said, floor) in [(search, SEARCH_FLOOR), (panels, RELATED_FLOOR)] {
        let ndcg = said["measures"]["ndcg@10"].as_f64().unwrap();
        assert!(ndcg >= floor, "nDCG@10 of {} is {ndcg}, below {floor}", said["set"]);
    }
}

const SEARCH_FLOOR: f64 = 0.85;
const RELATED_FLOOR: f64 = 0.835;
const TRAPS_FLOOR: u64 = 379;

#[test]
fn the_baseline_stands_beside_search_and_related_with_a_comparison() {
    let (topics, qrels, related) = (sample().join("topics.tsv"), sample().join("qrels.txt"), sample().join("related-qrels.txt"));
    let search = ["eval", "--topics", at(&topics), "--qrels", at(&qrels)];
    let panels = ["eval", "--all", "--qrels", at(&related)];
    for args in [&search[..], &panels] {
        let said = SAMPLE.run(&[args, &["--baseline", "bm25", "--format", "json"]].concat()).ok().json();
        let (ours, theirs) = (&said["measures"]["ndcg@10"], &said["baseline"]["measures"]["ndcg@10"]);
        let comparison = &said["baseline"]["comparison"]["ndcg@10"];
        assert!(theirs.as_f64().unwrap() > 0.2, "{theirs}");
        assert_near(comparison["difference"].as_f64().unwrap(), ours.as_f64().unwrap() - theirs.as_f64().unwrap(), "difference");
        let topics: u64 = ["wins", "losses", "ties"].iter().map(|count| comparison[count].as_u64().unwrap()).sum();
        assert_eq!(topics, said["topics"].as_u64().unwrap());
    }
}

#[test]
fn plain_bm25_scores_by_the_textbook_over_all_text() {
    let place = Place::new();
    place.write(
        "a.jsonl",
        "{\"id\": \"x\", \"title\": \"zinc\", \"question\": \"zinc zinc lozenge\", \"answers\": [\"copper\"]}\n\
         {\"id\": \"y\", \"title\": \"copper\", \"question\": \"bracelet ring\", \"answers\": [\"zinc\"]}\n\
         {\"id\": \"w\", \"title\": \"gold\", \"question\": \"silver tin\", \"answers\": [\"lead\"]}\n",
    );
    place.index(&[&place.path("a.jsonl")]).ok();
    let said = place.run(&["search", "zinc", "zinc", "--baseline", "bm25", "--format", "json"]).ok().json();
    let idf = (1.0 + (3.0 - 2.0 + 0.5) / (2.0 + 0.5_f64)).ln();
    let average = (5.0 + 4.0 + 4.0) / 3.0;
    let score = |tf: f64, length: f64| idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length / average));
    let hits = said["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 2);
    for (hit, (id, score)) in hits.iter().zip([("x", score(3.0, 5.0)), ("y", score(1.0, 4.0))]) {
        assert_eq!(hit["id"], id);
        assert!((hit["score"].as_f64().unwrap() - score).abs() < 1e-5, "{hit} is not {score}");
    }
}

#[test]
fn a_thread_is_not_in_its_own_ranking_not_even_the_baselines() {
    let related = sample().join("related-qrels.txt");
    let place = Place::new();
    let own = place.path("own.txt");
    // Were a thread found for itself, this would measure above 0.
    let qids: std::collections::BTreeSet<String> =
        Qrels::read(&related).unwrap().topics().map(|(qid, _)| format!("{qid} 0 {qid} 1\n")).collect();
    std::fs::write(&own, qids.into_iter().collect::<String>()).unwrap();
    let said = SAMPLE.run(&["eval", "--all", "--qrels", at(&own), "--baseline", "bm25", "--format", "json"]).ok().json();
    assert_eq!(said["measures"]["recall@100"], 0.0);
    assert_eq!(said["baseline"]["measures"]["recall@100"], 0.0);
}

#[test]
fn the_ablation_prints_a_row_a_layer_and_the_last_is_the_full_ranking() {
    let related = sample().join("related-qrels.txt");
    let args = ["eval", "--all", "--qrels", at(&related)];
    let said = SAMPLE.run(&[&args[..], &["--ablation", "--format", "json"]].concat()).ok().out;
    let rows: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = rows.iter().map(|row| row["layer"].as_str().unwrap()).collect();
    assert_eq!(names, ["BM25 over all text", "words only", "+ concepts", "+ conflicts", "+ patient facts", "+ vectors"]);
    let value = |row: &Value| row["sets"].as_object().unwrap().values().next().unwrap()["ndcg@10"].as_f64().unwrap();
    assert!(value(&rows[1]) != value(&rows[2]), "concepts change the ranking: {said}");
    let full = SAMPLE.run(&[&args[..], &["--format", "json"]].concat()).ok().json();
    assert_near(value(&rows[5]), full["answerable_measures"]["ndcg@10"].as_f64().unwrap(), "the last layer");

    let human = SAMPLE.run(&[&args[..], &["--ablation", "--format", "human"]].concat()).ok().out;
    assert!(human.contains("+ conflicts") && human.contains("ndcg@10"), "{human}");
    SAMPLE.run(&["eval", "--topics", "t", "--qrels", at(&related), "--ablation"]).told(2, "add --mode related");
}

#[test]
fn traps_are_counted_by_group_and_the_sample_archive_falls_into_no_more_than_before() {
    let place = &*SAMPLE;
    let traps = sample().join("traps.tsv");
    let told: Vec<Value> = place
        .run(&["eval", "--traps", at(&traps), "--baseline", "bm25", "--format", "json"])
        .ok()
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [ours, theirs] = &told[..] else { panic!("{told:?}") };
    let count = |scores: &Value, name: &str| scores[name].as_u64().unwrap();
    assert_eq!(count(ours, "traps"), std::fs::read_to_string(&traps).unwrap().lines().count() as u64);
    assert_eq!(count(ours, "traps") - count(ours, "right"), ours["fallen_into"].as_array().unwrap().len() as u64);
    assert!(count(ours, "right") >= TRAPS_FLOOR, "{ours}");
    assert_eq!(count(theirs, "traps"), count(ours, "traps"));
    let own = place.write("traps.tsv", "same\tnowhere\n");
    let ran = place.run(&["eval", "--traps", at(&own)]);
    assert!(ran.code == 2 && ran.err.contains("traps.tsv:1") && ran.err.contains("decoy"), "{}", ran.err);
}

#[test]
fn tuning_reports_held_out_topics_and_prints_weights_that_can_be_given_back() {
    let (topics, qrels) = (sample().join("topics.tsv"), sample().join("qrels.txt"));
    let set = format!("sample={},{},{},2,ndcg@10", at(&SAMPLE.path("index")), at(&topics), at(&qrels));
    let place = Place::new();
    // Weights that are wrong on purpose, so that there is something to gain.
    let start = place.write("start.toml", "[search_words]\ntitle = 0.01\n[search]\nconcepts = 0.0\n");
    let args = [
        "eval",
        "--tune",
        "--set",
        &set,
        "--weights",
        at(&start),
        "--only",
        "search_words.title,concepts",
        "--folds",
        "3",
        "--rounds",
        "2",
    ];
    let ran = place.run(&[&args[..], &["--format", "json"]].concat()).ok();
    assert!(ran.err.contains("fold 1 of 3") && ran.err.contains("final fit"), "{}", ran.err);
    let said = ran.json();
    let figure = |name: &str| said[name].as_f64().unwrap();
    assert!(figure("held_out") > figure("start") && figure("fitted") > figure("start"), "{said}");
    assert_eq!(said["folds"].as_array().unwrap().len(), 3);
    assert_eq!(said["sets"]["sample"]["held_out"], said["held_out"]);

    let human = place.run(&[&args[..], &["--format", "human"]].concat()).ok().out;
    let toml = &human[human.find("[search_words]").expect("weights")..];
    let fitted = place.write("fitted.toml", toml);
    let again =
        place.run(&["eval", "--set", &set, "--weights", at(&fitted), "--measures", "ndcg@10", "--format", "json"]).ok().json();
    assert_near(again["answerable_measures"]["ndcg@10"].as_f64().unwrap(), figure("fitted"), "the fitted weights");
}

#[test]
fn tuning_weighs_several_datasets_alike_whatever_their_size() {
    let (topics, qrels) = (sample().join("topics.tsv"), sample().join("qrels.txt"));
    let place = Place::new();
    let text = std::fs::read_to_string(&topics).unwrap();
    let few: String = text.lines().take(9).map(|line| format!("{line}\n")).collect();
    let few_ids: Vec<&str> = few.lines().map(|line| line.split('\t').next().unwrap()).collect();
    let few_qrels: String = std::fs::read_to_string(&qrels)
        .unwrap()
        .lines()
        .filter(|line| few_ids.contains(&line.split(' ').next().unwrap()))
        .map(|line| format!("{line}\n"))
        .collect();
    let (few, few_qrels) = (place.write("few.tsv", few), place.write("few.txt", few_qrels));
    let index = SAMPLE.path("index");
    let all = format!("all={},{},{}", at(&index), at(&topics), at(&qrels));
    let few = format!("few={},{},{},1,mrr", at(&index), at(&few), at(&few_qrels));
    let args = [
        "eval", "--tune", "--set", &all, "--set", &few, "--only", "broader", "--folds", "3", "--rounds", "1", "--format", "json",
    ];
    let said = place.run(&args).ok().json();
    let of = |set: &str| said["sets"][set]["start"].as_f64().unwrap();
    assert_near(said["start"].as_f64().unwrap(), (of("all") + of("few")) / 2.0, "the mean over sets");
}

#[test]
fn bad_files_are_met_with_path_line_what_was_met_and_what_is_expected() {
    let place = Place::new();
    place.write("good.run", "q1 Q0 a 1 2.5 x\n");
    place.write("qrels.txt", "q1 0 a 1\n");
    let cases: [(&str, &str, &str); 9] = [
        ("qrels", "q1 0 a 1\n\nq1 0 b\n", "qrels.bad:3: 3 columns; expected four columns"),
        ("qrels", "q1 0 a high\n", "qrels.bad:1: the grade \"high\"; expected four columns"),
        ("qrels", "q1 0 a 1\nq1 0 a 2\n", "qrels.bad:2: a second grade for thread \"a\""),
        ("qrels", "\n", "qrels.bad: no judgement in it"),
        ("run", "q1 Q0 a 1 2.5\n", "run.bad:1: 5 columns; expected six columns"),
        ("run", "q1 Q0 a 1 much x\n", "run.bad:1: the score \"much\"; expected a number"),
        ("run", "q1 Q0 a 1 NaN x\n", "run.bad:1: the score \"NaN\""),
        ("run", "q1 Q0 a 1 3 x\nq1 Q0 b 2 2 x\nq1 Q0 a 3 1 x\n", "run.bad:3: thread \"a\" a second time for topic \"q1\""),
        ("run", "q1\u{0}\u{7f}", "run.bad:1: 1 columns"),
    ];
    for (kind, content, sentence) in cases {
        let bad = place.write(&format!("{kind}.bad"), content);
        let (run, qrels) = if kind == "run" { (at(&bad), "qrels.txt") } else { ("good.run", at(&bad)) };
        place.run(&["eval", "--run", run, "--qrels", qrels]).told(2, sentence);
    }
    place.run(&["eval", "--run", "none.run", "--qrels", "qrels.txt"]).told(2, "none.run: cannot be read");
    place
        .run(&["eval", "--run", "good.run", "--qrels", "qrels.txt", "--measures", "ndcg@0"])
        .told(2, "unknown measure \"ndcg@0\"");
    place.run(&["eval", "--run", "good.run", "--qrels", "qrels.txt", "--measures", "bpref"]).told(2, "measures are ndcg");
    place.run(&["eval", "--qrels", "qrels.txt"]).told(2, "--topics");
    place.run(&["eval"]).told(2, "--qrels");
    place.run(&["eval", "--set", "a=b"]).told(2, "NAME=INDEX,TOPICS,QRELS");
    let weights = place.write("weights.toml", "[search]\nwrods = 1.0\n");
    let topics = place.write("topics.tsv", "q1\ttext\n");
    let args = ["eval", "--topics", at(&topics), "--qrels", "qrels.txt", "--weights", at(&weights)];
    place.run(&args).told(2, "weights.toml: no weights in the form of schema/ranking.toml");
}

#[test]
fn topics_without_a_tab_and_qrels_of_other_topics_are_told() {
    let place = Place::new();
    let (topics, qrels) = (place.write("topics.tsv", "c01\tchest pain\nc02 fever\n"), place.write("qrels.txt", "z9 0 a 1\n"));
    SAMPLE
        .run(&["eval", "--topics", at(&topics), "--qrels", at(&qrels)])
        .told(2, "topics.tsv:2: no tab; expected qid, a tab, the text");
    place.write("topics.tsv", "c01\tchest pain\n");
    SAMPLE.run(&["eval", "--topics", at(&topics), "--qrels", at(&qrels)]).told(2, "none of its 1 topics is a topic of");
    SAMPLE.run(&["eval", "--all", "--qrels", at(&qrels)]).told(2, "none of its 1 topics is a thread of");
    place.write("qrels.txt", "c01 0 a 1\nz9 0 a 1\n");
    let ran = SAMPLE.run(&["eval", "--topics", at(&topics), "--qrels", at(&qrels), "--format", "json"]).ok();
    assert!(ran.err.contains("1 topics of the qrels are not asked and count 0: z9"), "{}", ran.err);
    assert_eq!(ran.json()["not_asked"], 1);
}

#[test]
fn a_byte_order_mark_tabs_and_carriage_returns_are_no_obstacle() {
    let place = Place::new();
    let run = place.write("a.run", "\u{feff}q1\tQ0\ta\t1\t2.5\tx\r\n");
    let qrels = place.write("qrels.txt", "\u{feff}q1\t0\ta\t1\r\n");
    let said = place.run(&["eval", "--run", at(&run), "--qrels", at(&qrels), "--format", "json"]).ok().json();
    assert_eq!(said["measures"]["mrr"], 1.0);
}

#[test]
fn mentions_are_measured_against_gold_spans_by_overlap_in_code_points() {
    let place = Place::new();
    let lexicon = place.write("t.tsv", "id\tname\tsynonyms\tparents\nsymptom:glorb\tglorb\t\t\ncondition:zilk\tzilk\t\t\n");
    // "naïve café": offsets count code points, not bytes.
    let spans = place.write(
        "s.jsonl",
        r#"{"id": "1", "text": "naïve café glorb today", "spans": [{"start": 11, "end": 22, "type": "ADR"}]}
{"id": "2", "text": "zilk and glorb and quux", "spans": [{"start": 0, "end": 4, "type": "DI"}, {"start": 19, "end": 23, "type": "ADR"}]}
"#,
    );
    let args = ["eval", "--spans", at(&spans), "--lexicon", at(&lexicon), "--format", "json"];
    let said = place.run(&args).ok().json();
    let counts = |said: &Value| ["predicted", "right", "gold", "found"].map(|name| said[name].as_u64().unwrap());
    assert_eq!(counts(&said), [3, 2, 3, 2]);
    assert_near(said["f1"].as_f64().unwrap(), 2.0 / 3.0, "F1");
    assert_eq!(said["by_type"]["ADR"], serde_json::json!({"gold": 2, "found": 1}));
    let said = place.run(&[&args[..], &["--kinds", "condition"]].concat()).ok().json();
    assert_eq!(counts(&said), [1, 1, 3, 1]);

    let human = place.run(&["eval", "--spans", at(&spans), "--lexicon", at(&lexicon), "--format", "human"]).ok().out;
    assert!(human.contains("precision") && human.contains("0.6667"), "{human}");
    place.write("s.jsonl", r#"{"id": "1", "text": "short", "spans": [{"start": 2, "end": 9, "type": "ADR"}]}"#);
    place.run(&args).told(2, "s.jsonl:1: a span from 2 to 9 in a text of 5 code points");
    place.write("s.jsonl", "{\"id\": 1}");
    place.run(&args).told(2, "s.jsonl:1:");
    place.run(&["eval", "--spans", at(&spans), "--kinds", "sympton"]).told(2, "known are symptom");
}

#[test]
fn assertions_are_measured_in_both_forms_with_tables_of_what_was_taken_for_what() {
    let place = Place::new();
    let negex = place.write(
        "negex.tsv",
        "glorbitis\tI have GLORBITIS today.\tAffirmed\t1\nglorbitis\tMy GLORBITIS is back.\tAffirmed\t1\nquuxes\tI have no QUUXES.\tNegated\t1\n",
    );
    let said = place.run(&["eval", "--assertions", at(&negex), "--format", "json"]).ok().json();
    assert_eq!((&said["sentences"], &said["not_found"]), (&3.into(), &0.into()));
    assert_eq!(said["confusion"]["negation"]["Affirmed"]["present"], 2);
    assert_eq!(said["confusion"]["negation"]["Negated"]["denied"], 1);
    assert_eq!(said["denied"]["f1"], 1.0);
    assert!(said["past"].is_null(), "this form has no temporality: {said}");

    let context = place.write(
        "context.tsv",
        "Glorbitis\tGLORBITIS.\tAffirmed\tRecent\tPatient\nglorbitis\tHas GLORBITIS.\tAffirmed\tRecent\tPatient\nquuxes\tHas QUUXES.\tAffirmed\tHistorical\tOther\n",
    );
    let said = place.run(&["eval", "--assertions", at(&context), "--format", "json"]).ok().json();
    assert_near(said["past"]["majority"].as_f64().unwrap(), 2.0 / 3.0, "always recent");
    assert_near(said["family"]["majority"].as_f64().unwrap(), 2.0 / 3.0, "always the patient");
    let sums: u64 = said["confusion"]["temporality"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|row| row.as_object().unwrap().values())
        .map(|n| n.as_u64().unwrap())
        .sum();
    assert_eq!(sums, 3);
    let human = place.run(&["eval", "--assertions", at(&context), "--format", "human"]).ok().out;
    assert!(human.contains("experiencer") && human.contains("hypothetical"), "{human}");

    place.write("negex.tsv", "fever\tNo FEVER.\tDenied\t1\n");
    place.run(&["eval", "--assertions", at(&negex)]).told(2, "negex.tsv:1: the negation \"Denied\"");
    place.write("negex.tsv", "\tNo FEVER.\tNegated\t1\n");
    place.run(&["eval", "--assertions", at(&negex)]).told(2, "negex.tsv:1: no concept");
    // A sentence that was cut within its concept is counted, not refused; quotes and wide spaces are no obstacle.
    place.write(
        "negex.tsv",
        "soft. It was glorby\tBelly soft.\tAffirmed\t1\n\"mild glorbitis\"\tHas MILD  GLORBITIS.\tAffirmed\t1\n",
    );
    let said = place.run(&["eval", "--assertions", at(&negex), "--format", "json"]).ok().json();
    assert_eq!((&said["sentences"], &said["not_found"]), (&2.into(), &1.into()));
    place.write("negex.tsv", "fever\tNo FEVER.\n");
    place.run(&["eval", "--assertions", at(&negex)]).told(2, "negex.tsv:1: 2 columns");
}

#[test]
fn density_counts_mentions_by_the_thousand_words() {
    let place = Place::new();
    let lexicon = place.write("t.tsv", "id\tname\tsynonyms\tparents\nsymptom:glorb\tglorb\t\t\n");
    let archive = place.write("a.jsonl", "{\"title\": \"glorb here\", \"question\": \"is my glorb bad qqq www eee rrr ttt\"}\n");
    let args = ["eval", "--density", at(&archive), "--lexicon", at(&lexicon), "--format", "json"];
    let said = place.run(&args).ok().json();
    assert_eq!((&said["threads"], &said["words"]), (&1.into(), &11.into()));
    let glorbs = said["by_type"]["symptom"].as_f64().unwrap();
    assert_near(glorbs, 2000.0 / 11.0, "symptoms per 1,000 words");
    place.write("a.jsonl", "{broken\n");
    place.run(&args).told(2, "a.jsonl:1");
}

proptest! {
    #[test]
    fn measures_are_between_0_and_1_and_a_perfect_ranking_has_ndcg_1(
        grades in prop::collection::vec(-1..4i32, 1..30),
        order in prop::collection::vec(0..40usize, 0..60),
        depth in 1..20usize,
        relevant in 1..3i32,
        judged_only: bool,
    ) {
        let judged = grades.iter().enumerate().map(|(n, &grade)| (n.to_string(), grade)).collect();
        let judging = Judging { relevant, judged_only };
        let ids: Vec<String> = order.iter().map(ToString::to_string).collect();
        let ranking: Vec<&str> = ids.iter().map(String::as_str).collect();
        let all = [Measure::Ndcg(None), Measure::Ndcg(Some(depth)), Measure::Map(None), Measure::Map(Some(depth)), Measure::Mrr(None),
            Measure::Mrr(Some(depth)), Measure::Recall(depth), Measure::Precision(depth)];
        for measure in all {
            let value = measure.of(&ranking, &judged, judging);
            prop_assert!((0.0..=1.0 + 1e-12).contains(&value), "{measure} is {value}");
            prop_assert_eq!(measure.to_string().parse::<Measure>().unwrap(), measure);
        }
        let mut best: Vec<usize> = (0..grades.len()).collect();
        best.sort_by_key(|&n| std::cmp::Reverse(grades[n]));
        let best: Vec<String> = best.iter().map(ToString::to_string).collect();
        let best: Vec<&str> = best.iter().map(String::as_str).collect();
        let answerable = grades.iter().any(|&grade| grade >= relevant);
        let ndcg = Measure::Ndcg(Some(depth)).of(&best, &judged, judging);
        prop_assert!((ndcg - f64::from(u8::from(answerable))).abs() < 1e-12, "{ndcg}");
    }

    #[test]
    fn any_bytes_as_qrels_or_run_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), lines in "([qa] ){0,3}([0-9.]{1,3} ?){0,3}\n") {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for content in [bytes.as_slice(), lines.as_bytes()] {
            std::fs::write(&path, content).unwrap();
            let _ = Qrels::read(&path);
            if let Ok(run) = Run::read(&path) {
                let mut written = Vec::new();
                run.write(&mut written).unwrap();
                std::fs::write(&path, &written).unwrap();
                prop_assert_eq!(Run::read(&path).unwrap().len(), run.len());
            }
        }
    }
}
