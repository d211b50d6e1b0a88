"""Play an instrument file: notes to frames in ONNX Runtime, frames to sound with the codec."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from rtsynth import contract as c
from rtsynth.codec.resynthesis import Played, resynthesise
from training import step_noise
from training.evaluation.spectra import SAMPLE_RATE, Audio

Floats = npt.NDArray[np.float32]

STEP_S: Final = c.FRAMES_PER_STEP * c.HOP_S
STEADY_CENTS: Final = 0.02  # a pitch that moves less stands still


@dataclass(frozen=True)
class Voice:
    """A timbre of an instrument: its place in the latent space and its range."""

    name: str
    latent: list[float]
    low: int
    high: int
    sustained: bool


class InstrumentError(RuntimeError):
    """The file is no instrument of this contract; the message is one line."""


@dataclass
class Instrument:
    """An instrument file, opened for scoring on one thread."""

    session: ort.InferenceSession
    voices: dict[str, Voice]
    name: str
    size_bytes: int

    @staticmethod
    def open(path: Path) -> Instrument:
        """Open a file.

        Raises:
            InstrumentError: it is missing or of another contract.
        """
        ort.set_default_logger_severity(4)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            about = json.loads(session.get_modelmeta().custom_metadata_map[c.METADATA_KEY])
            version = about["contract_version"]
            voices = {t["name"]: _voice(t) for t in about["timbres"]}
        except Exception as error:
            raise InstrumentError(f"{path} is not an instrument ({_line(error)})") from error
        if version != c.CONTRACT_VERSION:
            raise InstrumentError(
                f"{path} is of contract version {version}, this program of {c.CONTRACT_VERSION}: "
                "export it again"
            )
        return Instrument(session, voices, str(about.get("name", path.stem)), path.stat().st_size)

    def frames(
        self,
        latents: npt.ArrayLike,
        keys: Sequence[float],
        velocities: Sequence[float],
        steps: int,
        seed: int,
    ) -> tuple[Floats, Floats]:
        """Frames (notes, steps * 8, FRAME_VALUES) and note values (notes, NOTE_VALUES).

        `latents` is (notes, LATENT_SIZE), or one latent for all of them.
        """
        count = len(keys)
        first = np.full(count, -c.CONTEXT_STEPS)
        random = np.random.default_rng(seed)
        latent = np.asarray(latents, np.float32)
        given = {
            c.INPUT_KEY: np.asarray(keys, np.float32),
            c.INPUT_VELOCITY: np.asarray(velocities, np.float32),
            c.INPUT_LATENT: np.ascontiguousarray(np.broadcast_to(latent, (count, c.LATENT_SIZE))),
            c.INPUT_STEP: np.zeros(count, np.float32),
            c.INPUT_NOISE: step_noise.draw(random, first, steps + 2 * c.CONTEXT_STEPS),
        }
        frames, note = self.session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], given)
        return frames, note

    def speed(self) -> dict[str, float]:
        """Real-time factor of long batches and time of a note's first page, one thread."""
        latent = next(iter(self.voices.values())).latent

        def seconds(notes: int, steps: int) -> float:
            began = time.perf_counter()
            self.frames(latent, [60.0] * notes, [100.0] * notes, steps, 0)
            return time.perf_counter() - began

        long = min(seconds(16, 32) for _ in range(5))
        pages = [seconds(1, c.PAGE_FRAMES // c.FRAMES_PER_STEP) for _ in range(200)]
        return {
            "real_time_factor": 16 * 32 * STEP_S / long,
            "first_page_p50_ms": 1e3 * float(np.percentile(pages, 50)),
            "first_page_p99_ms": 1e3 * float(np.percentile(pages, 99)),
        }


@lru_cache(maxsize=2)
def opened(path: Path) -> Instrument:
    """An instrument, opened once in each process."""
    return Instrument.open(path)


def _voice(timbre: dict[str, Any]) -> Voice:
    latent = [float(value) for value in timbre["latent"]]
    low, high = int(timbre["low"]), int(timbre["high"])
    return Voice(str(timbre["name"]), latent, low, high, bool(timbre["sustained"]))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:160]


def sound(
    frames: npt.NDArray[np.floating],
    note: npt.NDArray[np.floating],
    f0_hz: float,
    velocity: float,
    seconds: float,
    seed: int,
    stereo: bool = False,
) -> Audio:
    """Play frames and note values (in the order of the contract) at a pitch, (samples, channels).

    One channel is enough for the distances: they are means over the channels, and the stereo width
    of a note moves power between them, no more.
    """
    count = min(len(frames), round(seconds * c.FRAME_RATE_HZ))
    shown = np.array(frames[:count], np.float32)
    if np.ptp(shown[:, c.FRAME_PITCH]) < STEADY_CENTS:
        f0_hz *= 2.0 ** (float(shown[:, c.FRAME_PITCH].mean()) / 1200.0)
        shown[:, c.FRAME_PITCH] = 0.0
    played = Played(
        f0_hz,
        inharmonicity=float(10.0 ** note[c.NOTE_FIELDS.index("inharmonicity_log10")]),
        gain_db=float(note[c.NOTE_FIELDS.index("gain_db")]) + c.velocity_gain_db(velocity),
        width=float(note[c.NOTE_FIELDS.index("width")]) if stereo else 0.0,
        detune_cents=np.asarray(note[c.NOTE_DETUNE :], np.float64),
    )
    out = np.zeros((round(seconds * SAMPLE_RATE), 2 if stereo else 1), np.float32)
    made = resynthesise(shown, played, seed)[: len(out), : out.shape[1]]
    out[: len(made)] = made
    return out
