//! Compiles the core lexicon from its tables, so that starting the program parses nothing.

#[allow(dead_code)]
#[path = "src/clinical/compile/mod.rs"]
mod compile;
#[allow(dead_code)]
#[path = "src/clinical/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=schema/lexicon");
    println!("cargo::rerun-if-changed=src/clinical/compile");
    println!("cargo::rerun-if-changed=src/clinical/tokens.rs");
    let paths: Vec<PathBuf> =
        fs::read_dir("schema/lexicon")?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    let contents: Vec<Vec<u8>> = paths.iter().map(fs::read).collect::<io::Result<_>>()?;
    let files = paths.iter().map(PathBuf::as_path).zip(contents.iter().map(Vec::as_slice));
    let compiled = compile::Tables::core(files).and_then(|tables| compile::compile(&tables)).map_err(|error| error.to_string())?;
    let out = Path::new(&env::var("OUT_DIR")?).join("core.lexicon");
    fs::write(out, bytemuck::cast_slice(&compiled))?;
    Ok(())
}
