//! The exact suite's current rules: the final answer against the reference.

use crate::{Check, CheckError, FinalAnswer, Verdict};

/// Whether a response gives the reference answer; see [`Check::from_reference`] for how references
/// are read. Statements of the prompt that the response repeats are no answer.
///
/// # Errors
///
/// Where the reference is empty or no pattern.
pub(super) fn verdict(
    prompt: &str,
    response: &str,
    reference: &str,
) -> Result<Verdict, CheckError> {
    let check = Check::from_reference(reference)?;
    Ok(check.verdict(&FinalAnswer::to_prompt(response, prompt)))
}
