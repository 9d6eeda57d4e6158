//! Probabilities as whole numbers, so that their sum does not depend on the order of addition.

/// The weight of the likeliest token. Others count in parts of it: what is a trillion times
/// less likely is never drawn.
pub(super) const SCALE: f64 = 1_099_511_627_776.0;

/// exp(x) in units of 1 / [`SCALE`], for x ≤ 0.
///
/// The exponential is our own because the platforms' differ in the last bit, and because this one
/// takes no branch, so that the compiler works on several at once: x = k ln 2 + r, a polynomial
/// for exp(r), and k put into the exponent. Its error is below the unit.
#[inline]
pub(super) fn weigh(x: f64) -> u64 {
    /// Adding it leaves the number rounded to a whole one in the low bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts, of which the first has zeros at its end: k times it is exact.
    const LN_2: (f64, f64) = (6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10);
    /// Adding it leaves a whole number below 2^52 in the low bits.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    const EXPONENT: u32 = 52;
    const BIAS: u64 = 1023;

    // Far below half a unit already.
    let x = if x > -64.0 { x } else { -64.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = x - k * LN_2.0 - k * LN_2.1;
    let power = f64::from_bits(shifted.to_bits().wrapping_add(BIAS) << EXPONENT);
    (polynomial(r) * power * SCALE + WHOLE).to_bits() - WHOLE.to_bits()
}

/// exp(r) for |r| ≤ ln 2 / 2, by its Taylor series (Horner's scheme).
fn polynomial(r: f64) -> f64 {
    const COEFFICIENTS: [f64; 10] = [
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
        1.0,
    ];
    COEFFICIENTS
        .iter()
        .fold(0.0, |sum, coefficient| (sum + coefficient) * r)
        + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_exponential_to_the_unit() {
        assert_eq!(weigh(0.0), 1 << 40);
        assert_eq!(weigh(-1000.0), 0);
        assert_eq!(weigh(f64::NEG_INFINITY), 0);
        for step in 0..200_000 {
            let x = -f64::from(step) * 0.0002;
            let exact = libm::exp(x) * SCALE;
            #[expect(clippy::cast_precision_loss, reason = "at most 2^40")]
            let found = weigh(x) as f64;
            assert!(
                (found - exact).abs() <= 1.0,
                "exp({x}): {found}, not {exact}"
            );
        }
    }
}
