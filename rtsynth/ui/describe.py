"""The player in JSON values: parameters, timbres, figures."""

from collections.abc import Sequence
from typing import Any, Final

from rtsynth._core import LATE_STEP_MS
from rtsynth.desk import Desk
from rtsynth.messages import CHANNELS
from rtsynth.parameters import PARAMETERS, Parameter
from rtsynth.player_config import PlayerStats
from rtsynth.ui.gear import Playable
from rtsynth.ui.places import TimbreMap

FAMILY_PROGRAMS: Final = 8  # General MIDI has as many programs in each family of instruments
FIRST_PAD: Final = 88  # programs from here on are given out by likeness


def parameter_row(parameter: Parameter) -> dict[str, Any]:
    """What a page has to know of a parameter."""
    return {
        "name": parameter.name, "label": parameter.label, "group": parameter.group,
        "low": parameter.low, "high": parameter.high, "default": parameter.default,
        "unit": parameter.unit, "of_channel": parameter.of_channel, "switch": parameter.switch,
    }  # fmt: skip


def values(desk: Desk) -> dict[str, float]:
    """Every parameter on every channel, by "name channel"."""
    return {
        f"{name} {channel}": desk.get(name, channel)
        for name, parameter in PARAMETERS.items()
        for channel in range(CHANNELS if parameter.of_channel else 1)
    }


def timbre_rows(places: TimbreMap) -> list[dict[str, Any]]:
    """The presets with their places on the map."""
    return [
        {"name": timbre.name, "x": round(float(x), 4), "y": round(float(y), 4),
         "family": family(timbre.programs)}
        for timbre, (x, y) in zip(places.timbres, places.places, strict=True)
    ]  # fmt: skip


def family(programs: Sequence[int]) -> int:
    """The General MIDI family of a timbre, 0..15: that of most of its real instruments."""
    own = [program for program in programs if program < FIRST_PAD] or list(programs) or [0]
    families = [program // FAMILY_PROGRAMS for program in own]
    return max(families, key=families.count)


def figures(player: Playable, stats: PlayerStats) -> dict[str, Any]:
    """What changes slowly."""
    about = player.instrument.metadata
    return {
        "instrument": f"{about.name}, {len(about.timbres)} timbres",
        "latency_ms": round(stats.latency_ms, 2),
        "lateness": {"counts": player.lateness(), "step_ms": LATE_STEP_MS},
    }
