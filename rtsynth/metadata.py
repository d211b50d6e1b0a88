"""What an instrument file says of itself: the JSON object in its metadata."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rtsynth import contract
from rtsynth.errors import RtsynthError, one_line

Floats = NDArray[np.float32]
WRONG: Final = (ValueError, KeyError, TypeError, OverflowError)
MOST_DIGITS: Final = 10  # of a number that is typed
MOST_LEVEL_DB: Final = 60.0
# Frames for which a timbre's correction is told; between them it follows the logarithm of time.
CORRECTION_FRAMES: Final = (0.5, 1.5, 3.0, 6.0, 12.0, 24.0, 80.0, 176.0, 400.0, 784.0)
DIRECTIONS: Final = ("bright", "hard", "breathy", "long")
PRIOR_PART: Final = 0.8  # of the presets' spread, where the file does not tell
PRIOR_FLOOR: Final = 0.05  # of the mean variance, where presets do not spread at all


@dataclass(frozen=True)
class Timbre:
    """A place in the latent space with a name, a range of keys and General MIDI programs."""

    name: str
    latent: Floats  # (LATENT_SIZE,)
    low: int  # lowest MIDI key it was trained on
    high: int  # highest
    programs: tuple[int, ...]  # General MIDI programs 0..127 that select it
    sustained: bool
    # (len(CORRECTION_FRAMES), FRAME_LEVELS) dB that are added to the frames' levels
    correction: Floats | None = None
    origin: int = 0  # number of the instrument whose space it lies in (`Generator.add`)


@dataclass(frozen=True)
class Directions:
    """Named ways through the latent space from every preset, found from the data.

    A turn of 1 adds `up`, a turn of -1 adds `down`: about a standard deviation of the attribute
    over the presets, or as far as it goes steadily.
    """

    names: tuple[str, ...]  # of DIRECTIONS
    anchors: Floats  # (presets, LATENT_SIZE), where each was found
    up: Floats  # (names, presets, LATENT_SIZE)
    down: Floats


@dataclass(frozen=True)
class Prior:
    """What random timbres are drawn from: mean + factor @ n, n standard normal."""

    mean: Floats  # (LATENT_SIZE,)
    factor: Floats  # (LATENT_SIZE, LATENT_SIZE)


@dataclass(frozen=True)
class Metadata:
    """What an instrument says of itself."""

    name: str
    version: str
    license: str
    credits: tuple[str, ...]
    parameters: int
    level_db: float  # added to the output gain
    timbres: tuple[Timbre, ...]
    card: str  # markdown
    check: dict[str, Any]
    directions: Directions | None  # None: the file has none
    prior: Prior
    eight_bit: bool = False  # the network's large products are of integers
    origin: int = 0  # of its timbres

    def timbre_slot(self, name: str) -> int:
        """Slot of a timbre by number (from 1) or part of its name.

        Raises:
            RtsynthError: there is none, or more than one.
        """
        names = [timbre.name for timbre in self.timbres]
        if name.isdecimal() and len(name) <= MOST_DIGITS and 1 <= int(name) <= len(names):
            return int(name) - 1
        wanted = name.lower()
        exact = [i for i, each in enumerate(names) if each.lower() == wanted]
        found = exact or [i for i, each in enumerate(names) if wanted and wanted in each.lower()]
        if len(found) == 1:
            return found[0]
        if found:
            fits = ", ".join(names[i] for i in found)
            raise RtsynthError(f"more than one timbre fits '{name}': {fits}")
        raise RtsynthError(f"no timbre named '{name}': {self.name} has {', '.join(names)}")

    def program_slots(self) -> dict[int, int]:
        """Timbre slot of each General MIDI program that a timbre claims."""
        return {p: i for i, timbre in enumerate(self.timbres) for p in timbre.programs}


def read_metadata(path: Path, stored: str) -> Metadata:
    """Parse the JSON object an instrument carries.

    Raises:
        RtsynthError: another contract version, or a field is missing or wrong.
    """
    try:
        data = json.loads(stored)
        version = int(data["contract_version"])
    except WRONG as error:
        raise RtsynthError(f"{path}: its metadata cannot be read: export it again") from error
    if version != contract.CONTRACT_VERSION:
        newer = version > contract.CONTRACT_VERSION
        advice = "update rtsynth" if newer else "export it again with this rtsynth"
        raise RtsynthError(
            f"{path} was made for contract version {version}, and this rtsynth plays version "
            f"{contract.CONTRACT_VERSION}: {advice}"
        )
    try:
        return _metadata(data)
    except WRONG as error:
        what = f"field {error}" if isinstance(error, KeyError) else one_line(error)
        raise RtsynthError(f"{path}: its metadata is wrong ({what}): export it again") from error


def _metadata(data: dict[str, Any]) -> Metadata:
    timbres = tuple(_timbre(each) for each in data["timbres"])
    if not 1 <= len(timbres) <= contract.TIMBRE_SLOTS:
        raise ValueError(f"{len(timbres)} timbres, 1 to {contract.TIMBRE_SLOTS} are possible")
    latents = np.stack([timbre.latent for timbre in timbres])
    level_db = float(data.get("level_db", 0.0))
    if not abs(level_db) <= MOST_LEVEL_DB:
        raise ValueError(f"level_db is {level_db}")
    return Metadata(
        name=str(data["name"]),
        version=str(data.get("version", "")),
        license=str(data.get("license", "unknown")),
        credits=tuple(str(each) for each in data.get("credits", ())),
        parameters=int(data.get("parameters", 0)),
        level_db=level_db,
        timbres=timbres,
        card=str(data.get("card", "")),
        check=dict(data.get("check", {})),
        directions=_directions(data["directions"]) if data.get("directions") else None,
        prior=_prior(data["prior"]) if data.get("prior") else prior_of(latents),
        eight_bit=bool(data.get("eight_bit", False)),
    )


def prior_of(latents: Floats, part: float = PRIOR_PART) -> Prior:
    """The mean and a part of the spread of latents (presets, LATENT_SIZE)."""
    apart = latents.astype(np.float64) - latents.mean(0)
    spread = apart.T @ apart / max(len(latents) - 1, 1)
    floor = PRIOR_FLOOR * max(float(np.trace(spread)) / contract.LATENT_SIZE, 1e-6)
    factor = part * np.linalg.cholesky(spread + floor * np.eye(contract.LATENT_SIZE))
    return Prior(latents.mean(0).astype(np.float32), factor.astype(np.float32))


def _prior(data: dict[str, Any]) -> Prior:
    size = contract.LATENT_SIZE
    return Prior(
        _numbers("prior", data["mean"], size), _numbers("prior", data["factor"], size, size)
    )


def _directions(data: dict[str, Any]) -> Directions:
    ways = data["ways"]
    names = tuple(name for name in DIRECTIONS if name in ways)
    shape = (len(data["anchors"]), contract.LATENT_SIZE)
    up, down = (
        np.stack([_numbers(f"direction '{name}'", ways[name][side], *shape) for name in names])
        for side in ("up", "down")
    )
    return Directions(names, _numbers("directions", data["anchors"], *shape), up, down)


def _numbers(what: str, values: Any, *shape: int) -> Floats:
    """Finite numbers of a shape.

    Raises:
        ValueError: they are not.
    """
    with np.errstate(over="ignore"):  # too large is not finite, and refused
        found = np.asarray(values, np.float32)
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"{what} needs {' x '.join(map(str, shape))} numbers")
    return found


def _timbre(data: dict[str, Any]) -> Timbre:
    latent = _numbers(f"timbre '{data['name']}'", data["latent"], contract.LATENT_SIZE)
    low, high = int(data["low"]), int(data["high"])
    if not 0 <= low <= high <= 127:
        raise ValueError(f"timbre '{data['name']}' has the range {low}-{high}")
    programs = tuple(int(p) for p in data.get("programs", ()))
    return Timbre(str(data["name"]), latent, low, high, programs, bool(data.get("sustained")))
