"""Read a timbre's latent off one of its notes, with the network inside an instrument file."""

import base64
from typing import Final

import numpy as np

from rtsynth import contract
from rtsynth.errors import RtsynthError, one_line
from rtsynth.instrument import Floats, Instrument
from rtsynth.sessions import CPU, open_session

METADATA_KEY: Final = "rtsynth.encoder"  # an ONNX network in base64
ONSET_FRAMES: Final = 32
LATER_FRAMES: Final = 48
STRIDE: Final = 4  # of the frames after the onset
SPAN: Final = ONSET_FRAMES + STRIDE * LATER_FRAMES
TAIL_FRAMES: Final = 8  # whose mean goes on where a note is too short


def read_latent(
    instrument: Instrument, frames: Floats, key: int, velocity: float, tail_db_per_s: float
) -> Floats | None:
    """The latent (LATENT_SIZE,) of a note's timbre; None where the file has no encoder.

    Args:
        instrument: whose latent space it is.
        frames: (frames, FRAME_VALUES) from the onset.
        key: MIDI key of the note.
        velocity: 1..127.
        tail_db_per_s: how the level goes on behind the last frame, 0 or less.

    Raises:
        RtsynthError: the encoder cannot be run.
    """
    stored = instrument.stored(METADATA_KEY)
    if stored is None:
        return None
    inputs = {
        "frames": opening(frames, tail_db_per_s)[None],
        "key": np.array([key], np.float32),
        "velocity": np.array([velocity], np.float32),
    }
    try:
        session = open_session(base64.b64decode(stored, validate=True), [CPU])
        mean: Floats = np.asarray(session.run(["mean"], inputs)[0], np.float32)
    except Exception as error:
        raise RtsynthError(
            f"{instrument.path}: its encoder fails ({one_line(error)}): export it again"
        ) from error
    if mean.shape != (1, contract.LATENT_SIZE) or not np.isfinite(mean).all():
        raise RtsynthError(f"{instrument.path}: its encoder answers {mean.shape}: export it again")
    latent: Floats = mean[0]
    return latent


def opening(frames: Floats, tail_db_per_s: float) -> Floats:
    """The onset's frames and every fourth one after, (80, FRAME_VALUES)."""
    have = lengthened(np.asarray(frames[:SPAN], np.float32), SPAN, tail_db_per_s)
    return np.concatenate([have[:ONSET_FRAMES], have[ONSET_FRAMES::STRIDE]])


def lengthened(frames: Floats, count: int, tail_db_per_s: float) -> Floats:
    """Frames (count or more, FRAME_VALUES) of a note: where it is too short, its tail goes on."""
    missing = count - len(frames)
    if missing <= 0:
        return frames
    tail = np.repeat(frames[-TAIL_FRAMES:].mean(axis=0, keepdims=True), missing, axis=0)
    late = np.arange(1, missing + 1, dtype=np.float32)[:, None]
    levels = tail[:, : contract.FRAME_LEVELS]
    levels += tail_db_per_s * contract.HOP_S * late
    np.maximum(levels, contract.FLOOR_DB, out=levels)
    return np.concatenate([frames, tail])
