//! **Parsing** a query: tokens to a [`Query`]. There is no syntax error: what has no place in the grammar is passed over or read as
//! words, with a remark. Time and memory grow with the length of the text, the stack does not.

use super::lex::{Placed, Token, lex};
use super::tree::{Clause, Query, Remark, What, remark};

/// Parentheses within parentheses; deeper ones are passed over. Nobody types so many, and the stack is finite.
const DEEPEST: usize = 50;

impl Query {
    /// Reads any text.
    pub fn parse(text: &str) -> Query {
        let mut remarks = Vec::new();
        let tokens = lex(text, &mut remarks);
        let mut parser = Parser { tokens, at: 0, depth: 0, passed_over: 0, remarks };
        let clauses = parser.side_by_side();
        parser.remarks.sort_by_key(|remark| remark.start);
        Query { clauses, remarks: parser.remarks }
    }
}

struct Parser<'t> {
    tokens: Vec<Placed<'t>>,
    at: usize,
    depth: usize,
    /// Parentheses that were opened too deep and not yet closed.
    passed_over: usize,
    remarks: Vec<Remark>,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<Placed<'t>> {
        self.tokens.get(self.at).copied()
    }

    fn next_is(&self, token: Token<'_>) -> bool {
        self.peek().is_some_and(|placed| placed.token == token)
    }

    /// Up to the end, or to the parenthesis that closes this group.
    fn side_by_side(&mut self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        while let Some(placed) = self.peek() {
            if placed.token == Token::Close {
                if self.passed_over > 0 {
                    self.passed_over -= 1;
                } else if self.depth > 0 {
                    break;
                } else {
                    remark(&mut self.remarks, placed.start, placed.end, "this parenthesis closes nothing, so it is passed over");
                }
                self.at += 1;
                continue;
            }
            match self.either() {
                Some(Clause { what: What::Group(inner), .. }) => clauses.extend(inner),
                Some(clause) => clauses.push(clause),
                None => {}
            }
        }
        clauses
    }

    fn either(&mut self) -> Option<Clause> {
        let first = self.both();
        self.joined(first, Token::Or, Parser::both, What::Or)
    }

    fn both(&mut self) -> Option<Clause> {
        let first = self.negated();
        self.joined(first, Token::And, Parser::negated, What::And)
    }

    fn joined(
        &mut self,
        first: Option<Clause>,
        by: Token<'_>,
        operand: fn(&mut Parser<'t>) -> Option<Clause>,
        what: fn(Vec<Clause>) -> What,
    ) -> Option<Clause> {
        let mut clauses: Vec<Clause> = first.into_iter().collect();
        while self.next_is(by) && self.tokens.get(self.at + 1).is_some_and(|after| begins_operand(after.token)) {
            self.at += 1;
            clauses.extend(operand(self));
        }
        if clauses.len() < 2 {
            return clauses.pop();
        }
        let (start, end) = (clauses[0].start, clauses[clauses.len() - 1].end);
        // a OR (b OR c) is a OR b OR c.
        let mut flat = Vec::with_capacity(clauses.len());
        for clause in clauses {
            match (clause.what, by) {
                (What::Or(inner), Token::Or) | (What::And(inner), Token::And) => flat.extend(inner),
                (what, _) => flat.push(Clause { what, ..clause }),
            }
        }
        Some(Clause { what: what(flat), start, end })
    }

    fn negated(&mut self) -> Option<Clause> {
        let first = self.peek()?;
        let mut negations = 0;
        while self.next_is(Token::Not) || self.next_is(Token::Minus) {
            negations += 1;
            self.at += 1;
        }
        let ends = self.peek().is_none_or(|placed| placed.token == Token::Close);
        if ends && first.token == Token::Not {
            return Some(Clause { what: What::Word("not".into()), start: first.start, end: first.end });
        }
        let clause = self.primary()?;
        if negations % 2 == 0 {
            return Some(clause);
        }
        let (start, end) = (first.start, clause.end);
        Some(Clause { what: What::Not(Box::new(clause)), start, end })
    }

    fn primary(&mut self) -> Option<Clause> {
        while self.next_is(Token::Open) && self.depth >= DEEPEST {
            let Placed { start, end, .. } = self.peek()?;
            remark(&mut self.remarks, start, end, format!("parentheses deeper than {DEEPEST} are passed over"));
            self.passed_over += 1;
            self.at += 1;
        }
        let placed = self.peek()?;
        let (start, end) = (placed.start, placed.end);
        let clause = |what| Some(Clause { what, start, end });
        if placed.token != Token::Close {
            self.at += 1;
        }
        match placed.token {
            Token::Word(word) | Token::Value(word) if !word.is_empty() => clause(What::Word(word.into())),
            Token::Quoted(phrase) if phrase.contains(char::is_alphanumeric) => clause(What::Phrase(phrase.into())),
            Token::Field(field) => {
                let Some(of) = self.operand_of_field() else {
                    remark(&mut self.remarks, start, end, format!("`{field}:` has no value here, so it is read as a word"));
                    return clause(What::Word(field.name().into()));
                };
                let end = of.end;
                Some(Clause { what: What::Field(field, Box::new(of)), start, end })
            }
            Token::Open => self.group(start, end),
            // An operator without its operands is a word.
            Token::Or => clause(What::Word("or".into())),
            Token::And => clause(What::Word("and".into())),
            Token::Word(_) | Token::Value(_) | Token::Quoted(_) | Token::Not | Token::Minus | Token::Close => None,
        }
    }

    fn operand_of_field(&mut self) -> Option<Clause> {
        match self.peek()?.token {
            Token::Word(_) | Token::Value(_) | Token::Quoted(_) | Token::Open => self.primary(),
            _ => None,
        }
    }

    /// What stands in parentheses, of which the first is read.
    fn group(&mut self, start: usize, opened: usize) -> Option<Clause> {
        self.depth += 1;
        let mut clauses = self.side_by_side();
        self.depth -= 1;
        let mut end = clauses.last().map_or(opened, |last| last.end);
        match self.peek() {
            Some(close) => {
                end = close.end;
                self.at += 1;
            }
            None => remark(&mut self.remarks, start, opened, "this parenthesis is never closed; it is read as closed at the end"),
        }
        if clauses.len() < 2 {
            return clauses.pop();
        }
        Some(Clause { what: What::Group(clauses), start, end })
    }
}

fn begins_operand(token: Token<'_>) -> bool {
    !matches!(token, Token::Close | Token::Or | Token::And)
}
