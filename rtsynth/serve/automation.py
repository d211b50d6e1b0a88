"""What a host moves and what it is told: parameters by their places in the plugins' table.

A value comes from the host by the `told` queue; the audio thread has carried it out by then, but
for what is the desk's own. What anybody else moves goes back by the `moved` queue, and what the
host moved itself never does: an older value must not take the place of a newer one.
"""

import math
from collections.abc import Iterable
from typing import Final

from rtsynth._core import Link
from rtsynth.controllers import Followed, messages_of
from rtsynth.desk import Change
from rtsynth.messages import PROGRAM as PROGRAM_CHANGE
from rtsynth.parameters import Parameter
from rtsynth.rig import Rig
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES, PROGRAM, TIMBRE_X, TIMBRE_Y
from rtsynth.ui.channels import Channels

SAME_PLACE: Final = 1e-3  # on the timbre map
BY_MESSAGES: Final = ("cc", "rpn", "turn")
MONO: Final = "mono"
CARRIED_OUT: Final = "gain"  # of the desk's own, by the plugin
Told = Iterable[tuple[int, float]]
Moved = tuple[int, bool]  # a place, and whether it was only played


class Automation:
    """Between one host and one rig. Thread: the follower, but for `changed`."""

    def __init__(self, link: Link, rig: Rig, channels: Channels) -> None:
        """`channels` knows where timbres lie."""
        self._link = link
        self._rig = rig
        self._channels = channels
        self._moved: dict[Moved, float] = {}  # what the host does not know yet, in order
        self._said: dict[str, list[float]] = {}  # by the host, as messages that are not heard yet
        self._said_before: dict[str, list[float]] = {}
        self._speaking: str | None = None  # what the host moves at this moment
        self._place = self._now()

    def follow(self, told: Told) -> None:
        """Take note of what the host moved. Call it before the desk catches up."""
        self._said_before, self._said = self._said, {}
        place = dict[str, float]()
        for index, value in told:
            if not 0 <= index < len(HOST_PARAMETERS) or value != value:
                continue
            known = HOST_PARAMETERS[index].known
            value = known.clamped(value)
            self._forget(index)
            if known.name in (TIMBRE_X, TIMBRE_Y):
                place[known.name] = value
            elif _is_message(known):
                self._rig.desk.stand(known.name, value)
                self._said.setdefault(known.name, []).append(value)
            else:
                self._carry_out(known, value)
        if place:
            self._go(place)

    def changed(self, change: Change) -> None:
        """Something moved on the desk. Thread: any; it does not wait."""
        if change.channel != 0 or change.name == self._speaking:
            return
        if change.name == "timbre":
            place = self._now()
            if self._speaking != TIMBRE_X and place != self._place:
                self._place = place
                self._move_place(change.played and self._rig.desk.bounces)
        elif change.name in PLACES:
            index = PLACES[change.name]
            known = HOST_PARAMETERS[index].known
            if self._was_said(known, change.value) or self._is_being_said(known):
                self._forget(index)
            else:
                self._move(index, change.value, change.played)

    def tell(self) -> None:
        """Send what the host does not know yet, as far as its queue has room."""
        for (index, played), value in list(self._moved.items()):
            if not self._link.move(index, value, played):
                return
            if self._moved.get((index, played)) == value:
                del self._moved[index, played]

    def begin(self) -> None:
        """A project's state was loaded: the host has its values, but where the timbre lies."""
        self._moved.clear()
        self._place = self._now()
        self._move_place(False)
        self.tell()  # before the host hears that the state was loaded: what it sets then is newer

    def values(self) -> list[float]:
        """All parameters of the host as they were set; NaN: of one that has no value here."""
        desk = self._rig.desk
        places = dict(zip((TIMBRE_X, TIMBRE_Y), self._now(), strict=True)) | {PROGRAM: math.nan}
        return [places[each.known.name] if each.known.name in places
                else desk.standing(each.known.name) for each in HOST_PARAMETERS]  # fmt: skip

    @property
    def is_host_speaking(self) -> bool:
        """Whether what the desk says at this moment is what the host set."""
        return self._speaking is not None

    def _move_place(self, played: bool) -> None:
        for name, value in zip((TIMBRE_X, TIMBRE_Y), self._place, strict=True):
            self._move(PLACES[name], value, played)

    def _move(self, index: int, value: float, played: bool) -> None:
        """What was set is told before what was played upon it."""
        self._moved.pop((index, played), None)
        if not played:
            self._moved.pop((index, True), None)
        self._moved[index, played] = value

    def _forget(self, index: int) -> None:
        for played in (False, True):
            self._moved.pop((index, played), None)

    def _carry_out(self, known: Parameter, value: float) -> None:
        desk = self._rig.desk
        self._speaking = known.name
        try:
            if known.name == PROGRAM:
                self._rig.controls.at((PROGRAM_CHANGE, int(value), 0))
            elif known.home == "core" or known.name == CARRIED_OUT:
                desk.note(known.name, value)
            elif desk.get(known.name) != value:
                desk.set(known.name, value)
        finally:
            self._speaking = None

    def _go(self, place: dict[str, float]) -> None:
        """The host moved the timbre on the map; a place where it is already changes nothing."""
        x, y = place.get(TIMBRE_X, self._place[0]), place.get(TIMBRE_Y, self._place[1])
        if max(abs(x - self._place[0]), abs(y - self._place[1])) <= SAME_PLACE:
            return
        self._place = x, y
        self._speaking = TIMBRE_X
        try:
            self._channels.drop(0, x, y)
        finally:
            self._speaking = None

    def _now(self) -> tuple[float, float]:
        found = self._channels.now(0)
        return float(found["x"]), float(found["y"])

    def _was_said(self, known: Parameter, value: float) -> bool:
        """Whether a value that was heard is one that the host sent as a message."""
        if not _is_message(known):
            return False
        for said in (self._said_before, self._said):
            values = said.get(known.name, [])
            for at, each in enumerate(values):
                if heard_as(known, each) == value:
                    del values[: at + 1]
                    return True
        return False

    def _is_being_said(self, known: Parameter) -> bool:
        """Whether a newer value of the host's is on its way: what a reset brings is soon past."""
        return any(said.get(known.name) for said in (self._said_before, self._said))


def _is_message(known: Parameter) -> bool:
    """Whether the audio thread carries a parameter out as messages, which are heard as well."""
    return known.home in BY_MESSAGES or known.name == MONO


def heard_as(known: Parameter, value: float) -> float:
    """The value that comes back of one that went out as a message."""
    heard = Followed()
    found = value
    for message in messages_of(known, value, 0):
        for name, each in heard.follow(message):
            found = each if name == known.name else found
    return found
