//! A **table** is a tab-separated file of the lexicon: one header line that names the columns, then a line an entry. Here tables are
//! read and nothing is concluded from them.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a lexicon could not be made or opened.
#[derive(Debug, Error)]
pub enum LexiconError {
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}, line {line}: {what}", path.display())]
    Line { path: PathBuf, line: usize, what: String },
    #[error("{}: {what}", path.display())]
    File { path: PathBuf, what: String },
}

/// Everything that tables say, in the order of the files.
#[derive(Debug, Default)]
pub struct Tables {
    pub files: Vec<PathBuf>,
    /// How many of the files are the core; those after it are guests.
    pub core: usize,
    /// Numbers of files whose entries stand in several places each, so that their parents may go round.
    pub patchworks: Vec<usize>,
    pub entries: Vec<Entry>,
    pub guards: Vec<Guard>,
    pub links: Vec<Link>,
    pub spellings: Vec<Spelling>,
}

/// A concept, site or quality: the part of the id before the colon says which.
#[derive(Debug, Clone)]
pub struct Entry {
    pub place: Place,
    pub id: String,
    pub name: String,
    pub synonyms: Vec<String>,
    pub parents: Vec<String>,
    pub xrefs: Vec<String>,
    /// Of a composed symptom: the id of its quality and of its site.
    pub quality: Option<String>,
    pub site: Option<String>,
    /// Of a quality: the id of the concept that it is by itself.
    pub concept: Option<String>,
    /// Whether its terms were held against running text. Those of an imported terminology were not.
    pub reviewed: bool,
}

/// Where a line stands: the number of its file and its line from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub file: usize,
    pub line: usize,
}

/// When a term counts.
#[derive(Debug, Clone)]
pub struct Guard {
    pub place: Place,
    pub term: String,
    /// The id of the one owner of the term for which it holds; empty where it holds for all.
    pub owner: String,
    pub rule: Rule,
    pub example: String,
    /// The id of the concept that the example names with this term, or `none`.
    pub expected: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Never in running text, nor any shorter term within it: "don't worry". It can still be looked up.
    Stop,
    /// Only in the upper and lower case of the table.
    Case,
    /// Only as written, not in the singular or plural of it.
    Exact,
    /// Only with one of these words near.
    Needs(Vec<String>),
    /// Not a term but an ordinary word: it is never taken for a misspelt name.
    Ordinary,
}

/// A word that may stand inside a term or between a quality and its site.
#[derive(Debug, Clone)]
pub struct Link {
    pub place: Place,
    pub word: String,
    pub role: Role,
    pub example: String,
    /// A mention that the example has, as written there.
    pub expected: String,
}

/// What a link does. The numbers are bits of a compiled word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Role {
    /// *the*, *my*: skipped inside a term as well.
    Article = 1,
    /// *left*, *upper*: belongs to the site after it.
    Side = 2,
    /// *in*, *of*: joins any finding with its site.
    Place = 4,
    /// *behind*, *around*: joins a quality with its site.
    Near = 8,
    /// *side*, *middle*: a part of the site that follows with *of*.
    Part = 16,
    /// *is*, *feels*: between a site and its quality.
    Verb = 32,
    /// *very*, *always*.
    Degree = 64,
    /// *and*, *or*: what stands on both sides shares site or quality.
    And = 128,
}

/// Two ways to write a part of a word, or a word.
#[derive(Debug, Clone)]
pub struct Spelling {
    pub place: Place,
    pub variant: String,
    pub standard: String,
    pub within: Within,
    pub example: String,
    /// The id of the concept that the example names.
    pub expected: String,
}

/// Where in a word a spelling holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    Anywhere,
    End,
    Whole,
}

impl Role {
    const ALL: [(&'static str, Role); 8] = [
        ("article", Role::Article),
        ("side", Role::Side),
        ("place", Role::Place),
        ("near", Role::Near),
        ("part", Role::Part),
        ("verb", Role::Verb),
        ("degree", Role::Degree),
        ("and", Role::And),
    ];
}

impl Within {
    const ALL: [(&'static str, Within); 3] = [("anywhere", Within::Anywhere), ("end", Within::End), ("whole", Within::Whole)];
}

impl Tables {
    /// The built-in tables, given by name and content.
    pub fn core<'b>(files: impl IntoIterator<Item = (&'b Path, &'b [u8])>) -> Result<Tables, LexiconError> {
        let mut files: Vec<_> = files.into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "tsv")).collect();
        files.sort();
        let mut tables = Tables::default();
        for (path, bytes) in files {
            tables.add(path, bytes)?;
        }
        tables.core = tables.files.len();
        Ok(tables)
    }

    /// Whether there is more than the core.
    pub fn has_guests(&self) -> bool {
        self.files.len() > self.core
    }

    /// Adds the table in a file.
    pub fn read(&mut self, path: &Path) -> Result<(), LexiconError> {
        let bytes = std::fs::read(path).map_err(|source| LexiconError::Unreadable { path: path.into(), source })?;
        self.add(path, &bytes)
    }

    /// Begins another file, and gives its number.
    pub fn begin(&mut self, path: &Path) -> usize {
        self.files.push(path.into());
        self.files.len() - 1
    }

