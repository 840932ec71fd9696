//! A **recombined** archive: of any size, from the sentences of a given one. Each thread has the shape of a thread that was drawn (how
//! many posts of whom, with which sections, of how many sentences; its doctor, dates and patient), and each of its sentences is drawn
//! from all sentences of the same role, each title from the titles.
//!
//! So lengths and the frequencies of words stay as they are, whatever the size. Two things do not: real archives bring new words with
//! every thread (Heaps' law) where this one has no word that the given one has not, and a real thread keeps to its subject, where a
//! word here stands in more threads, once in each. Both make posting lists longer than those of a real archive of that size.

use std::io::{BufWriter, Write};
use std::path::Path;

use curbside::clinical::sentences;
use curbside::thread::{Role, Thread, ThreadId};

/// Threads without end, the same for the same archive and seed.
pub struct Recombined {
    shapes: Vec<Shape>,
    titles: Vec<String>,
    of_patients: Vec<String>,
    of_doctors: Vec<String>,
    random: fastrand::Rng,
    seed: u64,
    made: u64,
}

/// A thread whose texts are empty, and how many sentences each of its posts and sections had, in order.
struct Shape {
    thread: Thread,
    sentences: Vec<usize>,
}

impl Recombined {
    pub fn new(archive: impl Iterator<Item = Thread>, seed: u64) -> Recombined {
        let random = fastrand::Rng::with_seed(seed);
        let (titles, of_patients, of_doctors) = (Vec::new(), Vec::new(), Vec::new());
        let mut made = Recombined { shapes: Vec::new(), titles, of_patients, of_doctors, random, seed, made: 0 };
        archive.for_each(|thread| made.take_apart(thread));
        made
    }

    /// Takes a thread apart.
    fn take_apart(&mut self, mut thread: Thread) {
        if !thread.title.is_empty() {
            self.titles.push(thread.title.clone());
        }
        let mut counts = Vec::new();
        for (role, text) in texts_of(&mut thread) {
            let pool = if role == Role::Patient { &mut self.of_patients } else { &mut self.of_doctors };
            let ranges = sentences(text);
            counts.push(ranges.len());
            pool.extend(ranges.into_iter().map(|range| text[range].to_owned()));
            text.clear();
        }
        (thread.url, thread.panel) = (None, Vec::new());
        thread.other.clear();
        self.shapes.push(Shape { thread, sentences: counts });
    }

    /// Writes so many threads as JSON Lines.
    pub fn write(&mut self, threads: u64, path: &Path) {
        let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
        for thread in self.take(threads as usize) {
            serde_json::to_writer(&mut out, &thread).unwrap();
            out.write_all(b"\n").unwrap();
        }
        out.flush().unwrap();
    }
}

impl Iterator for Recombined {
    type Item = Thread;

    fn next(&mut self) -> Option<Thread> {
        let Recombined { shapes, titles, of_patients, of_doctors, random, .. } = self;
        let shape = random.choice(shapes.iter())?;
        let mut thread = shape.thread.clone();
        thread.id = ThreadId::from(format!("{}-{}", self.seed, self.made).as_str());
        if !thread.title.is_empty() {
            thread.title.clone_from(random.choice(titles.iter())?);
        }
        for ((role, text), &sentences) in texts_of(&mut thread).zip(&shape.sentences) {
            let pool = if role == Role::Patient { &*of_patients } else { &*of_doctors };
            for n in 0..sentences {
                if n > 0 {
                    text.push(' ');
                }
                text.push_str(random.choice(pool.iter())?);
            }
        }
        self.made += 1;
        Some(thread)
    }
}

/// The running texts of a thread with who wrote each.
fn texts_of(thread: &mut Thread) -> impl Iterator<Item = (Role, &mut String)> {
    thread.posts.iter_mut().flat_map(|post| {
        let role = post.role;
        let sections = post.sections.iter_mut().map(|section| &mut section.text);
        std::iter::once(&mut post.text).chain(sections).map(move |text| (role, text))
    })
}
