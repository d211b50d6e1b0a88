// Devices, the recorder, and the last ten minutes.

import { desk, watch } from "./desk.js";
import { $, make } from "./dom.js";
import { send } from "./link.js";
import { furnish } from "./rooms.js";

let output = null;
let inputs = null;
let recording = null;
let instrument = null;

function option(text, chosen) {
  return make("option", { value: text, text, selected: chosen });
}

function draw() {
  const { recording: file = "", audio = "", inputs: midi = [] } = desk.figures;
  $("record").setAttribute("aria-pressed", String(!!file));
  $("record").textContent = file ? "Stop recording" : "Record";
  if (!output) return;
  const { outputs = [] } = desk.parts.devices ?? {};
  const { instruments = [], playing = "" } = desk.figures;
  const playable = instruments.includes(playing) ? instruments : [playing, ...instruments];
  instrument.replaceChildren(...playable.map((each) => option(each, each === playing)));
  instrument.disabled = playable.length < 2;
  const there = outputs.includes(audio) ? outputs : [audio, ...outputs];
  output.replaceChildren(...there.map((each) => option(each, each === audio)));
  inputs.replaceChildren(...midi.map(({ name, open }) => make("li", {},
    make("label", { class: "check" }, make("input", {
      type: "checkbox", checked: open, "data-name": name, onchange: chooseInputs,
    }), name))));
  if (!midi.length) {
    inputs.append(make("li", { class: "quiet", text: "None yet: one that is plugged in is found." }));
  }
  recording.textContent = file ? `Recording to ${file}` : "They go to your folder of music.";
}

function chooseInputs() {
  const boxes = [...inputs.querySelectorAll("input:checked")];
  send({ do: "inputs", names: boxes.map((box) => box.dataset.name) });
}

$("record").addEventListener("click", () => {
  send({ do: "record", on: $("record").getAttribute("aria-pressed") !== "true" });
});

furnish("setup", () => {
  output = make("select", { onchange: () => send({ do: "output", name: output.value }) });
  instrument = make("select", {
    onchange: () => send({ do: "instrument", name: instrument.value }),
  });
  inputs = make("ul", { class: "items ours", "aria-label": "MIDI inputs" });
  recording = make("p", { class: "quiet" });
  const made = [
    make("div", { class: "group" }, make("h3", { text: "Devices" }),
      make("label", { class: "field tall" }, "Instrument", instrument),
      make("label", { class: "field tall ours" }, "Audio output", output),
      make("p", { class: "field ours", text: "MIDI inputs" }), inputs,
      make("div", { class: "line ours" }, make("button", {
        type: "button", text: "Look for outputs", onclick: () => send({ do: "look" }),
      }))),
    make("div", { class: "group ours" }, make("h3", { text: "Recordings" }), recording,
      make("div", { class: "line" }, make("button", {
        type: "button", text: "Save the last ten minutes", onclick: () => send({ do: "rescue" }),
      }))),
  ];
  draw();
  return made;
});

let drawn = "";

watch((kind) => {
  const { recording: file, audio, inputs: midi, playing } = desk.figures;
  const now = JSON.stringify([file, audio, midi, playing]);
  if (kind === "figures" && now === drawn) return;
  if (!["hello", "devices", "figures"].includes(kind)) return;
  drawn = now;
  draw();
});
