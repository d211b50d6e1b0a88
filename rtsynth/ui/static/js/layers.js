// Splits and layers of the channel chosen: up to four sounds, each on a part of the keyboard.

import { desk, timbre, watch } from "./desk.js";
import { keyName, make } from "./dom.js";
import { send } from "./link.js";
import { furnish } from "./rooms.js";

const MOST = 4;
const PLAIN = {
  low: 0, high: 127, low_velocity: 1, high_velocity: 127, transpose: 0, gain_db: 0, pan: 0,
};
const FIELDS = [
  { name: "low", label: "Lowest key", low: 0, high: 127, key: true },
  { name: "high", label: "Highest key", low: 0, high: 127, key: true },
  { name: "low_velocity", label: "Softest", low: 1, high: 127 },
  { name: "high_velocity", label: "Hardest", low: 1, high: 127 },
  { name: "transpose", label: "Semitones", low: -48, high: 48 },
  { name: "gain_db", label: "Gain (dB)", low: -60, high: 24 },
  { name: "pan", label: "Pan (−1 to 1)", low: -1, high: 1, step: 0.05 },
];
let list = null;
let split = 60;

const layers = () => structuredClone(desk.parts.layers?.[desk.channel] ?? []);

function change(wanted) {
  send({ do: "layers", channel: desk.channel, layers: wanted });
}

function field(layer, number, { name, label, low, high, key, step = 1 }) {
  const input = make("input", {
    type: "number", min: low, max: high, step, value: layer[name],
    onchange: () => {
      const value = Number(input.value);
      if (input.value === "" || !Number.isFinite(value)) return draw();
      const wanted = layers();
      wanted[number][name] = Math.min(high, Math.max(low, value));
      return change(wanted);
    },
  });
  const label_ = make("label", { class: "field tall" }, label, input);
  if (key) label_.append(make("small", { text: keyName(layer[name]) }));
  return label_;
}

function picker(layer, number) {
  const names = desk.timbres.map((each) => each.name).sort();
  if (!names.includes(layer.timbre)) names.unshift(layer.timbre);
  const select = make("select", {
    onchange: () => {
      const wanted = layers();
      wanted[number].timbre = select.value;
      change(wanted);
    },
  }, ...names.map((name) => make("option", { value: name, text: name, selected: name === layer.timbre })));
  return make("label", { class: "field tall grow" }, "Timbre", select);
}

function card(layer, number) {
  const remove = make("button", {
    type: "button", text: "Remove", "aria-label": `Remove layer ${number + 1}`,
    disabled: number === 0,
    onclick: () => change(layers().filter((_, i) => i !== number)),
  });
  return make("div", { class: "layer", role: "group", "aria-label": `Layer ${number + 1}` },
    make("div", { class: "line" }, picker(layer, number), remove),
    make("div", { class: "line" }, ...FIELDS.map((each) => field(layer, number, each))));
}

/** A second sound beside the first, or below the split point. */
function add(low, high) {
  const wanted = layers();
  if (wanted.length >= MOST) return;
  wanted.push({ ...PLAIN, timbre: timbre()?.text ?? desk.timbres[0].name, low, high });
  change(wanted);
}

function splitHere() {
  const wanted = layers();
  if (wanted.length >= MOST) return;
  wanted[0].low = split;
  wanted.push({ ...PLAIN, timbre: desk.timbres[0].name, high: split - 1 });
  change(wanted);
}

function draw() {
  if (!list) return;
  const held = list.contains(document.activeElement)
    ? [...list.querySelectorAll("input, select, button")].indexOf(document.activeElement) : -1;
  list.replaceChildren(...layers().map(card));
  if (held >= 0) list.querySelectorAll("input, select, button")[held]?.focus();
}

furnish("layers", () => {
  list = make("div", { class: "group" });
  const at = make("input", {
    type: "number", min: 1, max: 126, value: split,
    onchange: () => {
      split = Math.min(126, Math.max(1, Number(at.value) || 60));
      at.value = split;
      name.textContent = keyName(split);
    },
  });
  const name = make("small", { text: keyName(split) });
  const tools = make("div", { class: "line" },
    make("button", { type: "button", text: "Add a layer", onclick: () => add(0, 127) }),
    make("button", { type: "button", text: "Split", onclick: splitHere }),
    make("label", { class: "field" }, "at key", at, name));
  draw();
  return [tools, list];
});

watch((kind, key) => {
  if (kind === "hello" || kind === "channel" ||
    (kind === "layers" && Number(key) === desk.channel)) draw();
});
