"""Velocity curves: how hard a key has to be struck."""

from typing import Final

VELOCITIES: Final = range(1, 128)


def velocity_curve(touch: float, fixed: float = 0.0) -> list[float]:
    """What velocities 1..127 sound like, 1..127 each.

    Args:
        touch: -1 (light: little force is enough) to 1 (heavy), 0: as played.
        fixed: 1..127, whatever was played; less: not fixed.
    """
    if fixed >= 1.0:
        return [min(fixed, 127.0) for _ in VELOCITIES]
    return [max(1.0, 127.0 * (played / 127.0) ** (2.0**touch)) for played in VELOCITIES]
