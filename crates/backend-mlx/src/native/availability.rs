//! Whether there is a device for MLX.

/// Why MLX cannot run on this machine, if it cannot.
#[cfg(target_os = "macos")]
pub(crate) fn missing() -> Option<String> {
    // It asks for the same list, takes its first entry, and aborts where there is none.
    let none = objc2_metal::MTLCopyAllDevices().is_empty();
    none.then(|| {
        "this machine shows no Metal device, as in some virtual machines: use backend = \
         \"llama_cpp\""
            .to_owned()
    })
}

/// Why MLX cannot run on this machine, if it cannot.
#[cfg(not(target_os = "macos"))]
pub(crate) fn missing() -> Option<String> {
    None
}
