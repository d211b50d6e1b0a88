// Notes that this page holds down: a key may be held by several fingers at once.

import { desk } from "./desk.js";
import { on, send } from "./link.js";

const held = new Map(); // key -> [channel, how many hold it]
const listeners = [];

/** Call `listener(key, down)` when this page presses or lets go of a key. */
export function onNote(listener) {
  listeners.push(listener);
}

/** Press a key; velocity 1..127. */
export function press(key, velocity) {
  const now = held.get(key);
  if (now) {
    now[1] += 1;
    return;
  }
  held.set(key, [desk.channel, 1]);
  send({ do: "note", channel: desk.channel, key, velocity: clamp(velocity) });
  for (const listener of listeners) listener(key, true);
}

/** Let go of a key. */
export function release(key) {
  const now = held.get(key);
  if (!now || --now[1] > 0) return;
  held.delete(key);
  send({ do: "note", channel: now[0], key, velocity: 0 });
  for (const listener of listeners) listener(key, false);
}

/** Press harder on a key that is held: 0..127. */
export function lean(key, pressure) {
  const now = held.get(key);
  if (now) send({ do: "pressure", channel: now[0], key, value: Math.round(pressure) });
}

/** Let go of all keys. */
export function releaseAll() {
  for (const key of [...held.keys()]) {
    held.get(key)[1] = 1;
    release(key);
  }
}

const clamp = (velocity) => Math.min(127, Math.max(1, Math.round(velocity)));

on("link", ({ up }) => {
  if (!up) releaseAll();
});
addEventListener("blur", releaseAll);
addEventListener("pagehide", releaseAll);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) releaseAll();
});
