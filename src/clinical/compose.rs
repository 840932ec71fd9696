//! **Composing** joins what is said of a site with the site: "pain in the back of my left knee" and "my left foot is swollen" are one
//! mention each, of the most specific concept that the lexicon knows for the pair.
//!
//! In: the items of a text. Out: [`Found`] mentions in order, without overlap, each with the widest span that its words allow.

use super::compile::Role;
use super::compile::layout::NONE;
use super::matcher::{Item, Matcher};
use super::tokens::Gap;
use super::{ConceptId, Kind};

/// How many words may stand between a quality and its site.
const MOST_BETWEEN: usize = 8;

/// How many qualities are listed with commas before an *and*.
const LONGEST_LIST: usize = 6;

const ARTICLE: u32 = Role::Article as u32;
const SIDE: u32 = Role::Side as u32;
const PLACE: u32 = Role::Place as u32;
const NEAR: u32 = Role::Near as u32;
const PART: u32 = Role::Part as u32;
const VERB: u32 = Role::Verb as u32;
const DEGREE: u32 = Role::Degree as u32;
const AND: u32 = Role::And as u32;

/// A concept and the tokens that name it, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub first: usize,
    pub end: usize,
    pub concept: ConceptId,
}

/// Joins the items of a text.
pub fn compose(matcher: &Matcher<'_, '_>, items: Vec<Item>) -> Vec<Found> {
    let mut composer = Composer { matcher, items: widen(matcher, items), found: Vec::new(), taken: 0 };
    let mut at = 0;
    while at < composer.items.len() {
        at = composer.read(at);
    }
    composer.found.sort_unstable_by_key(|found| found.first);
    composer.found
}

/// Makes one site of "back of my left knee" and "skin on my arm", and takes the words for sides into sites.
fn widen(matcher: &Matcher<'_, '_>, items: Vec<Item>) -> Vec<Item> {
    let mut wide: Vec<Item> = Vec::with_capacity(items.len());
    for mut item in items {
        let free = wide.last().map_or(0, |last| last.end);
        if item.site != NONE || (item.concept != NONE && begins_with_site(matcher, &item)) {
            while item.first > free
                && matcher.roles(item.first - 1) & SIDE != 0
                && matcher.tokens.as_slice()[item.first].gap <= Gap::Space
            {
                item.first -= 1;
            }
        }
        if let Some(last) = wide.last_mut().filter(|last| is_site(last) && is_site(&item)) {
            let between = links(matcher, last.end, item.first, ARTICLE | SIDE | PLACE);
            let joins = between.is_some_and(|roles| last.end == item.first || roles & PLACE != 0);
            if joins {
                let of = last.end < item.first;
                let (inner, outer) = if of { (last.site, item.site) } else { (item.site, last.site) };
                last.site = if matcher.view.is_within(inner, outer) { inner } else { outer };
                last.end = item.end;
                last.concept = NONE;
                continue;
            }
        }
        wide.push(item);
    }
    wide
}

/// The roles of the words between two items, where each word has one of the allowed roles and no paragraph ends there.
fn links(matcher: &Matcher<'_, '_>, from: usize, to: usize, allowed: u32) -> Option<u32> {
    if to - from > MOST_BETWEEN
        || matcher.tokens.as_slice()[from + 1..=to.max(from)].iter().any(|token| token.gap == Gap::Paragraph)
    {
        return None;
    }
    (from..to).try_fold(0, |roles, n| Some(matcher.roles(n) & allowed).filter(|here| *here != 0).map(|here| roles | here))
}

fn is_site(item: &Item) -> bool {
    item.site != NONE && item.head == NONE
}

/// Whether a concept's term begins with a site, so that "left" before it belongs to it.
fn begins_with_site(matcher: &Matcher<'_, '_>, item: &Item) -> bool {
    matcher.view.concepts[item.concept as usize].site != NONE || matcher.names_site(item.first)
}

struct Composer<'c, 'r, 't> {
    matcher: &'c Matcher<'r, 't>,
    items: Vec<Item>,
    found: Vec<Found>,
    /// Items before this one belong to a mention already.
    taken: usize,
}

