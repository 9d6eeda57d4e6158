// The chosen appearance, before anything is drawn.
try {
  document.documentElement.dataset.theme = localStorage.getItem('ml-theme') ?? 'system';
} catch {
  // Without storage the system's appearance stays.
}
