//! **Search** turns an [`Ask`](crate::query::Ask) into hits. Candidates come from the index's postings; the final order comes from one
//! ranking function over at most a few hundred of them.
//!
//! ```text
//! Ask ─ candidates (postings of rare words and concepts) ─> Candidate… ─ rank (words, concepts, assertion, prior) ─> Hit…
//! ```

mod accumulator;
mod allowed;
mod answer;
mod baseline;
mod best;
mod candidates;
mod concepts;
mod explain;
mod facets;
mod fold;
mod hits;
mod lexical;
mod meaning;
mod proximity;
mod rank;
mod relax;
mod snippet;
mod suggest;
mod weights;

pub use answer::{Answer, Asked, Completion, NamedConcept, PlacedRemark, QueryConcept};
pub use baseline::bm25;
pub use best::{Scored, best};
pub use candidates::{Seeking, Selection, candidates};
pub use concepts::{WantedConcept, threads_about};
pub use explain::{Explanation, ScorePart};
pub use facets::{ConceptCount, Count, Facets};
pub use fold::Sketch;
pub use hits::{Hit, Hits, Options, page, search};
pub use lexical::{Lexical, Scores, WeightedWord};
pub use meaning::{Comparer, Nearness, nearest, vectors};
pub use rank::{Found, Order, Ranked, find};
pub use snippet::{Marks, Snippet, answering_snippet, snippet};
pub use suggest::{Completer, Suggestion};
pub use weights::{RelatedWeights, RerankWeights, SearchWeights, Weights, WordWeights};
