//! Other clients on the stream of the benchmark `stream`, in the same run as ours.
//! `cargo run --release --manifest-path crates/backend-http/benches/peers/Cargo.toml`

#[path = "../../stream/flood.rs"]
mod flood;
#[expect(dead_code, reason = "the time to the first token is not taken here")]
#[path = "../../stream/measure.rs"]
mod measure;
#[expect(dead_code, reason = "the time to the first token is not taken here")]
#[path = "../../stream/ours.rs"]
mod ours;

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs,
};
use futures::StreamExt as _;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatOptions, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{ModelIden, ServiceTarget};

use flood::Flood;
use measure::{Stopwatch, Took, report};

const TOKENS: usize = 300_000;
const RUNS: usize = 5;

async fn async_openai(address: String, tokens: usize) -> Took {
    let config = OpenAIConfig::new()
        .with_api_base(format!("http://{address}/v1"))
        .with_api_key("none");
    let client = async_openai::Client::with_config(config);
    let watch = Stopwatch::start();
    let message = ChatCompletionRequestUserMessageArgs::default()
        .content("hi")
        .build()
        .expect("a message");
    let request = CreateChatCompletionRequestArgs::default()
        .model("m")
        .max_tokens(u32::try_from(tokens).expect("fits"))
        .messages([message.into()])
        .build()
        .expect("a request");
    let mut stream = client
        .chat()
        .create_stream(request)
        .await
        .expect("a stream");
    let mut seen = 0;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.expect("no error");
        let text = chunk
            .choices
            .first()
            .and_then(|choice| choice.delta.content.as_ref());
        seen += usize::from(text.is_some());
    }
    assert_eq!(seen, tokens);
    watch.stop()
}

async fn genai(address: String, tokens: usize) -> Took {
    let resolver = ServiceTargetResolver::from_resolver_fn(
        move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
            Ok(ServiceTarget {
                endpoint: Endpoint::from_owned(format!("http://{address}/v1/")),
                auth: AuthData::from_single("none"),
                model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
            })
        },
    );
    let client = genai::Client::builder()
        .with_service_target_resolver(resolver)
        .build()
        .expect("a client");
    let watch = Stopwatch::start();
    let request = ChatRequest::new(vec![ChatMessage::user("hi")]);
    let options = ChatOptions::default().with_max_tokens(u32::try_from(tokens).expect("fits"));
    let reply = client.exec_chat_stream("m", request, Some(&options)).await;
    let mut stream = reply.expect("a stream").stream;
    let mut seen = 0;
    while let Some(event) = stream.next().await {
        seen += usize::from(matches!(
            event.expect("no error"),
            ChatStreamEvent::Chunk(_)
        ));
    }
    assert_eq!(seen, tokens);
    watch.stop()
}

fn main() {
    flood::serve_if_asked();
    let server = Flood::start();
    let address = || server.address.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let run = |read: &dyn Fn() -> tokio::task::JoinHandle<Took>| -> Vec<Took> {
        let _guard = runtime.enter();
        (0..RUNS)
            .map(|_| runtime.block_on(read()).expect("no panic"))
            .collect()
    };
    println!("{TOKENS} tokens a stream, median of {RUNS} runs, consumers spawned");
    println!("{:>24} {:>9} {:>9}", "", "k tok/s", "µs CPU/tok");
    let raw: Vec<_> = (0..RUNS)
        .map(|_| measure::raw(&server.address, TOKENS))
        .collect();
    report("bare socket", TOKENS, &raw);
    let ours = run(&|| tokio::spawn(ours::read(ours::model(&server.address), TOKENS)));
    report("backend-http", TOKENS, &ours);
    report(
        "async-openai",
        TOKENS,
        &run(&|| tokio::spawn(async_openai(address(), TOKENS))),
    );
    report(
        "genai",
        TOKENS,
        &run(&|| tokio::spawn(genai(address(), TOKENS))),
    );
}
