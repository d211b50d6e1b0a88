// The WebSocket to the player: it comes back by itself, and says so when it is gone.

const RETRY_MS = [250, 500, 1000, 2000, 4000];
const handlers = new Map();
let socket = null;
let tries = 0;
let frames = 0;

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
  socket = new WebSocket(`ws://${location.host}/play`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    frames = 0;
  };
  socket.onmessage = receive;
  socket.onclose = (event) => {
    tell("link", { up: false, why: event.reason });
    const wait = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
    setTimeout(connect, wait);
  };
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
