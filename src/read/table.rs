//! **Tables**: one thread a row, with a column for each part of it. Which column holds what is said on the command line, by a site profile, or
//! by the header itself where its names are those of a thread's fields.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};

use super::chunks::{CHUNK, Chunk, Content, LARGEST_PIECE, Layer, Step};
use super::{Reason, Rejection, decode, json, page};
use crate::thread::Thread;

/// A part of a thread that a column can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Id,
    Title,
    Question,
    Answer,
    Doctor,
    Specialty,
    Published,
    Tags,
    Url,
    Source,
    Age,
    Sex,
}

impl Field {
    /// Each with the names that a header or a mapping may give it.
    const NAMES: [(Field, &[&str]); 12] = [
        (Field::Id, &["id"]),
        (Field::Title, &["title"]),
        (Field::Question, &["question", "question_text"]),
        (Field::Answer, &["answer", "answers"]),
        (Field::Doctor, &["doctor"]),
        (Field::Specialty, &["specialty"]),
        (Field::Published, &["published"]),
        (Field::Tags, &["tags"]),
        (Field::Url, &["url"]),
        (Field::Source, &["source"]),
        (Field::Age, &["age"]),
        (Field::Sex, &["sex"]),
    ];

    fn named(name: &str) -> Option<Field> {
        let named = |names: &[&str]| names.iter().any(|known| name.trim().eq_ignore_ascii_case(known));
        Field::NAMES.iter().find(|(_, names)| named(names)).map(|(field, _)| *field)
    }

    /// Whether several columns may hold it.
    fn repeats(self) -> bool {
        matches!(self, Field::Answer | Field::Tags)
    }
}

/// Which column holds which part of a thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    named: Vec<(Field, String)>,
}

impl Columns {
    /// Reads pairs as they are typed: `title=Question,question=body,answer=reply`.
    pub fn parse(pairs: &str) -> Result<Columns, String> {
        let mut columns = Columns::default();
        for pair in pairs.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (field, column) =
                pair.split_once('=').ok_or_else(|| format!("{pair:?} is no pair; expected FIELD=COLUMN, as in question=body"))?;
            columns.add(field, column)?;
        }
        Ok(columns)
    }

    /// The pairs of several at once.
    pub fn joined(all: impl IntoIterator<Item = Columns>) -> Columns {
        Columns { named: all.into_iter().flat_map(|columns| columns.named).collect() }
    }

    fn add(&mut self, field: &str, column: &str) -> Result<(), String> {
        let known = || Field::NAMES.iter().flat_map(|(_, names)| *names).copied().collect::<Vec<_>>().join(", ");
        let field = Field::named(field).ok_or_else(|| format!("{field:?} is no field of a thread; known are {}", known()))?;
        self.named.push((field, column.trim().to_owned()));
        Ok(())
    }

    /// From a profile's table: a field's name, then its column or several.
    pub(super) fn from_profile(table: &BTreeMap<String, OneOrMore>) -> Result<Columns, String> {
        let mut columns = Columns::default();
        for (field, named) in table {
            match named {
                OneOrMore::One(column) => columns.add(field, column)?,
                OneOrMore::More(several) => several.iter().try_for_each(|column| columns.add(field, column))?,
            }
        }
        Ok(columns)
    }

    /// Where each column is among these names, or the first that is missing.
    fn within(&self, names: &[String]) -> Result<Vec<(Field, usize)>, &str> {
        let position = |column: &str| {
            let exact = names.iter().position(|name| name.trim() == column);
            exact.or_else(|| names.iter().position(|name| name.trim().eq_ignore_ascii_case(column)))
        };
        self.named.iter().map(|(field, column)| Ok((*field, position(column).ok_or(column.as_str())?))).collect()
    }

    fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

/// `"a"` or `["a", "b"]`, in a profile.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// What a reader knows of tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    /// Said on the command line; holds for every table.
    pub(super) given: Columns,
    pub(super) profiles: Vec<TableProfile>,
}

/// How one site lays out its tables.
#[derive(Debug, Clone)]
pub(super) struct TableProfile {
    /// Becomes the thread's source.
    pub(super) site: String,
    pub(super) columns: Columns,
}