    /// Adds the table in `bytes`, which stand in the file `path`.
    pub fn add(&mut self, path: &Path, bytes: &[u8]) -> Result<(), LexiconError> {
        let file = self.begin(path);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
                return Err(self.at(Place { file, line }, "is not UTF-8; save the table as UTF-8".to_owned()));
            }
        };
        let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
        let Some(header) = lines.next() else {
            return Err(self.at(Place { file, line: 1 }, "the table is empty; its first line names the columns".to_owned()));
        };
        let columns = Columns { names: header.split('\t').map(str::trim).collect() };
        let form = Form::ALL.into_iter().find(|form| columns.has(form.mark()));
        let Some(form) = form else {
            let what = "no column \"id\"; the first line of a lexicon table names its columns: id, name, synonyms, parents";
            return Err(self.at(Place { file, line: 1 }, what.to_owned()));
        };
        for &needed in form.columns() {
            if !columns.has(needed) {
                let what = format!("no column {needed:?}; the first line names: {}", columns.names.join(", "));
                return Err(self.at(Place { file, line: 1 }, what));
            }
        }
        for (n, line) in lines.enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let place = Place { file, line: n + 2 };
            let cells: Vec<&str> = line.split('\t').map(str::trim).collect();
            if cells.len() > columns.names.len() {
                let what = format!("{} cells where the header names {} columns; remove a tab", cells.len(), columns.names.len());
                return Err(self.at(place, what));
            }
            let row = Row { columns: &columns, cells };
            self.add_row(form, place, &row).map_err(|what| self.at(place, what))?;
        }
        Ok(())
    }

    fn add_row(&mut self, form: Form, place: Place, row: &Row<'_>) -> Result<(), String> {
        let (example, expected) = (row.get("example").to_owned(), row.get("expected").to_owned());
        match form {
            Form::Entries => {
                let id = row.needed("id")?;
                if !id.split_once(':').is_some_and(|(kind, slug)| TYPES.contains(&kind) && !slug.is_empty()) {
                    return Err(format!("id {id:?} does not begin with a type and a colon; types are {}", TYPES.join(", ")));
                }
                let optional = |name| Some(row.get(name)).filter(|cell| !cell.is_empty()).map(str::to_owned);
                self.entries.push(Entry {
                    place,
                    id: id.to_owned(),
                    name: row.needed("name")?.to_owned(),
                    synonyms: row.list("synonyms"),
                    parents: row.list("parents"),
                    xrefs: row.list("xrefs"),
                    quality: optional("quality"),
                    site: optional("site"),
                    concept: optional("concept"),
                    reviewed: row.get("reviewed") != "no",
                });
            }
            Form::Guards => {
                let rule = match row.needed("rule")? {
                    "stop" => Rule::Stop,
                    "case" => Rule::Case,
                    "exact" => Rule::Exact,
                    "needs" => Rule::Needs(row.list("argument")),
                    "ordinary" => Rule::Ordinary,
                    other => return Err(format!("unknown rule {other:?}; rules are stop, case, exact, needs, ordinary")),
                };
                if rule == Rule::Needs(Vec::new()) {
                    return Err("the rule needs has no words in the column argument; write them with | between".to_owned());
                }
                let (term, owner) = (row.needed("term")?.to_owned(), row.get("of").to_owned());
                self.guards.push(Guard { place, term, owner, rule, example, expected });
            }
            Form::Links => {
                let role = row.one_of("role", &Role::ALL)?;
                self.links.push(Link { place, word: row.needed("link")?.to_owned(), role, example, expected });
            }
            Form::Spellings => {
                let (variant, standard) = (row.needed("variant")?.to_owned(), row.needed("standard")?.to_owned());
                let within = row.one_of("within", &Within::ALL)?;
                self.spellings.push(Spelling { place, variant, standard, within, example, expected });
            }
        }
        Ok(())
    }

    /// An error at a line of these tables.
    pub fn at(&self, place: Place, what: String) -> LexiconError {
        LexiconError::Line { path: self.files[place.file].clone(), line: place.line, what }
    }
}

/// The types of an id: the kinds of concept, and the two that composed symptoms are made of.
pub const TYPES: [&str; 7] = ["symptom", "condition", "procedure", "drug", "investigation", "site", "quality"];

/// The four forms of a table, told apart by the column that only one of them has.
#[derive(Clone, Copy)]
enum Form {
    Entries,
    Guards,
    Links,
    Spellings,
}

impl Form {
    const ALL: [Form; 4] = [Form::Entries, Form::Guards, Form::Links, Form::Spellings];

    fn mark(self) -> &'static str {
        self.columns()[0]
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Form::Entries => &["id", "name"],
            Form::Guards => &["rule", "term"],
            Form::Links => &["link", "role"],
            Form::Spellings => &["variant", "standard", "within"],
        }
    }
}

struct Columns<'t> {
    names: Vec<&'t str>,
}

impl Columns<'_> {
    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }
}

struct Row<'t> {
    columns: &'t Columns<'t>,
    cells: Vec<&'t str>,
}

impl<'t> Row<'t> {
    /// The cell of a column, empty where the table or the line lacks it.
    fn get(&self, name: &str) -> &'t str {
        let column = self.columns.names.iter().position(|column| *column == name);
        column.and_then(|column| self.cells.get(column)).copied().unwrap_or("")
    }

    fn needed(&self, name: &str) -> Result<&'t str, String> {
        match self.get(name) {
            "" => Err(format!("the column {name:?} is empty; fill it or remove the line")),
            cell => Ok(cell),
        }
    }

    fn one_of<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> Result<T, String> {
        let cell = self.needed(name)?;
        known.iter().find(|(word, _)| *word == cell).map(|&(_, value)| value).ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            format!("unknown {name} {cell:?}; known are {}", words.join(", "))
        })
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.get(name).split('|').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }
}
