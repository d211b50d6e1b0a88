// The computer's keyboard as a piano: two rows, by the places of keys and not by what is on them.

import { $, isTyping } from "./dom.js";
import { desk } from "./desk.js";
import { press, release, releaseAll } from "./notes.js";

const ROWS = [
  ["KeyZ", "KeyS", "KeyX", "KeyD", "KeyC", "KeyV", "KeyG", "KeyB", "KeyH", "KeyN", "KeyJ", "KeyM",
    "Comma", "KeyL", "Period", "Semicolon", "Slash"],
  ["KeyQ", "Digit2", "KeyW", "Digit3", "KeyE", "KeyR", "Digit5", "KeyT", "Digit6", "KeyY", "Digit7",
    "KeyU", "KeyI", "Digit9", "KeyO", "Digit0", "KeyP"],
];
const OFFSETS = new Map(ROWS.flatMap((row, n) => row.map((code, i) => [code, 12 * n + i])));
const LETTERS = { Comma: ",", Period: ".", Semicolon: ";", Slash: "/" };
const down = new Map(); // note that each code holds
let octave = 48; // what KeyZ plays
const box = $("typing");
const strength = $("strength");

/** What is written on the key that plays a note, "" where none does. */
function letterOf(key) {
  const code = [...OFFSETS].findLast(([, offset]) => octave + offset === key)?.[0];
  return code ? LETTERS[code] ?? code.replace(/Key|Digit/, "") : "";
}

/** Write the letters on the keys. */
function label() {
  for (const element of document.querySelectorAll(".key")) {
    const letter = box.checked ? letterOf(Number(element.dataset.key)) : "";
    let mark = element.querySelector("kbd");
    if (!letter) mark?.remove();
    else {
      if (!mark) {
        mark = document.createElement("kbd");
        mark.setAttribute("aria-hidden", "true");
        element.append(mark);
      }
      mark.textContent = letter;
    }
  }
}

function shift(by) {
  octave = Math.min(84, Math.max(24, octave + by));
  label();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping() || !box.checked) return;
  if (event.code === "BracketLeft" || event.code === "BracketRight") {
    event.preventDefault();
    shift(event.code === "BracketLeft" ? -12 : 12);
    return;
  }
  if (!OFFSETS.has(event.code)) return;
  event.preventDefault();
  if (event.repeat || down.has(event.code)) return;
  const key = octave + OFFSETS.get(event.code);
  down.set(event.code, key);
  press(key, Number(strength.value));
});

addEventListener("keyup", (event) => {
  if (!down.has(event.code)) return;
  release(down.get(event.code));
  down.delete(event.code);
});

addEventListener("blur", () => down.clear());

document.addEventListener("focusin", () => {
  if (!isTyping() || !down.size) return;
  for (const key of down.values()) release(key);
  down.clear();
});

function remember() {
  try {
    localStorage.setItem("typing", box.checked ? "on" : "off");
    localStorage.setItem("strength", strength.value);
  } catch { /* private windows keep nothing */ }
}

box.addEventListener("change", () => {
  if (!box.checked) {
    releaseAll();
    down.clear();
  }
  remember();
  label();
});
strength.addEventListener("change", remember);
try {
  box.checked = localStorage.getItem("typing") !== "off";
  strength.value = localStorage.getItem("strength") ?? strength.value;
} catch { /* as it stands in the page */ }
addEventListener("keys-shown", label);
label();