impl Tables {
    /// Whether the line is the header of a table that somebody described.
    pub(super) fn know(&self, line: &[u8], delimiter: u8) -> bool {
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line);
        let mut record = csv::ByteRecord::new();
        let read = reader.read_byte_record(&mut record).is_ok_and(|read| read);
        read && record.len() > 1 && self.heading(record.iter().map(decode::text).collect()).is_ok()
    }

    /// What the columns of a table with this header hold.
    pub(super) fn heading(&self, names: Vec<String>) -> Result<Heading, Reason> {
        let (mut fields, mut source) = (Vec::new(), None);
        if !self.given.is_empty() {
            fields = self.given.within(&names).map_err(|missing| {
                Reason::Table(format!(
                    "it has no column {missing:?}, which --columns names; its columns are {}",
                    names.join(", ")
                ))
            })?;
        } else if let Some((site, found)) =
            self.profiles.iter().find_map(|known| Some((&known.site, known.columns.within(&names).ok()?)))
        {
            (fields, source) = (found, Some(site.clone()));
        }
        for (at, name) in names.iter().enumerate() {
            let Some(field) = Field::named(name) else { continue };
            let taken = fields.iter().any(|&(known, place)| place == at || (known == field && !field.repeats()));
            if !taken {
                fields.push((field, at));
            }
        }
        if !fields.iter().any(|(field, _)| *field == Field::Question) {
            return Err(Reason::Table(format!(
                "no column is known to hold the question, its columns are {}; say which with --columns question=NAME",
                names.join(", ")
            )));
        }
        Ok(Heading { fields, source })
    }
}

/// What the columns of one table hold.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    fields: Vec<(Field, usize)>,
    /// The site, where a profile knew the table.
    source: Option<String>,
}

/// Rows of one table.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub(super) heading: Arc<Heading>,
    pub(super) rows: Vec<Row>,
}

/// One row, with the line it begins on or its number, from 1.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) values: Vec<String>,
}

impl Row {
    pub(super) fn bytes(&self) -> usize {
        self.values.iter().map(String::len).sum()
    }
}

pub(super) fn read_rows(path: &Path, rows: &Rows, results: &mut Vec<Result<Thread, Rejection>>) {
    for row in &rows.rows {
        let thread = thread(&rows.heading, row);
        results.push(thread.map_err(|reason| Rejection::of_line(path, row.line, reason)));
    }
}

/// A row is an export with its fields in columns.
fn thread(heading: &Heading, row: &Row) -> Result<Thread, Reason> {
    let mut fields = Map::new();
    let mut answers = Vec::new();
    let mut tags: Vec<Value> = Vec::new();
    let (mut doctor, mut patient) = (Map::new(), Map::new());
    for &(field, at) in &heading.fields {
        let value = row.values.get(at).map_or("", |value| value.trim());
        if value.is_empty() {
            continue;
        }
        match field {
            Field::Id => _ = fields.insert("id".into(), value.into()),
            Field::Title => _ = fields.insert("title".into(), value.into()),
            Field::Question => _ = fields.insert("question".into(), value.into()),
            Field::Url => _ = fields.insert("url".into(), value.into()),
            Field::Source => _ = fields.insert("source".into(), value.into()),
            Field::Answer => answers.extend(list(value).unwrap_or_else(|| vec![value.into()])),
            Field::Tags => {
                let split = || value.split([',', ';', '|']).map(|tag| tag.trim().into()).collect();
                tags.extend(list(value).unwrap_or_else(split));
            }
            Field::Doctor => _ = doctor.insert("name".into(), value.into()),
            Field::Specialty => _ = doctor.insert("specialty".into(), value.into()),
            Field::Published => _ = fields.insert("published".into(), date(value)?.into()),
            Field::Age => _ = age(value).map(|age| patient.insert("age".into(), age.into())),
            Field::Sex => _ = sex(value).map(|sex| patient.insert("sex".into(), sex.into())),
        }
    }
    if !doctor.contains_key("name") && !doctor.is_empty() {
        doctor.insert("name".into(), "".into());
    }
    for (name, inner) in [("doctor", doctor), ("patient", patient)] {
        if !inner.is_empty() {
            fields.insert(name.into(), Value::Object(inner));
        }
    }
    if let (Some(site), false) = (&heading.source, fields.contains_key("source")) {
        fields.insert("source".into(), site.as_str().into());
    }
    fields.insert("answers".into(), answers.into());
    fields.insert("tags".into(), tags.into());
    fields.entry("question").or_insert(json!(""));
    json::thread(Value::Object(fields))
}

/// A cell that holds a list, as tables made from JSON have it.
fn list(value: &str) -> Option<Vec<Value>> {
    serde_json::from_str(value).ok().filter(|_| value.starts_with('['))
}

