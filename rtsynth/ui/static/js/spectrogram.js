// What is heard: time to the right, pitch upwards on a logarithmic axis.

import { $ } from "./dom.js";
import { on } from "./link.js";

const HEAD = 18 + 16 * 16;
const COLUMN_PX = 2;
const STILL_MS = 250; // between two pictures where motion is not wanted
const canvas = $("spectrogram");
const draw = canvas.getContext("2d", { alpha: false });
const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
let colours = [];
let waiting = []; // spectra since the last picture
let painted = 0;

// From the ground through the accent to the brightest: lightness grows with the level.
const STOPS = {
  dark: [[20, 24, 26], [22, 60, 66], [38, 124, 120], [222, 176, 84], [255, 246, 214]],
  light: [[238, 236, 229], [184, 213, 203], [64, 143, 136], [120, 62, 64], [38, 18, 34]],
};

function mix() {
  const stops = STOPS[dark.matches ? "dark" : "light"];
  colours = Array.from({ length: 256 }, (_, level) => {
    const place = Math.max(0, (level - 56) / 150) * (stops.length - 1); // under -75 dB: ground
    const i = Math.min(stops.length - 2, Math.floor(place));
    const part = Math.min(1, place - i);
    return stops[i].map((from, c) => Math.round(from + part * (stops[i + 1][c] - from)));
  });
}

function clear() {
  canvas.width = Math.max(1, canvas.clientWidth);
  canvas.height = Math.max(1, canvas.clientHeight);
  draw.fillStyle = `rgb(${colours[0]})`;
  draw.fillRect(0, 0, canvas.width, canvas.height);
}

/** Move the picture to the left and put the newest spectra at its right end. */
function scroll(spectra) {
  const { width, height } = canvas;
  const shift = COLUMN_PX * spectra.length;
  draw.drawImage(canvas, -shift, 0);
  const picture = draw.createImageData(shift, height);
  spectra.forEach((spectrum, n) => {
    for (let y = 0; y < height; y += 1) {
      const band = Math.floor(((height - 1 - y) * spectrum.length) / height);
      const [r, g, b] = colours[spectrum[band]];
      for (let x = 0; x < COLUMN_PX; x += 1) {
        picture.data.set([r, g, b, 255], 4 * (y * shift + n * COLUMN_PX + x));
      }
    }
  });
  draw.putImageData(picture, width - shift, 0);
}

/** The newest spectrum as bars that stand. */
function stand(spectrum) {
  const { width, height } = canvas;
  draw.fillStyle = `rgb(${colours[0]})`;
  draw.fillRect(0, 0, width, height);
  draw.fillStyle = `rgb(${colours[150]})`;
  spectrum.forEach((level, i) => {
    const tall = (height * Math.max(0, level - 56)) / 199;
    draw.fillRect((i * width) / spectrum.length, height - tall, width / spectrum.length - 1, tall);
  });
}

function paint() {
  const spectra = waiting;
  waiting = [];
  if (!spectra.length || !canvas.clientHeight) return;
  if (!still.matches) scroll(spectra.slice(-Math.floor(canvas.width / COLUMN_PX)));
  else if (performance.now() - painted > STILL_MS) {
    painted = performance.now();
    stand(spectra.at(-1));
  }
}

on("frame", (data) => {
  if (document.hidden) return;
  waiting.push(new Uint8Array(data, HEAD));
  if (waiting.length === 1) requestAnimationFrame(paint);
});

dark.addEventListener("change", () => {
  mix();
  clear();
});
still.addEventListener("change", clear);
mix();
new ResizeObserver(clear).observe(canvas);
