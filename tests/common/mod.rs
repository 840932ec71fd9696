//! What the tests share: a folder of their own and the binary.
#![allow(dead_code)] // each test file uses its part

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder with an index of its own.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a run of the binary gave.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        Place { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and says where.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("within the folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
        path
    }

    /// Runs the binary here, with the index in this folder.
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Ran {
        ran(self.command(args).output().expect("the binary runs"))
    }

    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_curbside"));
        command.args(args).current_dir(self.folder.path()).env("CURBSIDE_INDEX", self.path("index")).env_remove("NO_COLOR");
        command
    }

    pub fn run_with_input<S: AsRef<std::ffi::OsStr>>(&self, args: &[S], input: &[u8]) -> Ran {
        use std::io::Write;
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().expect("piped").write_all(input).expect("input is taken");
        ran(child.wait_with_output().expect("the binary ends"))
    }

    /// Indexes files of this folder, or of elsewhere; fails the test when the run fails as a whole.
    pub fn index(&self, paths: &[&Path]) -> Ran {
        let mut args = vec!["index".into(), "--format".into(), "json".into()];
        args.extend(paths.iter().map(|path| path.as_os_str().to_owned()));
        self.run(&args)
    }
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ran {
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {:?}; stderr {:?}", self.out, self.err))
    }

    #[track_caller]
    pub fn ok(self) -> Ran {
        assert_eq!(self.code, 0, "stderr: {}", self.err);
        self
    }

    /// Neither a panic nor a trace of one: whatever was met, it was told in a sentence.
    #[track_caller]
    pub fn told(self, code: i32, sentence: &str) -> Ran {
        assert_eq!(self.code, code, "stdout: {} stderr: {}", self.out, self.err);
        assert!(self.err.contains(sentence), "{sentence:?} is not in {:?}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// The sample archive of the repository.
pub fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus-sample")
}

/// A path of the folder of real data beside the repository, or `None`, said aloud, where there is none.
pub fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// A model's numbers as a safetensors file: the name, type, shape and bytes of each tensor.
pub fn safetensors<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a str, Vec<usize>, Vec<u8>)>) -> Vec<u8> {
    let (mut header, mut all) = (serde_json::Map::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let begin = all.len();
        all.extend(bytes);
        let tensor = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [begin, all.len()]});
        header.insert(name.to_owned(), tensor);
    }
    let header = serde_json::Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &all].concat()
}

pub fn bytes_of(numbers: impl IntoIterator<Item = f32>) -> Vec<u8> {
    numbers.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Numbers from -1 to 1, drawn by a fixed rule.
pub fn drawn() -> impl Iterator<Item = f32> {
    let mut seed = 1u32;
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as f32 / 8_388_608.0 - 1.0
    })
}
