// Money on invoices: what is left while typing, and oldest first, without loading the page.
"use strict";

for (const form of document.querySelectorAll("form[data-apply-form]")) {
  const places = Number(form.dataset.places);
  const amountField = form.querySelector("[data-available]");
  const fields = [...form.querySelectorAll("[data-apply]")];
  const left = form.querySelector("[data-left]");
  const available = () => Decimals.parse(amountField ? amountField.value : form.dataset.available) ?? 0n;
  const balanceOf = (field) => Decimals.parse(field.closest("tr").querySelector("[data-balance]").textContent) ?? 0n;

  function show() {
    if (!left) return;
    const applied = fields.reduce((sum, field) => sum + (Decimals.parse(field.value) ?? 0n), 0n);
    const rest = available() - applied;
    left.textContent = Decimals.format(rest, places);
    left.classList.toggle("bad", rest < 0n);
  }

  form.addEventListener("input", show);
  form.querySelector('button[value="oldest_first"]')?.addEventListener("click", (event) => {
    event.preventDefault();
    let rest = available();
    for (const field of fields) {
      const due = balanceOf(field);
      const part = rest < due ? rest : due;
      field.value = part > 0n ? Decimals.format(part, places, false) : "";
      rest -= part > 0n ? part : 0n;
    }
    show();
  });
}
