//! Scores by the fast walk and by regular expressions agree.

mod oracle;
mod random;
