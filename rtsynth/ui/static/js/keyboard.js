// The keys of the piano: mouse, fingers, pens, and arrow keys with Space.

import { $, isBlack, keyName, make } from "./dom.js";
import { desk, watch } from "./desk.js";
import { on } from "./link.js";
import { lean, onNote, press, release } from "./notes.js";

const LOW = 21;
const HIGH = 108;
const WHITE_PX = { fine: 23, coarse: 34 };
const SOFTEST = 28; // velocity at the upper end of a key
const HEAD_BYTES = 18;
const KEY_BYTES = 16;
const piano = $("piano");
const elements = new Map(); // by key
const pointers = new Map(); // key under each finger
let base = LOW; // lowest key shown: A0, or a C where there is no room for all keys
let home = 48; // the C that is shown first where there is not
let whites = 52;
let focus = 60;
let lit = new Uint8Array(KEY_BYTES);

const white = (key) => !isBlack(key);

function build() {
  const hadFocus = piano.contains(document.activeElement);
  piano.replaceChildren();
  elements.clear();
  let place = 0;
  for (let key = base; place < whites && key <= HIGH; key += 1) {
    const element = make("button", {
      type: "button", class: `key ${white(key) ? "white" : "black"}`, "data-key": key,
      "aria-label": keyName(key), "aria-pressed": "false", tabindex: "-1",
    });
    const width = 100 / whites;
    if (white(key)) {
      element.style.left = `${place * width}%`;
      element.style.width = `${width}%`;
      if (key % 12 === 0) element.append(make("span", { text: keyName(key), "aria-hidden": "true" }));
      place += 1;
    } else {
      element.style.left = `${(place - 0.3) * width}%`;
      element.style.width = `${0.6 * width}%`;
    }
    elements.set(key, element);
    piano.append(element);
  }
  const keys = [...elements.keys()];
  focus = Math.min(Math.max(focus, keys[0]), keys.at(-1));
  elements.get(focus).tabIndex = 0;
  if (hadFocus) elements.get(focus).focus();
  $("span").textContent = `${keyName(keys[0])} – ${keyName(keys.at(-1))}`;
  $("down").disabled = base <= 24;
  $("up").disabled = keys.at(-1) >= HIGH;
  paint(true);
  dispatchEvent(new Event("keys-shown"));
}

/** Show as many keys as there is room for. */
function fit() {
  const px = matchMedia("(pointer: coarse)").matches ? WHITE_PX.coarse : WHITE_PX.fine;
  whites = Math.min(52, Math.max(10, Math.floor(piano.clientWidth / px)));
  const most = HIGH + 12 - 12 * Math.floor(whites / 7); // the highest C to begin with
  if (whites < 52) home = Math.max(24, Math.min(home, most - (most % 12)));
  base = whites < 52 ? home : LOW;
  build();
}

/** Show other octaves. */
function shift(octaves) {
  home += 12 * octaves;
  fit();
}

function velocityAt(event, element) {
  if (event.pointerType === "pen" && event.pressure > 0) return 1 + 126 * event.pressure;
  const box = element.getBoundingClientRect();
  const down = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
  return SOFTEST + (127 - SOFTEST) * down;
}

const under = (event) => document.elementFromPoint(event.clientX, event.clientY)?.closest(".key");

piano.addEventListener("pointerdown", (event) => {
  const element = event.target.closest(".key");
  if (!element || event.button > 0) return;
  event.preventDefault();
  if (event.target.hasPointerCapture?.(event.pointerId)) event.target.releasePointerCapture(event.pointerId);
  const key = Number(element.dataset.key);
  pointers.set(event.pointerId, key);
  press(key, velocityAt(event, element));
});

addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (before === undefined) return;
  const element = under(event);
  const key = element ? Number(element.dataset.key) : null;
  if (key === before) {
    if (event.pointerType === "pen") lean(key, 127 * event.pressure);
    return;
  }
  if (before !== null) release(before);
  pointers.set(event.pointerId, key);
  if (key !== null) press(key, velocityAt(event, element));
});

function lift(event) {
  const key = pointers.get(event.pointerId);
  pointers.delete(event.pointerId);
  if (key !== undefined && key !== null) release(key);
}
addEventListener("pointerup", lift);
addEventListener("pointercancel", lift);
piano.addEventListener("contextmenu", (event) => event.preventDefault());

// Arrow keys move, Space and Enter hold the key down as long as they are.
const holding = new Map(); // key held by a key of the computer

piano.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 12, ArrowDown: -12 }[event.key];
  if (step) {
    event.preventDefault();
    if (!elements.has(focus + step)) return;
    elements.get(focus).tabIndex = -1;
    focus += step;
    elements.get(focus).tabIndex = 0;
    elements.get(focus).focus();
  } else if (event.key === " " || event.key === "Enter") {
    event.preventDefault();
    if (event.repeat || holding.has(event.code)) return;
    holding.set(event.code, focus);
    press(focus, Number($("strength").value));
  }
});

addEventListener("keyup", (event) => {
  if (!holding.has(event.code)) return;
  event.preventDefault();
  release(holding.get(event.code));
  holding.delete(event.code);
});

addEventListener("blur", () => {
  holding.clear();
  pointers.clear();
});

// Keys light up for what is played, here or elsewhere.
const own = new Set();

onNote((key, down) => {
  if (down) own.add(key);
  else own.delete(key);
  paint();
});

function paint() {
  for (const [key, element] of elements) {
    const down = own.has(key) || !!(lit[key >> 3] & (1 << (key & 7)));
    if (down === element.classList.contains("lit")) continue;
    element.classList.toggle("lit", down);
    element.setAttribute("aria-pressed", String(down));
  }
}

on("frame", (data) => {
  const now = new Uint8Array(data, HEAD_BYTES + KEY_BYTES * desk.channel, KEY_BYTES);
  if (now.every((byte, i) => byte === lit[i])) return;
  lit = now;
  paint();
});

watch((kind) => {
  if (kind === "channel") paint();
});

$("down").addEventListener("click", () => shift(-1));
$("up").addEventListener("click", () => shift(1));
new ResizeObserver(fit).observe(piano);
fit();
