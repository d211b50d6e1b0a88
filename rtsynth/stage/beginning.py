"""What a desk is set to before anything sounds: a preset, and what was asked for beside it."""

from rtsynth.desk import Desk
from rtsynth.layers import Layer
from rtsynth.stage.changer import Changer
from rtsynth.tuning.own import CONCERT_HZ, EQUAL, Tuning
from rtsynth.tuning.scala import LINEAR


def begin(
    desk: Desk,
    changer: Changer,
    tuning: Tuning,
    preset: str | None,
    timbre: str | None,
    layers: tuple[Layer, ...],
    gain_db: float,
) -> None:
    """Load what is wanted. What was asked for by itself comes over what a preset says.

    Raises:
        RtsynthError: there is no such preset or timbre, or it is wrong.
    """
    if preset is not None:
        changer.load(preset)
    if timbre is not None and changer.current:
        desk.set_timbre(timbre)
    if layers:
        desk.set_layers(layers)
    if gain_db or not changer.current:
        desk.set("gain", gain_db)
    if (tuning.scale, tuning.keyboard) != (EQUAL, LINEAR):
        desk.tune(tuning.scale, tuning.keyboard)
    if tuning.reference_hz != CONCERT_HZ:
        desk.set("reference", tuning.reference_hz)
    if tuning.stretch:
        desk.set("stretch", tuning.stretch)
