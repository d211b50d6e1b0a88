"""The cache on disk: what is written comes back, and nothing else does."""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rtsynth import contract, instrument, warm
from rtsynth._core import Engine
from rtsynth.errors import RtsynthError
from rtsynth.generator import Generator
from rtsynth.metadata import Timbre
from rtsynth.placing import Filling

KEYS = (60, 61, 72)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(warm, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def played(tiny: Path, bits: int = 16) -> tuple[Engine, Timbre]:
    engine = Engine(48000.0, frame_bits=bits)
    loaded = instrument.load(tiny)
    Generator(engine, loaded).ensure(((0, key, 5) for key in KEYS), pages=2)
    return engine, loaded.metadata.timbres[0]


def cache(tiny: Path, said: list[str] | None = None, seed: int = 0) -> warm.WarmCache:
    return warm.WarmCache(tiny, seed, 16, [].append if said is None else said.append)


def saved(tiny: Path) -> tuple[Path, Timbre]:
    engine, timbre = played(tiny)
    assert cache(tiny).save(engine, 0, timbre)
    (path,) = warm.files()
    return path, timbre


@pytest.mark.parametrize("bits", [16, 8])
def test_onsets_come_back_as_they_were(tiny: Path, bits: int) -> None:
    engine, timbre = played(tiny, bits)
    assert warm.WarmCache(tiny, 0, bits, print).save(engine, 0, timbre)
    next_engine = Engine(48000.0, frame_bits=bits)
    assert warm.WarmCache(tiny, 0, bits, print).restore(next_engine, 3, timbre) == len(KEYS)
    for key in KEYS:
        assert next_engine.frames_ready(3, key, 5) == contract.PAGE_FRAMES
        before, after = engine.first_page(0, key, 5), next_engine.first_page(3, key, 5)
        assert before is not None
        assert after is not None
        np.testing.assert_array_equal(before[0], after[0])
        np.testing.assert_allclose(before[1], after[1], rtol=1e-6)
    assert next_engine.first_page(3, 62, 5) is None


def test_every_byte_is_watched(tiny: Path) -> None:
    path, timbre = saved(tiny)
    whole = path.read_bytes()
    said: list[str] = []
    places = np.random.default_rng(0).integers(0, len(whole), 40).tolist()
    for count, place in enumerate([0, 1, len(whole) - 1, *places], 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        store = cache(tiny, said)
        assert store.restore(Engine(48000.0), 0, timbre) == 0
        assert store.damaged == 1
        assert said[count - 1 :] == [f"{path} is damaged: it is left out, and made anew"]
        assert not path.exists()


@pytest.mark.parametrize("kept", [0, 1, 15, 16, 17, 200, 5000, -1])
def test_a_file_cut_short_is_left_out(tiny: Path, kept: int) -> None:
    path, timbre = saved(tiny)
    path.write_bytes(path.read_bytes()[:kept])
    store = cache(tiny)
    assert store.restore(Engine(48000.0), 0, timbre) == 0
    assert store.damaged == 1


def test_what_was_made_from_something_else_is_not_read(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, timbre = saved(tiny)
    engine = Engine(48000.0)
    other = tmp_path / "other.onnx"
    other.write_bytes(tiny.read_bytes() + b" ")
    brighter = replace(timbre, latent=timbre.latent + np.float32(0.1))
    corrected = replace(timbre, correction=np.zeros((10, contract.FRAME_LEVELS), np.float32))
    assert cache(other).restore(engine, 0, timbre) == 0
    assert cache(tiny, seed=1).restore(engine, 0, timbre) == 0
    assert warm.WarmCache(tiny, 0, 8, print).restore(engine, 0, timbre) == 0
    for changed in (brighter, corrected, replace(timbre, low=22)):
        assert cache(tiny).restore(engine, 0, changed) == 0
    same = tmp_path / "same.onnx"
    same.write_bytes(tiny.read_bytes())
    assert cache(same).restore(engine, 0, timbre) == len(KEYS)  # the content counts, not the name
    monkeypatch.setattr(warm, "__version__", "9.9")
    assert cache(tiny).restore(engine, 0, timbre) == 0
    monkeypatch.undo()
    monkeypatch.setattr(contract, "CONTRACT_VERSION", 99)
    store = cache(tiny)
    assert store.restore(engine, 0, timbre) == 0
    assert store.damaged == 0


def test_a_folder_that_cannot_be_used_makes_a_cold_start(
    tiny: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, timbre = played(tiny)
    own_folder.write_text("a file")
    assert not cache(tiny).save(engine, 0, timbre)
    assert cache(tiny).restore(engine, 0, timbre) == 0
    own_folder.unlink()
    monkeypatch.setattr(os, "replace", _full)
    assert not cache(tiny).save(engine, 0, timbre)
    assert warm.files() == []


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_oldest_files_give_way(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, timbre = played(tiny)
    store = cache(tiny)
    assert store.save(engine, 0, timbre)
    size = warm.files()[0].stat().st_size
    monkeypatch.setattr(warm, "MOST_BYTES", 3 * size + 10)
    others = [replace(timbre, low=low) for low in range(30, 36)]
    for age, each in enumerate(others):
        assert store.save(engine, 0, each)
        os.utime(warm.files()[-1], (1e9 + age, 1e9 + age))
    assert sum(path.stat().st_size for path in warm.files()) <= 3 * size + 10
    assert cache(tiny).restore(Engine(48000.0), 0, others[-1]) == len(KEYS)
    assert cache(tiny).restore(Engine(48000.0), 0, others[0]) == 0
    assert warm.clear() == 3
    assert warm.files() == []


def test_nothing_is_written_twice(tiny: Path) -> None:
    path, timbre = saved(tiny)
    before = path.stat().st_ino
    engine, store = Engine(48000.0), cache(tiny)
    store.restore(engine, 0, timbre)
    os.utime(path, (1e9, 1e9))
    assert store.save(engine, 0, timbre)
    assert path.stat().st_ino == before
    assert path.stat().st_mtime > 1e9  # it was used
    assert not store.save(engine, 1, timbre)  # an empty slot


def _save_often(tiny: Path, where: Path) -> None:
    warm.folder = lambda: where
    engine, timbre = played(tiny)
    for _ in range(20):
        assert cache(tiny).save(engine, 0, timbre)


def test_two_processes_at_once(tiny: Path, own_folder: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_save_often, args=(tiny, own_folder)) for _ in range(2)]
    for writer in writers:
        writer.start()
    _, timbre = played(tiny)
    while any(writer.is_alive() for writer in writers):
        store = cache(tiny)
        assert store.restore(Engine(48000.0, arena_mib=8), 0, timbre) in (0, len(KEYS))
        assert store.damaged == 0
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert len(warm.files()) == 1


def test_the_generator_keeps_what_was_played_and_begins_with_it(tiny: Path) -> None:
    loaded = instrument.load(tiny)
    engine = Engine(48000.0)
    generator = Generator(engine, loaded, warm=cache(tiny))
    generator.prime(0)
    made = generator.pages_made
    assert made == contract.KEY_HIGH - contract.KEY_LOW + 1
    generator.start()
    generator.stop()
    assert len(warm.files()) == 1
    again = Generator(Engine(48000.0), loaded, warm=cache(tiny))
    again.prime(0)
    assert again.pages_made == 0


def test_a_timbre_that_a_knob_turned_is_not_kept(tiny: Path) -> None:
    loaded = instrument.load(tiny)
    generator = Generator(Engine(48000.0), loaded, warm=cache(tiny))
    timbre = loaded.metadata.timbres[0]
    generator.fill(Filling(0, replace(timbre, latent=timbre.latent + 1)), lambda: None)
    generator.settle(0.0)
    generator.start()
    generator.stop()
    assert warm.files() == []


def test_a_slot_whose_onsets_are_not_yet_those_of_its_timbre_is_not_kept(tiny: Path) -> None:
    loaded = instrument.load(tiny)
    generator = Generator(Engine(48000.0), loaded, warm=cache(tiny))
    timbre = loaded.metadata.timbres[0]
    generator.fill(Filling(0, replace(timbre, latent=timbre.latent + 1)), lambda: None)
    generator.settle(0.0)
    generator.fill(Filling(0, timbre), lambda: None)  # back again
    generator.keep_warm()
    assert warm.files() == []
    generator.settle(0.05)  # the slot holds it, the onsets have to wait
    generator.keep_warm()
    assert warm.files() == []
    generator.settle(0.2)
    generator.keep_warm()
    assert len(warm.files()) == 1


def test_a_fuller_file_stays(tiny: Path) -> None:
    path, timbre = saved(tiny)
    fuller = path.read_bytes()
    engine = Engine(48000.0)
    generator = Generator(engine, instrument.load(tiny))
    generator.ensure([(0, 60, 5)])
    assert cache(tiny).save(engine, 0, timbre)
    assert path.read_bytes() == fuller
    path.write_bytes(fuller[:-1])
    assert cache(tiny).save(engine, 0, timbre)
    assert cache(tiny).restore(Engine(48000.0), 0, timbre) == 1
    generator.ensure((0, key, 5) for key in (*KEYS, 80))
    assert cache(tiny).save(engine, 0, timbre)
    assert cache(tiny).restore(Engine(48000.0), 0, timbre) == len(KEYS) + 1


def test_only_files_of_the_cache_are_counted_and_cleared(
    tiny: Path, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = saved(tiny)
    (own_folder / "jack_probe-1").touch()
    (own_folder / f".{path.name}.abc.tmp").touch()  # its writer was killed
    assert warm.files() == [path]
    with monkeypatch.context() as locked:
        locked.setattr(Path, "unlink", _full)
        with pytest.raises(RtsynthError, match=r"cannot delete .*\.takes: No space left"):
            warm.clear()
    assert warm.clear() == 1
    assert [each.name for each in own_folder.iterdir()] == ["jack_probe-1"]
