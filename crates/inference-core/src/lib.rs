//! The contract between language models and the programs that use them.
