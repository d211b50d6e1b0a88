// Which is played: the player itself, or an instance of the plugin in another program.

import { desk, watch } from "./desk.js";
import { $, make } from "./dom.js";
import { goTo } from "./link.js";

let drawn = "";

function draw(plugins, here) {
  const rows = [{ number: 0, text: "This player" },
    ...plugins.map(({ number, title, timbre }) => ({
      number, text: timbre ? `${number}: ${title}, ${timbre}` : `${number}: ${title}`,
    }))];
  $("plugin").replaceChildren(...rows.map(({ number, text }) =>
    make("option", { value: number, text, selected: number === here })));
  $("where").hidden = !plugins.length && !here;
  document.body.classList.toggle("plugin", here > 0);
}

$("plugin").addEventListener("change", () => goTo(Number($("plugin").value)));

watch((kind) => {
  if (kind !== "hello" && kind !== "figures") return;
  const { plugins = [], plugin = 0 } = desk.figures;
  const now = JSON.stringify([plugins, plugin]);
  if (now === drawn) return;
  drawn = now;
  draw(plugins, plugin);
});
