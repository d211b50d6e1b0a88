"""A plugin instance as pages see a player: what its host does of these things, it does not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rtsynth.errors import RtsynthError
from rtsynth.instrument import Instrument
from rtsynth.player_config import PlayerStats
from rtsynth.serve.instance import Instance
from rtsynth.serve.playing import Playing
from rtsynth.ui.meters import BANDS, Heard


class HostOutput:
    """Stands where a player's output does. Thread: any."""

    def outputs(self) -> list[str]:
        """None to choose from."""
        return []

    def choose(self, name: str) -> None:
        """The host does that."""
        raise RtsynthError("the host of the plugin chooses the output")


class PagePlayer:
    """Thread: any."""

    def __init__(self, instance: Instance, playing: Playing) -> None:
        self._instance = instance
        self._playing = playing
        self._link = playing.link
        self.desk, self.controls = playing.rig.desk, playing.rig.controls
        self.changer = playing.rig.changer
        self.output = HostOutput()
        self.inputs: list[str] = []
        self.recording: Path | None = None

    @property
    def instrument(self) -> Instrument:
        """That was chosen last."""
        return self._playing.rig.instrument

    def change_instrument(self, name: str) -> None:
        """As `Rig.change_instrument`."""
        self._playing.rig.change_instrument(name)

    def choose_inputs(self, wanted: Sequence[str]) -> None:
        """The host does that."""
        raise RtsynthError("the host of the plugin chooses what plays it")

    def record(self, path: Path) -> Path:
        """The host does that."""
        raise RtsynthError("record in the host of the plugin")

    def stop_recording(self) -> Path | None:
        """There is nothing to stop."""
        return None

    def lateness(self) -> list[int]:
        """The host's affair."""
        return []

    def stats(self) -> PlayerStats:
        """Counters and gauges of this moment."""
        return PlayerStats(
            core=self._link.stats(), latency_ms=0.0, audio=self._instance.hello.title,
            midi="the host", generator_errors=self._playing.generator.errors, song_done=False,
        )  # fmt: skip

    def look(self) -> Heard:
        """The levels since the last look; no spectrum."""
        stats = self._link.stats()
        self._link.reset_peaks()
        return Heard((stats.peak_left, stats.peak_right), np.zeros(BANDS, np.uint8))
