"""What a JACK client is connected to: MIDI from keyboards, sound to the loudspeakers."""

import contextlib
import errno
from dataclasses import dataclass
from typing import Any, Final

from rtsynth import ports
from rtsynth.errors import RtsynthError

REPLUG_S: Final = 1.0
Pair = tuple[str, str]  # source, destination


@dataclass(frozen=True)
class Wiring:
    """What to connect. A name is a part of a port's name."""

    connect: bool = True
    sources: tuple[str, ...] = ()  # MIDI, or ports.ALL; none: every keyboard there is
    target: str | None = None  # sound; None: the first physical pair


class Wires:
    """Connects what is wanted as it appears, each pair once: what a user parts stays parted."""

    def __init__(self, client: Any, wiring: Wiring, outs: list[str], midi_in: str) -> None:
        """Look at what there is; `outs` and `midi_in` are our own ports' full names.

        Raises:
            RtsynthError: the target named does not exist.
        """
        self._client = client
        self._wiring = self._chosen = wiring
        self._outs = outs
        self._midi_in = midi_in
        self._made: set[Pair] = set()  # what was connected here, as long as its ports are there
        self._there: set[Pair] = set()  # what is connected, whoever did that
        self._parted_s: dict[Pair, float] = {}  # when
        self._gone = 0  # ports that had gone at the last look
        self.unmade = False  # a pair could not be connected yet: its client is not active
        self.shared: set[str] = set()  # MIDI sources that another rtsynth played already
        self.let_go: set[str] = set()  # MIDI sources that were parted because others were chosen
        self._had = self._find_sources()
        if wiring.target is not None:
            find_target(client, wiring.target)

    @property
    def description(self) -> str:
        """What MIDI comes from, for people."""
        return " + ".join(sorted(self._from(self._there))) or f"port '{self._midi_in}'"

    def has(self, source: str | None) -> bool:
        """[any] Whether the server had that MIDI source at the last look; None: any keyboard."""
        return source in self._had

    def choose(self, wiring: Wiring) -> None:
        """[any] Connect something else from the next look on.

        Raises:
            RtsynthError: the target named does not exist.
        """
        if wiring.target is not None:
            find_target(self._client, wiring.target)
        self._chosen = wiring
        self.unmade = True

    def look(self, gone: int, now_s: float) -> tuple[set[str], set[str]]:
        """Connect what appeared; returns MIDI sources that came and those that went.

        `gone` is how many ports have ever gone, `now_s` any clock.
        """
        self._rewire()
        self._had = self._find_sources()  # first: nothing is to be heard twice
        if self._wiring.connect:
            self._forget(gone, now_s)
            new = self._wanted() - self._made
            self._made |= {pair for pair in new if self._connect(*pair)}
            self.unmade = not new <= self._made
        before, self._there = self._there, self._connected()
        self._parted_s.update(dict.fromkeys(before - self._there, now_s))
        was, now = self._from(before), self._from(self._there)
        came = now - was
        self.shared = (self.shared & now) | {name for name in came if self._is_shared(name)}
        return came, was - now

    def _forget(self, gone: int, now_s: float) -> None:
        """Pairs whose ports went may be connected again when those return.

        A port that went and came back between two looks had its connections parted just before.
        """
        there = {port.name for port in self._client.get_ports()}
        kept = {pair for pair in self._made if there.issuperset(pair)}
        if gone != self._gone:
            parted = (self._there - self._connected()) | {
                pair for pair, at_s in self._parted_s.items() if now_s - at_s < REPLUG_S
            }
            kept -= parted
        self._gone = gone
        self._made = kept

    def _connected(self) -> set[Pair]:
        own = [(out, False) for out in self._outs] + [(self._midi_in, True)]
        found = [(name, is_input, self._client.get_all_connections(name)) for name, is_input in own]
        return {
            (port.name, name) if is_input else (name, port.name)
            for name, is_input, others in found
            for port in others
        }

    def _is_shared(self, source: str) -> bool:
        import jack

        own = self._midi_in.partition(":")[0]
        try:
            others = [port.name for port in self._client.get_all_connections(source)]
        except jack.JackError:  # it went meanwhile
            return False
        return any(ports.is_ours(name) and name.partition(":")[0] != own for name in others)

    def _from(self, pairs: set[Pair]) -> set[str]:
        return {source for source, destination in pairs if destination == self._midi_in}

    def _wanted(self) -> set[Pair]:
        pair = target_pair(self._client, self._wiring.target)
        sound = set(zip(self._outs, pair, strict=True)) if pair else set()
        return sound | {(source, self._midi_in) for source in self._sources()}

    def _sources(self) -> list[str]:
        """Those that were named; else all keyboards, or where there is none any other source."""
        names = source_names(self._client)
        if self._wiring.sources:
            return ports.pick_inputs(names, self._wiring.sources)
        hardware = hardware_names(self._client)
        if hardware or any(name == self._midi_in for _, name in self._made):
            return [name for name in names if name in hardware and ports.best_input([name])]
        other = ports.best_input(names)
        return [other] if other is not None else []

    def _find_sources(self) -> frozenset[str | None]:
        """Which of the sources that are named the server has, and None where it has a keyboard."""
        names = source_names(self._client)
        found = {each for each in self._wiring.sources if ports.pick_inputs(names, (each,))}
        return frozenset(found | ({None} if keyboard_names(self._client) else set()))

    def _rewire(self) -> None:
        """Part what was connected here and is not wanted any more, if something was chosen."""
        chosen = self._chosen
        if chosen is self._wiring:
            return
        self._wiring = chosen
        made, self._made = self._made, set()
        kept = self._wanted() if chosen.connect else made
        for source, destination in (made & self._there) - kept:
            self._disconnect(source, destination)
        self.let_go = self._from(made - kept)
        self._made = made & kept & self._there

    def _disconnect(self, source: str, destination: str) -> None:
        import jack

        with contextlib.suppress(jack.JackErrorCode):  # it went, or is parted already
            self._client.disconnect(source, destination)

    def _connect(self, source: str, destination: str) -> bool:
        import jack

        try:
            self._client.connect(source, destination)
        except jack.JackErrorCode as error:
            return bool(error.code == errno.EEXIST)
        return True


