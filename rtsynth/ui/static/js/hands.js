// What hands and feet find beside the keys: channel, bend, sustain, panic.

import { choose, desk, set, value, watch } from "./desk.js";
import { $, make, soon } from "./dom.js";
import { send } from "./link.js";
import { releaseAll } from "./notes.js";
import { fill } from "./sliders.js";

const DRUMS = 9;
const channels = Array.from({ length: 16 }, (_, channel) => make("option", {
  value: channel, text: channel === DRUMS ? "10 (drums: silent)" : String(channel + 1),
}));
$("channel").append(...channels);
$("channel").addEventListener("change", (event) => choose(Number(event.target.value)));

$("panic").addEventListener("click", () => {
  releaseAll();
  send({ do: "panic" });
});

const bend = $("bend");
const bendNow = soon(() => send({ do: "bend", channel: desk.channel, value: Number(bend.value) }));
bend.addEventListener("input", () => {
  fill(bend);
  bendNow();
});
for (const end of ["pointerup", "pointercancel", "blur"]) { // a wheel that springs back
  bend.addEventListener(end, () => {
    if (Number(bend.value) === 0) return;
    bend.value = 0;
    fill(bend);
    bendNow();
  });
}
fill(bend);

const strength = $("strength");
strength.addEventListener("input", () => fill(strength));
fill(strength);

$("sustain").addEventListener("click", () => set("sustain", value("sustain") >= 0.5 ? 0 : 1));

watch((kind) => {
  if (!["hello", "channel", "value"].includes(kind)) return;
  $("channel").value = desk.channel;
  $("sustain").setAttribute("aria-pressed", String(value("sustain") >= 0.5));
});
