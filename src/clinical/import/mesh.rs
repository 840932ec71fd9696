//! **MeSH descriptors** in the XML of a yearly file (`desc2026.xml`), read as a stream: names, entry terms, places in the trees, and
//! the pharmacologic actions that are a drug's classes. Descriptors whose trees are of none of our types are left out.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use rustc_hash::FxHashMap;

use super::mapping::Mapped;
use super::{Item, Terminology};
use crate::clinical::{Kind, LexiconError};

const ROOT: &str = "DescriptorRecordSet";

/// A `DescriptorRecord` on its way.
#[derive(Default)]
struct Record {
    line: usize,
    code: String,
    name: String,
    terms: Vec<String>,
    trees: Vec<String>,
    actions: Vec<String>,
}

pub fn read(path: &Path) -> Result<Terminology, LexiconError> {
    let records = records(path)?;
    let by_tree: FxHashMap<&str, &str> =
        records.iter().flat_map(|record| record.trees.iter().map(|tree| (tree.as_str(), record.code.as_str()))).collect();
    let mut terminology = Terminology::of_many_trees(path);
    for record in &records {
        let Some(kind) = kind(record) else { continue };
        let mut item = Item::new(record.line, &format!("MESH:{}", record.code), kind, &record.name);
        item.synonyms = record.terms.clone();
        let above = record.trees.iter().filter_map(|tree| by_tree.get(tree.rsplit_once('.')?.0).copied());
        item.parents = above.chain(record.actions.iter().map(String::as_str)).map(|code| format!("MESH:{code}")).collect();
        terminology.add(item)?;
    }
    Ok(terminology)
}

/// The type of the first row of the mapping under which one of the record's places lies; what has a pharmacologic action is a drug.
fn kind(record: &Record) -> Option<Kind> {
    let lies_under = |place: &str, branch: &str| {
        let rest = place.strip_prefix(branch);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || branch.len() == 1)
    };
    let mapped = Mapped::Mesh.rows().find(|(branch, _)| record.trees.iter().any(|place| lies_under(place, branch)));
    mapped.map(|(_, kind)| kind).or((!record.actions.is_empty()).then_some(Kind::Drug))
}

fn records(path: &Path) -> Result<Vec<Record>, LexiconError> {
    let unreadable = |source| LexiconError::Unreadable { path: path.into(), source };
    let mut source = Source { reader: BufReader::with_capacity(1 << 18, File::open(path).map_err(unreadable)?), line: 1 };
    let mut reader = Reader::from_reader(&mut source);
    let mut records: Vec<Record> = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let (mut text, mut buffer) = (String::new(), Vec::new());
    let mut permuted = false;
    loop {
        let event = reader.read_event_into(&mut buffer);
        let line = reader.get_ref().line;
        let error = |what: String| Err(LexiconError::Line { path: path.into(), line, what });
        match event {
            Err(quick_xml::Error::Io(source)) => return Err(unreadable(std::io::Error::new(source.kind(), source.to_string()))),
            Err(quick_xml::Error::Encoding(_)) => return error("is not UTF-8; save the file as UTF-8".into()),
            Err(other) => return error(format!("{other}; the file is cut off or damaged: fetch it again")),
            Ok(Event::Eof) if !elements.is_empty() => {
                return error(format!("ends within <{}>; the file is cut off: fetch it again", elements.join("/")));
            }
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => {
                let name = start.name().as_ref().to_owned();
                if elements.is_empty() && name != ROOT {
                    return error(format!("is XML of <{name}>, and MeSH descriptors stand in <{ROOT}>; bring a desc….xml"));
                }
                if name == "DescriptorRecord" {
                    records.push(Record { line, ..Record::default() });
                }
                if name == "Term" {
                    permuted = is_permuted(&start);
                }
                elements.push(name);
                text.clear();
            }
            Ok(Event::Text(piece)) => text.push_str(&piece.xml10_content()),
            Ok(Event::GeneralRef(piece)) => match piece.resolve_char_ref() {
                Ok(Some(letter)) => text.push(letter),
                Ok(None) => text.push_str(resolve_predefined_entity(&piece).unwrap_or_default()),
                Err(other) => return error(format!("{other}; the file is damaged: fetch it again")),
            },
            Ok(Event::End(_)) => {
                if let (Some(record), [_, _, within @ ..]) = (records.last_mut(), &elements[..]) {
                    record.take(within, text.trim(), permuted);
                }
                text.clear();
                elements.pop();
                if elements.len() == 1
                    && let Some(record) = records.last().filter(|record| record.code.is_empty() || record.name.is_empty())
                {
                    let what =
                        "the DescriptorRecord has no DescriptorUI or no DescriptorName; the file is damaged: fetch it again";
                    return Err(LexiconError::Line { path: path.into(), line: record.line, what: what.into() });
                }
            }
            Ok(_) => {}
        }
        buffer.clear();
    }
    match records.is_empty() {
        true => Err(LexiconError::File { path: path.into(), what: format!("has no DescriptorRecord in a <{ROOT}>") }),
        false => Ok(records),
    }
}

/// Entry terms turned round for a printed index ("Pain, Back") are in no running text.
fn is_permuted(term: &BytesStart<'_>) -> bool {
    matches!(term.try_get_attribute("IsPermutedTermYN"), Ok(Some(said)) if said.value == "Y")
}

impl Record {
    fn take(&mut self, within: &[String], text: &str, permuted: bool) {
        let within: Vec<&str> = within.iter().map(String::as_str).collect();
        let put = |list: &mut Vec<String>| list.push(text.to_owned());
        match within[..] {
            ["DescriptorUI"] => self.code = text.to_owned(),
            ["DescriptorName", "String"] => self.name = text.to_owned(),
            ["TreeNumberList", "TreeNumber"] => put(&mut self.trees),
            ["PharmacologicalActionList", "PharmacologicalAction", "DescriptorReferredTo", "DescriptorUI"] => {
                put(&mut self.actions)
            }
            ["ConceptList", "Concept", "TermList", "Term", "String"] if !permuted => put(&mut self.terms),
            _ => {}
        }
    }
}

/// A file that knows the line it is read to.
struct Source {
    reader: BufReader<File>,
    line: usize,
}

impl std::io::Read for Source {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.line += self.reader.buffer()[..bytes].iter().filter(|&&byte| byte == b'\n').count();
        self.reader.consume(bytes);
    }
}
