//! What was asked and scored, in one SQLite file.
