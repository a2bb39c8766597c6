//! What all lists share: pages and patterns.

use super::number;
use crate::answer::{Answer, Failure};
use crate::command::Command;

/// `FIRST`, `LIMIT`, `NOTOTAL` of a list command.
#[derive(Debug)]
pub struct Page {
    first: usize,
    limit: usize,
    total: bool,
}

impl Page {
    pub fn asked(command: &Command) -> Result<Self, Failure> {
        Ok(Self {
            first: number(command, "FIRST", 0, 0..=usize::MAX)?,
            limit: number(command, "LIMIT", 100, 1..=10_000)?,
            total: !super::switch(command, "NOTOTAL")?.unwrap_or(false),
        })
    }

    pub fn of<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = self.first.min(all.len());
        let end = start.saturating_add(self.limit).min(all.len());
        all.get(start..end).unwrap_or_default()
    }

    /// An answer that starts with the page's own numbers.
    pub fn head(&self, total: usize, count: usize) -> Answer {
        let mut answer = Answer::ok()
            .with("COUNT", count.to_string())
            .with("FIRST", self.first.to_string());
        if count > 0 {
            answer = answer.with("LAST", (self.first + count - 1).to_string());
        }
        answer = answer.with("LIMIT", self.limit.to_string());
        if self.total {
            answer.with("TOTAL", total.to_string())
        } else {
            answer
        }
    }
}

/// `*` is any text, `?` any one character; the rest must be equal.
pub fn glob(pattern: &str, text: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on if the last `*` has to take one character more.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, t + 1));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match retry {
                Some((after_star, from)) => {
                    p = after_star;
                    t = from;
                    retry = Some((after_star, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*.com", "a.com", true),
            ("*.com", "a.com.de", false),
            ("a*c?m", "abc.com", true),
            ("?", "", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
