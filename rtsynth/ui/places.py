"""Where timbres lie on the page's map, and what lies between them: a plane of the latent space."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rtsynth.metadata import Floats, Timbre
from rtsynth.timbres import nearness

Places = NDArray[np.float64]  # (timbres, 2), x to the right and y downwards, 0..1

NEIGHBOURS: Final = 4  # presets that a place on the map is mixed from
RANK_PART: Final = 0.6  # of the order against the distance: names need room where presets crowd
ROOM: Final = (0.13, 0.05)  # a name's width and height, of the map's
ROUNDS: Final = 600
MARGIN: Final = 0.05
LEAST_SHARE: Final = 0.01
MAPS_KEPT: Final = 16


class TimbreMap:
    """A flat picture of the latent space, with a timbre for every point. Thread: any."""

    def __init__(self, timbres: Sequence[Timbre]) -> None:
        self.timbres = tuple(timbres)
        self.latents: Floats = np.stack([timbre.latent for timbre in self.timbres])
        self.places = _laid_out(self.latents.tobytes(), len(self.latents)).copy()

    def mix(self, x: float, y: float) -> dict[str, float]:
        """Shares of the presets around a point, by name, the largest first; they sum to 1.

        Modified inverse distances (Franke and Little): the share of a preset falls to nothing
        where another takes its place among the nearest, so that nothing jumps on the way.
        """
        apart = np.linalg.norm(self.places - (x, y), axis=1)
        order = np.argsort(apart)
        near = order[:NEIGHBOURS]
        reach = apart[order[NEIGHBOURS]] if len(order) > NEIGHBOURS else 2.0 * apart[near[-1]] + 1.0
        floor = 1e-4
        weights = np.square(np.maximum(reach - apart[near], 0.0) / (apart[near] + floor))
        if weights.sum() <= 0.0:  # all are as far as the next: one of them will do
            weights[0] = 1.0
        shares = weights / weights.sum()
        shares[shares < LEAST_SHARE] = 0.0
        shares /= shares.sum()
        return {self.timbres[i].name: float(s) for i, s in zip(near, shares, strict=True) if s}

    def text(self, x: float, y: float) -> str:
        """The timbre at a point, as a user would type it."""
        shares = self.mix(x, y)
        if len(shares) == 1:
            return next(iter(shares))
        return "+".join(f"{name}:{share:.3f}" for name, share in shares.items())

    def place(self, latent: Floats) -> tuple[float, float]:
        """Where a latent (LATENT_SIZE,) lies: on a preset, or between those around it."""
        x, y = nearness(latent, self.latents).astype(np.float64) @ self.places
        return float(x), float(y)


@lru_cache(maxsize=MAPS_KEPT)
def _laid_out(latents: bytes, count: int) -> Places:
    """Where latents (count, LATENT_SIZE) lie; it takes some tenths of a second."""
    return _spread(_flat(np.frombuffer(latents, np.float32).reshape(count, -1)))


def _flat(latents: Floats) -> Places:
    """The plane in which presets differ most (principal components, as classical scaling)."""
    apart = latents.astype(np.float64) - latents.mean(0)
    if len(latents) < 2:
        return np.zeros((len(latents), 2))
    _, _, axes = np.linalg.svd(apart, full_matrices=False)
    plane: Places = apart @ axes[:2].T
    plane *= np.where(plane[0] > 0.0, -1.0, 1.0)  # the first preset lies to the left, at the top
    return plane


def _spread(plane: Places) -> Places:
    """The plane in a square of side 1, drawn apart where names would cover each other."""
    count = len(plane)
    if count < 2:
        return np.full((count, 2), 0.5)
    low, high = plane.min(0), plane.max(0)
    even = (plane - low) / np.maximum(high - low, 1e-9)
    ranks = np.argsort(np.argsort(plane, axis=0, kind="stable"), axis=0) / (count - 1)
    places = RANK_PART * ranks + (1.0 - RANK_PART) * even
    room = np.array(ROOM)
    for _ in range(ROUNDS):
        apart = places[:, None] - places[None]  # (timbres, timbres, 2)
        cover = 1.0 - np.abs(apart) / room
        touching = (cover > 0.0).all(-1) & ~np.eye(count, dtype=bool)
        if not touching.any():
            break
        tie = np.arange(count)[:, None] - np.arange(count)[None]  # what lies on one spot parts
        ways = np.where(np.abs(apart) < 1e-9, np.sign(tie)[..., None] * 1e-3, apart)
        push = np.sign(ways) * np.maximum(cover, 0.0) * room * touching[..., None]
        along = np.argmin(np.maximum(cover, 0.0) * room, axis=-1)  # the shorter way out
        push *= np.eye(2)[along]
        places = np.clip(places + 0.25 * push.sum(1), 0.0, 1.0)
    inside: Places = MARGIN + (1.0 - 2.0 * MARGIN) * places
    return inside