/// "2016-07-13", alone or before a time, or as pages write it.
fn date(value: &str) -> Result<String, Reason> {
    let day = value.get(..10).filter(|day| day.parse::<jiff::civil::Date>().is_ok()).map(str::to_owned);
    day.or_else(|| page::parse_date(value).map(|date| date.to_string()))
        .ok_or_else(|| Reason::Row(format!("{value:?} is no date; write it as 2016-07-13")))
}

/// "34", "34.0" or "34 years"; `None` for what is no age.
fn age(value: &str) -> Option<f64> {
    let number = value.split_whitespace().next()?;
    number.parse().ok().filter(|age| (0.0..=130.0).contains(age))
}

fn sex(value: &str) -> Option<&'static str> {
    match value.to_ascii_lowercase().as_str() {
        "female" | "f" | "woman" => Some("female"),
        "male" | "m" | "man" => Some("male"),
        _ => None,
    }
}

/// What parts the columns of a header: a tab, comma or semicolon, the first of these that is there.
pub(super) fn delimiter(line: &[u8]) -> Option<u8> {
    [b'\t', b',', b';'].into_iter().find(|delimiter| line.contains(delimiter))
}

/// A table of delimited text, cut into chunks of rows.
pub(super) struct Table {
    reader: csv::Reader<Bounded>,
    rows: Batches,
    left: Arc<AtomicUsize>,
}

impl Table {
    pub(super) fn open(path: &Path, input: Box<dyn Read + Send>, delimiter: u8, tables: &Tables) -> Result<Table, Rejection> {
        let left = Arc::new(AtomicUsize::new(LARGEST_PIECE));
        let input = Bounded { input, left: left.clone() };
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).buffer_capacity(64 << 10).from_reader(input);
        let names = reader.byte_headers().map_err(reason).map(|names| names.iter().map(decode::text).collect());
        let heading = names.and_then(|names| tables.heading(names)).map_err(|reason| Rejection::of_line(path, 1, reason))?;
        Ok(Table { reader, rows: Batches::new(path, heading), left })
    }
}

impl Layer for Table {
    fn step(&mut self) -> Step {
        let Table { reader, rows, left } = self;
        let mut record = csv::ByteRecord::new();
        rows.step(|| {
            left.store(LARGEST_PIECE, Ordering::Relaxed);
            let line = reader.position().line();
            match reader.read_byte_record(&mut record) {
                Ok(true) => {
                    let line = record.position().map_or(line, csv::Position::line);
                    Some(Ok(Row { line, values: record.iter().map(decode::text).collect() }))
                }
                Ok(false) => None,
                Err(error) => Some(Err((line, reason(error)))),
            }
        })
    }
}

/// Rows gathered to chunks, up to the first that cannot be read.
pub(super) struct Batches {
    path: Arc<Path>,
    heading: Arc<Heading>,
    /// A rejection that waits behind the rows before it.
    pending: Option<Rejection>,
    done: bool,
}

impl Batches {
    pub(super) fn new(path: &Path, heading: Heading) -> Batches {
        Batches { path: Arc::from(path), heading: Arc::new(heading), pending: None, done: false }
    }

    /// The next chunk. `next` gives the next row, or the line that cannot be read and why.
    pub(super) fn step(&mut self, mut next: impl FnMut() -> Option<Result<Row, (u64, Reason)>>) -> Step {
        if let Some(rejection) = self.pending.take() {
            return Step::Rejected(rejection);
        }
        let mut rows = Vec::new();
        let mut bytes = 0;
        while bytes < CHUNK && !self.done {
            match next() {
                Some(Ok(row)) => {
                    bytes += row.bytes().max(1);
                    rows.push(row);
                }
                Some(Err((line, reason))) => {
                    self.pending = Some(Rejection::of_line(&self.path, line, reason));
                    self.done = true;
                }
                None => self.done = true,
            }
        }
        if rows.is_empty() {
            return self.pending.take().map_or(Step::End, Step::Rejected);
        }
        Step::Chunk(Chunk { path: self.path.clone(), content: Content::Rows(Rows { heading: self.heading.clone(), rows }) })
    }
}

fn reason(error: csv::Error) -> Reason {
    let told = error.to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Reason::of(error),
        _ => Reason::Table(told),
    }
}

/// Gives no more than so many bytes between two rows: a quote that is never closed makes one row of all that follows.
struct Bounded {
    input: Box<dyn Read + Send>,
    left: Arc<AtomicUsize>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        match left.checked_sub(n) {
            Some(left) => self.left.store(left, Ordering::Relaxed),
            None => return Err(io::Error::other(Reason::too_large(LARGEST_PIECE))),
        }
        Ok(n)
    }
}
