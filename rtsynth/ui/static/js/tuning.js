// The scale: a Scala file (.scl, .kbm) from this computer, or equal temperament.

import { desk, watch } from "./desk.js";
import { make } from "./dom.js";
import { send } from "./link.js";
import { say } from "./news.js";
import { furnish } from "./rooms.js";

const MOST_CHARACTERS = 12000;
let scale = null;
let mapping = null;

async function read(input, what) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const text = await file.text();
  if (text.length > MOST_CHARACTERS) say(`${file.name} is too long for a ${what}`);
  else send({ do: what, name: file.name, text });
}

function picker(label, what, kind) {
  const input = make("input", { type: "file", accept: kind, onchange: () => read(input, what) });
  return make("label", { class: "field tall" }, label, input);
}

function draw() {
  if (!scale) return;
  const now = desk.parts.tuning ?? {};
  scale.textContent = now.scale || "equal temperament";
  mapping.textContent = now.map ? `, keyboard mapping ${now.map}` : "";
}

furnish("tuning", () => {
  scale = make("strong");
  mapping = make("span");
  const made = make("div", { class: "group" }, make("h3", { text: "Scale" }),
    make("p", {}, scale, mapping),
    make("div", { class: "line" },
      picker("Scala scale (.scl)", "scale", ".scl"),
      picker("Keyboard mapping (.kbm)", "mapping", ".kbm"),
      make("button", {
        type: "button", text: "Equal temperament", onclick: () => send({ do: "equal" }),
      })));
  draw();
  return [made];
});

watch((kind) => {
  if (kind === "hello" || kind === "tuning") draw();
});
