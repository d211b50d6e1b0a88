"""Slots that get another timbre while they sound: held notes go over first, then new ones."""

import math
import threading
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rtsynth import contract
from rtsynth._core import Link
from rtsynth.background import Background, keyboard_jobs
from rtsynth.contents import NO_SLOT
from rtsynth.metadata import Timbre
from rtsynth.placing import Filling
from rtsynth.slot_keys import SlotKeys
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job, batches, middle_page, nearest_key

EVERY_S: Final = 0.022  # rounds are so far apart: one crossfade ends before the next begins
ONSETS_EVERY_S: Final = 0.1  # what new notes begin on is made no more often
TURNING_S: Final = 2 * EVERY_S
KEY_STEP: Final = 6  # semitones between the onsets that are there as soon as a slot is filled
LAYERS: Final = (5,)
ONSETS_BATCH: Final = 16
RUN_OUT_FRAMES: Final = 8  # a note that has no more before it goes over first
HELD_BATCH: Final = 16  # held notes that go over in one run: a value that comes meanwhile waits
LONG_AGO_S: Final = float("-inf")

Then = Callable[[], None]
Note = tuple[int, int]  # key, layer
Coming = tuple[int, int]  # slot that the note is held in still, key


@dataclass
class _Moving:
    """A slot that is filled again and again. Fillings are counted from 1."""

    filled: int = 0  # the filling that the slot holds
    round: int = 0  # the round is for notes that did not hear of this filling
    done: int = 0  # the round that ended last
    told: int = 0  # the filling of which notes were told: it is made as far as they need it
    heard: dict[Note, int] = field(default_factory=dict)  # the filling that a held note has
    round_s: float = LONG_AGO_S  # when the round began
    onsets_s: float = LONG_AGO_S
    thens: list[Then] = field(default_factory=list)
    begins: bool = True  # new notes begin in it
    coming: set[Coming] = field(default_factory=set)  # notes that will be held here


