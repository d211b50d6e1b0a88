// Level, voices, load, drop-outs, latency, and the histograms of the audio thread's time.

import { desk, watch } from "./desk.js";
import { $, make } from "./dom.js";
import { on } from "./link.js";
import { furnish } from "./rooms.js";

const LOWEST_DB = -60;
const FALL_DB = 0.7; // a frame: the bar falls 20 dB a second
const SPOKEN_MS = 500;
const bars = $("level").querySelectorAll("i");
const levels = [LOWEST_DB, LOWEST_DB];
let spoken = 0;

const decibels = (peak) => Math.max(LOWEST_DB, 20 * Math.log10(peak + 1e-9));

/** Write a text only where it is another: nothing is laid out anew for nothing. */
function write(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

on("frame", (data) => {
  const view = new DataView(data);
  for (let side = 0; side < 2; side += 1) {
    levels[side] = Math.max(decibels(view.getFloat32(4 * side, true)), levels[side] - FALL_DB);
    bars[side].style.setProperty("--part", `${100 - (100 * levels[side]) / LOWEST_DB}%`);
  }
  const now = performance.now();
  if (now - spoken < SPOKEN_MS) return;
  spoken = now;
  const level = Math.round(Math.max(...levels));
  $("level").setAttribute("aria-valuenow", String(level));
  $("level").setAttribute("aria-valuetext", level <= LOWEST_DB ? "silent" : `${level} decibels`);
  const dropouts = view.getUint32(14, true);
  write("load", `${Math.round(100 * view.getFloat32(8, true))} %`);
  write("voices", String(view.getUint16(12, true)));
  write("dropouts", String(dropouts));
  $("dropouts").classList.toggle("bad", dropouts > 0);
});

watch((kind) => {
  if (kind !== "hello" && kind !== "figures") return;
  const { instrument, latency_ms: latency } = desk.figures;
  if (instrument) write("instrument", instrument);
  if (latency !== undefined) write("latency", latency.toFixed(1));
});

// --- histograms, in the room "Setup" --------------------------------------------------------

let canvas = null;
let words = null;

furnish("setup", () => {
  canvas = make("canvas", { id: "histogram", role: "img", "aria-labelledby": "histogram-words" });
  words = make("p", { id: "histogram-words", class: "quiet" });
  const about = make("div", { class: "group ours" }, make("h3", { text: "Timing of audio blocks" }),
    canvas, words);
  new ResizeObserver(paint).observe(canvas);
  return [about];
});

/** How often the device called late, in steps of `step_ms`, with a logarithmic height. */
function paint() {
  const { lateness } = desk.figures;
  if (!canvas || !lateness || !canvas.clientWidth) return;
  const { counts, step_ms: step } = lateness;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const ratio = devicePixelRatio;
  const width = (canvas.width = Math.round(canvas.clientWidth * ratio));
  const height = (canvas.height = Math.round(canvas.clientHeight * ratio));
  const draw = canvas.getContext("2d");
  const style = getComputedStyle(document.documentElement);
  draw.fillStyle = style.getPropertyValue("--accent");
  const tallest = Math.log1p(Math.max(...counts, 1));
  const foot = 16 * ratio;
  counts.forEach((count, i) => {
    const tall = ((height - foot) * Math.log1p(count)) / tallest;
    draw.fillRect((i * width) / counts.length + ratio, height - foot - tall,
      width / counts.length - 2 * ratio, tall);
  });
  draw.fillStyle = style.getPropertyValue("--quiet");
  draw.font = `${11 * ratio}px system-ui`;
  for (let i = 0; i < counts.length; i += 8) {
    draw.fillText(`${i * step} ms`, (i * width) / counts.length, height - 3 * ratio);
  }
  const late = counts.slice(4).reduce((sum, count) => sum + count, 0);
  words.textContent = `How late the audio device asked for its blocks: ${total} blocks, ` +
    `${total ? ((100 * late) / total).toFixed(2) : 0} % of them ${4 * step} ms late or more. ` +
    "Heights are logarithmic.";
}

watch((kind) => {
  if (kind === "figures" || kind === "hello") paint();
});
