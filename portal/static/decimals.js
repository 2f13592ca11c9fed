// Exact decimals for previews in forms, as whole numbers of 10^-6. The server computes what is saved.
"use strict";

const Decimals = (() => {
  const PLACES = 6;
  const ONE = 10n ** 6n;

  // The number in `text`, or null when it is none. A comma may group thousands.
  function parse(text) {
    const plain = text.trim().replace("\u2212", "-");
    const ungrouped = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replaceAll(",", "") : plain;
    const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(ungrouped);
    if (!found || !(found[2] || found[3]) || (found[3] || "").length > PLACES) return null;
    const size = BigInt((found[2] || "0") + (found[3] || "").padEnd(PLACES, "0"));
    return found[1] === "-" ? -size : size;
  }

  function roundTo(value, unit) {
    const size = value < 0n ? -value : value;
    const rounded = ((size * 2n + unit) / (unit * 2n)) * unit;
    return value < 0n ? -rounded : rounded;
  }

  // a x b, rounded half up to `places`.
  function multiply(a, b, places) {
    return roundTo(a * b, ONE * 10n ** BigInt(PLACES - places)) / ONE;
  }

  // The number with `places` decimals; grouped by thousands for reading, plain for a field.
  function format(value, places, grouped = true) {
    const size = value < 0n ? -value : value;
    const whole = (size / ONE).toString();
    const part = (size % ONE).toString().padStart(PLACES, "0");
    const kept = part.slice(0, places) + part.slice(places).replace(/0+$/, "");
    const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole;
    return (value < 0n ? (grouped ? "\u2212" : "-") : "") + shown + (kept ? "." + kept : "");
  }

  return { ONE, parse, multiply, format };
})();
