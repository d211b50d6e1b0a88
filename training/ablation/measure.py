"""Measure one arm: its error, its modulation, and whether a classifier tells it from real notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rtsynth import contract as c
from training.ablation import judge, modulation
from training.ablation.modulation import AUDIO, FRAMES, GROUPS, SKIP_FRAMES
from training.crops import Library, Note
from training.evaluation import playing
from training.evaluation.spectra import Audio
from training.validation import Floats, Play, top_errors

STEPS: Final = (SKIP_FRAMES + FRAMES) // c.FRAMES_PER_STEP
SECONDS: Final = (SKIP_FRAMES + FRAMES) * c.HOP_S
PART: Final = 16  # notes in one inference
CROPS: Final = 3  # of each note, for the classifier
TEXTURE_FROM: Final = 32  # frames behind the onset
SEED: Final = 7

Halves = list[npt.NDArray[np.float16]]  # frames of each note, as the data set rounds them


@dataclass(frozen=True)
class Material:
    """The notes on which all arms are compared: none was trained on."""

    notes: list[Note]
    real: Halves
    long: list[int]  # places of the sustained notes that are long enough for their modulation
    audio: dict[int, Audio] = field(default_factory=dict)  # recordings of some long ones, by place

    @staticmethod
    def of(library: Library, timbres: Sequence[str], per_timbre: int) -> Material:
        """Held-out notes of each timbre, spread evenly over its natural range.

        Raises:
            ValueError: there are none, or none that is sustained long enough.
        """
        notes: list[Note] = []
        for name in timbres:
            low, high = library.about.get("ranges", {}).get(name, (c.KEY_LOW, c.KEY_HIGH))
            own = library.timbres.index(name)
            inside = [n for n in library.notes if n.timbre == own and low <= n.key <= high]
            fit = [n for n in inside if n.held_out and n.frames >= judge.CROP_FRAMES]
            places = np.linspace(0, len(fit) - 1, min(per_timbre, len(fit))).round()
            notes += [fit[int(place)] for place in places]
        if not notes:
            raise ValueError("the data set has no held-out notes of these timbres")
        count = SKIP_FRAMES + FRAMES
        real = [library.excerpt(n, 0, min(n.frames, count)).astype(np.float16) for n in notes]
        long = [i for i, n in enumerate(notes) if n.sustained and n.frames >= count]
        if not long:
            raise ValueError(f"no held-out note is sustained for {SECONDS:.1f} s")
        return Material(notes, real, long)


def play(arm: Play, material: Material) -> tuple[Halves, Floats]:
    """An arm's frames of every note, as long as the recordings, and its note values."""
    frames: Halves = []
    values = []
    for first in range(0, len(material.notes), PART):
        part = material.notes[first : first + PART]
        made, note = arm(part, STEPS)
        frames += [made[i, : min(n.frames, made.shape[1])].astype("f2") for i, n in enumerate(part)]
        values.append(note)
    return frames, np.concatenate(values)


def measure(made: Halves, values: Floats, material: Material) -> dict[str, Any]:
    """Every figure of an arm, and its smoothed modulation spectra under "curves"."""
    errors = [
        top_errors(a.astype("f4"), b.astype("f4")) for a, b in zip(made, material.real, strict=True)
    ]
    wanted, found = modulations(material.real, None, material), modulations(made, values, material)
    groups = {}
    for name in [name for name in GROUPS if name in found]:
        owners = np.array([material.notes[i].timbre for i in _places(name, material)])
        groups[name] = asdict(modulation.compare(found[name], wanted[name], owners))
    return {
        "held_out_partials_db": round(float(np.median(np.concatenate(errors))), 3),
        "modulation": groups,
        "auc": {name: asdict(area) for name, area in areas(made, material).items()},
        "curves": {name: modulation.curve(density) for name, density in found.items()},
    }


def _places(group: str, material: Material) -> list[int]:
    return list(material.audio) if group == AUDIO else material.long


def modulations(
    frames: Halves, values: Floats | None, material: Material
) -> dict[str, modulation.Floats]:
    """Densities of each group, (notes, frequencies). Without `values`, of the recordings."""
    window = slice(SKIP_FRAMES, SKIP_FRAMES + FRAMES)
    found: dict[str, list[modulation.Floats]] = {name: [] for name in GROUPS}
    for i in material.long:
        real = material.real[i][window].astype("f4")
        for name, density in modulation.of_frames(frames[i][window].astype("f4"), real).items():
            found[name].append(density)
    for i, recording in material.audio.items():
        note = material.notes[i]
        sound = recording
        if values is not None:
            hz = c.key_hz(note.key)
            heard = frames[i].astype("f4")
            sound = playing.sound(heard, values[i], hz, note.velocity, SECONDS, i)
        found[AUDIO].append(modulation.of_audio(sound, recording))
    return {name: np.stack(rows) for name, rows in found.items() if rows}


def areas(made: Halves, material: Material) -> dict[str, judge.Area]:
    """How well a classifier tells the arm from real notes: by all it sees, and by texture alone."""
    result = {}
    for name, (view, first) in _views().items():
        real, fake, owners = _crops(made, material, first)
        result[name] = judge.told_apart(view(real), view(fake), owners, SEED)
    return result


def floor(material: Material) -> dict[str, Any]:
    """Real notes against other real notes of the same timbres: what no arm can undercut."""
    wanted = modulations(material.real, None, material)
    groups = {}
    for name, density in wanted.items():
        owners = np.array([material.notes[i].timbre for i in _places(name, material)])
        one, other = _neighbours(owners)
        if len(one):
            found = modulation.compare(density[one], density[other], owners[one])
            groups[name] = asdict(found)
    auc = {}
    for name, (view, first) in _views().items():
        real, _, owners = _crops(material.real, material, first)
        auc[name] = asdict(judge.floor(view(real), owners, SEED))
    curves = {name: modulation.curve(density) for name, density in wanted.items()}
    return {"modulation": groups, "auc": auc, "curves": curves}


def _neighbours(owners: npt.NDArray[np.int64]) -> tuple[list[int], list[int]]:
    """Places of notes, and of others of the same timbre."""
    one, other = [], []
    for timbre in np.unique(owners):
        places = np.flatnonzero(owners == timbre).tolist()
        pairs = len(places) // 2
        one += places[: 2 * pairs : 2]
        other += places[1 : 2 * pairs : 2]
    return one, other


def _views() -> dict[str, tuple[Any, int]]:
    return {"frames": (judge.all_of, 0), "texture": (judge.texture, TEXTURE_FROM)}


def _crops(
    made: Halves, material: Material, first: int
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Crops from the same places of real and made notes, and the note of each."""
    random = np.random.default_rng(SEED)
    pairs, owners = [], []
    for i, real in enumerate(material.real):
        last = min(len(real), len(made[i])) - judge.CROP_FRAMES
        if last < first:
            continue
        for start in random.integers(first, last + 1, CROPS):
            window = slice(int(start), int(start) + judge.CROP_FRAMES)
            pairs.append((real[window], made[i][window]))
            owners.append(i)
    real_crops, made_crops = (np.stack(side).astype("f4") for side in zip(*pairs, strict=True))
    return real_crops, made_crops, np.asarray(owners)
