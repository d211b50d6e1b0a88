// Short ways to make elements.

/** An element by its id. */
export const $ = (id) => document.getElementById(id);

/** Make an element: attributes (on...: listeners, text: content), then children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Call `draw` once, with the next picture, however often it is asked for. */
export function soon(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}

/** Whether the user types text now: keys are letters then. */
export function isTyping() {
  const at = document.activeElement;
  return !!at && (at.tagName === "SELECT" || at.tagName === "TEXTAREA" ||
    (at.tagName === "INPUT" && !["range", "checkbox"].includes(at.type)));
}

const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** Name of a MIDI key: 60 is C4. */
export const keyName = (key) => `${NAMES[key % 12]}${Math.floor(key / 12) - 1}`;

/** Whether a MIDI key is a black one. */
export const isBlack = (key) => [1, 3, 6, 8, 10].includes(key % 12);
