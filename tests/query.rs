//! How typed text is read: what becomes words, what becomes a demand, and that nothing typed is an error.

use curbside::clinical::{Annotator, Kind, Lexicon};
use curbside::query::{Ask, Demand, DemandedConcept, Query, Scope};
use proptest::prelude::*;

fn annotator() -> Annotator {
    Annotator::new(Lexicon::core())
}

fn ask(text: &str) -> Ask {
    Ask::read(text, &annotator())
}

fn stems(ask: &Ask) -> Vec<&str> {
    ask.words.iter().map(|word| word.stem.as_str()).collect()
}

fn written(text: &str) -> String {
    Query::parse(text).to_string()
}

fn typed(ask: &Ask) -> Vec<&str> {
    ask.demands.iter().map(|asked| asked.typed.as_str()).collect()
}

fn remarks(ask: &Ask) -> Vec<(&str, &str)> {
    ask.remarks.iter().map(|remark| (&ask.text[remark.start..remark.end], remark.says.as_str())).collect()
}

fn words_in_order(demand: &Demand) -> Vec<(usize, &str)> {
    match demand {
        Demand::Words { words, .. } => words.iter().map(|(at, word)| (*at, word.as_str())).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn plain_words_are_words_and_demand_nothing() {
    let ask = ask("numb foot after the operation");
    assert_eq!(stems(&ask), ["numb", "foot", "oper"]);
    assert!(ask.demands.is_empty() && ask.remarks.is_empty(), "{ask:?}");
}

#[test]
fn concepts_are_found_in_the_words() {
    let annotator = annotator();
    let ask = Ask::read("numbness after laminectomy", &annotator);
    let laminectomy = annotator.lexicon().lookup("laminectomy")[0];
    assert!(ask.concepts.iter().any(|asked| asked.concept == laminectomy && &ask.text[asked.start..asked.end] == "laminectomy"));
}

#[test]
fn a_phrase_is_demanded_with_its_gaps_and_its_words_rank() {
    let ask = ask("\"pins and needles\" foot");
    assert_eq!(words_in_order(&ask.demands[0].demand), [(0, "pin"), (2, "needl")]);
    assert_eq!(stems(&ask), ["pin", "needl", "foot"]);
}

#[test]
fn what_is_taken_out_neither_ranks_nor_is_read_for_concepts() {
    for text in ["laminectomy -fever", "laminectomy NOT fever", "laminectomy -(fever OR fever)", "laminectomy -\"fever\""] {
        let ask = ask(text);
        assert_eq!(stems(&ask), ["laminectomi"], "{text}");
        assert_eq!(ask.concepts.len(), 1, "{text}");
        assert!(matches!(&ask.demands[..], [asked] if matches!(asked.demand, Demand::Not(_))), "{text}: {ask:?}");
    }
}

#[test]
fn or_binds_its_two_neighbours() {
    let ask = ask("foot numb OR tingling");
    assert_eq!(typed(&ask), ["numb OR tingling"]);
    assert_eq!(stems(&ask), ["foot", "numb", "tingl"]);
}

#[test]
fn and_binds_more_than_or_and_parentheses_most() {
    assert_eq!(written("a AND b OR c"), "a AND b OR c");
    assert_eq!(Query::parse("a AND b OR c"), Query::parse("(a AND b) OR c"));
    assert_ne!(Query::parse("a AND b OR c"), Query::parse("a AND (b OR c)"));
    assert_eq!(written("a AND (b OR (c))"), "a AND (b OR c)");
    assert_eq!(written("((a b)) c"), "a b c");
}

#[test]
fn a_part_of_the_thread_can_be_asked_for() {
    let ask = ask("title:knee treatment:\"ice pack\"");
    assert_eq!(stems(&ask), ["knee", "ice", "pack"]);
    let scopes: Vec<&Scope> = ask
        .demands
        .iter()
        .map(|asked| if let Demand::Words { within, .. } = &asked.demand { within } else { panic!() })
        .collect();
    assert!(scopes.iter().all(|scope| matches!(scope, Scope::Place(_))), "{scopes:?}");
}

#[test]
fn a_concept_filter_takes_any_synonym_quoted_or_bare_and_does_not_rank() {
    let annotator = annotator();
    let lexicon = annotator.lexicon();
    let (concept, term) = lexicon
        .all_terms()
        .find(|(term, concept)| term.contains(' ') && lexicon.concept(*concept).kind == Kind::Procedure)
        .map(|(t, c)| (c, t))
        .unwrap();
    for text in [format!("procedure:\"{term}\" scar"), format!("procedure:{term} scar"), format!("PROCEDURE:(\"{term}\") scar")] {
        let ask = Ask::read(&text, &annotator);
        assert!(matches!(&ask.demands[0].demand, Demand::Concept(found) if *found == concept), "{text}: {ask:?}");
        assert_eq!(stems(&ask), ["scar"], "{text}");
        assert_eq!(ask.demanded, [DemandedConcept { concept, denied: false }]);
    }
}

#[test]
fn a_concept_of_another_kind_is_taken_with_a_remark() {
    let ask = ask("drug:laminectomy");
    assert!(matches!(ask.demands[0].demand, Demand::Concept(_)));
    assert_eq!(remarks(&ask).len(), 1);
    assert!(remarks(&ask)[0].1.contains("procedure"), "{:?}", remarks(&ask));
}

#[test]
fn an_unknown_concept_is_read_as_words_with_a_remark_where_it_stands() {
    let ask = ask("scar drug:zorbofloxin");
    assert_eq!(stems(&ask), ["scar", "zorbofloxin"]);
    assert!(ask.demands.is_empty());
    assert_eq!(remarks(&ask), [("zorbofloxin", "the lexicon has no drug `zorbofloxin`, so it is read as words")]);
}

#[test]
fn an_unknown_field_is_words_with_a_remark() {
    let ask = ask("colour:red rash");
    assert_eq!(stems(&ask), ["colour", "red", "rash"]);
    assert_eq!(remarks(&ask), [("colour:", "there is no field `colour:`, so it is read as a word")]);
}

#[test]
fn a_colon_in_ordinary_text_is_punctuation() {
    let ask = ask("note: my knee at 10:30, see http://example.org/x");
    assert!(ask.remarks.is_empty() && ask.demands.is_empty(), "{ask:?}");
    assert!(stems(&ask).contains(&"knee") && stems(&ask).contains(&"note"));
}

#[test]
fn a_field_without_a_value_is_a_word_and_told() {
    for text in ["title: knee", "knee title:", "knee title:\"\"", "knee title:()", "knee drug:-"] {
        let ask = ask(text);
        assert!(ask.demands.is_empty() && stems(&ask).contains(&"knee"), "{text}: {ask:?}");
        assert_eq!(ask.remarks.len(), 1, "{text}: {ask:?}");
    }
}

#[test]
fn a_lone_operator_is_a_word() {
    for text in ["OR", "AND", "NOT", "knee OR", "AND knee", "knee NOT", "knee - hip", "OR OR OR", "- -"] {
        let ask = ask(text);
        assert!(ask.demands.is_empty(), "{text}: {ask:?}");
    }
}

#[test]
fn dates_are_read_as_years_months_days_and_open_ends() {
    for (text, from, to) in [
        ("published:2016..2018", Some("2016-01-01"), Some("2018-12-31")),
        ("published:2016", Some("2016-01-01"), Some("2016-12-31")),
        ("published:2016-02", Some("2016-02-01"), Some("2016-02-29")),
        ("published:2016-05-03", Some("2016-05-03"), Some("2016-05-03")),
        ("published:2016-05..", Some("2016-05-01"), None),
        ("published:..2018", None, Some("2018-12-31")),
    ] {
        let ask = ask(text);
        let Demand::Published(span) = &ask.demands[0].demand else { panic!("{ask:?}") };
        let shown = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
        assert_eq!((shown(span.from).as_deref(), shown(span.to).as_deref()), (from, to), "{text}");
        assert!(ask.words.is_empty());
    }
}

#[test]
fn an_impossible_date_is_words_and_a_range_that_ends_first_is_turned_round() {
    for text in [
        "published:2016-13",
        "published:2016-02-30",
        "published:yesterday",
        "published:20166",
        "age:old",
        "age:999",
        "sex:maybe",
        "published:..",
    ] {
        let ask = ask(text);
        assert!(ask.demands.is_empty(), "{text}: {ask:?}");
        assert_eq!(ask.remarks.len(), 1, "{text}: {ask:?}");
    }
    let turned = ask("published:2018..2016 age:40..30");
    assert_eq!(turned.demands[0].demand, ask("published:2016..2018").demands[0].demand);
    assert_eq!(turned.demands[1].demand, ask("age:30..40").demands[0].demand);
    assert_eq!(turned.remarks.len(), 2);
}

#[test]
fn an_age_is_a_whole_year() {
    let asked = ask("age:30..40");
    let Demand::Age(span) = &asked.demands[0].demand else { panic!() };
    assert!(span.from.unwrap() <= 30.0 && span.to.unwrap() >= 40.9 && span.to.unwrap() < 41.0);
}

#[test]
fn unbalanced_quotes_and_parentheses_are_passed_over_with_a_remark() {
    for text in ["\"knee pain", "(knee pain", "knee pain)", "knee (pain"] {
        let ask = ask(text);
        assert_eq!(stems(&ask), ["knee", "pain"], "{text}");
        assert_eq!(ask.remarks.len(), 1, "{text}: {ask:?}");
        assert!(ask.demands.is_empty(), "{text}");
    }
}

#[test]
fn a_pasted_text_has_no_operators() {
    let pasted = "I have had a \"funny\" feeling in my left leg for three weeks - it began when I was lifting boxes and it does NOT go away, \
        my doctor said (over the phone) that rest OR walking would help but nothing has helped me so far -please tell me what I can do now";
    let ask = ask(pasted);
    assert!(ask.demands.is_empty(), "{:?}", ask.demands);
    assert!(stems(&ask).contains(&"funni") && stems(&ask).contains(&"walk"));
    assert!(Ask::read("MY KNEE HURTS AND IT IS NOT GETTING BETTER OR WORSE", &annotator()).demands.is_empty());
}

#[test]
fn control_characters_and_marks_of_direction_are_taken_out() {
    let ask = ask("kn\u{202e}ee\u{200f} \u{1b}[31mpain\u{7}\tnow");
    assert_eq!(ask.text, "knee [31mpain now");
    assert_eq!(stems(&ask)[0], "knee");
}

#[test]
fn nothing_asked_is_empty_and_only_common_words_too() {
    for text in ["", "   ", "the of and", "()", "\"\"", "-", "?!", "\u{202e}"] {
        assert!(ask(text).is_empty(), "{text:?}");
    }
    assert!(remarks(&ask("knee \"of the\"")).iter().any(|(_, says)| says.contains("common words")));
}

#[test]
fn deep_parentheses_and_long_texts_are_read() {
    let deep = format!("{}knee{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(stems(&ask(&deep)), ["knee"]);
    let unclosed = format!("{}knee", "(-".repeat(50_000));
    assert_eq!(stems(&ask(&unclosed)).len() + ask(&unclosed).demands.len(), 1);
    let many: Vec<String> = (0..10_000).map(|n| format!("word{n}")).collect();
    let ask = ask(&many.join(" OR "));
    assert!(matches!(&ask.demands[..], [asked] if matches!(&asked.demand, Demand::Any(any) if any.len() == 10_000)));
    assert_eq!(self::ask(&"title:".repeat(20_000)).demands.len(), 1);
    assert!(self::ask(&"a:\"b ".repeat(20_000)).remarks.len() < 20);
    assert!(self::ask(&"NOT ".repeat(25_000)).is_empty());
}

#[test]
fn patterns_and_statements_of_other_languages_are_words() {
    let ask = ask(r"'; DROP TABLE threads; -- [a-z]+.*(foo|bar)\d{2,} ${jndi} <script>alert(1)</script>");
    assert!(stems(&ask).contains(&"tabl") && stems(&ask).contains(&"script"));
    assert!(ask.demands.is_empty(), "{:?}", ask.demands);
}

/// Texts that are likely to be more than words.
fn querylike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{1,6}",
        Just("OR".to_owned()),
        Just("AND".to_owned()),
        Just("NOT".to_owned()),
        Just("-".to_owned()),
        Just("(".to_owned()),
        Just(")".to_owned()),
        Just("\"".to_owned()),
        Just("title:".to_owned()),
        Just("drug:".to_owned()),
        Just("published:2016..".to_owned()),
        Just("foo:".to_owned()),
        Just("..,".to_owned()),
        "\\PC{0,4}",
    ];
    let joined = prop_oneof![Just(""), Just(" ")];
    prop::collection::vec((piece, joined), 0..24)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, by)| [piece, by.to_owned()]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_query_written_out_is_the_same_query(text in querylike()) {
        let query = Query::parse(&text);
        let again = Query::parse(&query.to_string());
        prop_assert_eq!(&query.clauses, &again.clauses, "{:?} is written {:?}", text, query.to_string());
    }

    #[test]
    fn remarks_and_clauses_stand_within_the_text(text in querylike()) {
        let query = Query::parse(&text);
        for remark in &query.remarks {
            prop_assert!(text.get(remark.start..remark.end).is_some(), "{:?} in {:?}", remark, text);
        }
        for clause in &query.clauses {
            prop_assert!(text.get(clause.start..clause.end).is_some_and(|part| !part.is_empty()), "{:?} in {:?}", clause, text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_an_ask_whose_offsets_are_of_its_text(text in prop_oneof![querylike(), any::<String>()]) {
        let ask = Ask::read(&text, &annotator());
        for word in &ask.words {
            prop_assert!(ask.text.get(word.start..word.end).is_some());
        }
        for remark in &ask.remarks {
            prop_assert!(ask.text.get(remark.start..remark.end).is_some());
        }
    }
}
