// The line editor: amounts and total while typing, rows added and cleared without loading the page.
"use strict";

for (const form of document.querySelectorAll("form[data-lines]")) {
  const body = form.querySelector(".editor tbody");
  const places = Number(form.dataset.places);
  const read = (input) => Decimals.parse(input.value);
  const field = (row, name) => row.querySelector(`[name$="-${name}"]`);

  function amountOf(row) {
    const cost = read(field(row, "unit_cost"));
    const typed = field(row, "quantity").value.trim();
    const quantity = typed ? Decimals.parse(typed) : Decimals.ONE;
    return cost === null || quantity === null ? null : Decimals.multiply(quantity, cost, places);
  }

  function compute() {
    let total = 0n;
    for (const row of body.rows) {
      const amount = amountOf(row);
      row.querySelector("[data-amount]").textContent = amount === null ? "" : Decimals.format(amount, places);
      total += amount ?? 0n;
    }
    total += (read(form.elements.tax) ?? 0n) - (read(form.elements.discount) ?? 0n);
    form.querySelector("[data-total]").textContent = Decimals.format(total, places);
  }

  function addRow() {
    const index = body.rows.length;
    const row = body.rows[index - 1].cloneNode(true);
    for (const part of row.querySelectorAll("[name], [for], [id]")) {
      for (const attribute of ["name", "id", "for"]) {
        const value = part.getAttribute(attribute);
        if (value) part.setAttribute(attribute, value.replace(/^lines-\d+-/, `lines-${index}-`));
      }
    }
    for (const input of row.querySelectorAll("input")) {
      input.value = "";
      input.classList.remove("is-invalid");
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
      const label = input.getAttribute("aria-label");
      if (label) input.setAttribute("aria-label", label.replace(/\d+$/, String(index + 1)));
    }
    row.querySelectorAll(".err").forEach((error) => error.remove());
    row.querySelector("details")?.removeAttribute("open");
    body.append(row);
    compute();
    return row;
  }

  form.addEventListener("input", compute);
  form.querySelector('button[value="add_rows"]').addEventListener("click", (event) => {
    if (!body.rows.length || body.rows.length >= 1000) return;
    event.preventDefault();
    field(addRow(), "description").focus();
  });
}
