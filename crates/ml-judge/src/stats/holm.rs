//! Many tests at once.

use super::StatsError;

/// Holm's step-down correction: the p-values that keep the probability of even one false alarm
/// among all of them, in the order of the given ones.
///
/// Holm 1979, "A simple sequentially rejective multiple test procedure".
///
/// # Errors
/// A p-value is not from 0 to 1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>, StatsError> {
    for &p in p_values {
        StatsError::unit("a p-value", p)?;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0.0_f64;
    for (rank, &at) in order.iter().enumerate() {
        let left = super::proportion::count(p_values.len() - rank);
        largest = largest.max((p_values[at] * left).min(1.0));
        adjusted[at] = largest;
    }
    Ok(adjusted)
}
