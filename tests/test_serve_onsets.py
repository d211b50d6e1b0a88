"""Onsets that instances share: found in another's memory, then on disk, and never a wrong one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import warm
from rtsynth._core import Engine
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument
from rtsynth.metadata import Timbre
from rtsynth.serve.library import Library
from rtsynth.serve.onsets import MOST_READ, SharedOnsets

Made = tuple[Engine, Generator]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "folder", lambda: tmp_path / "cache")


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def loaded(library: Library, tiny: Path) -> Instrument:
    return library.load(str(tiny))


def shared(library: Library, loaded: Instrument) -> SharedOnsets:
    return library.onsets(loaded, 0, print)


def come(library: Library, loaded: Instrument) -> Made:
    engine, onsets = Engine(48000.0, arena_mib=32), shared(library, loaded)
    return engine, Generator(engine, loaded, warm=onsets.warm, origin=library.origin(loaded, 0),
                             find=onsets.add(engine))  # fmt: skip


def make_ahead(generator: Generator, runs: int) -> int:
    """Pages that were made in so many runs."""
    before = generator.pages_made
    generator.use([0])
    for _ in range(runs):
        generator.make_ahead(0.0)
    return generator.pages_made - before


def ready(engine: Engine) -> list[tuple[int, int]]:
    return [(key, layer) for key in range(21, 109) for layer in range(8)
            if engine.frames_ready(0, key, layer)]  # fmt: skip


def test_a_second_instance_has_what_the_first_made(library: Library, loaded: Instrument) -> None:
    first, maker = come(library, loaded)
    assert make_ahead(maker, 4) > 0
    there = ready(first)
    second, other = come(library, loaded)
    while set(ready(second)) < set(there):
        made = make_ahead(other, 1)
        assert made == 0 or set(ready(second)) >= set(there)
    for key, layer in there:
        ours, theirs = first.first_page(0, key, layer), second.first_page(0, key, layer)
        assert ours is not None
        assert theirs is not None
        assert ours[0].tobytes() == theirs[0].tobytes()
        assert ours[1].tobytes() == theirs[1].tobytes()


def test_what_went_is_found_on_disk(library: Library, loaded: Instrument, tiny: Path) -> None:
    first, maker = come(library, loaded)
    make_ahead(maker, 4)
    shared(library, loaded).remove(first)
    maker.keep_warm()
    for each in (library, Library()):  # in the same server, and in the next one
        second, other = come(each, each.load(str(tiny)))
        shared(each, each.load(str(tiny))).remove(second)
        while set(ready(second)) < set(ready(first)):
            assert make_ahead(other, 1) == 0 or set(ready(second)) >= set(ready(first))


def test_of_another_timbre_nothing_is_taken(library: Library, loaded: Instrument) -> None:
    first, maker = come(library, loaded)
    maker.ensure([(0, 60, 5)])
    find = shared(library, loaded).add(Engine(48000.0))
    timbre: Timbre = loaded.metadata.timbres[0]
    assert find(timbre, 60, 5) is not None
    assert find(timbre, 61, 5) is None
    assert find(replace(timbre, latent=timbre.latent + np.float32(1e-3)), 60, 5) is None
    first.set_slot_key(0, 0)  # as while a knob turns it
    assert find(timbre, 60, 5) is None
    other = Engine(48000.0)
    Generator(other, loaded, origin=bytes(range(32))).ensure([(0, 62, 5)])
    shared(library, loaded).add(other)
    assert find(timbre, 62, 5) is None  # another instrument's, though its timbre be alike


def test_few_files_are_held(library: Library, loaded: Instrument) -> None:
    engine, maker = come(library, loaded)
    maker.ensure([(0, 60, 5)])
    onsets = shared(library, loaded)
    timbres = [replace(loaded.metadata.timbres[0], low=low) for low in range(21, 40)]
    for each in timbres:
        assert onsets.warm.save(engine, 0, each)
    find = onsets.add(Engine(48000.0))
    for each in timbres:
        assert find(each, 60, 5) is not None
    assert sum(len(each) > 0 for each in onsets._read.values()) == MOST_READ


def test_instruments_do_not_mix(library: Library, loaded: Instrument, bundled: Path) -> None:
    assert shared(library, loaded) is shared(library, loaded)
    assert shared(library, library.load(str(bundled))) is not shared(library, loaded)
