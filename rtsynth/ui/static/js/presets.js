// Presets and the set list: everything that is set, under a name; the next one with one press.

import { desk, watch } from "./desk.js";
import { make } from "./dom.js";
import { send } from "./link.js";
import { furnish } from "./rooms.js";

let presets = null;
let songs = null;
let name = null;
let pedals = null; // what a pedal can be learned for

function row(text, current, ...buttons) {
  const label = make("span", { text, class: current ? "current" : "" });
  if (current) label.setAttribute("aria-current", "true");
  return make("li", {}, label, ...buttons.filter(Boolean));
}

function draw() {
  if (!presets) return;
  const { names = [], own = [] } = desk.parts.presets ?? {};
  const current = desk.figures.preset;
  presets.replaceChildren(...names.map((each) => row(each, each === current,
    make("button", {
      type: "button", text: "Load", "aria-label": `Load ${each}`,
      onclick: () => send({ do: "load", name: each }),
    }),
    own.includes(each) && make("button", {
      type: "button", text: "Delete", "aria-label": `Delete ${each}`,
      onclick: () => {
        if (confirm(`Delete the preset ${each}?`)) send({ do: "delete", name: each });
      },
    }))));
  if (!names.length) presets.append(make("li", { class: "quiet", text: "None yet: save one." }));
  pedals.replaceChildren(...(desk.figures.actions ?? []).map(pedal));
  const { entries = [], at = -1 } = desk.figures.set_list ?? {};
  songs.replaceChildren(...entries.map((each, i) => row(each, i === at,
    make("button", {
      type: "button", text: "Play", "aria-label": `Go to ${each}`,
      onclick: () => send({ do: "go", at: i }),
    }))));
  if (!entries.length) {
    songs.append(make("li", { class: "quiet", text: "None: start rtsynth with --set-list NAME." }));
  }
}

/** What a pedal or button may do, and which one was learned for it. */
function pedal(action) {
  const learned = desk.parts.learned?.all[`${action} action`];
  const waits = desk.figures.waiting === action;
  const order = waits ? { do: "stop_learning" }
    : { do: learned ? "forget" : "learn_action", name: action, channel: 0 };
  return row(learned ? `${action}: ${learned}` : action, false, make("button", {
    type: "button", text: waits ? "press it" : learned ? "Forget" : "Learn",
    "aria-pressed": String(waits), "aria-label": `${learned ? "Forget" : "Learn"} ${action}`,
    onclick: () => send(order),
  }));
}

function save() {
  const wanted = name.value.trim();
  const { names = [] } = desk.parts.presets ?? {};
  if (!wanted) return name.focus();
  const replace = names.includes(wanted);
  if (replace && !confirm(`Replace the preset ${wanted}?`)) return undefined;
  return send({ do: "save", name: wanted, replace });
}

furnish("presets", () => {
  pedals = make("ul", { class: "items", "aria-label": "Pedals and buttons" });
  presets = make("ul", { class: "items", "aria-label": "Presets" });
  songs = make("ol", { class: "items", "aria-label": "Set list" });
  name = make("input", {
    type: "text", maxlength: 60, autocomplete: "off", placeholder: "name",
    onkeydown: (event) => { if (event.key === "Enter") save(); },
  });
  const step = (by, text) => make("button", {
    type: "button", text, onclick: () => send({ do: "step", by }),
  });
  const made = [
    make("div", { class: "group" }, make("h3", { text: "Presets" }),
      make("div", { class: "line" }, make("label", { class: "field grow" }, "Save as", name),
        make("button", { type: "button", text: "Save", onclick: save })), presets),
    make("div", { class: "group" }, make("h3", { text: "Set list" }),
      make("div", { class: "line" }, step(-1, "Previous"), step(1, "Next")), songs),
    make("div", { class: "group" }, make("h3", { text: "Pedals and buttons" }), pedals),
  ];
  draw();
  return made;
});

let drawn = "";

watch((kind) => {
  const { preset, set_list: list, waiting, actions } = desk.figures;
  const now = JSON.stringify([preset, list, waiting, actions]);
  if (kind === "figures" && now === drawn) return;
  if (!["hello", "presets", "learned", "figures"].includes(kind)) return;
  drawn = now;
  draw();
});
