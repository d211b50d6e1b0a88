"""What each timbre slot holds, and which of them gives way for another timbre."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from rtsynth import contract
from rtsynth.metadata import Timbre
from rtsynth.timbres import NEUTRAL, Turns

NO_SLOT: Final = -1
_EMPTY, _MADE, _PRESET, _LENT, _PLAYED = range(5)  # how much a slot would be missed


class Content(NamedTuple):
    """A timbre and how it is turned."""

    base: Timbre  # compared by identity
    turns: Turns
    onsets: bool  # new notes may begin in it; else it is for notes that are held


class Contents:
    """Timbres of an instrument begin in the slots of their numbers. Thread: any one."""

    def __init__(self, presets: Sequence[Timbre]) -> None:
        self._contents: list[Content | None] = [None] * contract.TIMBRE_SLOTS
        for i, timbre in enumerate(presets):
            self._contents[i] = Content(timbre, NEUTRAL, True)
        self._presets = {id(timbre) for timbre in presets}
        self._left = [0] * contract.TIMBRE_SLOTS  # when it was left last
        self._time = 0

    def __getitem__(self, slot: int) -> Content | None:
        return self._contents[slot]

    def adopt(self, presets: Iterable[Timbre]) -> None:
        """Other timbres are the presets from now on; slots hold what they held."""
        self._presets = {id(timbre) for timbre in presets}

    def timbres(self) -> list[Timbre]:
        """All that slots hold, before any turns."""
        return [content.base for content in self._contents if content is not None]

    def put(self, slot: int, content: Content) -> None:
        """A slot holds something else from now on."""
        self._contents[slot] = content

    def with_turns(self, turns: Turns) -> list[tuple[int, Timbre]]:
        """Slots in which new notes may begin, with timbres that are turned so."""
        return [(slot, content.base) for slot, content in enumerate(self._contents)
                if content is not None and content.onsets and content.turns == turns]  # fmt: skip

    def holding(self, base: Timbre, turns: Turns) -> list[int]:
        """Slots in which new notes of a timbre may begin."""
        return [slot for slot, held in self.with_turns(turns) if held is base]

    def leave(self, slot: int) -> None:
        """Nobody plays it any more."""
        self._time += 1
        self._left[slot] = self._time

    def spare(self, played: Collection[int], lent: Collection[int]) -> int:
        """The slot that is missed least: what is `lent` only before what is `played`."""

        def worth(slot: int) -> tuple[int, int]:
            content = self._contents[slot]
            if slot in played or slot in lent:
                return _PLAYED if slot in played else _LENT, 0
            if content is None:
                return _EMPTY, 0
            preset = id(content.base) in self._presets and content.turns == NEUTRAL
            return _PRESET if preset and content.onsets else _MADE, self._left[slot]

        return min(range(contract.TIMBRE_SLOTS), key=worth)
