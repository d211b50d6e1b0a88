"""Slots that get another timbre while they sound: how often, and what is there at once."""

import threading
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Final

import numpy as np

from rtsynth import contract
from rtsynth._core import Engine
from rtsynth.background import Background, keyboard_jobs
from rtsynth.metadata import Floats, Timbre
from rtsynth.slots import Filling
from rtsynth.takes import Job, Take, TakeMaker, Wishes, batches

EVERY_S: Final = 0.05  # a slot is filled no more often: a turning knob sends hundreds of values
PATIENCE_S: Final = 0.4  # so long a slot is left for voices to get what they asked of it
KEY_STEP: Final = 6  # semitones between the onsets that are there as soon as a slot is filled
LAYERS: Final = (5,)
BATCH: Final = 32
HEAD_PAGES: Final = 2  # pages of a draft that are made as they should be: its begin,
TAIL_PAGES: Final = 5  # and those that a voice reads and is about to read
LOOP: Final = contract.LOOP_FIRST_PAGE
WHOLE: Final = contract.TAKE_PAGES
REST_S: Final = 0.3  # drafts are made anew when the knob was left alone for so long

Then = Callable[[], None]


class Fillings:
    """Carries out what fills slots. Held notes read on and fade over to their new takes.

    A voice far into a take can read the new one only when all pages before its place are there.
    While a knob turns that would be too slow, so such takes are drafts at first: begin and present
    place are made, and between them the levels go straight in dB; of a take that is whole the part
    that goes round is made in part, and goes to and fro. When the knob rests the slot is filled
    once more without drafts.
    """

    def __init__(
        self,
        engine: Engine,
        maker: TakeMaker,
        held: MutableMapping[int, Timbre],
        wishes: Wishes,
        background: Background,
    ) -> None:
        """`held` is what the timbre slots hold; this is what changes it."""
        self._engine = engine
        self._maker = maker
        self._held = held
        self._wishes = wishes
        self._background = background
        self._lock = threading.Lock()  # of what waits
        self._waiting: dict[int, tuple[Timbre, list[Then]]] = {}
        self._filled_s: dict[int, float] = {}  # when a slot was filled last
        self._drafted: set[int] = set()  # slots with drafts
        self._now_s = 0.0

    def add(self, filling: Filling, then: Then) -> None:
        """Let a slot hold another timbre; `then` is called once notes may use it. Thread: any.

        What comes for the same slot before it was carried out takes its place.
        """
        with self._lock:
            _, before = self._waiting.get(filling.slot, (None, []))
            self._waiting[filling.slot] = filling.timbre, [*before, then]

    def settle(self, now_s: float, patience_s: float = 0.0) -> None:
        """Fill the slots that are due, each every `EVERY_S` at most. Thread: generator.

        A slot whose takes voices still wait for is left until `patience_s` after it was filled
        last. `now_s` is any clock that goes on: the song's gives the same result each time.
        """
        self._now_s = now_s
        with self._lock:
            due = [slot for slot in self._waiting if self._is_due(slot, EVERY_S, patience_s)]
            fillings = [(slot, *self._waiting.pop(slot)) for slot in due]
            resting = [slot for slot in self._drafted if slot not in self._waiting
                       and slot not in due and self._is_due(slot, REST_S, patience_s)]  # fmt: skip
        for slot, timbre, thens in fillings:
            self._fill(slot, timbre, drafts=True)
            for then in thens:
                then()
        for slot in resting:
            self._fill(slot, self._held[slot], drafts=False)

    def _is_due(self, slot: int, pause_s: float, patience_s: float) -> bool:
        since_s = self._now_s - self._filled_s.get(slot, float("-inf"))
        wanted_s = patience_s if self._wishes.of(slot) else 0.0
        return since_s > max(pause_s, wanted_s) - 1e-6

    def _fill(self, slot: int, timbre: Timbre, drafts: bool) -> None:
        """Drop a slot's takes for those of a timbre.

        Some onsets are made before the old takes go, so that a new note always finds one near.
        """
        keys = range(timbre.low, timbre.high + 1, KEY_STEP)
        onsets = list(keyboard_jobs(LAYERS, slot, keys=keys))
        made = [(group, *self._maker.make(group, timbre)) for group in batches(onsets, BATCH)]
        pages = self._read_pages(slot)
        deep = [take for take, count in pages.items() if count > HEAD_PAGES + TAIL_PAGES + 1]
        drafted = self._drafts(deep, pages, timbre) if drafts and deep else []
        self._held[slot] = timbre
        self._filled_s[slot] = self._now_s
        self._engine.drop_timbre(slot)
        for group, frames, notes in made:
            for job, its_frames, note in zip(group, frames, notes, strict=True):
                self._engine.put(*job[:3], 0, its_frames, note)
        for take, its_frames, note in drafted:
            self._engine.put(*take, 0, its_frames, note)
            del pages[take]
        (self._drafted.add if drafted else self._drafted.discard)(slot)
        self._wishes.renew(pages)
        self._background.renew(slot)

    def _drafts(
        self, takes: Sequence[Take], pages: Mapping[Take, int], timbre: Timbre
    ) -> list[tuple[Take, Floats, Floats]]:
        """Takes, frames of as many pages as they had, and notes."""
        heads, notes = self._maker.make([Job(*take, 0, HEAD_PAGES) for take in takes], timbre)
        firsts = [LOOP if pages[take] == WHOLE else pages[take] - TAIL_PAGES for take in takes]
        tails, _ = self._maker.make(
            [Job(*take, first, TAIL_PAGES) for take, first in zip(takes, firsts, strict=True)],
            timbre,
        )
        made = []
        for take, first, head, tail, note in zip(takes, firsts, heads, tails, notes, strict=True):
            end = to_and_fro(tail, (pages[take] - first) * contract.PAGE_FRAMES)
            made.append((take, bridged(head, end, pages[take] * contract.PAGE_FRAMES), note))
        return made

    def _read_pages(self, slot: int) -> dict[Take, int]:
        """Pages of the slot's takes that a voice may be reading: asked for lately, or whole."""
        lately = set(self._wishes.lately(slot, self._now_s))
        keys = range(contract.KEY_LOW, contract.KEY_HIGH + 1)
        takes = [(slot, key, layer) for key in keys for layer in range(contract.VELOCITY_LAYERS)]
        pages = {take: self._engine.frames_ready(*take) // contract.PAGE_FRAMES for take in takes}
        return {take: n for take, n in pages.items() if take in lately or n == WHOLE}


def to_and_fro(frames: Floats, length: int) -> Floats:
    """Frames played forwards and backwards in turn, without a seam, `length` of them."""
    turn = np.concatenate([frames, frames[::-1]])
    return np.tile(turn, (-(-length // len(turn)), 1))[:length]


def bridged(head: Floats, tail: Floats, frames: int) -> Floats:
    """`frames` frames (frames, FRAME_VALUES) that begin and end as given, straight in between."""
    gap = frames - len(head) - len(tail)
    part = np.arange(1, gap + 1, dtype=np.float32)[:, None] / np.float32(gap + 1)
    bridge = head[-1] + part * (tail[0] - head[-1])
    return np.concatenate([head, bridge, tail]).astype(np.float32)
