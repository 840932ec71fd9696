//! Compiles the embedding table, so that starting the program parses nothing.

#[allow(dead_code, unused_imports)]
#[path = "src/embed/table/mod.rs"]
mod table;

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    embedding()
}

fn embedding() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=schema/embedding");
    println!("cargo::rerun-if-changed=src/embed/table");
    let folder = table::Folder::read(Path::new("schema/embedding"))?;
    let out = Path::new(&env::var("OUT_DIR")?).join("builtin.embedding");
    fs::write(out, bytemuck::cast_slice(&table::compile(&folder)))?;
    Ok(())
}
