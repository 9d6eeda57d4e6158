//! A process that tests start where they look at what is one for the whole process: its memory,
//! and its end.

#[cfg(mlx)]
mod alone {
    use std::error::Error;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use backend_mlx::{MlxConfig, MlxLoader, MlxTextModel, memory};
    use futures::StreamExt as _;
    use inference_core::{
        GenerateOptions, LoadOptions, ModelLoader as _, ModelSource, Prompt, TextModel as _,
    };

    type Result = std::result::Result<(), Box<dyn Error>>;

    pub(crate) async fn run(what: &str, model: &Path) -> Result {
        match what {
            "close" => close(model).await,
            "drop" => drop_all(model).await,
            "give-up" => give_up(model).await,
            "rest" => rest(model).await,
            "exit" => exit(model).await,
            _ => Err("usage: mlx-alone close|drop|give-up|rest|exit MODEL".into()),
        }
    }

    fn ask(model: &MlxTextModel, most: u32) -> inference_core::TokenStream {
        let options = GenerateOptions::default().max_tokens(most);
        model.generate(Prompt::text("The capital of France is"), options)
    }

    /// Loads, answers and closes twice; each time all memory is back.
    async fn close(path: &Path) -> Result {
        let before = memory::active()?;
        for _ in 0..2 {
            let model = MlxTextModel::load(path, MlxConfig::default()).await?;
            let loaded = memory::active()?;
            let answer = ask(&model, 2).into_generation().await?;
            let told = answer.metrics;
            let (active, peak) = (told.active_memory_bytes, told.peak_memory_bytes);
            let (Some(active), Some(peak)) = (active, peak) else {
                return Err("the metrics do not tell the memory".into());
            };
            let in_order = before < loaded && loaded < active && active <= peak;
            expect(in_order, &format!("{before} {loaded} {active} {peak}"))?;
            expect(memory::peak()? >= peak, "the highest of all")?;
            model.close().await?;
            expect_back(before)?;
            expect(memory::cached()? == 0, "nothing is kept for later")?;
            memory::reset_peak()?;
        }
        Ok(())
    }

    /// Drops a model in mid-answer.
    async fn drop_all(path: &Path) -> Result {
        let before = memory::active()?;
        let model = MlxTextModel::load(path, MlxConfig::default()).await?;
        let mut answer = ask(&model, 100);
        answer.next().await;
        drop((model, answer));
        // A drop waits for nobody.
        let deadline = Instant::now() + Duration::from_mins(1);
        while memory::active()? > before && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        expect_back(before)
    }

    /// Gives up a load in its middle; the next one finds nothing of it.
    async fn give_up(path: &Path) -> Result {
        let before = memory::active()?;
        let (half, mut is_half) = tokio::sync::mpsc::channel(1);
        let options = LoadOptions::default().with_progress(move |progress| {
            if progress.fraction.is_some_and(|fraction| fraction > 0.5) {
                let _ = half.try_send(());
            }
        });
        let source = ModelSource::Path(path.to_owned());
        let load = tokio::spawn(MlxLoader::new().load(source, options));
        is_half.recv().await;
        load.abort();
        // Whether it was aborted or had just ended, nobody has it.
        drop(load.await);
        let model = MlxTextModel::load(path, MlxConfig::default()).await?;
        model.close().await?;
        expect_back(before)
    }

    /// Lets a model rest after an answer; what was kept for the next one goes back.
    async fn rest(path: &Path) -> Result {
        let model = MlxTextModel::load(path, MlxConfig::default()).await?;
        let mut answer = ask(&model, 2);
        answer.next().await;
        expect(memory::cached()? > 0, "something is kept while it works")?;
        while answer.next().await.is_some() {}
        let deadline = Instant::now() + Duration::from_mins(1);
        while memory::cached()? > 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        expect(memory::cached()? == 0, "nothing is kept at rest")?;
        ask(&model, 2).into_generation().await?;
        Ok(model.close().await?)
    }

    /// Ends the process in mid-answer, which a thread goes on to read.
    async fn exit(path: &Path) -> Result {
        let model = MlxTextModel::load(path, MlxConfig::default()).await?;
        let mut answer = ask(&model, 400);
        answer.next().await;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        std::thread::spawn(move || {
            let _model = model;
            runtime.block_on(async { while answer.next().await.is_some() {} });
        });
        Ok(())
    }

    fn expect_back(before: u64) -> Result {
        let after = memory::active()?;
        expect(after == before, &format!("{before} bytes became {after}"))
    }

    fn expect(is_so: bool, what: &str) -> Result {
        if is_so { Ok(()) } else { Err(what.into()) }
    }
}

#[cfg(mlx)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (what, model) = (arguments.next(), arguments.next());
    let (what, model) = (what.unwrap_or_default(), model.unwrap_or_default());
    alone::run(&what, model.as_ref()).await
}

#[cfg(not(mlx))]
fn main() {}
