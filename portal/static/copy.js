// Buttons that copy a text: shown only where the browser can do it.
"use strict";

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = button.querySelector("[data-said]");
    if (said) said.textContent = "Copied";
  });
}
