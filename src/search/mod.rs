//! **Search** turns an [`Ask`](crate::query::Ask) into hits. Candidates come from the index's postings; the final order comes from one
//! ranking function over at most a few hundred of them.
//!
//! ```text
//! Ask ─ candidates (postings of rare words and concepts) ─> Candidate… ─ rank (words, concepts, assertion, prior) ─> Hit…
//! ```

mod candidates;
mod concepts;
mod hits;
mod lexical;
mod snippet;
mod weights;

pub use candidates::{Candidate, Selection, candidates};
pub use concepts::{ConceptColumns, WantedConcept};
pub use hits::{Found, Hit, Hits, Options, Ranked, find, search};
pub use lexical::{Lexical, Scores, WeightedWord};
pub use snippet::{Marks, Snippet, snippet};
pub use weights::{RelatedWeights, SearchWeights, Weights, WordWeights};
