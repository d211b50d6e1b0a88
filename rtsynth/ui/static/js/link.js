// The WebSocket to the player: it comes back by itself, and says so when it is gone.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const TRIES_OF_PLUGIN = 3;
const handlers = new Map();
let socket = null;
let tries = 0;
let frames = 0;
let plugin = 0; // number of the instance that is played; 0: the player itself
let waiting = 0; // the timer of the next try

/** Call `handler` with every message of a kind: "hello", "changes", "news", "refused", "frame", "link". */
export function on(kind, handler) {
  if (!handlers.has(kind)) handlers.set(kind, []);
  handlers.get(kind).push(handler);
}

function tell(kind, message) {
  for (const handler of handlers.get(kind) ?? []) handler(message);
}

/** Ask for something; false where nobody hears it now. */
export function send(order) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(order));
  return true;
}

/** Connect, and connect again whenever the connection ends. */
export function connect() {
  clearTimeout(waiting);
  const mine = new WebSocket(`ws://${location.host}/play${plugin ? `?plugin=${plugin}` : ""}`);
  socket = mine;
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    frames = 0;
  };
  socket.onmessage = (event) => mine === socket && receive(event);
  socket.onclose = (event) => {
    if (mine !== socket) return; // another is played by now
    tell("link", { up: false, why: event.reason });
    if (plugin && tries >= TRIES_OF_PLUGIN) plugin = tries = 0; // it went: back to the player
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
    waiting = setTimeout(connect, wait);
  };
}

/** Play an instance of the plugin from now on; 0: the player itself. */
export function goTo(number) {
  plugin = number;
  tries = 0;
  socket?.close();
  connect();
}

function receive({ data }) {
  if (typeof data !== "string") {
    frames += 1;
    send({ do: "seen", frames });
    tell("frame", data);
    return;
  }
  const message = JSON.parse(data);
  if (message.kind === "hello") {
    tries = 0;
    tell("link", { up: true });
  }
  tell(message.kind, message);
}
