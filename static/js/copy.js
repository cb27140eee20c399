// Copies the text of an element; where that is not allowed, the text is at least marked.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.("[data-copy-text]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copyText);
  const status = button.parentElement.querySelector("[data-copied]");
  getSelection().selectAllChildren(text);
  try {
    await navigator.clipboard.writeText(text.textContent);
    status.textContent = status.dataset.copied;
  } catch {
    status.textContent = status.dataset.notCopied;
  }
});
