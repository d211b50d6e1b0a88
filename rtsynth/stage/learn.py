"""MIDI learn: a controller that moves is given a parameter or something to do, and keeps it.

A learned controller takes over softly: it moves nothing until it passes what its parameter is set
to. Its own meaning is gone as long as it is learned.
"""

import threading
from collections.abc import Callable
from typing import Any, Final, Protocol

from rtsynth.errors import RtsynthError
from rtsynth.messages import CC_SOUND_OFF, CONTROL, Message, centred
from rtsynth.parameters import PARAMETERS, Parameter, parameter
from rtsynth.stage.mapping import NEVER, Mapping, read_mappings, write_mappings

LOW_BYTES: Final = 32  # the controller that refines one below 32 lies so much higher
NEAR: Final = 1.0  # of 127: a knob that is so near stands where its parameter does
ON: Final = 64  # a pedal or switch is down from here on

Action = Callable[[], None]


class Moves(Protocol):
    """What carries parameters out: the desk."""

    def get(self, name: str, channel: int = 0) -> float:
        """What a parameter is set to."""

    def set(self, name: str, value: float, channel: int = 0) -> float:
        """Move a parameter; returns what it is set to."""


class Learned:
    """Controllers that were learned. Thread: any; actions run on that which hears messages."""

    def __init__(self, moves: Moves, ignore: Callable[[int, int, bool], None]) -> None:
        """`ignore` says whether a controller (channel, number) loses its own meaning."""
        self.changed: Callable[[], None] = lambda: None  # hears of every change of mappings
        self._moves = moves
        self._ignore = ignore
        self._lock = threading.RLock()
        self._knobs: dict[tuple[int, int], _Knob] = {}
        self._wanted: tuple[str, int, str] | None = None  # what the next controller gets
        self._actions: dict[str, Action] = {}

    # --- learning ---------------------------------------------------------------------------
    @property
    def mappings(self) -> tuple[Mapping, ...]:
        """All that was learned, by controller."""
        with self._lock:
            return tuple(self._knobs[place].mapping for place in sorted(self._knobs))

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of what can be done."""
        return tuple(sorted(self._actions))

    @property
    def waiting(self) -> str:
        """The parameter or action that waits for a controller to move; empty: none."""
        wanted = self._wanted
        return "" if wanted is None else wanted[0] or wanted[2]

    def register(self, name: str, action: Action) -> None:
        """Something to do that a pedal or button can be given."""
        self._actions[name] = action

    def learn(self, name: str, channel: int = 0) -> None:
        """Give a parameter the next controller that moves, on whatever channel it comes.

        Raises:
            RtsynthError: there is no such parameter or channel.
        """
        self._moves.get(name, channel)
        with self._lock:
            self._wanted = name, channel if parameter(name).of_channel else 0, ""

    def learn_action(self, name: str) -> None:
        """The same for something to do.

        Raises:
            RtsynthError: it is not registered.
        """
        if name not in self._actions:
            raise RtsynthError(f"nothing is called '{name}': one of {', '.join(self.actions)}")
        with self._lock:
            self._wanted = "", 0, name

    def cancel(self) -> None:
        """Wait for no controller any more."""
        with self._lock:
            self._wanted = None

    def forget(self, name: str, channel: int = 0) -> bool:
        """Give the controller of a parameter or action its own meaning back; False: it had none."""
        known = PARAMETERS.get(name)
        if known is not None and not known.of_channel:
            channel = 0
        with self._lock:
            found = [each for each in self.mappings if each.action == name
                     or (each.parameter == name and each.channel == channel)]  # fmt: skip
            for mapping in found:
                self._remove(mapping)
        return self._tell(bool(found))

    def forget_all(self) -> None:
        """Give every controller its own meaning back."""
        self._replace(())

    # --- playing ----------------------------------------------------------------------------
    def heard(self, message: Message) -> bool:
        """Carry out a message that was played; False: it is no learned controller's.

        Raises:
            RtsynthError: the engine takes no events.
        """
        status, controller, value = message
        if status & 0xF0 != CONTROL or controller in NEVER or controller >= CC_SOUND_OFF:
            return False
        place = (status & 0x0F, controller)
        with self._lock:
            wanted, self._wanted = self._wanted, None
            if wanted is not None:
                name, channel, action = wanted
                self._add(Mapping(*place, name, channel, action), value)
            knob = self._knobs.get(place)
        if wanted is not None:
            return self._tell(True)
        if knob is None:
            refined = controller - LOW_BYTES
            return refined < LOW_BYTES and (place[0], refined) in self._knobs
        if knob.mapping.action:
            action_now = self._actions.get(knob.mapping.action)
            if knob.is_pressed(value) and action_now is not None:
                action_now()
        else:
            knob.turn(value, self._moves)
        return True

    # --- keeping ----------------------------------------------------------------------------
    def state(self) -> list[dict[str, Any]]:
        """Plain JSON values."""
        return write_mappings(self.mappings)

    def load(self, state: Any) -> None:
        """What a state says is learned, and nothing else.

        Raises:
            RtsynthError: it is wrong, in words that name the field; nothing has changed.
        """
        self._replace(read_mappings(state))

    def _replace(self, mappings: tuple[Mapping, ...]) -> None:
        with self._lock:
            for mapping in self.mappings:
                if mapping not in mappings:
                    self._remove(mapping)
            for mapping in mappings:
                if mapping not in self.mappings:
                    self._add(mapping, None)
        self._tell(True)

    def _add(self, mapping: Mapping, value: int | None) -> None:
        for each in self.mappings:  # one controller has one target, and the other way round
            if mapping.target == each.target or mapping.place == each.place:
                self._remove(each)
        self._knobs[mapping.place] = _Knob(mapping, value)
        self._mean(mapping, False)

    def _remove(self, mapping: Mapping) -> None:
        del self._knobs[mapping.place]
        self._mean(mapping, True)

    def _mean(self, mapping: Mapping, own: bool) -> None:
        """Whether a controller, and the one that refines it, has its own meaning."""
        fine = (mapping.controller + LOW_BYTES,) if mapping.controller < LOW_BYTES else ()
        for controller in (mapping.controller, *fine):
            if (mapping.source, controller) not in self._knobs or not own:
                self._ignore(mapping.source, controller, not own)

    def _tell(self, changed: bool) -> bool:
        if changed:
            self.changed()
        return changed


class _Knob:
    """Where a learned controller stands."""

    def __init__(self, mapping: Mapping, value: int | None) -> None:
        self.mapping = mapping
        self._value = value  # as it came last, 0..127; None: not since it was learned
        self._set: float | None = None  # what it set its parameter to; None: it has not caught it

    def is_pressed(self, value: int) -> bool:
        """Whether a pedal or button goes down with a value."""
        before, self._value = self._value, value
        return value >= ON and (before is None or before < ON)

    def turn(self, value: int, moves: Moves) -> None:
        """Move the parameter, if the knob stands where it is, or passes it."""
        known, channel = parameter(self.mapping.parameter), self.mapping.channel
        before, self._value = self._value, value
        present = moves.get(known.name, channel)
        if known.switch or self._set == present or _catches(known, present, before, value):
            self._set = moves.set(known.name, known.at(_part(known, value)), channel)
        else:
            self._set = None


def _part(known: Parameter, value: int) -> float:
    """Where in a parameter's range a knob stands; 64 is the middle of one with two sides."""
    if known.switch:
        return float(value >= ON)
    return 0.5 + 0.5 * centred(value) if known.low == -known.high else value / 127.0


def _catches(known: Parameter, present: float, before: int | None, value: int) -> bool:
    there, here = 127.0 * known.part(present), 127.0 * _part(known, value)
    if abs(here - there) <= NEAR:
        return True
    return before is not None and (127.0 * _part(known, before) - there) * (here - there) <= 0.0
