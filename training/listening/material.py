"""The notes of a listening test: those of the evaluation, recorded and by every rival."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from training import shards
from training.evaluation import sampler
from training.evaluation.playing import Instrument, InstrumentError
from training.evaluation.recordings import Effort, Scored, record, spec_of
from training.evaluation.scoring import CODEC, NETWORK, REAL, SAMPLER, WITHOUT, every_way
from training.evaluation.spectra import Audio
from training.evaluation.whole import recorded_timbres
from training.listening.sounds import REFERENCE, SECONDS, Item

CANDIDATES: Final = 5  # notes of a timbre, of which one is taken
VELOCITY: Final = 92  # the note nearest to it: loud notes tell most


def chosen(data: shards.DataSet, instrument: Instrument, count: int) -> list[str]:
    """Names of `count` timbres, spread over those whose recordings can be rendered again.

    Raises:
        InstrumentError: there are none.
        training.rendering.RenderError: FluidSynth or a soundfont is missing.
    """
    names = [t.name for t in data.timbres if t.name in instrument.voices]
    known = recorded_timbres(data, names)
    if not known:
        raise InstrumentError("no timbre of the instrument has recordings in the data set")
    places = np.linspace(0, len(known) - 1, min(count, len(known))).round()
    return [known[int(place)] for place in places]


def items(
    data: shards.DataSet, names: Sequence[str], paths: dict[str, Path], seed: int
) -> Iterator[Item]:
    """A held-out note of each timbre, recorded and made in every way.

    `paths` are the instruments, as `NETWORK` and perhaps `WITHOUT`.
    """
    players = {name: Instrument.open(path) for name, path in paths.items()}
    instrument = players[NETWORK]
    voices = instrument.voices.values()
    count = sum(len(sampler.roots(voice.low, voice.high)) for voice in voices)
    length = sampler.sample_length(instrument.size_bytes, count)
    effort = Effort(
        held_out_keys=CANDIDATES, held_out_velocities=0, seconds=SECONDS, ladder_keys=0, seed=seed
    )
    for timbre in (t for t in data.timbres if t.name in names):
        spec = spec_of(timbre.name)
        assert spec is not None  # by `chosen`
        found = record(spec, timbre, instrument.voices[timbre.name], effort, with_lessons=False)
        if not found.scored:
            continue
        scored = min(found.scored, key=lambda each: abs(each.note.velocity - VELOCITY))
        table = [
            sampler.make(audio, key, f0_hz, length, not timbre.sustained)
            for key, f0_hz, audio in found.roots
        ]
        yield _item(scored, every_way(scored, timbre, players, table, SECONDS, stereo=True))


def _item(scored: Scored, made: dict[str, Audio]) -> Item:
    note = scored.note
    sounds = {REFERENCE: scored.real, **{n: audio for n, audio in made.items() if n != REAL}}
    wide = {name: np.broadcast_to(audio, (len(audio), 2)) for name, audio in sounds.items()}
    return Item(note.timbre, note.key, note.velocity, wide)


def systems(paths: dict[str, Path]) -> list[str]:
    """What is rated beside the hidden reference and the anchor."""
    return [CODEC, *[name for name in (NETWORK, WITHOUT) if name in paths], SAMPLER]
