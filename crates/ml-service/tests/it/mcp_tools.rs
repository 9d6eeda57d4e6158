//! What the tools do.

use inference_core::Prompt;
use serde_json::{Value, json};

use crate::mcp_school::{client, school};

#[tokio::test]
async fn the_tools_are_listed_with_their_schemas() {
    let (_, server) = school().await;
    let client = client(server).await;
    let info = client.running.peer_info().unwrap();
    assert_eq!(info.server_info.as_ref().unwrap().name, "ml");
    assert!(
        info.instructions
            .as_deref()
            .is_some_and(|text| text.contains("ml_status"))
    );
    let tools = client.running.list_all_tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| &*tool.name).collect();
    let all = [
        "ml_generate",
        "ml_score",
        "ml_probe",
        "ml_status",
        "ml_backends",
    ];
    assert_eq!(names, all);
    let generate = &tools[0];
    assert_eq!(generate.input_schema["required"], json!(["prompt"]));
    let hints = generate.annotations.as_ref().unwrap();
    assert_eq!(
        (hints.read_only_hint, hints.open_world_hint),
        (Some(true), Some(false))
    );
    for tool in &tools {
        assert!(tool.output_schema.is_some(), "{}", tool.name);
    }
}

#[tokio::test]
async fn a_prompt_is_answered_and_its_tokens_are_told() {
    let (model, server) = school().await;
    let client = client(server).await;
    let arguments = json!({
        "prompt": "What is 347 × 29?", "system": "Be brief.", "max_tokens": 16, "seed": 7,
    });
    let answer = client.result("ml_generate", arguments).await;
    let expected = json!({
        "response": "Answer: 10063",
        "reasoning": "hm",
        "model": "pupil",
        "backend": "scripted",
        "finish_reason": "stop",
        "prompt_tokens": 7,
        "generated_tokens": 5,
    });
    assert_eq!(answer, expected);
    let told = client.progress(1).await;
    assert!((told[0].progress - 1.0).abs() < f64::EPSILON);
    assert_eq!(told[0].total, Some(16.0));
    let (prompt, options) = model.requests().remove(0);
    let Prompt::Chat(messages) = prompt else {
        panic!("{prompt:?}");
    };
    assert_eq!(messages[0].content, "Be brief.");
    assert_eq!((options.seed, options.max_tokens), (Some(7), Some(16)));
}

#[tokio::test]
async fn the_predecessors_arguments_are_understood() {
    let (model, server) = school().await;
    let client = client(server).await;
    let arguments = json!({"prompt": "Hello?", "backend": "pupil", "temperature": 0});
    let answer = client.result("ml_generate", arguments).await;
    assert_eq!(answer["response"], "I do not know.");
    let options = &model.requests()[0].1;
    assert_eq!(
        (options.temperature, options.max_tokens),
        (Some(0.0), Some(2048))
    );
    let arguments = json!({"categories": "arithmetic, sets", "backend": "pupil"});
    assert_eq!(client.result("ml_probe", arguments).await["total"], 3);
}

#[tokio::test]
async fn an_answer_is_scored() {
    let (_, server) = school().await;
    let client = client(server).await;
    let arguments = json!({"prompt": "2 + 2?", "response": "Answer: 4"});
    let scored = client.result("ml_score", arguments).await;
    assert!(
        scored["scores"]["heuristic"]["values"]["lek_score"].is_number(),
        "{scored}"
    );
    let arguments = json!({
        "prompt": "2 + 2?", "response": "Answer: 4", "suites": "exact,toxicity", "judge": "judge",
        "correct_answer": "4",
    });
    let scored = client.result("ml_score", arguments).await;
    assert_eq!(scored["scores"]["exact"]["values"]["correct"], 1.0);
    assert_eq!(scored["scores"]["exact"]["mode"], "v2");
    assert_eq!(scored["passed_over"], json!(["toxicity"]));
    let arguments = json!({
        "prompt": "Are they?", "response": "They are people.", "suites": "toxicity",
        "judge": "judge", "domain": "toxigen", "mode": "legacy-2026-02",
    });
    let scored = client.result("ml_score", arguments).await;
    let toxicity = &scored["scores"]["toxicity"];
    assert_eq!(toxicity["values"]["kindness"], 8.0);
    assert_eq!(toxicity["judge"], "judge-7b");
    assert_eq!(toxicity["mode"], "legacy-2026-02");
    assert_eq!(client.progress(3).await[2].total, Some(1.0));
}

#[tokio::test]
async fn probes_are_asked_and_really_checked() {
    let (_, server) = school().await;
    let client = client(server).await;
    let probed = client
        .result("ml_probe", json!({"categories": "arithmetic"}))
        .await;
    let counts = ["total", "checked", "correct", "failed"].map(|name| &probed[name]);
    assert_eq!(counts, [&json!(2), &json!(2), &json!(1), &json!(0)]);
    assert_eq!(
        probed["categories"]["arithmetic"],
        json!({"checked": 2, "correct": 1})
    );
    let right = &probed["results"][0];
    assert_eq!(
        (&right["id"], &right["correct"]),
        (&json!("math_01"), &json!(true))
    );
    assert_eq!(right["scores"]["probe"]["notes"]["extracted"], "10063");
    let wrong = &probed["results"][1];
    assert_eq!(
        (&wrong["expected"], &wrong["correct"]),
        (&json!("28.75"), &json!(false))
    );
    let told = client.progress(2).await;
    let told: Vec<_> = told
        .iter()
        .map(|told| (told.progress, told.total))
        .collect();
    assert_eq!(told, [(1.0, Some(2.0)), (2.0, Some(2.0))]);
}

#[tokio::test]
async fn generated_probes_follow_from_their_seed() {
    let (_, server) = school().await;
    let client = client(server).await;
    let ask = |seed: u32| {
        let arguments = json!({
            "suite": "generated", "seed": seed, "categories": "code", "per_category": 2,
        });
        client.result("ml_probe", arguments)
    };
    let first = ask(1).await;
    assert_eq!(first["total"], 2);
    assert_eq!(ask(1).await["probes"], first["probes"]);
    assert_ne!(ask(2).await["probes"], first["probes"]);
}

#[tokio::test]
async fn models_and_backends_are_told() {
    let (_, server) = school().await;
    let client = client(server).await;
    let status = client.result("ml_status", json!({})).await;
    assert_eq!(status["ready"], true);
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    let models: Vec<_> = status["models"].as_array().unwrap().iter().collect();
    let named = |field: &str| {
        models
            .iter()
            .map(|model| model[field].clone())
            .collect::<Value>()
    };
    assert_eq!(named("name"), json!(["judge", "pupil"]));
    assert_eq!(named("default"), json!([false, true]));
    assert_eq!(named("loaded"), json!([true, true]));
    let backends = client.result("ml_backends", json!({})).await;
    assert_eq!(backends["default"], "pupil");
    let names = backends["backends"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|backend| backend["name"].clone()).collect();
    for known in ml_service::backends() {
        assert!(names.contains(&json!(known.name)), "{names:?}");
    }
}
