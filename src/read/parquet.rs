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

    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::reader::RowIter;
    use parquet::record::{Field, Row};

    use crate::read::chunks::{Layer, Step};
    use crate::read::table::{self, Batches, Tables};
    use crate::read::{Reason, Rejection};

    pub(super) struct Table {
        reader: RowIter<'static>,
        rows: Batches,
        /// The next row, from 1.
        row: u64,
    }

    impl Table {
        pub(super) fn open(path: &Path, file: File, tables: &Tables) -> Result<Table, Rejection> {
            let reject = |reason| Rejection::of_file(path, reason);
            let reader = SerializedFileReader::new(file).map_err(|error| reject(corrupt(&error)))?;
            let fields = reader.metadata().file_metadata().schema().get_fields();
            let names = fields.iter().map(|field| field.name().to_owned()).collect();
            let heading = tables.heading(names).map_err(reject)?;
            Ok(Table { reader: reader.into_iter(), rows: Batches::new(path, heading), row: 1 })
        }
    }

    impl Layer for Table {
        fn step(&mut self) -> Step {
            let Table { reader, rows, row: line } = self;
            rows.step(|| {
                let row = match reader.next()? {
                    Ok(row) => table::Row { line: *line, values: values(&row) },
                    Err(error) => return Some(Err((*line, corrupt(&error)))),
                };
                *line += 1;
                Some(Ok(row))
            })
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
