// The tabs, and the panels of controls behind them.

import { desk, watch } from "./desk.js";
import { $, make } from "./dom.js";
import { control } from "./sliders.js";

const ROOMS = [
  { id: "sound", title: "Sound", groups: ["timbre", "channel"] },
  { id: "play", title: "Expression", groups: ["expression", "pedals", "pitch"] },
  { id: "effects", title: "Effects", groups: ["reverb", "chorus", "master"] },
  { id: "layers", title: "Layers", groups: [] },
  { id: "tuning", title: "Tuning", groups: ["tuning"] },
  { id: "presets", title: "Presets", groups: [] },
  { id: "setup", title: "Setup", groups: [] },
];
const ELSEWHERE = { reference: "tuning", stretch: "tuning" }; // of a parameter's group
const TITLES = {
  timbre: "Timbre: towards", channel: "Mixer", expression: "Expression", pedals: "Pedals",
  pitch: "Pitch", reverb: "Reverb", chorus: "Chorus", master: "Output and touch", tuning: "Pitch of all",
};
const makers = new Map(); // what else is in a room

/** Let `maker` give elements that stand in a room, behind its controls. */
export function furnish(room, maker) {
  makers.set(room, [...(makers.get(room) ?? []), maker]);
}

function group(title, elements) {
  return make("div", { class: "group", role: "group", "aria-label": title },
    make("h3", { text: title, "aria-hidden": "true" }),
    make("div", { class: "controls" }, ...elements));
}

function build() {
  const known = new Set(ROOMS.flatMap((room) => room.groups));
  const groups = new Map();
  for (const each of desk.parameters.values()) {
    const found = ELSEWHERE[each.name] ?? each.group;
    const name = known.has(found) ? found : "channel";
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  for (const room of ROOMS) {
    const parts = room.groups.filter((name) => groups.has(name))
      .map((name) => group(TITLES[name], groups.get(name).map(control)));
    for (const maker of makers.get(room.id) ?? []) parts.push(...maker());
    if (!parts.length) continue;
    const selected = room === ROOMS[0];
    $("tabs").append(make("button", {
      type: "button", role: "tab", id: `tab-${room.id}`, "aria-controls": `room-${room.id}`,
      "aria-selected": String(selected), tabindex: selected ? "0" : "-1", text: room.title,
      onclick: () => open(room.id),
    }));
    $("panels").append(make("div", {
      role: "tabpanel", id: `room-${room.id}`, "aria-labelledby": `tab-${room.id}`,
      hidden: !selected,
    }, ...parts));
  }
}

function open(id) {
  for (const tab of $("tabs").children) {
    const selected = tab.id === `tab-${id}`;
    tab.setAttribute("aria-selected", String(selected));
    tab.tabIndex = selected ? 0 : -1;
  }
  for (const panel of $("panels").children) panel.hidden = panel.id !== `room-${id}`;
}

$("tabs").addEventListener("keydown", (event) => {
  const tabs = [...$("tabs").children];
  const at = tabs.indexOf(document.activeElement);
  const to = {
    ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const tab = tabs[(to + tabs.length) % tabs.length];
  open(tab.id.slice(4));
  tab.focus();
});

watch((kind) => {
  if (kind === "hello" && !$("tabs").children.length) build();
});
