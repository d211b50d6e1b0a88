"""Instruments of all instances: each loaded once, and what is missing said in a line."""

import shutil
from pathlib import Path

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.serve.library import Library, Reference


def test_each_is_loaded_once(tiny: Path) -> None:
    library = Library()
    assert library.load(str(tiny)) is library.load(str(tiny))


def test_a_file_that_changed_is_loaded_anew(tiny: Path, tmp_path: Path, bundled: Path) -> None:
    path = Path(shutil.copy(tiny, tmp_path / "mine.onnx"))
    library = Library()
    before = library.load(str(path))
    origin = library.origin(before, 0)
    shutil.copy(bundled, path)
    after = library.load(str(path))
    assert after is not before
    assert library.origin(after, 0) != origin


def test_a_reference_finds_its_instrument(tiny: Path) -> None:
    library = Library()
    reference = library.reference(library.load(str(tiny)))
    assert reference.name == str(tiny)
    assert Library().wanted(reference).line == ""
    assert library.wanted(reference) == (library.load(str(tiny)), "", None)


def test_the_bundled_one_is_known_by_its_name(bundled: Path) -> None:
    library = Library()
    assert library.reference(library.load()).name == bundled.stem
    assert library.wanted(None) == (library.load(), "", None)


def test_what_is_missing_is_named_and_another_played(tmp_path: Path) -> None:
    library, missing = Library(), Reference(str(tmp_path / "gone.onnx"), "00")
    found = library.wanted(missing)
    assert found.instrument is library.load()
    assert "gone.onnx is missing" in found.line
    assert found.missing == missing


def test_one_of_another_version_is_played_and_it_is_said(tiny: Path) -> None:
    library = Library()
    found = library.wanted(Reference(str(tiny), "00"))
    assert found.instrument is library.load(str(tiny))
    assert "not the one that was saved" in found.line
    assert found.missing is None


def test_one_that_cannot_be_read_is_missing(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no network")
    broken = Reference(str(tmp_path / "broken.onnx"), "00")
    found = Library().wanted(broken)
    assert found.instrument.metadata.name == "bundled"
    assert found.missing == broken
    with pytest.raises(RtsynthError, match="not an ONNX file"):
        Library().load(str(tmp_path / "broken.onnx"))
