"""The generator thread: what voices ask for goes to ONNX Runtime, frames come back as takes."""

import math
import threading
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import replace
from typing import Final

from rtsynth import contract
from rtsynth._core import Link
from rtsynth.background import PLACES, Background, keyboard_jobs
from rtsynth.errors import one_line
from rtsynth.fillings import Fillings
from rtsynth.instrument import Instrument
from rtsynth.metadata import Floats, Metadata, Timbre
from rtsynth.placing import Filling
from rtsynth.slot_keys import SlotKeys
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job, Take, Wishes, batches
from rtsynth.warm import Onset, WarmCache

REQUEST_LIMIT: Final = 256  # requests fetched at a time
REQUEST_BATCH: Final = 8  # takes made in one run for voices: the first must not wait for the last
PRIME_BATCH: Final = 22
PRIME_LAYERS: Final = (5,)
MAX_BATCH: Final = 32
BACKGROUND_RUN_S: Final = (
    1.5e-3  # a background run is kept this short, so that a voice waits little
)
IDLE_WAIT_MS: Final = 2.0  # a turned knob waits no longer
BUDGET: Final = 0.75  # of the arena, for what nobody asked for; the rest is for what voices want
NEVER: Final = 2**63 - 1  # sample
ERROR_PAUSE_S: Final = 0.05
RETIRE_EVERY_S: Final = 0.1  # how often slots of former instruments are looked at

Say = Callable[[str], None]
Find = Callable[[Timbre, int, int], Onset | None]


