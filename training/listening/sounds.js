"use strict";
// Chance that a seed repeats, and the sounds of one trial.

// --- chance: the same seed gives the same order -------------------------------------------------

function generator(seed) { // mulberry32
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled(list, random) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

function arranged(seed) {
  const random = generator(seed);
  const parts = ["abx", "mushra"].map((kind) =>
    shuffled(plan.trials.filter((trial) => trial.kind === kind), random));
  return parts.flat().map((trial) => {
    if (trial.kind === "mushra") return { ...trial, order: shuffled(trial.systems, random) };
    const sides = shuffled(["reference", trial.system], random);
    const x = random() < 0.5 ? "A" : "B";
    return { ...trial, A: sides[0], B: sides[1], x };
  });
}

// --- sounds: one plays at a time, from its beginning, at the level of its file ------------------

class Deck {
  constructor(files) { // {name: path}
    this.plays = {};
    this.buttons = {};
    this.audio = {};
    for (const [name, path] of Object.entries(files)) {
      const audio = new Audio(path);
      audio.preload = "auto";
      audio.addEventListener("ended", () => this.stop());
      audio.addEventListener("timeupdate", () => this.mark(name));
      audio.addEventListener("error", () => say(`Cannot play ${path}: is it beside this page?`));
      this.audio[name] = audio;
      this.plays[name] = 0;
    }
  }

  button(name, label, key) {
    const made = make("button", { type: "button", className: "play" }, label);
    if (label !== key) made.append(make("kbd", {}, key));
    made.append(make("i"));
    made.setAttribute("aria-pressed", "false");
    made.setAttribute("aria-keyshortcuts", key);
    made.addEventListener("click", () => this.toggle(name));
    keys[key.toLowerCase()] = () => this.toggle(name);
    this.buttons[name] = made;
    return made;
  }

  toggle(name) {
    const sounding = this.playing === name;
    this.stop();
    if (sounding) return;
    const audio = this.audio[name];
    audio.currentTime = 0;
    this.playing = name;
    this.buttons[name].setAttribute("aria-pressed", "true");
    audio.play().then(() => {
      this.plays[name] += 1;
      if (this.onplay) this.onplay();
    }, (error) => {
      if (error.name !== "AbortError") say(`Cannot play: ${error.message}`);
    });
  }

  stop() {
    if (!this.playing) return;
    this.audio[this.playing].pause();
    this.buttons[this.playing].setAttribute("aria-pressed", "false");
    this.buttons[this.playing].querySelector("i").style.width = "0";
    this.playing = null;
  }

  mark(name) {
    const audio = this.audio[name];
    const share = this.playing === name ? audio.currentTime / audio.duration || 0 : 0;
    this.buttons[name].querySelector("i").style.width = `${100 * share}%`;
  }

  heardAll() {
    return Object.values(this.plays).every((count) => count > 0);
  }
}
