"""Onsets that instances of an instrument share, in memory and on disk: each is made once."""

import threading
from functools import partial
from typing import Final

from rtsynth import contract
from rtsynth._core import Link
from rtsynth.generator import Find
from rtsynth.metadata import Timbre
from rtsynth.slot_keys import key_of
from rtsynth.warm import Onset, Onsets, WarmCache

MOST_KNOWN: Final = 128  # timbres of which it is known whether there is a file
MOST_READ: Final = 2  # files that are held: seven megabytes each


class SharedOnsets:
    """Where an instance finds onsets: in the memory of another, or on disk.

    Threads: any for `add` and `remove`; the generator's, which all instances share, for the rest.
    """

    def __init__(self, origin: bytes, warm: WarmCache) -> None:
        """`origin` is that of the links whose takes are alike (`SlotKeys`)."""
        self.warm = warm
        self._origin = origin
        self._lock = threading.Lock()
        self._links: tuple[Link, ...] = ()
        self._read: dict[int, Onsets] = {}  # by the keys of timbres

    def add(self, link: Link) -> Find:
        """One more instance; returns what finds onsets for it."""
        with self._lock:
            self._links = (*self._links, link)
            self._read.clear()  # there may be more on disk by now
        return partial(self._find, link)

    def remove(self, link: Link) -> None:
        """An instance went; what it has may be read still, while a look is under way."""
        with self._lock:
            self._links = tuple(each for each in self._links if each is not link)

    def _find(self, asking: Link, timbre: Timbre, key: int, layer: int) -> Onset | None:
        wanted = key_of(timbre)
        for link in self._links:
            slot = _slot_of(link, wanted) if link is not asking else None
            if slot is None or link.instrument != self._origin:
                continue
            page = link.first_page(slot, key, layer)
            if page is not None:
                return page[0], page[1][0]
        return self._on_disk(wanted, timbre).get((key, layer))

    def _on_disk(self, wanted: int, timbre: Timbre) -> Onsets:
        with self._lock:
            found = self._read.pop(wanted, None)
        if found is None:
            found = self.warm.find(timbre)
        with self._lock:
            self._read[wanted] = found
            held = [key for key, each in self._read.items() if len(each)]
            for key in (*held[:-MOST_READ], *list(self._read)[:-MOST_KNOWN]):
                self._read.pop(key, None)
        return found


def _slot_of(link: Link, wanted: int) -> int | None:
    slots = range(contract.TIMBRE_SLOTS)
    return next((slot for slot in slots if link.slot_key(slot) == wanted), None)
