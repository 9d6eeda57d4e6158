//! Requests that make sense, and those that do not.

use inference_core::ErrorKind;

use super::*;

const MLX: LoraLayout = LoraLayout::MlxLm;
const PEFT: LoraLayout = LoraLayout::Peft;
const GGUF: LoraLayout = LoraLayout::Gguf;

fn to(output: &str) -> ConvertRequest {
    ConvertRequest {
        output: output.into(),
        ..ConvertRequest::default()
    }
}

#[track_caller]
fn check(request: &ConvertRequest, input: Input, expected: &Work) {
    assert_eq!(&work(request, input).expect("it makes sense"), expected);
}

#[track_caller]
fn refused(request: &ConvertRequest, input: Input, words: &str) {
    let error = work(request, input).expect_err(words);
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains(words), "{error}");
}

#[test]
fn a_gguf_model_keeps_its_quantisation() {
    let mut request = to("out");
    check(&request, Input::Gguf, &Work::Gguf(Precision::AsStored));
    request.layout = Some(MLX);
    request.dtype = Some(Dtype::Bf16);
    check(&request, Input::Gguf, &Work::Gguf(Precision::Bf16));
    request.bits = Some(4);
    refused(&request, Input::Gguf, "without --bits");
}

#[test]
fn a_folder_is_quantised_or_made_dense() {
    let mut request = to("out");
    refused(&request, Input::Folder, "say which");
    request.dtype = Some(Dtype::F16);
    let mut conversion = FolderConversion {
        dtype: Some(Dtype::F16),
        quantization: None,
    };
    check(&request, Input::Folder, &Work::Folder(conversion));
    request.group_size = Some(32);
    refused(&request, Input::Folder, "--group-size needs --bits");
    request.bits = Some(6);
    conversion.quantization = Some(Quantization::new(6, 32).unwrap());
    check(&request, Input::Folder, &Work::Folder(conversion));
    request.group_size = None;
    conversion.quantization = Some(Quantization::new(6, 64).unwrap());
    check(&request, Input::Folder, &Work::Folder(conversion));
    request.bits = Some(5);
    refused(&request, Input::Folder, "2, 3, 4, 6 or 8");
    request.bits = None;
    request.dtype = Some(Dtype::U8);
    refused(&request, Input::Folder, "f32, f16 and bf16");
}

#[test]
fn models_become_no_gguf_and_have_no_adapters_settings() {
    for input in [Input::Gguf, Input::Folder] {
        refused(&to("out.gguf"), input, "convert_hf_to_gguf.py");
        let mut request = to("out");
        request.layout = Some(GGUF);
        refused(&request, input, "convert_hf_to_gguf.py");
        request.layout = Some(PEFT);
        refused(&request, input, "PEFT");
        request.layout = None;
        request.base = Some("base".into());
        refused(&request, input, "--base");
    }
}

#[test]
fn an_adapter_becomes_what_the_output_or_the_layout_says() {
    let mlx = Work::MlxLmAdapter { base: None };
    let peft = Work::PeftAdapter { base: None };
    check(&to("out"), Input::Adapter(PEFT), &mlx);
    check(&to("out"), Input::Adapter(MLX), &peft);
    refused(&to("out"), Input::Adapter(GGUF), "--to mlx or peft");
    for from in [MLX, PEFT, GGUF] {
        let mut request = to("out");
        request.layout = Some(MLX);
        check(&request, Input::Adapter(from), &mlx);
        request.layout = Some(GGUF);
        refused(&request, Input::Adapter(from), "NAME.gguf");
        request.output = "out.gguf".into();
        refused(&request, Input::Adapter(from), "--base");
        request.layout = None;
        let base = "base".into();
        request.base = Some("base".into());
        check(&request, Input::Adapter(from), &Work::GgufAdapter { base });
        request.layout = Some(PEFT);
        refused(&request, Input::Adapter(from), "without .gguf");
    }
}

#[test]
fn an_adapter_has_no_models_settings() {
    for set in [
        |request: &mut ConvertRequest| request.bits = Some(4),
        |request: &mut ConvertRequest| request.group_size = Some(64),
        |request: &mut ConvertRequest| request.dtype = Some(Dtype::F32),
    ] {
        let mut request = to("out");
        set(&mut request);
        refused(&request, Input::Adapter(MLX), "this is an adapter");
    }
}
