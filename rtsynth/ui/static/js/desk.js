// What the player has told of itself: parameters, their values on 16 channels, timbres and the rest.

import { on, send } from "./link.js";

export const desk = {
  parameters: new Map(), // by name
  values: new Map(), // by "name channel"
  timbres: [], // presets with their places on the map
  figures: {}, // what changes slowly
  parts: {}, // layers, presets, tuning, devices ...: by kind and key
  channel: 0,
};

const watchers = [];

/** Call `watcher(kind, key)` when something has changed; kind "hello": everything. */
export function watch(watcher) {
  watchers.push(watcher);
}

function changed(kind, key) {
  for (const watcher of watchers) watcher(kind, key);
}

on("hello", (hello) => {
  const { parameters, values, timbres, figures, kind, ...parts } = hello;
  desk.parameters = new Map(parameters.map((each) => [each.name, each]));
  desk.values = new Map(Object.entries(values));
  desk.timbres = timbres;
  desk.figures = figures;
  desk.parts = parts;
  changed("hello", "");
});

on("changes", ({ kind, values = {}, figures, ...parts }) => {
  for (const [key, value] of Object.entries(values)) {
    desk.values.set(key, value);
    changed("value", key);
  }
  if (figures) {
    Object.assign(desk.figures, figures);
    changed("figures", "");
  }
  for (const [part, entries] of Object.entries(parts)) {
    desk.parts[part] = { ...desk.parts[part], ...entries };
    for (const key of Object.keys(entries)) changed(part, key);
  }
});

/** The key under which a parameter's value is kept: that of the channel chosen, or of all. */
export function keyOf(name) {
  return `${name} ${desk.parameters.get(name)?.of_channel ? desk.channel : 0}`;
}

/** What a parameter is set to on the channel chosen. */
export function value(name) {
  return desk.values.get(keyOf(name)) ?? desk.parameters.get(name)?.default ?? 0;
}

/** Set a parameter on the channel chosen. */
export function set(name, to) {
  desk.values.set(keyOf(name), to);
  send({ do: "set", name, value: to, channel: desk.channel });
}

/** What the channel chosen plays: {text, label, x, y, shares}. */
export function timbre() {
  return desk.parts.now?.[desk.channel];
}

/** Play on another channel from now on. */
export function choose(channel) {
  desk.channel = channel;
  try {
    localStorage.setItem("channel", String(channel));
  } catch { /* private windows keep nothing */ }
  changed("channel", String(channel));
}

try {
  desk.channel = Math.min(15, Math.max(0, Number(localStorage.getItem("channel")) || 0));
} catch { /* the first channel, then */ }
