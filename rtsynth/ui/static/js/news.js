// What there is to say: news for a moment, what was refused, and that the player is gone.

import { $, make } from "./dom.js";
import { on } from "./link.js";

const SHOWN_MS = 6000;
const MOST = 3;
const AGAIN_MS = 1500; // the same words are not said twice within
const said = new Map();

/** Say a line; it is read out by screen readers. */
export function say(text) {
  const now = performance.now();
  if (now - (said.get(text) ?? -Infinity) < AGAIN_MS) return;
  said.set(text, now);
  const line = make("p", { text });
  $("news").append(line);
  while ($("news").children.length > MOST) $("news").firstChild.remove();
  setTimeout(() => line.remove(), SHOWN_MS);
}

on("news", ({ text }) => say(text));
on("refused", ({ text }) => say(text));

let wasUp = false;
on("link", ({ up, why }) => {
  const lost = $("lost");
  if (up && wasUp === false && !lost.hidden) say("the player is back");
  wasUp = up;
  if (up) lost.hidden = true;
  else {
    lost.textContent = `${why ? `${why}. ` : ""}No connection to rtsynth: waiting for it.`;
    lost.hidden = false;
  }
  document.body.classList.toggle("away", !up);
});
