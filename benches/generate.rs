//! An archive of any size, recombined from the sentences of another: `cargo bench --bench generate -- THREADS FILE [SEED]` writes JSON
//! Lines. The other archive by `CURBSIDE_BENCH_ARCHIVE=path[:path]`, as for every bench.

mod support;

use std::path::Path;

use support::recombined::Recombined;

fn main() {
    let given: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (Some(threads), Some(file)) = (given.first().and_then(|threads| threads.parse().ok()), given.get(1)) else {
        println!("nothing to generate; say how much and where: cargo bench --bench generate -- THREADS FILE [SEED]");
        return;
    };
    let seed = given.get(2).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    Recombined::new(support::each_thread(&support::archive()), seed).write(threads, Path::new(file));
}
