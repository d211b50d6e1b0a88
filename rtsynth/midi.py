"""MIDI input: poll the ports, reconnect them. Bytes go to `Controls`; nothing is called back.

RtMidi would call a Python callback on JACK's own real-time thread, where the whole graph would
wait for Python; so its queues are polled instead.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import rtmidi

from rtsynth import jack, ports
from rtsynth.controls import Controls, HeldNotes, Parser
from rtsynth.errors import RtsynthError, one_line

POLL_S: Final = 0.0005
NOTHING_S: Final = 0.1  # the same where there is nothing to poll
SCAN_S: Final = 1.0  # how often ports are looked at
MESSAGES_A_POLL: Final = 512  # a flood on one port must not starve the other
LATE_NS: Final = 20_000_000  # an arrival that seems older than this was counted wrong
Say = Callable[[str], None]


class ArrivalClock:
    """When messages really arrived, from RtMidi's time differences: polling adds no jitter."""

    def __init__(self) -> None:
        self._at_ns = 0

    def stamp(self, delta_s: float, now_ns: int) -> int:
        """Arrival in time.monotonic_ns() of a message that came delta_s after the one before."""
        at_ns = self._at_ns + round(delta_s * 1e9)
        if not now_ns - LATE_NS <= at_ns <= now_ns:
            at_ns = now_ns  # the first message, lost ones between, or clocks drifting apart
        self._at_ns = at_ns
        return at_ns


class Port:
    """One open input and what it holds down. Thread: MIDI."""

    def __init__(self, client: Any, name: str) -> None:
        self.name = name
        self._client = client
        self._parser = Parser()
        self._held = HeldNotes()
        self._clock = ArrivalClock()
        self._unread = 0  # messages that came one behind the other, with no gap
        self._lost = False  # a message, perhaps: it may have been a note off

    def poll(self, controls: Controls) -> int:
        """Play what has arrived; returns how many messages."""
        for count in range(MESSAGES_A_POLL):
            event = self._client.get_message()
            if event is None:
                self._lost = self._lost or self._unread >= ports.QUEUE_MESSAGES
                self._unread = 0
                if self._lost:
                    self._lost = not self._held.release(controls.at)
                return count
            data, delta_s = event
            arrived_ns = self._clock.stamp(delta_s, time.monotonic_ns())
            for message in self._parser.feed(data):
                if isinstance(message, bytes):
                    controls.sysex(message)
                elif controls.live(message, arrived_ns):
                    self._held.note(message)
                else:
                    self._lost = True
        self._unread += MESSAGES_A_POLL
        return MESSAGES_A_POLL

    def inputs(self) -> list[str]:
        """Names of the inputs that the port's client sees."""
        return ports.input_ports(self._client)

    def close(self, controls: Controls) -> None:
        """Let go of everything that is held, then of the port."""
        self._held.release(controls.at)
        ports.close_client(self._client)