def source_names(client: Any) -> list[str]:
    """MIDI sources on the server, our own left out."""
    found = client.get_ports(is_midi=True, is_output=True)
    return [port.name for port in found if not ports.is_ours(port.name)]


def hardware_names(client: Any) -> set[str]:
    """MIDI sources where MIDI begins: keyboards and other hardware."""
    physical = client.get_ports(is_midi=True, is_output=True, is_physical=True)
    terminal = client.get_ports(is_midi=True, is_output=True, is_terminal=True)
    return {port.name for port in [*physical, *terminal]}


def keyboard_names(client: Any) -> list[str]:
    """The hardware among the sources that a player probably means."""
    hardware = hardware_names(client)
    found = [name for name in source_names(client) if name in hardware]
    return [name for name in found if ports.best_input([name])]


def target_names(client: Any) -> list[str]:
    """Ports that take sound, our own left out."""
    found = client.get_ports(is_audio=True, is_input=True)
    return [port.name for port in found if not ports.is_ours(port.name)]


def target_pair(client: Any, wanted: str | None) -> list[str]:
    """Where left and right go: the first pair that fits, or none. One port takes both."""
    if wanted is None:
        found = client.get_ports(is_audio=True, is_input=True, is_physical=True)
        names = [port.name for port in found]
    else:
        names = [name for name in target_names(client) if wanted.lower() in name.lower()]
    pair = names[:2]
    return pair * 2 if len(pair) == 1 else pair


def find_target(client: Any, wanted: str) -> list[str]:
    """The pair of ports with a part of a name.

    Raises:
        RtsynthError: none fits; the line names those that exist.
    """
    pair = target_pair(client, wanted)
    if not pair:
        there = "; ".join(target_names(client)) or "none at all"
        raise RtsynthError(f"no audio output '{wanted}' on JACK: there is {there}")
    return pair
