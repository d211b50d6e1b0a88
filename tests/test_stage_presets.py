"""Presets: what a desk holds comes back whole, and what is wrong is refused whole."""

import random
from pathlib import Path

import pytest

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Desk, Layer
from rtsynth.errors import RtsynthError
from rtsynth.metadata import Metadata
from rtsynth.stage import presets
from rtsynth.stage.shelf import Shelf
from rtsynth.tuning.scala import KeyboardMap, Scale


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def metadata(tiny: Path) -> Metadata:
    return instrument.load(tiny).metadata


def new_desk(metadata: Metadata) -> Desk:
    return Desk(Controls(Engine(48000.0), metadata))


def full(metadata: Metadata) -> Desk:
    """A desk on which much is set."""
    desk = new_desk(metadata)
    desk.set("reverb_time", 3.25)
    desk.set("gain", -4.5)
    desk.set("stretch", 0.5)
    desk.set("mono", 1, 3)
    desk.set("bend_range", 12, 15)
    desk.set("volume", 0.7)
    desk.set_timbre("organ:0.6+bell:0.4", 2)
    desk.set_layers([Layer("bell", 0, 59, gain_db=-3.0), Layer("organ", 60, 127, transpose=-12)])
    desk.tune(Scale("fifths", (701.955, 1200.0)), KeyboardMap((0, None, 1), 10, 100, 60, 62))
    return desk


def test_what_is_set_comes_back(metadata: Metadata, folder: Path) -> None:
    before = full(metadata)
    path = presets.save("Evening", before, "for  the\nevening")
    assert path == folder / "Evening.toml"
    after = new_desk(metadata)
    preset = presets.read("evening")
    assert preset.about == "for the evening"
    presets.load(after, preset)
    assert after.state() == before.state()
    assert after.layers() == before.layers()
    assert after.get("mono", 3) == 1.0
    presets.load(after, presets.Preset(preset.entry, "", {}))
    assert after.state() == new_desk(metadata).state()


def test_it_is_plain_text_that_can_be_written_by_hand(metadata: Metadata, folder: Path) -> None:
    (folder / "mine.toml").write_text(
        'format = 1\n[parameters]\nreverb_time = 3\n[channels.2]\nlayers = [{timbre = "bell"}]\n'
    )
    desk = new_desk(metadata)
    presets.load(desk, presets.read("mine"))
    assert desk.get("reverb_time") == 3.0
    assert desk.timbre(1) == "bell"


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_changed_bytes_is_loaded_or_refused_whole(
    metadata: Metadata, folder: Path, seed: int
) -> None:
    chance = random.Random(seed)
    path = presets.save("whole", full(metadata))
    data = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        data[place : place + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    path.write_bytes(data)
    desk = new_desk(metadata)
    before = desk.state()
    said = ""
    try:
        presets.load(desk, presets.read("whole"))
    except RtsynthError as error:
        said = str(error)
    if said:
        assert "whole.toml" in said
        assert desk.state() == before
    assert path.read_bytes() == bytes(data)


def test_about_that_is_no_text(folder: Path) -> None:
    (folder / "mine.toml").write_text("format = 1\nabout = 3\n")
    with pytest.raises(RtsynthError, match=r"mine.toml is damaged \('about' is no text\)"):
        presets.read("mine")


@pytest.mark.parametrize("name", [e.name for e in presets.SHELF.entries() if e.bundled])
def test_what_comes_with_the_package_fits_the_bundled_instrument(bundled: Path, name: str) -> None:
    desk = new_desk(instrument.load(bundled, accelerate=False).metadata)
    preset = presets.read(name, whole=True)
    presets.load(desk, preset)
    assert desk.state().keys() == preset.state.keys()