class Generator:
    """Makes takes for an engine: on its own thread (start, stop) or when told (ensure, serve)."""

    def __init__(
        self,
        engine: Link,
        instrument: Instrument,
        seed: int = 0,
        say: Say | None = None,
        timbres: Sequence[Timbre] | None = None,
        warm: WarmCache | None = None,
        origin: bytes | None = None,
        find: Find | None = None,
    ) -> None:
        """Takes of `timbres` go to the slots of their numbers; None: the instrument's.

        `warm` keeps what was played on disk, from prime() to stop(). `origin` says what takes are
        made of (`SlotKeys`) where another process may go on with them. `find` finds the onset of a
        timbre's key and layer that somebody made before. Thread: generator.
        """
        self.errors = 0  # runs that failed
        self.pages_made = 0
        self._engine = engine
        self._held = dict(enumerate(timbres or instrument.metadata.timbres))  # what slots hold
        self._maker = TakeMaker(instrument, seed, self._held)
        self._wishes = Wishes(self._held)
        self._background = Background(self._held)
        self._keys = None if origin is None else SlotKeys(engine, origin, self._held)
        self._fillings = Fillings(engine, self._maker, self._held, self._background, self._keys)
        self._wanted: tuple[int, ...] = (0,)
        self._used: tuple[int, ...] = ()  # that the background knows of
        self._warm = warm
        self._find = find
        self._primed = 0  # slot
        self._retiring = False  # there are slots of former instruments
        self._retire_s = float("-inf")
        self._presets = dict(self._held)
        self._say = say or (lambda line: None)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._page_s = 1e-3  # measured seconds a page, in background batches

    # --- told by others ---------------------------------------------------------------------
    def use(self, slots: Iterable[int]) -> None:
        """Make takes of these timbres ahead, the first ones first. Thread: any."""
        self._wanted = tuple(slots)

    def add(self, instrument: Instrument) -> Metadata:
        """Know another instrument; what fills slots may lie in its space from then on.

        Slots of others are emptied as soon as no channel plays them and no note sounds from them.
        Thread: any.

        Returns:
            Its metadata, whose timbres say that they are its own. Its level is that of the first
            instrument, for its takes are made so loud.
        """
        origin = self._maker.add(instrument)
        self._retiring = True
        known = instrument.metadata
        timbres = tuple(replace(each, origin=origin) for each in known.timbres)
        return replace(known, timbres=timbres, origin=origin, level_db=self._maker.level_db)

    def fill(self, filling: Filling, then: Callable[[], None]) -> None:
        """Let a slot hold another timbre; `then` is called once notes may use it. Thread: any."""
        self._fillings.add(filling, then)

    def settle(self, now_s: float) -> None:
        """Fill slots anew where that is due (`Fillings.settle`). Thread: generator."""
        self._fillings.settle(now_s)

    def settle_offline(self, begins: bool) -> int:
        """Make all that was asked for, and then fill slots that are due.

        This alone turns timbres where the engine waits: at the sample of its clock to which it has
        rendered, so that they turn at the same samples however a song is cut into blocks. What is
        asked for afterwards is of the new timbre. Thread: generator.

        Args:
            begins: a note begins at this sample, in the latest timbre.

        Returns:
            The sample at which this is to be called again, though nothing is played; NEVER.
        """
        rate_hz = self._engine.rate_hz
        self.make_all_asked()
        self._wishes.clear()  # what was asked ahead of the timbre before
        if begins:
            self._fillings.renew_onsets()
        self._fillings.settle(self._engine.stats().clock_samples / rate_hz)
        due_s = self._fillings.due_s()
        return NEVER if due_s == math.inf else math.ceil(due_s * rate_hz)

    def make_all_asked(self) -> None:
        """Make all that voices asked for so far. Thread: generator."""
        while self.serve_offline():
            pass

    def serve_offline(self, now_s: float = 0.0) -> bool:
        """What voices ask for, as a step where the engine waits; its own clock counts."""
        clock_s = self._engine.stats().clock_samples / self._engine.rate_hz
        return self.serve(batch=MAX_BATCH, turning=self._fillings.turning(clock_s))

    def prime(self, slot: int, layers: Sequence[int] = PRIME_LAYERS) -> None:
        """Make the onset of every key of a timbre, before audio starts and before start()."""
        if self._warm is not None:
            self._warm.restore(self._engine, slot, self._held[slot])
        self._primed = slot
        jobs = [job for job in keyboard_jobs(layers, slot) if self._is_next(job)]
        self._make_all(jobs, PRIME_BATCH)

    def ask(self, takes: Iterable[Take], later: Iterable[Take] = ()) -> None:
        """Make the onset of takes ahead of all else; those of `later` once their slots are filled.

        Before start().
        """
        self._background.ask(Job(*take, 0) for take in takes)
        self._background.ask_later(Job(*take, 0) for take in later)

    def ensure(self, takes: Iterable[Take], pages: int = 1) -> None:
        """Make the first pages of takes (timbre, key, layer) that lack them. Thread: generator."""
        jobs = []
        for timbre, key, layer in dict.fromkeys(takes):
            page = self._engine.frames_ready(timbre, key, layer) // contract.PAGE_FRAMES
            if page < pages:
                jobs.append(Job(timbre, key, layer, page, pages - page))
        self._make_all(sorted(jobs, key=lambda job: job.pages), MAX_BATCH)

    def serve(
        self,
        wait_ms: float = 0.0,
        batch: int = REQUEST_BATCH,
        urgent_only: bool = False,
        turning: Container[int] = (),
    ) -> bool:
        """Make the most urgent batch of what voices ask for; False: they ask for nothing.

        Looks for new requests first, so that a new note waits for one batch at most. Slots that are
        `turning` are as in `Wishes.next`.
        """
        requests = self._engine.requests(REQUEST_LIMIT, 0.0 if self._wishes else wait_ms)
        self._wishes.add(requests)
        for key, layer in list(dict.fromkeys(map(tuple, requests[:, 1:3].tolist())))[-PLACES:]:
            self._background.play(key, layer)
        moving = self._fillings.moving() if urgent_only else ()
        jobs = self._wishes.next(batch, self._engine.frames_ready, urgent_only, moving, turning)
        if jobs:
            self._make(jobs)
        return bool(jobs)

    def work(self, now_s: float) -> bool:
        """One short run of what is wanted most; False: nothing is. Thread: generator."""
        return any(step(now_s) for step in self.steps)

    @property
    def rests(self) -> bool:
        """Whether there is nothing to do unless a voice asks or a slot is to be filled."""
        return not (len(self._background) or self._retiring or self._wanted != self._used
                    or self._fillings.busy)  # fmt: skip

    @property
    def steps(self) -> tuple[Callable[[float], bool], ...]:
        """What work() tries, the most urgent first."""
        return self.serve_urgent, self.follow, self.serve_soon, self.make_ahead

    def serve_urgent(self, now_s: float) -> bool:
        """Notes without frames of their own. Thread: generator, as all steps."""
        return self.serve(urgent_only=True)

    def follow(self, now_s: float) -> bool:
        """Held notes whose timbre moves, and the slots for new ones."""
        return self._fillings.step(now_s)

    def serve_soon(self, now_s: float) -> bool:
        """Pages that voices will need."""
        return self.serve()

    def make_ahead(self, now_s: float) -> bool:
        """What nobody asked for."""
        self._used = self._wanted
        self._background.use(self._used)
        if self._retiring and now_s >= self._retire_s:
            self._retire_s = now_s + RETIRE_EVERY_S
            self._retire()
        return self._make_ahead()

    # --- the thread -------------------------------------------------------------------------
    def start(self) -> None:
        """[control] Start the thread."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="generator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """[control] Stop the thread and wait for it; what it made stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.work(time.monotonic()):
                    self.serve(wait_ms=IDLE_WAIT_MS)
            except Exception as error:
                self.report(error)
                self._stop.wait(ERROR_PAUSE_S)
        self.keep_warm()

    def keep_warm(self) -> None:
        """Write what the timbres have that were played first and last, if no knob turns them.

        Thread: generator, at its end.
        """
        if self._warm is None:
            return
        for slot in {self._primed, *self._wanted[:1]}:
            preset = self._presets.get(slot)
            if (
                preset is not None
                and preset is self._held.get(slot)
                and self._fillings.settled(slot)
            ):
                self._warm.save(self._engine, slot, self._held[slot])

    def _make_ahead(self) -> bool:
        """One short background run; False: there is nothing to do."""
        if not len(self._background):
            return False
        stats = self._engine.stats()
        if stats.arena_used_bytes > BUDGET * stats.arena_bytes:
            return self._make_room()
        limit = min(MAX_BATCH, max(1, int(BACKGROUND_RUN_S / self._page_s)))
        jobs = [job for job in self._background.next(limit)
                if self._is_next(job) and not self._is_found(job)]  # fmt: skip
        if jobs:
            started = time.perf_counter()
            self._make(jobs)
            a_page = (time.perf_counter() - started) / (len(jobs) * jobs[0].pages)
            self._page_s += 0.2 * (a_page - self._page_s)
        return True

    def _is_found(self, job: Job) -> bool:
        """Whether somebody made an onset before, which is there from now on."""
        timbre = self._held[job.timbre]
        if self._find is None or job.page != 0 or job.pages != 1 or timbre.origin != 0:
            return False
        found = self._find(timbre, job.key, job.layer)
        return found is not None and self._engine.put(job.timbre, job.key, job.layer, 0, *found)

    def _make_room(self) -> bool:
        """Drop the timbre that is wanted least; False: what is to be made is wanted less."""
        slot = self._background.least_wanted()
        if slot is None:
            self._background.give_up()
            return False
        self._background.dropped(slot)
        self._engine.drop_timbre(slot)
        return True

    def _retire(self) -> None:
        """Empty the slots of former instruments that nobody needs; forget those without a slot."""
        latest = self._maker.latest
        former = [slot for slot, timbre in self._held.items() if timbre.origin != latest]
        for slot in former:
            silent = not len(self._engine.reading(slot))
            if silent and slot not in self._wanted and self._fillings.settled(slot):
                self._background.forget(slot)
                self._engine.drop_timbre(slot)
                if self._keys is not None:
                    self._keys.change(slot)
                del self._held[slot]
        origins = {timbre.origin for timbre in self._held.values()} | self._fillings.origins()
        self._maker.keep(origins)
        self._retiring = origins != {latest}

    # --- making -----------------------------------------------------------------------------
    def _is_next(self, job: Job) -> bool:
        """Whether the job's first page is the next that its take lacks."""
        ready = self._engine.frames_ready(job.timbre, job.key, job.layer)
        return ready == job.page * contract.PAGE_FRAMES

    def _make_all(self, jobs: Sequence[Job], limit: int) -> None:
        for group in batches(jobs, limit):
            self._make(group)

    def _make(self, jobs: Sequence[Job]) -> None:
        self._put(jobs, *self._maker.make(jobs))

    def _put(self, jobs: Sequence[Job], frames: Floats, notes: Floats) -> None:
        for job, its_frames, note in zip(jobs, frames, notes, strict=True):
            first_frame = job.page * contract.PAGE_FRAMES
            if self._engine.put(job.timbre, job.key, job.layer, first_frame, its_frames, note):
                self.pages_made += job.pages
            else:
                self._wishes.forget(job)

    def report(self, error: Exception) -> None:
        """A run failed: it is counted, and said once. Thread: generator."""
        self.errors += 1
        if self.errors == 1:
            self._say(f"the generator failed ({one_line(error)}): notes play on what is there")
