//! A saved **HTML page** becomes the lines that a reader of the page sees, so that one site profile reads both the page and its
//! plain text.

use scraper::node::Node;
use scraper::{Html, Selector};

use super::page::Lines;

/// The visible lines of a page; its first `h1` is the heading.
pub(super) fn lines(page: &str) -> Lines {
    let document = Html::parse_document(page);
    let mut text = Text::default();
    // The tree is walked with its own open and close events: a page may nest deeper than the stack.
    for edge in document.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Text(content) if text.hidden == 0 => text.add(content),
                Node::Element(element) => text.open(element.name()),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    text.close(element.name());
                }
            }
        }
    }
    let heading = Selector::parse("h1").ok().and_then(|h1| {
        let heading = document.select(&h1).next()?.text().collect::<String>();
        Some(heading.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|heading| !heading.is_empty())
    });
    Lines::of_text(&text.out).with_heading(heading)
}

#[derive(Default)]
struct Text {
    out: String,
    /// Depth inside elements that are not shown.
    hidden: usize,
    /// Depth inside elements whose white space counts.
    preformatted: usize,
}

impl Text {
    fn open(&mut self, name: &str) {
        if is_hidden(name) {
            self.hidden += 1;
        }
        match name {
            "br" => self.out.push('\n'),
            "pre" | "textarea" => self.preformatted += 1,
            _ => {}
        }
        if is_block(name) {
            self.end_block();
        }
    }

    fn close(&mut self, name: &str) {
        if is_hidden(name) {
            self.hidden -= 1;
        }
        if matches!(name, "pre" | "textarea") {
            self.preformatted -= 1;
        }
        if is_block(name) {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push_str("\n\n");
        }
    }

    fn add(&mut self, content: &str) {
        if self.preformatted > 0 {
            self.out.push_str(content);
            return;
        }
        for c in content.chars() {
            if !c.is_whitespace() {
                self.out.push(c);
            } else if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
        }
    }
}

fn is_hidden(name: &str) -> bool {
    matches!(name, "head" | "script" | "style" | "noscript" | "template" | "svg" | "iframe" | "select" | "button")
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "table"
            | "td"
            | "tr"
            | "ul"
    )
}
