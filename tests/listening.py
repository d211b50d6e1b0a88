"""Play MIDI to the bundled instrument without a device, and measure what is heard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks import partials
from rtsynth import instrument
from rtsynth.messages import AnyMessage
from rtsynth.render import RenderConfig, render_events
from rtsynth.song import Event

RATE_HZ = 24_000
CONFIG = RenderConfig(
    timbre="reed-organ", rate_hz=RATE_HZ, arena_mib=16, polyphony=32, variation=0.0
)
SILENT_DB = -80.0
Timed = tuple[float, AnyMessage]  # seconds, message


@cache
def bundled() -> instrument.Instrument:
    """Loaded once."""
    return instrument.load(None)


@dataclass(frozen=True)
class Sound:
    """What was heard."""

    samples: NDArray[np.float64]  # (frames, 2)

    def cut(self, start_s: float, end_s: float) -> NDArray[np.float64]:
        return self.samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]

    def level_db(self, start_s: float, end_s: float, side: int | None = None) -> float:
        """RMS re full scale, of both sides or of one (0 left, 1 right)."""
        cut = self.cut(start_s, end_s)
        power = np.mean(np.square(cut if side is None else cut[:, side]))
        return float(10.0 * np.log10(power + 1e-20))

    def key(self, start_s: float, end_s: float, near: float) -> float:
        """The pitch near a key, in keys: 69 is 440 Hz."""
        near_hz = 440.0 * 2.0 ** ((near - 69.0) / 12.0)
        found = partials.pitch(self.cut(start_s, end_s).mean(axis=1), RATE_HZ, near_hz)
        assert found is not None, f"no pitch near key {near}"
        return float(69.0 + 12.0 * np.log2(found.hz / 440.0))

    def course(
        self, start_s: float, end_s: float, near: float, reach: float = 4.0
    ) -> tuple[NDArray[np.float64], float]:
        """How the pitch of the lowest partial moves: keys, and how many of them a second.

        Within `reach` semitones of `near`: what is further away is filtered out.
        """
        cut = self.cut(start_s, end_s).mean(axis=1)
        near_hz = 440.0 * 2.0 ** ((near - 69.0) / 12.0)
        turned = cut * np.exp(-2j * np.pi * near_hz * np.arange(len(cut)) / RATE_HZ)
        width = near_hz * (1.0 - 2.0 ** (-reach / 12.0))  # Hz to either side
        window = np.hanning(2 * round(RATE_HZ / width) + 1)
        smooth = np.convolve(turned, window / window.sum(), "same")
        hz = near_hz + np.diff(np.unwrap(np.angle(smooth))) * RATE_HZ / (2.0 * np.pi)
        inside = slice(len(window) // 2, -(len(window) // 2) or None)
        return 69.0 + 12.0 * np.log2(np.maximum(hz[inside], 1.0) / 440.0), float(RATE_HZ)

    def centroid_hz(self, start_s: float, end_s: float) -> float:
        """Where the middle of the spectrum's amplitudes is."""
        cut = self.cut(start_s, end_s).mean(axis=1)
        levels = np.abs(np.fft.rfft(cut * np.hanning(len(cut))))
        hz = np.fft.rfftfreq(len(cut), 1.0 / RATE_HZ)
        return float((hz * levels).sum() / levels.sum())

    def partial_db(self, start_s: float, end_s: float, hz: float) -> float:
        """Level of what sounds at a frequency (within a quarter tone)."""
        cut = self.cut(start_s, end_s).mean(axis=1)
        levels = np.abs(np.fft.rfft(cut * np.hanning(len(cut)))) * 4.0 / len(cut)
        found = np.abs(np.fft.rfftfreq(len(cut), 1.0 / RATE_HZ) / hz - 1.0) < 0.03
        return float(20.0 * np.log10(levels[found].max() + 1e-12))

    def tilt_db(self, start_s: float, end_s: float, key: float) -> float:
        """How strong a note's partials 3 to 6 are beside its first."""
        hz = 440.0 * 2.0 ** ((key - 69.0) / 12.0)
        first, *upper = (self.partial_db(start_s, end_s, k * hz) for k in (1, 3, 4, 5, 6))
        return float(10.0 * np.log10(np.sum(10.0 ** (np.array(upper) / 10.0)))) - first

    def silent(self, start_s: float, end_s: float) -> bool:
        return self.level_db(start_s, end_s) < SILENT_DB


def listen(messages: Sequence[Timed], seconds: float, **options: object) -> Sound:
    """Play a song of messages, as `rtsynth render` does; the first `seconds` of its sound."""
    events = [Event(*message) for message in messages]
    events.append(Event(max(seconds, events[-1].time_s), (0xBF, 123, 0)))
    config = replace(CONFIG, **options)  # type: ignore[arg-type]
    chunks = render_events(events, bundled(), config, lambda part: None)
    wanted, heard = round(seconds * RATE_HZ), np.zeros((0, 2), np.float32)
    while len(heard) < wanted:
        heard = np.concatenate((heard, next(chunks)))
    return Sound(heard.astype(np.float64)[:wanted])
