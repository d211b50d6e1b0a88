// A parameter as a slider or a switch, with its value and a button to learn a controller.

import { desk, keyOf, set, value, watch } from "./desk.js";
import { make, soon } from "./dom.js";
import { send } from "./link.js";

const STEPS = 200;
const shown = []; // every control: {name, input, output, learn}

/** How a value reads: percent where it has no unit. */
export function reads(parameter, amount) {
  if (parameter.switch) return amount >= 0.5 ? "on" : "off";
  if (parameter.unit === "" && parameter.high - parameter.low <= 2) {
    const percent = Math.round(100 * amount);
    return parameter.low < 0 && percent > 0 ? `+${percent} %` : `${percent} %`;
  }
  const range = parameter.high - parameter.low;
  const digits = range > 40 ? 0 : range > 4 ? 1 : 2;
  return `${amount.toFixed(digits)} ${parameter.unit}`.trim();
}

const stepOf = (parameter) =>
  (parameter.high - parameter.low > 20 && ["semitones", ""].includes(parameter.unit)
    ? 1 : (parameter.high - parameter.low) / STEPS);

/** Fill the track from its middle or its left end to where the thumb is. */
export function fill(input) {
  const part = (number) => (100 * (number - input.min)) / (input.max - input.min);
  const middle = part(input.min < 0 && input.max > 0 ? 0 : Number(input.min));
  const at = part(Number(input.value));
  input.style.setProperty("--from", `${Math.min(middle, at)}%`);
  input.style.setProperty("--to", `${Math.max(middle, at)}%`);
}

/** A control for a parameter. */
export function control(parameter) {
  const id = `p-${parameter.name}`;
  const output = make("output", { for: id });
  const label = make("label", { for: id, text: parameter.label });
  const learn = make("button", {
    type: "button", class: "learn", "aria-pressed": "false",
    onclick: () => send({
      do: learn.getAttribute("aria-pressed") === "true" ? "stop_learning"
        : learn.hasAttribute("data-learned") ? "forget" : "learn",
      name: parameter.name, channel: desk.channel,
    }),
  });
  const input = parameter.switch
    ? make("input", { id, type: "checkbox", role: "switch" })
    : make("input", {
      id, type: "range", min: parameter.low, max: parameter.high, step: stepOf(parameter),
    });
  const each = { parameter, input, output, learn, moved: 0 };
  const later = soon(() => set(parameter.name, each.wanted));
  input.addEventListener("input", () => {
    each.moved = performance.now();
    each.wanted = parameter.switch ? Number(input.checked) : Number(input.value);
    tellValue(each, each.wanted);
    later();
  });
  input.addEventListener("dblclick", () => {
    if (parameter.switch) return;
    each.wanted = parameter.default;
    later();
    show(each, parameter.default);
  });
  shown.push(each);
  show(each, value(parameter.name));
  showLearn(each);
  return parameter.switch
    ? make("div", { class: "slider switch" }, label, learn, input)
    : make("div", { class: "slider" }, label, output, learn, input);
}

function tellValue(each, amount) {
  const words = reads(each.parameter, amount);
  each.output.textContent = words;
  if (!each.parameter.switch) {
    each.input.setAttribute("aria-valuetext", words);
    fill(each.input);
  }
}

function show(each, amount) {
  if (each.parameter.switch) each.input.checked = amount >= 0.5;
  else each.input.value = amount;
  tellValue(each, amount);
}

/** Beside each control: which controller moves it, or a way to learn one. */
function showLearn(each) {
  const { name, label } = each.parameter;
  const learned = desk.parts.learned?.all[keyOf(name)];
  const waits = desk.figures.waiting === name;
  each.learn.setAttribute("aria-pressed", String(waits));
  each.learn.textContent = waits ? "move it" : learned?.replace(/,.*/, "") ?? "learn";
  each.learn.toggleAttribute("data-learned", !!learned && !waits);
  each.learn.setAttribute("aria-label",
    waits ? `${label}: move a controller to learn it, press to stop`
      : learned ? `${label}: moved by ${learned}, press to forget it` : `${label}: learn a controller`);
}

const SETTLED_MS = 400; // what the player says of a slider that is moved here comes too late

/** Show what the player says, once the slider has rested. */
function settle(each) {
  const since = performance.now() - each.moved;
  if (since < SETTLED_MS) setTimeout(() => settle(each), SETTLED_MS - since + 1);
  else show(each, value(each.parameter.name));
}

let waiting = "";

watch((kind, key) => {
  if (kind === "figures") {
    if (desk.figures.waiting === waiting) return;
    waiting = desk.figures.waiting;
  }
  for (const each of shown) {
    if (kind === "value" && key !== keyOf(each.parameter.name)) continue;
    if (kind === "learned" || kind === "figures") showLearn(each);
    else if (["channel", "hello", "value"].includes(kind)) {
      if (kind === "value") settle(each);
      else show(each, value(each.parameter.name));
      if (kind !== "value") showLearn(each);
    }
  }
});
