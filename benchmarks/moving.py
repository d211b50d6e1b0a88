"""How soon a moving timbre is heard under held notes: `python benchmarks/moving.py`.

Notes of one timbre are held while a controller, a point of the morph pad or the pressure of a
channel moves every few milliseconds. For each value and
each held note: the time until the note goes over to frames made for that value or a later one.

The clock is the processor time of the generator's work, so that what else the machine does is not
in it: the core is rendered up to that time after each of the generator's runs. With `--real` it is
the null device's, a thread with a real clock.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from collections.abc import Callable, Iterable
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks import budget
from benchmarks.sounds import CONTROL, NOTE_ON, VELOCITY, find_instrument
from benchmarks.tables import Budget, Finding, Report, Row, Skipped, print_report
from rtsynth import contract
from rtsynth._core import Engine, NullDevice
from rtsynth.controls import Controls
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument
from rtsynth.metadata import Timbre
from rtsynth.placing import Filling
from rtsynth.timbres import blend

BLOCK = 64
BRIGHT = 74
LOWEST_KEY = 36
SETTLE_S = 1.5  # held before the knob moves
SWEEP_S = 1.0  # from one end to the other
LAST_S = 1.0  # what takes longer counts as this
IDLE_S = 0.5e-3  # between two looks at what is wanted
TARGET = "moving timbre"
OTHER = "choir"  # the other end of the pad's way
PRESSURE = 0xD0


class WatchedEngine:
    """An engine that writes down which middle take came when."""

    def __init__(self, engine: Engine, now_s: Callable[[], float]) -> None:
        self._engine = engine
        self._now_s = now_s
        self.value = -1  # number of the value that the slot holds
        self.came: list[tuple[float, int, int]] = []  # seconds, key, number of the value

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def put(self, timbre: int, key: int, *rest: Any) -> bool:
        """As the engine's."""
        done = self._engine.put(timbre, key, *rest)
        if done and timbre >= contract.TIMBRE_SLOTS:
            self.came.append((self._now_s(), key, self.value))
        return done


class Held(dict[int, Timbre]):
    """What the slots hold; tells which value that is."""

    def __init__(self, timbres: Iterable[Timbre], tell: Callable[[Timbre], None]) -> None:
        super().__init__(enumerate(timbres))
        self._tell = tell

    def __setitem__(self, slot: int, timbre: Timbre) -> None:
        super().__setitem__(slot, timbre)
        self._tell(timbre)


class Moving:
    """Held notes, and a knob that is turned."""

    def __init__(
        self, instrument: Instrument, timbre: str, notes: int, real: bool, what: str = "knob"
    ) -> None:
        self._what = what
        self._ends = [instrument.metadata.timbres[instrument.metadata.timbre_slot(name)]
                      for name in (timbre, OTHER)]  # fmt: skip
        self.slot = instrument.metadata.timbre_slot(timbre)
        self.engine = Engine(budget.RATE_HZ, polyphony=max(64, notes), seed=1)
        self.generator = Generator(self.engine, instrument, seed=1)
        self.keys = [LOWEST_KEY + i for i in range(notes)]
        self.sent_s: list[float] = []
        self._real = real
        self._now_s = 0.0
        self._began_s = 0.0  # of a run of the generator, processor time
        self._numbers: dict[bytes, int] = {}  # of values, by latent
        self._filled: list[int] = []  # of values that changed something
        self._controls = Controls(
            self.engine, instrument.metadata, self.slot, None, self.generator.use, self._fill
        )
        self.watched = WatchedEngine(self.engine, self.now_s)
        fillings = self.generator._fillings
        fillings._engine = self.watched  # type: ignore[assignment]
        fillings._held = Held(instrument.metadata.timbres, self._held_now)
        self.generator._maker._held = fillings._held

    def now_s(self) -> float:
        """Seconds: real ones, or of the generator's processor time."""
        if self._real:
            return time.monotonic()
        return self._now_s + time.thread_time() - self._began_s

    def _fill(self, filling: Filling, then: Callable[[], None]) -> None:
        self._filled.append(len(self.sent_s) - 1)
        self._numbers[filling.timbre.latent.tobytes()] = self._filled[-1]
        self.generator.fill(filling, then)

    def _held_now(self, timbre: Timbre) -> None:
        self.watched.value = self._numbers.get(timbre.latent.tobytes(), -1)

    def turn(self, now_s: float, place: float) -> None:
        """A value of the knob, 0..1."""
        self.sent_s.append(now_s)
        if self._what == "pad":
            self._controls.parts.move(0, blend("pad", self._ends, [1.0 - place, place]))
        elif self._what == "pressure":
            self._controls.at((PRESSURE, round(127 * place), 0))
        else:
            self._controls.at((CONTROL, BRIGHT, round(127 * place)))

    def hold(self) -> None:
        """Begin the notes."""
        self.generator.prime(self.slot)
        for key in self.keys:
            self._controls.at((NOTE_ON, key, VELOCITY))

    def run(self, seconds: float, every_s: float) -> dict[str, int]:
        """Play; returns what the core and the generator counted while the knob moved."""
        self.hold()
        start = self._start_device() if self._real else self._work_until(SETTLE_S)
        before = self.engine.stats()
        backlog = 0
        for i in range(round(seconds / every_s)):
            at_s = start + i * every_s
            if self._real:
                time.sleep(max(0.0, at_s - time.monotonic()))
            else:
                self._work_until(at_s)
            self.turn(at_s, abs((i * every_s / SWEEP_S + 0.5) % 2.0 - 1.0))  # there and back
            backlog = max(backlog, len(self.generator._wishes))
        after = self.engine.stats()
        if self._real:
            self._device.stop()
            self.generator.stop()
        return {
            "notes held": after.voices,
            "late frames": after.late_frames - before.late_frames,
            "takes gone over to": after.arrivals - before.arrivals,
            "takes made": len(self.watched.came),
            "most takes that voices waited for": backlog,
            "blocks late on this machine": after.xruns - before.xruns,
        }

    def _start_device(self) -> float:
        self._device = NullDevice(self.engine, BLOCK)
        self.generator.start()
        self._device.start()
        time.sleep(SETTLE_S)
        return time.monotonic()

    def _work_until(self, until_s: float) -> float:
        """The generator works, and the core is rendered up to the processor time that it took."""
        samples = np.zeros((BLOCK, 2), np.float32)
        while self._now_s < until_s:
            self._began_s = time.thread_time()
            busy = self.generator.work(self._now_s)
            took_s = time.thread_time() - self._began_s
            self._now_s += took_s if busy else max(took_s, IDLE_S)
            self._began_s = time.thread_time()
            while self.engine.stats().clock_samples < self._now_s * budget.RATE_HZ:
                self.engine.render(samples)
        return until_s

    def delays_ms(self) -> NDArray[np.float64]:
        """(values, notes): from each value to its first sample, two blocks after it arrived."""
        sent = np.array(self._filled)
        sent_s = np.array(self.sent_s)[sent]
        seen = sent_s < self.sent_s[-1] - LAST_S  # those behind have no time to arrive
        sent, sent_s = sent[seen], sent_s[seen]
        delays = np.full((len(sent), len(self.keys)), np.inf)
        for column, key in enumerate(self.keys):
            came = [(number, at_s) for at_s, at, number in self.watched.came if at == key]
            numbers = np.array([number for number, _ in came])
            times = np.array([at_s for _, at_s in came] + [np.inf])
            delays[:, column] = times[np.searchsorted(numbers, sent)] - sent_s
        return np.minimum(delays, LAST_S) * 1e3 + 2.0 * budget.block_ms(BLOCK)