impl Composer<'_, '_, '_> {
    /// Reads the items from one on that belong together, and gives the number of the next.
    fn read(&mut self, at: usize) -> usize {
        let item = self.items[at];
        let own_site = self.own_site(&item);
        if self.head(&item) == NONE || own_site != NONE {
            let next = self.read_alone(at, own_site);
            return self.share_site(next, own_site, &item);
        }
        let mut last = at;
        while self.is_listed(last) {
            last += 1;
        }
        let after = last + 1;
        if at > self.taken && is_site(&self.items[at - 1]) && self.follows_site(at) {
            self.join_left(at, last);
        } else if self.items.get(after).is_some_and(is_site) && self.leads_to_site(last) {
            return self.join_right(at, last);
        } else if let Some(site) = self.site_of_finding_after(last) {
            for n in at..=last {
                let item = self.items[n];
                self.push_pair(&item, site, item.first, item.end);
            }
        } else {
            for n in at..=last {
                self.push_alone(n);
            }
        }
        self.taken = after;
        after
    }

    /// Whether the next item is said of the same as this one: "swollen and numb", "swollen, numb and painful".
    fn is_listed(&self, at: usize) -> bool {
        let joins = |n: usize| self.items.get(n).is_some_and(|next| self.head(next) != NONE && self.own_site(next) == NONE);
        let mut n = at;
        while n < at + LONGEST_LIST && joins(n + 1) {
            if self.is_and(n, n + 1) {
                return true;
            }
            let (end, next) = (self.items[n].end, self.items[n + 1].first);
            if end + 1 != next || self.matcher.tokens.written(end) != "," || !self.is_free(&self.items[n + 1]) {
                return false;
            }
            n += 1;
        }
        false
    }

    /// The qualities that follow a finding which begins with its site are said of that site too: "foot swelling and numbness".
    fn share_site(&mut self, mut at: usize, site: u32, finding: &Item) -> usize {
        let begins = (finding.first..finding.end).find(|&n| self.matcher.roles(n) & (SIDE | ARTICLE) == 0);
        if site == NONE || !begins.is_some_and(|n| self.matcher.names_site(n)) {
            return at;
        }
        while self.is_listed(at - 1) && self.is_free(&self.items[at]) {
            let has_its_own = self.items.get(at + 1).is_some_and(is_site) && self.leads_to_site(at);
            if has_its_own {
                break;
            }
            let item = self.items[at];
            self.push_pair(&item, site, item.first, item.end);
            at += 1;
            self.taken = at;
        }
        at
    }

    /// The site of the finding after an item, where that ends with it and so has it in common: "pain and numbness in my foot".
    fn site_of_finding_after(&self, at: usize) -> Option<u32> {
        let next = self.items.get(at + 1).filter(|next| self.own_site(next) != NONE && self.is_and(at, at + 1))?;
        let ends = self.matcher.names_site(next.end - 1) && !self.matcher.names_site(next.first);
        (ends && self.is_free(&self.items[at])).then(|| self.own_site(next))
    }

    /// A concept that joins with nothing, or that has its site in itself and may be told it again: "knee pain in my left knee".
    fn read_alone(&mut self, at: usize, own_site: u32) -> usize {
        let item = self.items[at];
        if is_site(&item) && self.items.get(at + 1).is_some_and(|next| self.head(next) != NONE) {
            // What a new sentence begins with is not said of this site: "a wisdom tooth. Swelling came later".
            if matches!(self.matcher.tokens.written(item.end), "." | "?" | "!") {
                self.push_alone(at);
            }
            return at + 1;
        }
        let site = self.items.get(at + 1).filter(|next| is_site(next) && item.concept != NONE && item.concept_end == item.end);
        let place = site.and_then(|site| links(self.matcher, item.end, site.first, ARTICLE | SIDE | PLACE | PART));
        let Some(site) = site.copied().filter(|_| place.is_some_and(|roles| roles & PLACE != 0)) else {
            self.push_alone(at);
            return at + 1;
        };
        let view = &self.matcher.view;
        let row = &view.concepts[item.concept as usize];
        let concept = if own_site == NONE {
            (row.kind != Kind::Drug as u32).then_some(item.concept)
        } else if view.is_within(site.site, own_site) || self.ends_with_part(&item) {
            view.pair(row.head, site.site).or(Some(item.concept))
        } else {
            view.is_within(own_site, site.site).then_some(item.concept)
        };
        // A site that a finding follows is that finding's: "infection in ear pain".
        let claimed = self.items.get(at + 2).is_some_and(|next| self.head(next) != NONE && next.first == site.end);
        match concept.filter(|_| !claimed) {
            Some(concept) => {
                self.push(item.first, site.end, concept);
                self.taken = at + 2;
                at + 2
            }
            None => {
                self.push_alone(at);
                at + 1
            }
        }
    }

    /// Whether a concept's term ends with a site of which the next site is told: "pain in the side" of "of my elbow".
    fn ends_with_part(&self, item: &Item) -> bool {
        self.matcher.names_site(item.end - 1) && self.matcher.tokens.folded(item.end) == "of"
    }

    /// "my left foot is swollen and numb": the first with the site in its span, the others by themselves.
    fn join_left(&mut self, at: usize, last: usize) {
        let mut sites = vec![self.items[at - 1]];
        let mut n = at - 1;
        while n > self.taken && is_site(&self.items[n - 1]) && self.is_and(n - 1, n) {
            n -= 1;
            sites.push(self.items[n]);
        }
        for n in at..=last {
            let (item, site) = (self.items[n], sites[0]);
            let first = if n == at { site.first } else { item.first };
            self.push_pair(&item, site.site, first, item.end);
        }
        let item = self.items[at];
        let others = if self.is_free(&item) { &sites[1..] } else { &[] };
        for site in others {
            self.push_further_site(&item, site);
        }
    }

    /// "pain and swelling in my knee and hip": the last before the site with it in its span, the others by themselves.
    fn join_right(&mut self, at: usize, last: usize) -> usize {
        let mut after = last + 2;
        while self.is_free(&self.items[last]) && self.items.get(after).is_some_and(is_site) && self.is_and(after - 1, after) {
            let claimed = self.items.get(after + 1).is_some_and(|next| self.head(next) != NONE && self.follows_site(after + 1));
            if claimed {
                break;
            }
            after += 1;
        }
        let site = self.items[last + 1];
        for n in at..=last {
            let item = self.items[n];
            let end = if n == last { site.end } else { item.end };
            self.push_pair(&item, site.site, item.first, end);
        }
        let item = self.items[last];
        for n in last + 2..after {
            let site = self.items[n];
            self.push_further_site(&item, &site);
        }
        self.taken = after;
        after
    }

    /// Whether an item says something of the site before it: "knee pain", "foot is swollen".
    fn follows_site(&self, at: usize) -> bool {
        let (site, item) = (&self.items[at - 1], &self.items[at]);
        let hyphen = site.end + 1 == item.first && self.matcher.tokens.written(site.end) == "-";
        let between = links(self.matcher, site.end, item.first, VERB | DEGREE | ARTICLE | SIDE);
        match between {
            Some(0) => self.is_free(item) || self.matcher.view.pair(self.head(item), site.site).is_some(),
            Some(roles) => self.is_free(item) && (roles & VERB != 0 || roles == DEGREE),
            None => hyphen,
        }
    }

    /// Whether an item says something of the site after it: "pain in my knee", "swollen left foot".
    fn leads_to_site(&self, at: usize) -> bool {
        let (item, site) = (&self.items[at], &self.items[at + 1]);
        let free = self.is_free(item);
        let allowed = if free { ARTICLE | SIDE | PLACE | NEAR | PART | DEGREE } else { ARTICLE | SIDE | PLACE | PART };
        links(self.matcher, item.end, site.first, allowed).is_some_and(|roles| free || roles & PLACE != 0)
    }

    fn is_and(&self, a: usize, b: usize) -> bool {
        let (a, b) = (&self.items[a], &self.items[b]);
        a.end < b.first && links(self.matcher, a.end, b.first, AND | ARTICLE | SIDE).is_some_and(|roles| roles & AND != 0)
    }

    fn head(&self, item: &Item) -> u32 {
        match item.head {
            NONE if item.concept != NONE && item.concept_end == item.end => {
                self.matcher.view.concepts[item.concept as usize].head
            }
            head => head,
        }
    }

    fn own_site(&self, item: &Item) -> u32 {
        if item.concept == NONE { NONE } else { self.matcher.view.concepts[item.concept as usize].site }
    }

    fn is_free(&self, item: &Item) -> bool {
        self.matcher.view.heads[self.head(item) as usize].free != 0
    }

    /// The concept of an item at a site; where no pair is known, what the item is by itself.
    fn push_pair(&mut self, item: &Item, site: u32, first: usize, end: usize) {
        let head = self.head(item);
        let view = &self.matcher.view;
        let by_itself = if item.concept != NONE { item.concept } else { view.heads[head as usize].concept };
        let concept = view.pair(head, site).unwrap_or(by_itself);
        if concept != NONE {
            self.push(first, end, concept);
        }
    }

    /// The second site of a finding is a mention of its own, of the concept that the lexicon knows for the pair.
    fn push_further_site(&mut self, item: &Item, site: &Item) {
        if let Some(concept) = self.matcher.view.pair(self.head(item), site.site) {
            self.push(site.first, site.end, concept);
        }
    }

    fn push_alone(&mut self, at: usize) {
        let item = self.items[at];
        if item.concept != NONE {
            self.push(item.first, item.concept_end, item.concept);
        }
    }

    fn push(&mut self, first: usize, end: usize, concept: u32) {
        self.found.push(Found { first, end, concept: ConceptId(concept) });
    }
}