class Fillings:
    """Carries out what fills slots, in short steps. Thread: generator, but for `add`.

    A held note goes over to a middle take, which begins at the page that it reads: a page or two,
    however long it is held. A knob that turns on and on is followed in rounds: all held notes,
    those first that run out or waited longest, each with the latest value; then a few onsets for
    new notes. A slot may be for held notes alone: those that come from another are made takes
    first.
    """

    def __init__(
        self,
        engine: Link,
        maker: TakeMaker,
        held: MutableMapping[int, Timbre],
        background: Background,
        keys: SlotKeys | None = None,
    ) -> None:
        """`held` is what the timbre slots hold; this is what changes it, and tells `keys`."""
        self._engine = engine
        self._maker = maker
        self._held = held
        self._background = background
        self._keys = keys
        self._lock = threading.Lock()  # of what waits
        self._waiting: dict[int, list[tuple[Filling, Then]]] = {}  # by slot
        self._newest = 0  # origin of a timbre that came
        self._moving: dict[int, _Moving] = {}

    def add(self, filling: Filling, then: Then) -> None:
        """Let a slot hold another timbre; `then` is called once notes may use it. Thread: any.

        What comes for the same slot before it was carried out takes its place.
        """
        with self._lock:
            self._newest = max(self._newest, filling.base.origin)
            self._waiting.setdefault(filling.slot, []).append((filling, then))

    def origins(self) -> set[int]:
        """Instruments whose timbres wait, or may yet come: the newest that was asked for."""
        with self._lock:
            waiting = {each.base.origin for waits in self._waiting.values() for each, _ in waits}
            return waiting | {self._newest}

    def settle(self, now_s: float) -> None:
        """All steps that are due. `now_s` is any clock; one that goes back begins anew."""
        while self.step(now_s):
            pass

    def renew_onsets(self) -> None:
        """Let new notes begin in the latest timbres at the next step, however soon that is."""
        for moving in self._moving.values():
            moving.onsets_s = LONG_AGO_S

    def due_s(self) -> float:
        """When the next step is due that was put off; infinity: none was."""
        with self._lock:
            waiting = set(self._waiting)
        due_s = [moving.round_s + EVERY_S for slot, moving in self._moving.items()
                 if slot in waiting or moving.filled > moving.round]  # fmt: skip
        due_s += [moving.onsets_s + ONSETS_EVERY_S for moving in self._moving.values()
                  if moving.begins and moving.told != moving.filled]  # fmt: skip
        return min(due_s, default=math.inf)

    def step(self, now_s: float) -> bool:
        """One short run of the network; False: nothing is due."""
        with self._lock:
            slots = sorted({*self._waiting, *self._moving})
        return any(self._step(slot, now_s) for slot in slots)

    @property
    def busy(self) -> bool:
        """Whether anything waits to be filled, now or when it is due."""
        return bool(self._waiting) or any(
            each.told != each.filled or each.done != each.filled for each in self._moving.values()
        )

    def turning(self, now_s: float) -> list[int]:
        """Slots that may well be filled again before a held note plays what it asks for now."""
        return [slot for slot, moving in self._moving.items()
                if not _is_due(moving.round_s, TURNING_S, now_s)]  # fmt: skip

    def moving(self) -> list[int]:
        """Slots in which held notes go over now or as soon as may be."""
        return [slot for slot, moving in self._moving.items()
                if moving.done != moving.filled or slot in self._waiting]  # fmt: skip

    def settled(self, slot: int) -> bool:
        """Whether the slot's takes are all of the timbre that it holds, and no other waits."""
        moving = self._moving.get(slot)
        with self._lock:
            waits = slot in self._waiting
        return not waits and (moving is None or moving.told == moving.filled)

    def _step(self, slot: int, now_s: float) -> bool:
        moving = self._moving.setdefault(slot, _Moving())
        if moving.done == moving.round:
            changed = slot in self._waiting or moving.filled > moving.round
            if not changed or (not _is_due(moving.round_s, EVERY_S, now_s)
                               and self._frames(slot, moving)):  # fmt: skip
                return moving.begins and self._make_onsets(slot, moving, now_s)
            self._hold_latest(slot, moving)
            moving.round, moving.round_s = moving.filled, now_s
        self._hold_latest(slot, moving)
        frames = self._frames(slot, moving)
        moving.heard = {note: moving.heard.get(note, 0) for note in frames}
        behind = [note for note in frames if moving.heard[note] < moving.round]
        if behind:
            behind.sort(key=lambda note: (self._left(slot, note, frames[note]) > RUN_OUT_FRAMES,
                                          moving.heard[note]))  # fmt: skip
            self._take_along(slot, moving, [(note, frames[note]) for note in behind])
            return True
        moving.done = moving.round
        return self._make_onsets(slot, moving, now_s) if moving.begins else self._tell(moving)

    def _frames(self, slot: int, moving: _Moving) -> dict[Note, int]:
        """Frames that notes read which are held in a slot, or will be."""
        frames = {}
        for source in {source for source, _ in moving.coming}:
            for key, layer, at in self._engine.reading(source).tolist():
                if (source, key) in moving.coming:
                    frames[key, layer] = at
        return frames | {(key, layer): at for key, layer, at in self._engine.reading(slot).tolist()}

    def _left(self, slot: int, note: Note, frame: int) -> int:
        """Frames that a held note has before it in its middle take."""
        ready = self._engine.frames_ready(slot + contract.TIMBRE_SLOTS, *note)
        return ready - frame if ready else contract.PAGE_FRAMES

    def _hold_latest(self, slot: int, moving: _Moving) -> None:
        with self._lock:
            waiting = self._waiting.pop(slot, [])
        if not waiting:
            return
        coming = {(filling.source, nearest_key(key))
                  for filling, _ in waiting if filling.source != NO_SLOT
                  for key in filling.keys}  # fmt: skip
        self._drop({key for _, key in coming - moving.coming}, slot)
        moving.coming |= coming
        moving.thens += [then for _, then in waiting]
        latest = waiting[-1][0]
        if self._keys is not None:
            self._keys.change(slot)
        self._held[slot], moving.begins = latest.timbre, latest.onsets
        moving.filled += 1
        if not moving.begins:
            self._background.leave_out(slot)

    def _drop(self, keys: Iterable[int], slot: int) -> None:
        """Let no note of these keys find what a slot held before."""
        for key in keys:
            for layer in range(contract.VELOCITY_LAYERS):
                self._engine.drop(slot, key, layer)
                self._engine.drop(slot + contract.TIMBRE_SLOTS, key, layer)

    def _take_along(self, slot: int, moving: _Moving, notes: Sequence[tuple[Note, int]]) -> None:
        """Make middle takes for the first of the held notes (note, frame that it reads)."""
        sustained = self._held[slot].sustained
        jobs = [Job(slot + contract.TIMBRE_SLOTS, *note, *middle_page(frame, sustained))
                for note, frame in notes]  # fmt: skip
        jobs = [job for job in jobs if job.pages == jobs[0].pages][:HELD_BATCH]
        made, values = self._maker.make(jobs)
        for job, frames, note in zip(jobs, made, values, strict=True):
            moving.heard[job.key, job.layer] = moving.filled
            if self._engine.put(*job[:3], job.page * contract.PAGE_FRAMES, frames, note):
                self._engine.drop(slot, job.key, job.layer)

    def _make_onsets(self, slot: int, moving: _Moving, now_s: float) -> bool:
        """Put some onsets in the place of the slot's takes: a new note always finds one near."""
        if moving.told == moving.filled or not _is_due(moving.onsets_s, ONSETS_EVERY_S, now_s):
            return False
        timbre = self._held[slot]
        jobs = list(keyboard_jobs(LAYERS, slot, keys=range(timbre.low, timbre.high + 1, KEY_STEP)))
        made = [(group, *self._maker.make(group)) for group in batches(jobs, ONSETS_BATCH)]
        for key in range(contract.KEY_LOW, contract.KEY_HIGH + 1):
            for layer in range(contract.VELOCITY_LAYERS):
                self._engine.drop(slot, key, layer)
        for group, frames, notes in made:
            for job, its_frames, note in zip(group, frames, notes, strict=True):
                self._engine.put(*job[:3], 0, its_frames, note)
        if self._keys is not None:
            self._keys.hold(slot, timbre)
        moving.onsets_s = now_s
        self._background.renew(slot)
        return self._tell(moving)

    def _tell(self, moving: _Moving) -> bool:
        """Say that notes may use what was made."""
        moving.told = moving.filled
        moving.coming.clear()
        thens, moving.thens = moving.thens, []
        for then in thens:
            then()
        return True


def _is_due(last_s: float, every_s: float, now_s: float) -> bool:
    """Whether something may be done again; a clock that went back is another one."""
    return not last_s <= now_s < last_s + every_s - 1e-6
