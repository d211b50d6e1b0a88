// The timbre map: presets by likeness, and a handle that morphs between those around it.

import { desk, timbre, watch } from "./desk.js";
import { $, make, soon } from "./dom.js";
import { send } from "./link.js";

const STEP = 0.02;
const FINE = 0.004;
const SETTLED_MS = 500;
const pad = $("pad");
const handle = $("handle");
const ties = $("ties");
const dots = new Map(); // by name
let at = { x: 0.5, y: 0.5 };
let moved = -Infinity; // when the handle was moved here
let dragging = null; // the pointer that drags

/** A family of instruments has one hue. */
const hue = (family) => (family * 137.5 + 20) % 360;

function place(element, x, y) {
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
}

function draw() {
  place(handle, at.x, at.y);
  const now = timbre();
  if (!now) return;
  const shares = now.shares ?? {};
  $("timbre-now").textContent = now.label;
  handle.setAttribute("aria-valuetext", now.label);
  handle.setAttribute("aria-valuenow", String(Math.round(100 * at.x)));
  ties.replaceChildren();
  for (const [name, { dot, x, y }] of dots) {
    const share = shares[name] ?? 0;
    dot.classList.toggle("near", share > 0.02);
    dot.classList.toggle("here", Math.hypot(x - at.x, y - at.y) < 0.03);
    if (share <= 0.02) continue;
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    const ends = { x1: at.x, y1: at.y, x2: x, y2: y };
    for (const [end, part] of Object.entries(ends)) line.setAttribute(end, `${100 * part}%`);
    line.setAttribute("stroke-width", String(1 + 5 * share));
    line.setAttribute("opacity", String(0.25 + 0.5 * share));
    ties.append(line);
  }
  mark(shares);
}

/** Mark the timbre that plays in the list; Tab reaches that one, or the first. */
function mark(shares) {
  const buttons = [...$("found").querySelectorAll("button")];
  const current = buttons.find((button) => (shares[button.dataset.name] ?? 0) > 0.995);
  for (const button of buttons) {
    if (button === current) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.tabIndex = button === (current ?? buttons[0]) ? 0 : -1;
  }
}

/** Put the handle where the player says that the channel's timbre lies. */
function follow() {
  const now = timbre();
  if (now && dragging === null && performance.now() - moved > SETTLED_MS) at = { x: now.x, y: now.y };
  draw();
}

const ask = soon(() => send({ do: "morph", channel: desk.channel, ...at }));

function move(x, y) {
  at = { x: Math.min(1, Math.max(0, x)), y: Math.min(1, Math.max(0, y)) };
  moved = performance.now();
  draw();
  ask();
}

function moveTo(event) {
  const box = pad.getBoundingClientRect();
  move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
}

pad.addEventListener("pointerdown", (event) => {
  if (event.button > 0 || dragging !== null) return;
  event.preventDefault();
  dragging = event.pointerId;
  pad.setPointerCapture(dragging);
  handle.focus({ preventScroll: true });
  moveTo(event);
});
pad.addEventListener("pointermove", (event) => {
  if (event.pointerId === dragging) moveTo(event);
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
  pad.addEventListener(end, (event) => {
    if (event.pointerId === dragging) dragging = null;
  });
}

handle.addEventListener("keydown", (event) => {
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const way = ways[event.key];
  if (!way) return;
  event.preventDefault();
  const step = event.shiftKey ? FINE : STEP;
  move(at.x + step * way[0], at.y + step * way[1]);
});

/** Play one timbre as it is. */
function play(name) {
  moved = -Infinity;
  send({ do: "timbre", channel: desk.channel, text: name });
}

$("surprise").addEventListener("click", () => {
  play(`random:${Math.floor(Math.random() * 1e6)}`);
});

function list() {
  const wanted = $("find").value.trim().toLowerCase();
  const names = desk.timbres.map((each) => each.name).sort();
  const fits = names.filter((name) => name.toLowerCase().includes(wanted));
  $("found").replaceChildren(...fits.map((name) => make("li", {}, make("button", {
    type: "button", "data-name": name, text: name, tabindex: "-1", onclick: () => play(name),
  }))));
  if (!fits.length) $("found").append(make("li", { class: "quiet", text: "none of that name" }));
  draw();
}

$("find").addEventListener("input", list);
$("find").addEventListener("keydown", (event) => {
  const first = $("found").querySelector("button");
  if (event.key === "Enter" && first) play(first.dataset.name);
  if (event.key === "ArrowDown" && first) {
    event.preventDefault();
    first.focus();
  }
});
$("found").addEventListener("keydown", (event) => {
  const buttons = [...$("found").querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const here = buttons.indexOf(document.activeElement);
  if (!step || here < 0) return;
  event.preventDefault();
  (buttons[here + step] ?? $("find")).focus();
});

function build() {
  $("dots").replaceChildren();
  dots.clear();
  for (const { name, x, y, family } of desk.timbres) {
    const words = make("span", { text: name });
    const dot = make("div", { class: "dot" }, make("i"), words);
    dot.style.setProperty("--hue", hue(family));
    place(dot, x, y);
    dots.set(name, { dot, words, x, y });
    $("dots").append(dot);
  }
  list();
  label();
}

const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

/** Names beside their dots where they cover nothing; else they are hidden: the list has them all. */
function label() {
  const { clientWidth: width, clientHeight: height } = pad;
  const around = ([x, y]) => [x - 5, y - 5, x + 5, y + 5];
  const all = [...dots.values()].map(({ dot, words, x, y }) => ({
    dot, at: [x * width, y * height], size: [words.offsetWidth, words.offsetHeight],
  }));
  const taken = [];
  for (const { dot, at: [x, y], size: [w, h] } of all) {
    const spots = {
      below: [x - w / 2, y + 5], right: [x + 8, y - h / 2], left: [x - 8 - w, y - h / 2],
      above: [x - w / 2, y - 5 - h],
    };
    const free = Object.entries(spots).find(([, [left, top]]) => {
      const box = [left, top, left + w, top + h];
      return left >= 2 && top >= 2 && box[2] <= width - 2 && box[3] <= height - 2 &&
        !taken.some((other) => meet(box, other)) &&
        !all.some((other) => other.dot !== dot && meet(box, around(other.at)));
    });
    dot.dataset.side = free?.[0] ?? "none";
    if (free) taken.push([...free[1], free[1][0] + w, free[1][1] + h]);
  }
}

new ResizeObserver(label).observe(pad);
watch((kind) => {
  if (kind === "hello") build();
  if (kind === "hello" || kind === "channel") moved = -Infinity;
  if (["hello", "channel", "now"].includes(kind)) follow();
});
