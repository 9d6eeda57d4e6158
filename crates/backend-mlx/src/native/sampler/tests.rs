//! The sampler beside one that sorts everything.

use super::*;
