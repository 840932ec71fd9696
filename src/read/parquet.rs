//! Tables in **Parquet**'s format, with the cargo feature `parquet`. In: a file. Out: chunks of rows, read a row group at a time.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use super::Rejection;
use super::chunks::Layer;
use super::table::Tables;

#[cfg(not(feature = "parquet"))]
pub(super) fn open(path: &Path, _file: Arc<File>, _tables: &Tables) -> Result<Box<dyn Layer>, Rejection> {
    Err(Rejection::of_file(path, super::Reason::WithoutParquet))
}

#[cfg(feature = "parquet")]
pub(super) fn open(path: &Path, file: Arc<File>, tables: &Tables) -> Result<Box<dyn Layer>, Rejection> {
    let file = file.try_clone().map_err(|error| Rejection::of_file(path, super::Reason::of(error)))?;
    Ok(Box::new(rows::Table::open(path, file, tables)?))
}

#[cfg(feature = "parquet")]
mod rows {
    use std::fs::File;
    use std::path::Path;
    use std::sync::Arc;

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::reader::RowIter;
    use parquet::record::{Field, Row};

    use crate::read::chunks::{CHUNK, Chunk, Content, Layer, Step};
    use crate::read::table::{self, Heading, Rows, Tables};
    use crate::read::{Reason, Rejection};

    pub(super) struct Table {
        path: Arc<Path>,
        rows: RowIter<'static>,
        heading: Arc<Heading>,
        /// The next row, from 1.
        row: u64,
        pending: Option<Rejection>,
        done: bool,
    }

    impl Table {
        pub(super) fn open(path: &Path, file: File, tables: &Tables) -> Result<Table, Rejection> {
            let reject = |reason| Rejection::of_file(path, reason);
            let reader = SerializedFileReader::new(file).map_err(|error| reject(corrupt(&error)))?;
            let fields = reader.metadata().file_metadata().schema().get_fields();
            let names = fields.iter().map(|field| field.name().to_owned()).collect();
            let heading = Arc::new(tables.heading(names).map_err(reject)?);
            Ok(Table { path: Arc::from(path), rows: reader.into_iter(), heading, row: 1, pending: None, done: false })
        }
    }

    impl Layer for Table {
        fn step(&mut self) -> Step {
            if let Some(rejection) = self.pending.take() {
                return Step::Rejected(rejection);
            }
            let mut rows = Vec::new();
            let mut bytes = 0;
            while bytes < CHUNK && !self.done {
                match self.rows.next() {
                    Some(Ok(row)) => {
                        let row = table::Row { line: self.row, values: values(&row) };
                        self.row += 1;
                        bytes += row.bytes().max(1);
                        rows.push(row);
                    }
                    Some(Err(error)) => {
                        self.pending = Some(Rejection::of_line(&self.path, self.row, corrupt(&error)));
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

    fn corrupt(error: &parquet::errors::ParquetError) -> Reason {
        Reason::Corrupt { packing: "Parquet", met: error.to_string() }
    }

    fn values(row: &Row) -> Vec<String> {
        row.get_column_iter().map(|(_, field)| value(field)).collect()
    }

    /// As the same value would stand in a table of text; a list as JSON.
    fn value(field: &Field) -> String {
        match field {
            Field::Null => String::new(),
            Field::Str(text) => text.clone(),
            Field::Bytes(bytes) => String::from_utf8_lossy(bytes.data()).into_owned(),
            Field::ListInternal(list) => {
                let items: Vec<String> = list.elements().iter().map(value).collect();
                serde_json::to_string(&items).expect("texts are JSON")
            }
            other => other.to_string(),
        }
    }
}
