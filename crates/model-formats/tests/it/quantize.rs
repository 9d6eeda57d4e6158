//! Quantisation beside MLX's own, and what cannot be quantised.

use std::path::Path;

use model_formats::{Dtype, Quantization, QuantizedTensor, SafetensorsFile, Tensor};

const BITS: [u32; 5] = [2, 3, 4, 6, 8];
const GROUPS: [usize; 3] = [32, 64, 128];

fn golden() -> SafetensorsFile {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/quantize.safetensors");
    SafetensorsFile::open(path).unwrap()
}

fn f32s(numbers: &[f32]) -> Tensor {
    Tensor {
        dtype: Dtype::F32,
        shape: vec![1, numbers.len()],
        data: numbers.iter().flat_map(|n| n.to_le_bytes()).collect(),
    }
}

#[test]
fn words_scales_and_biases_are_those_of_mlx() {
    let golden = golden();
    for dtype in ["F32", "F16", "BF16"] {
        let weight = golden.read(dtype).unwrap();
        for (bits, group_size) in BITS
            .into_iter()
            .flat_map(|bits| GROUPS.map(|group| (bits, group)))
        {
            let name = format!("{dtype}.{bits}.{group_size}");
            let part = |part: &str| golden.read(&format!("{name}.{part}")).unwrap();
            let quantized = Quantization::new(bits, group_size)
                .unwrap()
                .quantize(&weight)
                .unwrap();
            assert_eq!(quantized.scales, part("scales"), "{name}");
            assert_eq!(quantized.biases, part("biases"), "{name}");
            assert_eq!(quantized.weight, part("weight"), "{name}");
        }
    }
}

#[test]
fn dequantised_numbers_are_those_of_mlx() {
    let golden = golden();
    for dtype in ["F32", "F16", "BF16"] {
        for bits in BITS {
            let name = format!("{dtype}.{bits}.64");
            let part = |part: &str| golden.read(&format!("{name}.{part}")).unwrap();
            let quantized = QuantizedTensor {
                weight: part("weight"),
                scales: part("scales"),
                biases: part("biases"),
            };
            let numbers = Quantization::new(bits, 64)
                .unwrap()
                .dequantize(&quantized)
                .unwrap();
            assert_eq!(numbers, part("dequantized"), "{name}");
        }
    }
}

#[test]
fn mlx_has_some_quantisations_only() {
    for (bits, group_size) in [
        (1, 64),
        (5, 64),
        (7, 64),
        (16, 64),
        (4, 16),
        (4, 48),
        (4, 256),
    ] {
        let error = Quantization::new(bits, group_size).unwrap_err().to_string();
        assert!(
            error.contains("2, 3, 4, 6 or 8 in 32, 64 or 128"),
            "{error}"
        );
    }
    assert_eq!(Quantization::default(), Quantization::new(4, 64).unwrap());
}

#[test]
fn what_is_not_of_whole_groups_is_refused() {
    let quantization = Quantization::new(4, 32).unwrap();
    let mut vector = f32s(&[1.0; 64]);
    vector.shape = vec![64];
    let mut short = f32s(&[1.0; 64]);
    short.data.pop();
    for weight in [f32s(&[1.0; 48]), vector, short] {
        let error = quantization.quantize(&weight).unwrap_err().to_string();
        assert!(error.contains("does not fit groups of 32"), "{error}");
    }
    let mut words = f32s(&[1.0; 64]);
    words.dtype = Dtype::U32;
    let error = quantization.quantize(&words).unwrap_err().to_string();
    assert!(error.contains("U32 do not belong here"), "{error}");
}

#[test]
fn numbers_that_are_not_finite_or_too_far_apart_are_refused() {
    let quantization = Quantization::new(4, 32).unwrap();
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut numbers = [1.0; 64];
        numbers[40] = number;
        let error = quantization
            .quantize(&f32s(&numbers))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("group 1 has numbers that are not finite"),
            "{error}"
        );
    }
    let mut numbers = [f32::MAX; 32];
    numbers[0] = f32::MIN;
    assert!(quantization.quantize(&f32s(&numbers)).is_err());
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let quantization = Quantization::new(4, 32).unwrap();
    let whole = quantization.quantize(&f32s(&[1.0; 64])).unwrap();
    let cases: [fn(&mut QuantizedTensor); 6] = [
        |parts| parts.weight.dtype = Dtype::I32,
        |parts| parts.biases.dtype = Dtype::F16,
        |parts| parts.weight.shape = vec![1, 16],
        |parts| parts.biases.shape = vec![2, 1],
        |parts| parts.scales.data.truncate(4),
        |parts| parts.scales.shape = vec![1, usize::MAX],
    ];
    for (case, change) in cases.into_iter().enumerate() {
        let mut parts = whole.clone();
        change(&mut parts);
        assert!(quantization.dequantize(&parts).is_err(), "case {case}");
    }
    assert!(
        Quantization::new(8, 32)
            .unwrap()
            .dequantize(&whole)
            .is_err()
    );
    assert!(quantization.dequantize(&whole).is_ok());
}
