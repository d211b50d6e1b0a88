"""The contract between training, the exported instrument and the real-time core.

Every number that two sides must agree on lives here and, mirrored, in ``core/contract.h``
(a test compares the two). Standard library only: ``training`` imports this on a bare machine.

A *frame* is a pitch-synchronous spectrogram column, one every ``HOP_S`` seconds: ``PARTIALS``
levels of the note's partials and ``NOISE_BANDS`` levels of noise bands, all in dB, then the
deviation of the note's pitch in cents (vibrato, drift, a glide at the attack). Partial ``k`` (from
1) lies at ``partial_hz(f0, k, inharmonicity)``, moved by its own constant ``detune_cents`` (bells,
and what a string's stiffness does not explain); its level is the peak amplitude of a sinusoid. A
noise band's level is the RMS amplitude of the noise between its two edges. Levels are relative to
the note's own reference level (the loudest frame's RMS is 0 dB), never below ``FLOOR_DB``. Frame 0
lies at the note's onset. The note's absolute level is ``gain_db`` of the note values plus
``velocity_gain_db(velocity)``.
"""

import math
from typing import Final

CONTRACT_VERSION: Final = 2

# --- frames -------------------------------------------------------------------------------------
FRAME_RATE_HZ: Final = 187.5
HOP_S: Final = 1.0 / FRAME_RATE_HZ
PARTIALS: Final = 128
NOISE_BANDS: Final = 32
FRAME_LEVELS: Final = PARTIALS + NOISE_BANDS
FRAME_PITCH: Final = FRAME_LEVELS  # place of the pitch's deviation in a frame
FRAME_VALUES: Final = FRAME_LEVELS + 1
PITCH_RANGE_CENTS: Final = 120.0  # the pitch deviates by so much at most
NOISE_TOP_HZ: Final = 20_000.0
NOISE_KNEE_HZ: Final = 700.0  # bands are even on a mel-like scale log(1 + f / knee)
STEREO_LEANS: Final = 16  # `stereo_lean` repeats after so many partials
FLOOR_DB: Final = -100.0

# --- the generator's tensors --------------------------------------------------------------------
LATENT_SIZE: Final = 16
STEP_NOISE_SIZE: Final = 16
FRAMES_PER_STEP: Final = 8  # a coarse step of the generator, 42.7 ms
# Steps between two fresh draws of each noise value (0: one draw for the whole take); `noise_blend`
# says what lies between. Slow values let a note swell and drift, the constant ones make each take
# a little different.
STEP_NOISE_PERIODS: Final = (1,) * 8 + (4,) * 3 + (16,) * 3 + (0,) * 2
CONTEXT_STEPS: Final = 4  # noise steps the generator reads before and after those it returns
INPUT_KEY: Final = "key"  # (batch,) float32, MIDI key, 60 is middle C
INPUT_VELOCITY: Final = "velocity"  # (batch,) float32, 1..127
INPUT_LATENT: Final = "latent"  # (batch, LATENT_SIZE) float32
INPUT_STEP: Final = "step"  # (batch,) float32, first step to return, 0 at the onset
INPUT_NOISE: Final = "noise"  # (batch, CONTEXT_STEPS + steps + CONTEXT_STEPS, STEP_NOISE_SIZE)
OUTPUT_FRAMES: Final = "frames"  # (batch, steps * FRAMES_PER_STEP, FRAME_VALUES) float32, dB
OUTPUT_NOTE: Final = "note"  # (batch, NOTE_VALUES) float32
NOTE_FIELDS: Final = (
    "inharmonicity_log10",  # log10 of B in partial_hz, -8..-2
    "gain_db",  # level of the note's loudest frame at velocity 127, dB re full scale RMS
    "tail_db_per_s",  # slope of the level after the last generated frame, 0 or less (0: sustained)
    "release_db_per_s",  # slope of the level after the key is let go, less than 0
    "width",  # stereo width 0..1: partial k leans to a side by width * stereo_lean(k)
)
NOTE_DETUNE: Final = len(NOTE_FIELDS)  # here begin the detunes in cents of the lowest partials
DETUNED_PARTIALS: Final = 32  # partial 1 is never detuned; those above the last one neither
DETUNE_RANGE_CENTS: Final = 400.0
NOTE_VALUES: Final = NOTE_DETUNE + DETUNED_PARTIALS

# --- takes --------------------------------------------------------------------------------------
PAGE_FRAMES: Final = 32  # frames in one page of the cache's arena (4 steps, 170.7 ms)
TAKE_PAGES: Final = 64  # pages in the longest take (10.9 s); a sustained note then goes round
LOOP_FIRST_PAGE: Final = 32  # a sustained note that reaches the end goes on from a page after this
VELOCITY_LAYERS: Final = 8
TIMBRE_SLOTS: Final = 64
KEY_LOW: Final = 21
KEY_HIGH: Final = 108

# --- the instrument file ------------------------------------------------------------------------
METADATA_KEY: Final = "rtsynth"  # one JSON object in the ONNX file's metadata_props


def key_hz(key: float) -> float:
    """Fundamental of a MIDI key in Hz, equal temperament, A4 = 440 Hz."""
    return 440.0 * math.pow(2.0, (key - 69.0) / 12.0)


def partial_hz(f0_hz: float, k: int, inharmonicity: float) -> float:
    """Frequency in Hz of partial ``k`` (from 1) of a stiff string (Fletcher 1964).

    Normalised so that partial 1 lies exactly at ``f0_hz``.
    """
    return k * f0_hz * math.sqrt((1.0 + inharmonicity * k * k) / (1.0 + inharmonicity))


def stereo_lean(k: int) -> float:
    """Which way partial ``k`` (from 1) leans in a wide note, -1 (left) to 1 (right).

    The golden ratio spreads the first ``STEREO_LEANS`` evenly, the next repeat them. The
    channels' gains are ``1 -+ width * lean``, over ``sqrt(1 + (width * lean)^2)``, so that the sum
    of their powers does not change.
    """
    return 2.0 * math.modf(((k - 1) % STEREO_LEANS + 1) * 0.6180339887498949)[0] - 1.0


def noise_blend(step: int, period: int) -> tuple[int, float, float]:
    """Where a slow noise value of ``period`` steps (2 or more) stands at ``step``.

    Returns:
        The number of the draw before, and the weights of that draw and the next: of equal power,
        so that the variance is 1 everywhere.
    """
    draw = math.floor(step / period)
    angle = 0.5 * math.pi * (step / period - draw)
    return draw, math.cos(angle), math.sin(angle)


def noise_edge_hz(edge: int) -> float:
    """Lower edge in Hz of noise band ``edge``, 0..NOISE_BANDS (the last is the top edge)."""
    top = math.log1p(NOISE_TOP_HZ / NOISE_KNEE_HZ)
    return NOISE_KNEE_HZ * math.expm1(top * edge / NOISE_BANDS)


def velocity_gain_db(velocity: float) -> float:
    """Level in dB of a velocity (1..127) relative to 127: General MIDI's square law."""
    return 40.0 * math.log10(velocity / 127.0)


def layer_velocity(layer: int) -> int:
    """The velocity for which a velocity layer's takes are made."""
    return 16 * layer + 8


def velocity_layer(velocity: int) -> int:
    """The velocity layer that plays a velocity (1..127)."""
    return velocity * VELOCITY_LAYERS // 128
