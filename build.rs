//! Compiles the core lexicon, the rules of assertion and the embedding table from their files, so that starting the program parses nothing.

#[allow(dead_code, unused_imports)]
#[path = "src/clinical/compile/mod.rs"]
mod compile;
#[allow(dead_code, unused_imports)]
#[path = "src/embed/table/mod.rs"]
mod table;
#[allow(dead_code, unused_imports)]
#[path = "src/clinical/tokens.rs"]
mod tokens;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

type Done = Result<(), Box<dyn std::error::Error>>;

fn main() -> Done {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    lexicon(&out.join("core.lexicon"))?;
    assertion(&out.join("assertion.rules"))?;
    embedding(&out.join("builtin.embedding"))
}

fn lexicon(out: &Path) -> Done {
    println!("cargo::rerun-if-changed=schema/lexicon");
    println!("cargo::rerun-if-changed=src/clinical/compile");
    println!("cargo::rerun-if-changed=src/clinical/tokens.rs");
    let paths: Vec<PathBuf> = fs::read_dir("schema/lexicon")?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    let contents: Vec<Vec<u8>> = paths.iter().map(fs::read).collect::<io::Result<_>>()?;
    let files = paths.iter().map(PathBuf::as_path).zip(contents.iter().map(Vec::as_slice));
    let compiled =
        compile::Tables::core(files).and_then(|tables| compile::compile(&tables)).map_err(|error| error.to_string())?;
    fs::write(out, bytemuck::cast_slice(&compiled))?;
    Ok(())
}

fn assertion(out: &Path) -> Done {
    println!("cargo::rerun-if-changed=schema/assertion.tsv");
    let table = fs::read_to_string("schema/assertion.tsv")?;
    let rules = compile::cues::Rules::parse(&table).map_err(|error| format!("schema/assertion.tsv: {error}"))?;
    fs::write(out, postcard::to_allocvec(&rules)?)?;
    Ok(())
}

fn embedding(out: &Path) -> Done {
    println!("cargo::rerun-if-changed=schema/model");
    println!("cargo::rerun-if-changed=src/embed/table");
    let folder = table::Folder::read(Path::new("schema/model"))?;
    fs::write(out, bytemuck::cast_slice(&table::compile(&folder)))?;
    Ok(())
}
