//! Tables for people: numbers right, words left, no lines between.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};

use crate::cli::style;

/// Prints rows under a heading line; every column but the first is of numbers.
pub(super) fn print(out: &mut impl Write, heading: &[String], rows: &[Vec<String>]) -> io::Result<()> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(heading);
    for row in rows {
        table.add_row(row.iter().map(|cell| style::clean(cell)));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        writeln!(out, " {}", line.trim_end())?;
    }
    Ok(())
}

/// A measure as tables of results have it.
pub(super) fn figure(value: f64) -> String {
    format!("{value:.4}")
}

/// A difference, with its sign.
pub(super) fn signed(value: f64) -> String {
    format!("{value:+.4}")
}

/// A probability: never 0.
pub(super) fn probability(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}
