"""`rtsynth check`: can this machine play without drop-outs, and if not, what to change?"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rtsynth import audio, contract
from rtsynth import instrument as instruments
from rtsynth._core import Engine, NullDevice
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument
from rtsynth.take_maker import TakeMaker
from rtsynth.takes import Job

VOICES: Final = 64
VELOCITY: Final = 88
RATE_HZ: Final = 48_000.0
FIRST_KEY: Final = 28
GOOD_LOAD: Final = 0.5  # of the deadline, at the 99th percentile
GOOD_GENERATOR: Final = 100.0  # times real time: 64 held voices and as much again for new ones
GOOD_JITTER_MS: Final = 2.0
GOOD_LATENCY_MS: Final = 15.0
WANTED_RTPRIO: Final = 50
BATCH: Final = 16
STRIKE_PAGES: Final = 8  # 1.4 s of each note
STRIKE_EVERY_S: Final = 1.0


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    what: str
    figure: str
    good: bool
    advice: str = ""
    decides: bool = False  # drop-outs are likely unless this is good


def run_checks(
    instrument: str | None, output: str | None, block: int, seconds: float
) -> Iterator[Finding]:
    """Measure for `seconds` each, and tell.

    Raises:
        RtsynthError: the instrument or the output named does not exist.
    """
    loaded = instruments.load(instrument)
    yield stored_output(loaded)
    busy = BusyEngine(loaded)
    yield render_load(busy, block, seconds)
    yield clock(busy, block, seconds)
    yield generator_speed(loaded, seconds)
    yield wake_ups(seconds)
    yield device(output)
    yield from system()


def stored_output(loaded: Instrument) -> Finding:
    """Whether this machine computes what the exporter computed."""
    try:
        difference = loaded.self_test()
    except RtsynthError as error:
        return Finding("instrument", str(error), False, "export the instrument again", True)
    good = difference <= instruments.SELF_TEST_TOLERANCE
    figure = f"{loaded.metadata.name} on {loaded.provider}, off by {difference:.1e} dB"
    return Finding("instrument", figure, good, "update onnxruntime", True)


class BusyEngine:
    """An engine that VOICES notes are held on, struck again before they die away."""

    def __init__(self, loaded: Instrument) -> None:
        timbres = loaded.metadata.timbres
        self.engine = Engine(RATE_HZ, VOICES)
        slot = next((i for i, timbre in enumerate(timbres) if timbre.sustained), 0)
        self.engine.set_timbre(0, slot)
        layer = contract.velocity_layer(VELOCITY)
        self._keys = [FIRST_KEY + i for i in range(VOICES)]
        maker = Generator(self.engine, loaded)
        maker.ensure(((slot, key, layer) for key in self._keys), pages=STRIKE_PAGES)
        self._struck_s = float("-inf")

    def strike(self) -> None:
        """Play every note, unless they were played a moment ago."""
        if time.monotonic() - self._struck_s < STRIKE_EVERY_S:
            return
        self._struck_s = time.monotonic()
        for key in self._keys:
            self.engine.midi(0x80, key, 0)
            self.engine.midi(0x90, key, VELOCITY)


def render_load(busy: BusyEngine, block: int, seconds: float) -> Finding:
    """Time to render a block of VOICES voices, as a part of what a block lasts."""
    out = np.zeros((block, 2), np.float32)
    deadline_s = block / busy.engine.rate_hz
    times: list[float] = []
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s or not times:
        busy.strike()
        started_s = time.perf_counter()
        busy.engine.render(out)
        times.append(time.perf_counter() - started_s)
        time.sleep(max(0.0, deadline_s - times[-1]))  # notes die away in their own time
    median, worst = np.percentile(times, [50, 99]) / deadline_s
    figure = (
        f"{VOICES} notes, blocks of {block}: {100 * median:.1f} % of the deadline, "
        f"99th percentile {100 * worst:.1f} %"
    )
    return Finding("rendering", figure, bool(worst < GOOD_LOAD),
                   "use --block 128 or 256, or --polyphony 32", True)  # fmt: skip


def clock(busy: BusyEngine, block: int, seconds: float) -> Finding:
    """Drop-outs of a real clock without a device."""
    before = busy.engine.stats()
    busy.engine.reset_peaks()
    null = NullDevice(busy.engine, block)
    null.start()
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        busy.strike()
        time.sleep(0.05)
    null.stop()
    after = busy.engine.stats()
    missed, blocks = after.xruns - before.xruns, after.callbacks - before.callbacks
    figure = f"{missed} drop-outs in {blocks} blocks, longest {100 * after.load_peak:.0f} %"
    return Finding("clock", figure, missed == 0,
                   "close other programs; a virtual machine drops blocks by itself")  # fmt: skip


def generator_speed(loaded: Instrument, seconds: float) -> Finding:
    """Seconds of sound that one thread generates in a second, and the time for a first page."""
    maker = TakeMaker(loaded, seed=0)
    page_s = contract.PAGE_FRAMES * contract.HOP_S
    keys = range(FIRST_KEY, FIRST_KEY + BATCH)
    first, rate = [Job(0, 60, 5, 0)], [Job(0, key, 5, 4, 4) for key in keys]
    firsts, rates = [], []
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        started_s = time.perf_counter()
        maker.make(first)
        between_s = time.perf_counter()
        maker.make(rate)
        firsts.append(between_s - started_s)
        rates.append(BATCH * 4 * page_s / (time.perf_counter() - between_s))
    speed, first_ms = float(np.median(rates)), 1e3 * float(np.median(firsts))
    figure = f"{speed:.0f} x real time on {loaded.provider}; a new note in {first_ms:.1f} ms"
    return Finding("generator", figure, speed >= GOOD_GENERATOR,
                   "pip install 'rtsynth[gpu]' on a GPU, or play fewer notes")  # fmt: skip


def wake_ups(seconds: float) -> Finding:
    """How late a sleeping thread wakes: the jitter of MIDI polling."""
    late = []
    until_s = time.perf_counter() + seconds
    while (now_s := time.perf_counter()) < until_s:
        time.sleep(0.001)
        late.append(time.perf_counter() - now_s - 0.001)
    half, most, worst = 1e3 * np.percentile(late, [50, 99, 100])
    figure = f"{half:.2f} ms late, 99th percentile {most:.2f}, worst {worst:.1f}"
    return Finding("timer", figure, bool(most < GOOD_JITTER_MS),
                   "close other programs; on a laptop plug in the power supply")  # fmt: skip


def device(wanted: str | None) -> Finding:
    """The output that would be used and its latency."""
    audio.use_own_name()
    outputs = audio.list_outputs()
    chosen = audio.find_output(outputs, wanted) if wanted else audio.default_output()
    if chosen is None:
        return Finding("output", "no audio output", False, "connect one, or start JACK")
    latency_ms = 1e3 * chosen.latency_s
    figure = f"{chosen.label}, {chosen.rate_hz:.0f} Hz, {latency_ms:.1f} ms"
    return Finding("output", figure, latency_ms < GOOD_LATENCY_MS,
                   "use JACK or PipeWire (Linux), or an ASIO driver (Windows)")  # fmt: skip


def system() -> Iterator[Finding]:
    """What the operating system allows, where it tells."""
    if sys.platform == "win32":
        return
    import resource  # not on Windows

    if hasattr(resource, "RLIMIT_RTPRIO"):
        priority = resource.getrlimit(resource.RLIMIT_RTPRIO)[1]
        free = priority == resource.RLIM_INFINITY
        figure = "real-time priority " + ("without limit" if free else f"up to {priority}")
        yield Finding("priority", figure, free or priority >= WANTED_RTPRIO,
                      "add yourself to the group audio: sudo usermod -aG audio $USER")  # fmt: skip
    if hasattr(resource, "RLIMIT_MEMLOCK"):
        locked = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        free = locked == resource.RLIM_INFINITY
        figure = "locked memory " + ("without limit" if free else f"up to {locked >> 20} MiB")
        yield Finding("memory", figure, free or locked >= 256 << 20,
                      "set '@audio - memlock unlimited' in /etc/security/limits.d")  # fmt: skip
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor.is_file():
        name = governor.read_text().strip()
        yield Finding("processor", f"governor {name}", name == "performance",
                      "sudo cpupower frequency-set -g performance")  # fmt: skip