def measure(
    instrument: Instrument,
    timbre: str,
    notes: int,
    seconds: float,
    every_s: float,
    real: bool,
    what: str = "knob",
) -> Report:
    """All rows of one run."""
    moving = Moving(instrument, timbre, notes, real, what)
    facts = moving.run(seconds, every_s)
    delays = moving.delays_ms()
    limit = Budget(budget.MOVING_MS, "p99")
    every = f"{timbre}, {notes} notes, a value every {1e3 * every_s:.0f} ms"
    rows: list[Row | Skipped] = [
        Row(f"{what} to the first note", BLOCK, delays.min(1), budget.RATE_HZ, limit, every),
        Row(f"{what} to each note", BLOCK, delays.ravel(), budget.RATE_HZ, limit),
        Row(f"{what} to the last note", BLOCK, delays.max(1), budget.RATE_HZ, limit),
    ]
    p99 = float(np.percentile(delays, 99))
    late = facts["late frames"]
    clock = "the machine's clock" if real else "the generator's processor time as clock"
    found = f"{notes} notes: p99 {p99:.0f} ms to each note, {late} late frames ({clock})"
    findings = [Finding(TARGET, found, p99 <= budget.MOVING_MS and late == 0)]
    return Report("rtsynth: a timbre that moves", rows, dict(facts), False, findings=findings)


@click.command()
@click.option("--instrument", "instrument_path", help="Another .onnx than the bundled one.")
@click.option("--timbre", default="strings", show_default=True)
@click.option("--notes", default=64, show_default=True)
@click.option("--seconds", default=5.0, show_default=True)
@click.option("--every-ms", default=5.0, show_default=True, help="Between two values.")
@click.option("--what", type=click.Choice(["knob", "pad", "pressure"]), default="knob",
              show_default=True, help="What moves.")  # fmt: skip
@click.option("--real", is_flag=True, help="On the null device, with the machine's own clock.")
@click.option("--json", "json_path", type=click.Path(dir_okay=False), help="Write all figures.")
def main(
    instrument_path: str | None,
    timbre: str,
    notes: int,
    seconds: float,
    every_ms: float,
    what: str,
    real: bool,
    json_path: str | None,
) -> None:
    """Turn a knob under held notes."""
    instrument = find_instrument(instrument_path)
    if instrument is None:
        raise click.ClickException("no instrument is installed")
    report = measure(instrument, timbre, notes, seconds, 1e-3 * every_ms, real, what)
    if json_path:
        report.write(json_path)
    print_report(report)


if __name__ == "__main__":
    main()
