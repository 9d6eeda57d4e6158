//! A plain table: columns as wide as they must be, the last one as it is.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use crate::screen::{Paint, Painted};

/// How a cell looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Dim,
    Good,
    Warn,
    Bad,
}

/// One cell.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        let text = text.into();
        Self { text, tone }
    }

    fn painted(&self, paint: Paint) -> Painted<&str> {
        let text = self.text.as_str();
        match self.tone {
            Tone::Plain => paint.plain(text),
            Tone::Dim => paint.dim(text),
            Tone::Good => paint.good(text),
            Tone::Warn => paint.warn(text),
            Tone::Bad => paint.bad(text),
        }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// The cells of a line, and what is said below them.
#[derive(Debug)]
struct Row<const N: usize> {
    cells: [Cell; N],
    note: Option<String>,
}

/// A table with a line of titles.
#[derive(Debug)]
pub(crate) struct Table<const N: usize> {
    titles: [&'static str; N],
    rows: Vec<Row<N>>,
    paint: Paint,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(titles: [&'static str; N], paint: Paint) -> Self {
        Self {
            titles,
            rows: Vec::new(),
            paint,
        }
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, cells: [Cell; N], note: Option<&str>) {
        let note = note.map(ToOwned::to_owned);
        self.rows.push(Row { cells, note });
    }

    fn widths(&self) -> [usize; N] {
        let mut widths = self.titles.map(UnicodeWidthStr::width);
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.text.width());
            }
        }
        widths
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        let line = |f: &mut fmt::Formatter<'_>, cells: [(Painted<&str>, usize); N]| {
            for (column, (cell, width)) in cells.into_iter().enumerate() {
                write!(f, "{cell}")?;
                if column + 1 < N {
                    write!(f, "{:1$}", "", widths[column] - width + 2)?;
                }
            }
            writeln!(f)
        };
        line(
            f,
            self.titles
                .map(|title| (self.paint.bold(title), title.width())),
        )?;
        for row in &self.rows {
            let cells = row.cells.each_ref();
            line(
                f,
                cells.map(|cell| (cell.painted(self.paint), cell.text.width())),
            )?;
            if let Some(note) = &row.note {
                writeln!(f, "  {}", self.paint.dim(note))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_what_is_seen() {
        let mut table = Table::new(["NAME", "WHERE"], Paint::PLAIN);
        table.push(["東京".into(), "/models/a file".into()], None);
        table.push(
            ["smollm2".into(), Cell::new("gone", Tone::Warn)],
            Some("no disk"),
        );
        assert_eq!(
            table.to_string(),
            "NAME     WHERE\n東京     /models/a file\nsmollm2  gone\n  no disk\n"
        );
    }
}
