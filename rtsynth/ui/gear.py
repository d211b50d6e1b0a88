"""What a page's wishes are carried out on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from rtsynth.controls import Controls
from rtsynth.desk import Desk
from rtsynth.instrument import Instrument
from rtsynth.player_config import PlayerStats
from rtsynth.stage.changer import Changer
from rtsynth.ui.channels import Channels
from rtsynth.ui.fields import Order
from rtsynth.ui.hub import Hub
from rtsynth.ui.session import Session


class Output(Protocol):
    """Where the sound goes."""

    def outputs(self) -> list[str]:
        """Those that can be chosen."""

    def choose(self, name: str) -> None:
        """Play through another one."""


class Playable(Protocol):
    """What pages play on: a player, or an instance of the plugin. Threads as `Player`."""

    @property
    def instrument(self) -> Instrument:
        """That was chosen last."""

    @property
    def desk(self) -> Desk:
        """All parameters."""

    @property
    def controls(self) -> Controls:
        """Where messages go."""

    @property
    def changer(self) -> Changer:
        """Loads presets."""

    @property
    def output(self) -> Output:
        """Where the sound goes."""

    @property
    def inputs(self) -> list[str]:
        """Names of the MIDI inputs there are."""

    @property
    def recording(self) -> Path | None:
        """The file that is being recorded."""

    def stats(self) -> PlayerStats:
        """Counters and gauges of this moment."""

    def lateness(self) -> list[int]:
        """How often the device called late (`Engine.lateness`)."""

    def choose_inputs(self, wanted: Sequence[str]) -> None:
        """Play from these MIDI inputs."""

    def change_instrument(self, name: str) -> None:
        """Play another instrument."""

    def record(self, path: Path) -> Path:
        """Record from now on; returns the file."""

    def stop_recording(self) -> Path | None:
        """End the recording."""


@dataclass(frozen=True)
class Gear:
    """The player with what stands around it for pages."""

    player: Playable
    desk: Desk
    channels: Channels
    hub: Hub


Action = Callable[[Gear, Order, Session], Any]  # an awaitable where it takes long
