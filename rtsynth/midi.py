"""MIDI input: poll the ports, reconnect them. Bytes go to `Controls`; nothing is called back.

RtMidi would call a Python callback on JACK's own real-time thread, where the whole graph would
wait for Python; so its queues are polled instead.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import rtmidi

from rtsynth import jack, ports
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError, one_line
from rtsynth.midi_choice import Choice, Elsewhere
from rtsynth.midi_port import Port

POLL_S: Final = 0.0005
NOTHING_S: Final = 0.1  # the same where there is nothing to poll
SCAN_S: Final = 1.0  # how often ports are looked at
Say = Callable[[str], None]


class MidiInput:
    """The inputs of a player: those wanted and a virtual one, on a thread of their own."""

    def __init__(
        self,
        controls: Controls,
        wanted: Sequence[str],
        say: Say,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """Open the virtual port, and the inputs wanted, now or later.

        Args:
            controls: plays what comes.
            wanted: as in `Choice`.
            say: hears one-line news.
            elsewhere: as there, for players whose device brings JACK's MIDI: what that has may be
                the same as one of ours, and JACK is left to it.

        Raises:
            RtsynthError: an input named does not exist.
        """
        self._elsewhere = elsewhere
        self._but = () if elsewhere is None else (rtmidi.API_UNIX_JACK,)
        self._controls = controls
        self._say = say
        self._choice = Choice(wanted, elsewhere)
        self._api: int | None = None
        self._server: jack.ServerId | None = None
        self._scanner: Any = None
        self._virtual: Port | None = None
        self._ports: dict[str, Port] = {}
        self._names: list[str] = []  # of the inputs there were at the last look
        self._refused: set[str] = set()  # inputs that could not be opened
        self._were_ours: tuple[str, ...] | None = None
        self._next_scan_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="midi", daemon=True)
        self._open_first()

    @property
    def keyboards(self) -> list[str]:
        """The inputs that are open."""
        return list(self._ports)

    @property
    def names(self) -> list[str]:
        """The inputs there were at the last look, open or not."""
        return list(self._names)

    @property
    def description(self) -> str:
        """What is connected, for people."""
        keyboards = self.keyboards
        if keyboards:
            return " + ".join(keyboards)
        return f"port '{ports.CLIENT_NAME}'" if self._virtual is not None else "none"

    def choose(self, wanted: Sequence[str]) -> None:
        """[any] Play from these inputs from now on, as in the constructor; notes of others end.

        One that is not there is waited for.
        """
        self._choice.choose(wanted)
        self._next_scan_s = 0.0

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
        self._next_scan_s = time.monotonic() + SCAN_S
        if not self._open_api():
            if wanted := self._choice.wanted:
                raise RtsynthError(f"no MIDI input '{wanted[0]}': no ALSA sequencer, no JACK")
            self._say("no MIDI here (no ALSA sequencer, no JACK server): waiting for one")
            return
        self._names = self._look()
        self._choice.find(self._names)
        for name in self._choice.due(self._names, self._ports):
            self._open(name)
        if not self._ports:
            self._say(ports.CONNECT_HELP)

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

    def _look(self) -> list[str]:
        """Inputs there are, seen from the virtual port's client: each client is one more to wait
        for on a JACK server.
        """
        if self._virtual is not None:
            return self._virtual.inputs()
        if self._scanner is None and self._api is not None:
            self._scanner = ports.open_client(self._api, f"{ports.CLIENT_NAME}-scan")
        return ports.input_ports(self._scanner) if self._scanner is not None else []

    def _open(self, name: str) -> bool:
        """Open an input by its full name; False: it is gone already, or another has it."""
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
            if name not in self._refused:
                self._refused.add(name)
                self._say(
                    f"cannot open MIDI input {name} ({one_line(error)}): does another program have "
                    "it, or a second rtsynth? It is tried again"
                )
            return False
        self._refused.discard(name)
        self._ports[name] = Port(client, name)
        return True

    def _close(self, name: str) -> None:
        self._ports.pop(name).close(self._controls)

    def _close_all(self) -> None:
        for name in self.keyboards:
            self._close(name)
        if self._virtual is not None:
            self._virtual.close(self._controls)
            self._virtual = None
        if self._scanner is not None:
            ports.close_client(self._scanner)
            self._scanner = None

    # --- the thread -------------------------------------------------------------------------
    def _run(self) -> None:
        while not self._stop.wait(POLL_S if self._api is not None else NOTHING_S):
            try:
                ours = self._choice.ours()  # first: nothing is to be heard twice
                if ours != self._were_ours or time.monotonic() >= self._next_scan_s:
                    self._were_ours = ours
                    self._next_scan_s = time.monotonic() + SCAN_S
                    self._scan()
                for port in [*self._ports.values(), self._virtual]:
                    if port is not None:
                        port.poll(self._controls)
            except Exception as error:  # whatever a driver does, play on
                self._say(f"MIDI failed ({one_line(error)}): opening it again")
                self._close_all()
                self._api = None
                self._next_scan_s = time.monotonic() + SCAN_S

    def _scan(self) -> None:
        """Notice ports that went away and ports that came; a server that died, and its return."""
        if self._api == rtmidi.API_UNIX_JACK and jack.server_id() != self._server:
            for name in self._ports:
                self._choice.lose(name, ())
            self._close_all()
            self._api = None
            self._say("the JACK server went away: notes are released, waiting for it")
        if self._api is None and not self._open_api():
            return
        self._names = names = self._look()
        for name in [each for each in self._ports if each not in names]:
            self._close(name)
            self._choice.lose(name, names)
            self._say(f"MIDI input {name} went away: its notes are released, waiting for it")
        due = self._choice.due(self._names, self._ports)
        for name in [each for each in self._ports if each not in due]:
            self._close(name)  # the device has it, or another was chosen
        for name in [each for each in due if each not in self._ports]:
            if self._open(name):
                self._say(
                    f"MIDI input {name} is {'back' if self._choice.returns(name) else 'connected'}"
                )
