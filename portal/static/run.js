// A run's page that keeps itself live: fetches the part that moves, and loads the page anew when its state has changed.
"use strict";

const EVERY_MS = 1500;
const SPEAK_EVERY_MS = 10000;

const panel = document.querySelector("[data-live]");
const words = document.querySelector("[data-live-words]");
let spokenAt = 0;
let stateShown = panel?.querySelector("[data-state]")?.dataset.state;

function speak() {
  if (!words || Date.now() - spokenAt < SPEAK_EVERY_MS) return;
  words.textContent = panel.querySelector("h2")?.textContent ?? "";
  spokenAt = Date.now();
}

async function look() {
  let answer;
  try {
    answer = await fetch(panel.dataset.live, { headers: { Accept: "text/html" }, redirect: "error" });
  } catch {
    return; // the line is down, or the session is over: what is shown stays, and the next look tries again
  }
  if (!answer.ok) return;
  panel.innerHTML = await answer.text();
  const state = panel.querySelector("[data-state]")?.dataset.state;
  if (state !== stateShown) location.reload();
  stateShown = state;
  speak();
}

async function keepLooking() {
  if (!document.hidden) await look();
  setTimeout(keepLooking, EVERY_MS);
}

if (panel) setTimeout(keepLooking, EVERY_MS);
