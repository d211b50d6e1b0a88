"""Where a parameter's value goes: to MIDI messages, the core, or what tunes keys."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from rtsynth._core import Link
from rtsynth.controllers import messages_of
from rtsynth.controls import Controls
from rtsynth.errors import RtsynthError
from rtsynth.parameters import Parameter, core_name
from rtsynth.tuning.own import Tuning
from rtsynth.velocity import VELOCITIES, velocity_curve

TRIES: Final = 100  # while the engine's queue is full
PAUSE_S: Final = 0.005

Get = Callable[[str], float]  # what another parameter is set to


class Outlets:
    """Carries values out. What the engine refuses is sent again; it must not be lost."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    def set(self, known: Parameter, value: float, channel: int, get: Get) -> None:
        """Carry out a value of a parameter; `get` tells the others of all channels.

        Raises:
            RtsynthError: the engine takes no events.
        """
        if known.home == "core":
            name = core_name(known)
            self.send(lambda engine: engine.set_parameter(name, value, channel))
        elif known.home != "desk" or known.name == "mono":
            messages = messages_of(known, value, channel)
            self.sure(lambda: self._controls.set(messages))
        elif known.name == "gain":
            gain_db = self._controls.metadata.level_db + value
            self.sure(lambda: self._controls.set_gain_db(gain_db))
        elif known.name == "pressure_turn":
            self._controls.parts.set_pressure_turn(channel, value)
        elif known.name in ("touch", "fixed_velocity"):
            self._set_velocities(velocity_curve(get("touch"), get("fixed_velocity")))
        elif known.name == "reference":
            self.tune(replace(self._controls.tuning, reference_hz=value))
        else:
            self.tune(replace(self._controls.tuning, stretch=value))

    def tune(self, tuning: Tuning) -> None:
        """Change the player's own tuning.

        Raises:
            RtsynthError: its map contradicts itself, or the engine takes no events.
        """
        self.sure(lambda: self._controls.set_tuning(tuning))

    def send(self, event: Callable[[Link], bool]) -> None:
        """Send one of the engine's events for sure."""
        self.sure(partial(self._controls.send, event))

    def sure(self, event: Callable[[], bool]) -> None:
        """Do what is refused while the engine's queue is full, again and again, within reason.

        Raises:
            RtsynthError: it was refused for half a second.
        """
        for _ in range(TRIES):
            if event():
                return
            time.sleep(PAUSE_S)
        raise RtsynthError("the engine takes no events: its audio has stopped")

    def _set_velocities(self, curve: list[float]) -> None:
        def point(engine: Link, played: int, sounding: float) -> bool:
            return engine.set_velocity(played, sounding)

        for played, sounding in zip(VELOCITIES, curve, strict=True):
            self.send(partial(point, played=played, sounding=sounding))
