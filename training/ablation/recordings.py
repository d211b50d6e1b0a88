"""Record some of the notes anew, to measure the modulation of sounds beside that of frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from training.ablation.measure import SECONDS, Material
from training.crops import Library
from training.evaluation.recordings import render_held, spec_of
from training.evaluation.spectra import Audio
from training.notes import NotePlan

MARGIN_S: Final = 0.3


def recorded(material: Material, library: Library, per_timbre: int) -> Material:
    """The material with recordings of sustained notes; timbres of other origin have none.

    Raises:
        training.rendering.RenderError: FluidSynth or a soundfont is missing.
    """
    audio: dict[int, Audio] = {}
    for timbre in sorted({material.notes[i].timbre for i in material.long}):
        spec = spec_of(library.timbres[timbre])
        if spec is None or per_timbre == 0:
            continue
        long = [i for i in material.long if material.notes[i].timbre == timbre]
        at = np.linspace(0, len(long) - 1, min(per_timbre, len(long))).round()
        places = [long[int(i)] for i in at]
        notes = [material.notes[i] for i in places]
        plans = [NotePlan(int(n.key), int(n.velocity), SECONDS + MARGIN_S) for n in notes]
        (sounds,) = render_held(spec, [plans])
        audio |= {i: sound for i, sound in zip(places, sounds, strict=True) if sound is not None}
    return replace(material, audio=audio)
