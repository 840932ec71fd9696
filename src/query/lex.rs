//! **Lexing** a query: text to tokens, in one pass. What is no token by these rules is a word, and punctuation around a word is none.

use super::Field;
use super::tree::{Remark, remark};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'t> {
    Word(&'t str),
    /// What stands between quotation marks; may be empty.
    Quoted(&'t str),
    /// A known field; its value follows.
    Field(Field),
    /// What follows a field's colon directly.
    Value(&'t str),
    Open,
    Close,
    Minus,
    Not,
    And,
    Or,
}

/// A token with its bytes in the text.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'t> {
    pub token: Token<'t>,
    pub start: usize,
    pub end: usize,
}

pub fn lex<'t>(text: &'t str, remarks: &mut Vec<Remark>) -> Vec<Placed<'t>> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), remarks };
    lexer.read();
    lexer.tokens
}

struct Lexer<'t, 'r> {
    text: &'t str,
    at: usize,
    tokens: Vec<Placed<'t>>,
    remarks: &'r mut Vec<Remark>,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn ends_run(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')')
}

impl<'t> Lexer<'t, '_> {
    fn read(&mut self) {
        // Whether a quotation mark here would open something: at the beginning, after white space and after what takes an operand.
        let mut opens = true;
        while let Some(c) = self.text[self.at..].chars().next() {
            let start = self.at;
            let after = start + c.len_utf8();
            opens = match c {
                '(' | ')' => {
                    self.push(if c == '(' { Token::Open } else { Token::Close }, start, after);
                    true
                }
                _ if c.is_whitespace() => {
                    self.at = after;
                    true
                }
                _ if is_quote(c) => self.quoted(opens, after),
                '-' if opens && self.negates(after) => {
                    self.push(Token::Minus, start, after);
                    true
                }
                _ => {
                    let length = self.text[start..].find(ends_run).unwrap_or(self.text.len() - start);
                    self.run(start, start + length)
                }
            };
        }
    }

    fn push(&mut self, token: Token<'t>, start: usize, end: usize) {
        self.tokens.push(Placed { token, start, end });
        self.at = self.at.max(end);
    }

    /// A minus sign before a word takes it out; before a number or another dash it does not.
    fn negates(&self, after: usize) -> bool {
        self.text[after..].chars().next().is_some_and(|next| next.is_alphabetic() || is_quote(next) || next == '(')
    }

    fn quoted(&mut self, opens: bool, after: usize) -> bool {
        let start = self.at;
        self.at = after;
        if !opens {
            return false;
        }
        let Some(length) = self.text[after..].find(is_quote) else {
            remark(self.remarks, start, after, "this quotation mark has no partner, so what follows is read as words");
            return true;
        };
        let close = after + length;
        let end = close + self.text[close..].chars().next().map_or(0, char::len_utf8);
        self.push(Token::Quoted(self.text[after..close].trim()), start, end);
        true
    }

    /// A run without white space, quotation marks and parentheses. Returns whether a quotation mark after it would open something.
    fn run(&mut self, start: usize, end: usize) -> bool {
        let mut from = start;
        self.at = end;
        loop {
            let run = &self.text[from..end];
            from += run.find(char::is_alphanumeric).unwrap_or(run.len());
            let run = &self.text[from..end];
            let name = run.split_once(':').map(|(name, _)| name).filter(|name| is_name(name));
            let Some(name) = name else {
                self.word(from, end);
                return false;
            };
            let value = from + name.len() + 1;
            let followed = value < end || self.text[end..].chars().next().is_some_and(|next| is_quote(next) || next == '(');
            match Field::by_name(name) {
                Some(field) if followed => {
                    self.push(Token::Field(field), from, value);
                    return value == end || self.value(value, end);
                }
                Some(_) => {
                    let says = format!("nothing stands directly after `{name}:`, so it is read as a word");
                    remark(self.remarks, from, value, says);
                }
                None if followed && !self.text[value..].starts_with('/') => {
                    remark(self.remarks, from, value, format!("there is no field `{name}:`, so it is read as a word"));
                }
                None => {}
            }
            self.word(from, value - 1);
            from = value;
            if from == end {
                return true;
            }
        }
    }

    fn word(&mut self, start: usize, end: usize) {
        let word = self.text[start..end].trim_end_matches(|c: char| !c.is_alphanumeric());
        let token = match &self.text[start..end] {
            "OR" => Token::Or,
            "AND" => Token::And,
            "NOT" => Token::Not,
            // Written out, a word must not turn into an operator.
            _ if word == "OR" => Token::Word("or"),
            _ if word == "AND" => Token::Word("and"),
            _ if word == "NOT" => Token::Word("not"),
            _ if word.is_empty() => return,
            _ => Token::Word(word),
        };
        self.push(token, start, start + word.len());
    }

    /// What follows a colon directly; the dots of an open range belong to it, a full stop does not.
    fn value(&mut self, start: usize, end: usize) -> bool {
        let mut value = self.text[start..end].trim_end_matches([',', ';', '!', '?']);
        if !value.ends_with("..") {
            value = value.trim_end_matches([',', ';', '!', '?', '.']);
        }
        if !value.contains(char::is_alphanumeric) {
            value = "";
        }
        self.push(Token::Value(value), start, start + value.len());
        false
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}
