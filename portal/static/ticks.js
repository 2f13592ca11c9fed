// A list's tick boxes: the head's box ticks every row, and a row that is taken out takes "all" back.
"use strict";

for (const form of document.querySelectorAll("form.ticked")) {
  const all = form.querySelector('input[name="all"]');
  const rows = [...form.querySelectorAll('input[name="id"]')];
  if (!all) continue;
  all.addEventListener("change", () => rows.forEach((row) => { row.checked = all.checked; }));
  for (const row of rows) {
    row.addEventListener("change", () => { if (!row.checked) all.checked = false; });
  }
}