class MidiInput:
    """The inputs of a player: one hardware port and a virtual one, on a thread of their own."""

    def __init__(
        self,
        controls: Controls,
        wanted: str | None,
        say: Say,
        elsewhere: Callable[[], bool] | None = None,
    ) -> None:
        """Open the virtual port, and the input named (None: the best there is, now or later).

        `elsewhere` is for players whose device brings JACK's MIDI: JACK is left to that, and no
        input is open while it says that the device has the keyboards, which may be the same.

        Raises:
            RtsynthError: the input named does not exist.
        """
        self._elsewhere = elsewhere
        self._but = () if elsewhere is None else (rtmidi.API_UNIX_JACK,)
        self._controls = controls
        self._say = say
        self._wanted = ports.stable_name(wanted) if wanted else None
        self._api: int | None = None
        self._server: jack.ServerId | None = None
        self._scanner: Any = None
        self._virtual: Port | None = None
        self._port: Port | None = None
        self._lost = ""  # name of a port that went away
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._open_first()

    @property
    def keyboard(self) -> str | None:
        """The input that is open, None: none is."""
        port = self._port
        return port.name if port is not None else None

    @property
    def description(self) -> str:
        """What is connected, for people."""
        keyboard = self.keyboard
        if keyboard is not None:
            return keyboard
        return f"port '{ports.CLIENT_NAME}'" if self._virtual is not None else "none"

    def start(self) -> None:
        """[control] Start polling."""
        self._thread.start()

    def stop(self) -> None:
        """[control] Stop polling, release what is held, close the ports."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._close_all()

    # --- opening ----------------------------------------------------------------------------
    def _open_first(self) -> None:
        if self._elsewhere is not None:  # what JACK has is not known before it plays
            self._open_api()
            return
        if not self._open_api():
            if self._wanted:
                raise RtsynthError(f"no MIDI input '{self._wanted}': no ALSA sequencer, no JACK")
            self._say("no MIDI here (no ALSA sequencer, no JACK server): waiting for one")
            return
        names = self._names()
        name = ports.find_input(names, self._wanted) if self._wanted else ports.best_input(names)
        if name is None or not self._open(name):
            self._say(ports.CONNECT_HELP)
        elif self._wanted and self._wanted.isdigit():
            self._wanted = ports.stable_name(name)  # numbers move when ports come and go

    def _open_api(self) -> bool:
        """Find a MIDI interface and open the virtual port on it; False: there is none."""
        self._api = ports.choose_api(*self._but)
        if self._api is None:
            return False
        self._server = jack.server_id()
        client = ports.open_client(self._api)
        if client is not None:
            try:
                client.open_virtual_port(ports.CLIENT_NAME)
                self._virtual = Port(client, ports.CLIENT_NAME)
            except (rtmidi.RtMidiError, NotImplementedError):
                ports.close_client(client)  # Windows has no virtual ports
        return True

    def _names(self) -> list[str]:
        """Inputs there are, seen from the virtual port's client: each client is one more to wait
        for on a JACK server.
        """
        if self._virtual is not None:
            return self._virtual.inputs()
        if self._scanner is None and self._api is not None:
            self._scanner = ports.open_client(self._api, f"{ports.CLIENT_NAME}-scan")
        return ports.input_ports(self._scanner) if self._scanner is not None else []

    def _open(self, name: str) -> bool:
        """Open an input by its full name; False: it is gone already or in use."""
        client = (
            ports.open_client(self._api, f"{ports.CLIENT_NAME}-in")
            if self._api is not None
            else None
        )
        if client is None:
            return False
        try:
            client.open_port(client.get_ports().index(name), "in")
        except (rtmidi.RtMidiError, ValueError) as error:
            ports.close_client(client)
            self._say(f"cannot open MIDI input {name} ({one_line(error)})")
            return False
        self._port = Port(client, name)
        return True

    def _close_all(self) -> None:
        for port in (self._port, self._virtual):
            if port is not None:
                port.close(self._controls)
        self._port = self._virtual = None
        if self._scanner is not None:
            ports.close_client(self._scanner)
            self._scanner = None

    # --- the thread -------------------------------------------------------------------------
    def _run(self) -> None:
        next_scan_s = time.monotonic() + (SCAN_S if self._elsewhere is None else 0.0)
        while not self._stop.wait(POLL_S if self._api is not None else NOTHING_S):
            try:
                if self._port is not None and self._is_elsewhere():
                    self._port.close(self._controls)
                    self._port = None
                for port in (self._port, self._virtual):
                    if port is not None:
                        port.poll(self._controls)
                if time.monotonic() >= next_scan_s:
                    next_scan_s = time.monotonic() + SCAN_S
                    self._scan()
            except Exception as error:  # whatever a driver does, play on
                self._say(f"MIDI failed ({one_line(error)}): opening it again")
                self._close_all()
                self._api = None
                next_scan_s = time.monotonic() + SCAN_S

    def _scan(self) -> None:
        """Notice ports that went away and ports that came; a server that died, and its return."""
        if self._api == rtmidi.API_UNIX_JACK and jack.server_id() != self._server:
            self._lost = self._port.name if self._port is not None else self._lost
            self._close_all()
            self._api = None
            self._say("the JACK server went away: notes are released, waiting for it")
        if self._api is None and not self._open_api():
            return
        names = self._names()
        if self._port is not None and self._port.name not in names:
            self._lost = self._port.name
            self._port.close(self._controls)
            self._port = None
            self._say(f"MIDI input {self._lost} went away: its notes are released, waiting for it")
        if self._port is None and not self._is_elsewhere():
            name = self._returning(names)
            if name is not None and self._open(name):
                self._say(f"MIDI input {name} is {'back' if self._lost else 'connected'}")
                self._lost = ""

    def _is_elsewhere(self) -> bool:
        return self._elsewhere is not None and self._elsewhere()

    def _returning(self, names: list[str]) -> str | None:
        """The input to open now: the one that was lost, the one wanted, or the best."""
        wanted = ports.stable_name(self._lost) if self._lost else self._wanted
        if wanted is None:
            return ports.best_input(names)
        return next((name for name in names if wanted.lower() in name.lower()), None)
