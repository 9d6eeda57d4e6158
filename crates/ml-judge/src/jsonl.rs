//! Files with a JSON object a line.
