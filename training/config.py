"""Every size, weight and rate of a training run in one place; saved with each checkpoint."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Config:
    """One training run. Levels are in dB, times in seconds unless the name says otherwise."""

    # generator
    width: int = 256  # channels at the coarse step rate
    middle_width: int = 192  # channels at twice the step rate
    frame_width: int = 128  # channels at the frame rate
    condition_width: int = 224  # channels of the embedded conditions
    note_width: int = 384  # channels of what is worked out once a note
    course_width: int = 512  # channels of what gives each level its mean course
    flicker_width: int = 64  # channels of the coloured noise
    envelope_points: int = 48  # spectral envelope coefficients on a log-frequency grid
    # timbre encoder and discriminators
    encoder_width: int = 128
    discriminator_width: int = 128

    # batches
    batch: int = 64
    crop_frames: int = 32
    long_every: int = 4  # every so many steps the crops are `long_factor` times as long ...
    long_factor: int = 8  # ... and the batch as many times smaller, so that slow movement is seen
    onset_share: float = 0.34  # crops that begin in the first four steps of a note
    beyond_share: float = 0.04  # crops that lie past a recording's end (tail laid on)
    mean_latent_share: float = 0.5  # crops played from the timbre's one running latent
    prior_rows: int = 8  # extra notes a step of invented timbres, adversarial term only
    key_jitter: float = 0.1  # semitones, standard deviation
    velocity_jitter: float = 1.0

    # loss
    spectral_weight: float = 1.0  # lambda of the min-max game; 0: the adversary alone
    smoothed_share: float = 0.5  # of the partials' error, compared after smoothing in time
    noise_band_weight: float = 0.5
    delta_weight: float = 0.5
    pitch_weight: float = 0.1  # dB a cent
    lively_weight: float = 1.0  # energy score of what moves around a crop's trend
    comb_weight: float = 1.0  # against patterns that repeat with every step
    spread_reward: float = 1.0  # 1: as much chance as in the recordings; 0: none
    trend_reward: float = 0.9  # the same for the crops' trends: takes differ, slowly
    note_weight: float = 0.5
    detune_weight: float = 0.03  # of the note values' error, a cent
    kl_weight: float = 5e-3
    adversarial_share: float = 0.12  # adversary's gradient at the frames / the spectral one's
    adversarial_scale_max: float = 50.0
    feature_weight: float = 2.0  # of feature matching, beside the adversary's own loss
    adversary_start: float = 0.55  # of the schedule
    adversary_rows: int = 40  # of the batch that the discriminators see
    gradient_penalty: float = 0.05  # gamma of R1 and R2
    penalty_every: int = 8

    # optimisation
    learning_rate: float = 1.2e-3
    discriminator_rate: float = 5e-4
    final_rate_share: float = 0.01
    warmup_steps: int = 200
    weight_decay: float = 0.01
    gradient_clip: float = 10.0
    average_decay: float = 0.999  # of the exponential average of the generator's weights
    freeze_latents_at: float = 0.6  # of the schedule: from here every timbre has its final latent
    precision: str = "auto"  # "bf16-mixed" where the machine has it in hardware, else "32-true"
    seed: int = 20

    def to_json(self) -> str:
        """The configuration as JSON text."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Config:
        """Build a configuration from plain values.

        Raises:
            ValueError: a key is not known.
        """
        known = {field.name for field in dataclasses.fields(Config)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown configuration keys: {', '.join(unknown)}")
        return Config(**values)

    @staticmethod
    def from_json(text: str) -> Config:
        """The inverse of `to_json`."""
        return Config.from_dict(json.loads(text))
