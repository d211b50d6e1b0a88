"""Which MIDI inputs are to be open: those that were named, or the one that a player means."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rtsynth import ports

BEST: Final = ""  # the best there is
Elsewhere = Callable[[str | None], bool]


class Choice:
    """What is wanted, and what went away. Thread: MIDI, but for choose()."""

    def __init__(self, wanted: Sequence[str], elsewhere: Elsewhere | None) -> None:
        """Numbers (from 1) or parts of names, or `ports.ALL`; none: the best there is.

        `elsewhere` says whether the device has the input of that name (None: any keyboard) by
        itself; what it has is not to be opened.
        """
        self._elsewhere = elsewhere
        self.choose(wanted)

    def choose(self, wanted: Sequence[str]) -> None:
        """[any] Something else is wanted from now on."""
        self.wanted = tuple(map(ports.stable_name, wanted))
        self._gone: dict[str, set[str]] = {}  # inputs that went away: what else there was then

    def find(self, names: list[str]) -> None:
        """Look what the numbers among the wanted mean.

        Raises:
            RtsynthError: an input that is wanted does not exist.
        """
        self.wanted = ports.find_inputs(names, self.wanted)

    def ours(self) -> tuple[str, ...]:
        """What is wanted and not the device's."""
        wanted = self.wanted or (BEST,)
        elsewhere = self._elsewhere
        if elsewhere is None:
            return wanted
        return tuple(
            each for each in wanted if not elsewhere(None if each in (BEST, ports.ALL) else each)
        )

    def due(self, names: list[str], is_open: Iterable[str]) -> list[str]:
        """The inputs that should be open, of those there are."""
        ours, gone = self.ours(), self._gone
        if ours != (BEST,):
            return ports.pick_inputs(names, ours)
        kept = [name for name in names if name in is_open]
        if kept:
            return kept[:1]
        came = [name for name in names if not any(name in others for others in gone.values())]
        back = next((name for name in names if _was_lost(name, gone)), None)
        best = back or ports.best_input(came)
        return [best] if best is not None else []

    def lose(self, name: str, others: Iterable[str]) -> None:
        """An open input went away, and what else there was is not what is waited for."""
        self._gone[name] = set(others)

    def returns(self, name: str) -> bool:
        """Whether an input that was opened had gone away; it is not waited for any more."""
        gone = self._gone
        lost = _was_lost(name, gone)
        for each in lost if self.wanted else list(gone):
            gone.pop(each, None)
        return lost != []


def _was_lost(name: str, gone: Iterable[str]) -> list[str]:
    return [each for each in gone if ports.stable_name(each) in name]
