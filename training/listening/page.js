"use strict";
// A listening test: trials from the embedded plan, progress in this browser, results to a file.

const plan = JSON.parse(new TextDecoder().decode(
  Uint8Array.from(atob(document.getElementById("plan").textContent), (c) => c.charCodeAt(0))));
const STORE = `rtsynth-listening-${plan.test}`;
const main = document.getElementById("main");
const SCALE = ["Bad", "Poor", "Fair", "Good", "Excellent"];
let state = null; // {listener, seed, started, finished, answers: {trial id: answer}}
let trials = []; // in this listener's order
let keys = {}; // what a key does now: {key: function}
let deck = null;

// --- the page -----------------------------------------------------------------------------------

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

function say(text) {
  document.getElementById("status").textContent = text;
}

function show(title, ...nodes) {
  main.replaceChildren(make("h2", {}, title), ...nodes);
  main.focus();
  window.scrollTo(0, 0);
  const done = state ? Object.keys(state.answers).length : 0;
  const bar = document.querySelector(".bar");
  bar.setAttribute("aria-valuenow", Math.round((100 * done) / plan.trials.length));
  bar.firstElementChild.style.width = `${(100 * done) / plan.trials.length}%`;
  document.getElementById("place").textContent =
    state && !state.finished ? `${done + 1} of ${plan.trials.length}` : "";
  document.getElementById("save").hidden = !state || state.finished || done === 0;
}

function clear() {
  if (deck) deck.stop();
  deck = null;
  keys = { escape: () => deck && deck.stop() };
  say("");
}

function welcome() {
  clear();
  const saved = JSON.parse(localStorage.getItem(STORE) || "null");
  const listener = make("input", { id: "listener", required: true, maxLength: 40, autocomplete: "off" });
  const seed = make("input", { id: "seed", type: "number", min: 0, max: 4294967295, step: 1,
    value: crypto.getRandomValues(new Uint32Array(1))[0] });
  const form = make("form", {},
    make("div", { className: "field" }, make("label", { htmlFor: "listener" }, "Your name or initials"), listener),
    make("div", { className: "field" }, make("label", { htmlFor: "seed" }, "Seed of the order"), seed),
    make("div", { className: "end" }, make("span"), make("button", { className: "main", id: "begin" }, "Begin")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const started = new Date().toISOString();
    resume({ listener: listener.value.trim(), seed: Number(seed.value), started, finished: null, answers: {} });
  });
  deck = new Deck({ level: plan.level });
  const nodes = [
    make("p", {}, `${plan.trials.length} short trials of single notes. Use headphones in a quiet room. Every sound may be played as often as you like; all sounds of a trial are equally loud.`),
    make("div", { className: "row" }, deck.button("level", "Set your volume", "V")),
    make("p", { className: "hint" }, "Make it comfortable now, then leave it as it is until the end."),
  ];
  if (saved && saved.answers && !saved.finished) {
    const count = Object.keys(saved.answers).length;
    const go = make("button", { type: "button", className: "main", id: "resume" }, "Go on");
    go.addEventListener("click", () => resume(saved));
    nodes.push(make("p", {}, `${saved.listener} has answered ${count} trials in this browser.`),
      make("div", { className: "row" }, go), make("h2", {}, "Or start anew"));
  }
  show("Before you begin", ...nodes, form);
}

function resume(saved) {
  state = saved;
  trials = arranged(state.seed);
  next();
}

function next() {
  localStorage.setItem(STORE, JSON.stringify(state));
  clear();
  const trial = trials.find((each) => !(each.id in state.answers));
  if (!trial) return finish();
  (trial.kind === "abx" ? abx : mushra)(trial, plan.items[trial.item].files);
}

function proceed(trial, began, ready, answer) {
  const button = make("button", { type: "button", className: "main", id: "next", disabled: true }, "Next", make("kbd", {}, "Enter"));
  const act = () => {
    if (button.disabled) return say("Play every sound and answer first.");
    state.answers[trial.id] = { ...answer(), plays: deck.plays, seconds: Math.round((Date.now() - began) / 100) / 10 };
    next();
  };
  button.addEventListener("click", act);
  keys.enter = act;
  const look = () => { button.disabled = !(deck.heardAll() && ready()); };
  deck.onplay = look;
  return { button, look };
}

