"""Let a run be heard and seen: made notes beside real ones, as audio and as pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from rtsynth import contract as c
from training.crops import Library, Note
from training.validation import Play

Floats = npt.NDArray[np.float32]
SHOWN_STEPS = 36  # 1.5 s a note
VELOCITY = 96.0
KEY = 57.0  # in the middle of the keyboard, and never trained on
GAP_S = 0.15
SAMPLE_RATE = 48_000
PLAYED_DB = -24.0
SHOWN_TIMBRES = 12  # at most


def choose(library: Library) -> list[Note]:
    """A held-out note near `KEY`, rather loud, of some timbres from all over the bank."""
    chosen = []
    count = len(library.timbres)
    for timbre in np.unique(np.linspace(0, count - 1, min(SHOWN_TIMBRES, count)).round()):
        notes = [n for n in library.notes if n.timbre == timbre and n.held_out]
        if notes:
            far = [abs(n.key - KEY) * 4.0 + abs(n.velocity - VELOCITY) for n in notes]
            chosen.append(notes[int(np.argmin(far))])
    return chosen


def write(library: Library, play: Play, folder: Path, stem: str) -> None:
    """Write `stem`.wav (each note real, then made) and `stem`.png into `folder`."""
    notes = choose(library)
    if not notes:
        return
    folder.mkdir(parents=True, exist_ok=True)
    frames, values = play(notes, SHOWN_STEPS)
    count = frames.shape[1]
    pairs = [(library.excerpt(n, 0, count), made) for n, made in zip(notes, frames, strict=True)]
    _audio(notes, pairs, values, folder / f"{stem}.wav")
    _picture(library, notes, pairs, folder / f"{stem}.png")


def _audio(
    notes: list[Note], pairs: list[tuple[Floats, Floats]], values: Floats, path: Path
) -> None:
    import soundfile

    from rtsynth.codec.resynthesis import Played, resynthesise

    gap = np.zeros((int(GAP_S * SAMPLE_RATE), 2), np.float32)
    parts = []
    for note, (real, made), value in zip(notes, pairs, values, strict=True):
        for frames, told in ((real, np.asarray(note.values)), (made, value)):
            played = Played(
                f0_hz=c.key_hz(note.key),
                inharmonicity=10.0 ** float(told[0]),
                gain_db=PLAYED_DB,
                width=float(told[4]),
                detune_cents=told[c.NOTE_DETUNE :],
            )
            parts += [resynthesise(frames, played), gap]
    soundfile.write(path, np.concatenate(parts).clip(-1.0, 1.0), SAMPLE_RATE)


def _picture(
    library: Library, notes: list[Note], pairs: list[tuple[Floats, Floats]], path: Path
) -> None:
    """One row a timbre: real, made, and their difference; time across, values upwards."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 1.7 * len(notes)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(notes), 3, squeeze=False)
    for axes, note, (real, made) in zip(grid, notes, pairs, strict=True):
        for ax, frames in zip(axes, (real, made), strict=False):
            ax.imshow(
                frames[:, : c.FRAME_LEVELS].T,
                origin="lower",
                aspect="auto",
                vmin=-90,
                vmax=0,
                cmap="magma",
            )
        axes[2].imshow(
            (made - real)[:, : c.FRAME_LEVELS].T,
            origin="lower",
            aspect="auto",
            vmin=-20,
            vmax=20,
            cmap="coolwarm",
        )
        name = library.timbres[note.timbre]
        axes[0].set_ylabel(f"{name}\nkey {note.key:.0f}, {note.velocity:.0f}")
        for ax in axes:
            ax.set(xticks=[], yticks=[])
    for ax, title in zip(grid[0], ("real", "made", "made - real, +-20 dB"), strict=True):
        ax.set_title(title, fontsize=9)
    figure.savefig(path, dpi=70)