function abx(trial, files) {
  deck = new Deck({ A: files[trial.A], B: files[trial.B], X: files[trial[trial.x]] });
  const radios = ["A", "B"].map((side) => make("input", { type: "radio", name: "answer", value: side, id: `is${side}` }));
  const chosen = () => radios.find((radio) => radio.checked);
  const end = proceed(trial, Date.now(), chosen, () => ({ A: trial.A, B: trial.B, x: trial.x, answer: chosen().value }));
  const set = make("fieldset", {}, make("legend", {}, "X is the same sound as"));
  radios.forEach((radio, i) => {
    radio.addEventListener("change", end.look);
    set.append(make("label", { className: "choice", htmlFor: radio.id }, radio, radio.value, make("kbd", {}, i + 1)));
    keys[String(i + 1)] = () => { radio.checked = true; radio.focus(); end.look(); };
  });
  show("Is X the same as A or as B?",
    make("p", {}, "A and B differ. X is one of the two. If you hear no difference, guess."),
    make("div", { className: "row" }, ...["A", "B", "X"].map((name) => deck.button(name, name, name))),
    set, make("div", { className: "end" }, make("span", { className: "hint" }, "Esc stops the sound."), end.button));
}

function mushra(trial, files) {
  const sounds = Object.fromEntries(trial.order.map((system, i) => [i + 1, files[system]]));
  deck = new Deck({ reference: files.reference, ...sounds });
  const sliders = trial.order.map((_, i) => make("input", { type: "range", min: 0, max: 100, step: 1, value: 50,
    className: "unset", id: `rate${i + 1}` }));
  const rated = () => sliders.every((slider) => !slider.classList.contains("unset"));
  const end = proceed(trial, Date.now(), rated, () => ({ order: trial.order,
    ratings: Object.fromEntries(trial.order.map((system, i) => [system, Number(sliders[i].value)])) }));
  const rows = sliders.map((slider, i) => {
    const value = make("output", { htmlFor: slider.id }, "–");
    slider.setAttribute("aria-label", `Rating of sound ${i + 1}, 0 bad to 100 excellent`);
    const set = () => { slider.classList.remove("unset"); value.value = slider.value; end.look(); };
    slider.addEventListener("input", set);
    slider.addEventListener("click", set);
    slider.addEventListener("keydown", (event) => event.key === " " && set());
    return make("div", { className: "rating" }, deck.button(i + 1, `Sound ${i + 1}`, String(i + 1)), slider, value);
  });
  const scale = make("div", { className: "scale", ariaHidden: "true" }, make("span"),
    make("div", {}, ...SCALE.map((word) => make("span", {}, word))), make("span"));
  show("How close is each sound to the reference?",
    make("p", {}, "Rate every sound. One of them is the reference itself and should get 100."),
    make("div", { className: "row" }, deck.button("reference", "Reference", "R")), scale, ...rows,
    make("div", { className: "end" }, make("span", { className: "hint" }, "Sliders: Tab and arrow keys. Esc stops the sound."), end.button));
}

// --- results ------------------------------------------------------------------------------------

function results() {
  const byId = Object.fromEntries(plan.trials.map((trial) => [trial.id, trial]));
  const answers = Object.entries(state.answers).map(([id, answer]) => {
    const { kind, system, item } = byId[id];
    const { timbre, key, velocity } = plan.items[item];
    return { trial: id, kind, ...(system ? { system } : {}), timbre, key, velocity, ...answer };
  });
  const { listener, seed, started, finished } = state;
  return { format: plan.format, test: plan.test, instrument: plan.instrument, listener, seed, started, finished, answers };
}

function save() {
  const text = JSON.stringify(results(), null, 1);
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
  link.download = `listening-${plan.test}-${state.listener.replace(/[^\p{L}\p{N}-]+/gu, "_")}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(`Saved as ${link.download} among your downloads.`);
}

function finish() {
  state.finished = state.finished || new Date().toISOString();
  localStorage.setItem(STORE, JSON.stringify(state));
  const { answers } = results();
  const right = answers.filter((each) => each.kind === "abx" && each.answer === each.x).length;
  const asked = answers.filter((each) => each.kind === "abx").length;
  const button = make("button", { type: "button", className: "main", id: "download" }, "Save the results");
  button.addEventListener("click", save);
  show("That was all: thank you",
    make("p", {}, "Please save the results and send the file to whoever asked you."),
    make("div", { className: "row" }, button),
    make("p", {}, asked ? `You told X right in ${right} of ${asked} trials; guessing gives ${asked / 2}.` : ""));
}

document.getElementById("save").addEventListener("click", save);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=radio], [type=range])")) return;
  if (event.key === "Enter" && event.target.matches("button")) return; // the button's own key
  const act = keys[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
welcome();
