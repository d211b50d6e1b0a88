"""Named files of the user's and of the package: found, kept, refused by name, never half there."""

import os
from pathlib import Path

import pytest

from rtsynth import files
from rtsynth.errors import RtsynthError
from rtsynth.stage.shelf import MOST_BYTES, Shelf


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    bundled = tmp_path / "bundled"
    bundled.mkdir()
    (bundled / "grand-piano.toml").write_text('format = 1\nabout = "ours"\n')
    (bundled / "soft-pad.toml").write_text("format = 1\n")
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path / "yours")
    return Shelf("preset", "presets", 2, bundled)


def write(shelf: Shelf, name: str, content: str | bytes) -> Path:
    path = shelf.folder() / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_what_is_saved_is_read_and_readable(shelf: Shelf) -> None:
    data = {"about": "a line", "numbers": {"gain": -3.5, "on": True}, "list": [{"low": 0}]}
    path = shelf.save("Über Stück (2)", data)
    assert path.name == "Über Stück (2).toml"
    assert shelf.read(shelf.entry("über stück (2)")) == data
    assert path.read_text(encoding="utf-8").startswith("format = 2\n")
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_entries_are_the_user_s_before_the_package_s(shelf: Shelf) -> None:
    shelf.save("Grand Piano", {"about": "yours"}, replace=True)
    shelf.save("organ", {})
    assert [(entry.name, entry.bundled) for entry in shelf.entries()] == [
        ("Grand Piano", False), ("organ", False), ("soft-pad", True)]  # fmt: skip
    assert shelf.read(shelf.entry("grand-piano")) == {"about": "yours"}
    shelf.remove("grand_piano")
    assert shelf.read(shelf.entry("grand piano")) == {"about": "ours"}


def test_a_part_of_a_name_is_enough_where_it_is_meant_for_one(shelf: Shelf) -> None:
    assert shelf.entry("grand").name == "grand-piano"
    with pytest.raises(RtsynthError, match="more than one preset fits 'p': grand-piano, soft-pad"):
        shelf.entry("p")
    with pytest.raises(
        RtsynthError, match=r"no preset named 'grand' \(there are: grand-piano, sof"
    ):
        shelf.entry("grand", whole=True)
    with pytest.raises(RtsynthError, match="no preset named ''"):
        shelf.entry("")


@pytest.mark.parametrize(
    "name", ["", " ", ".", "..", "a/b", "a\\b", "../a", "a.toml", "con", "LPT1", "nul", "a:b", "a*",
             "-a", "a\nb", "a\0b", "x" * 61, "a.", "?"]
)  # fmt: skip
def test_names_that_are_no_file_names(shelf: Shelf, name: str) -> None:
    with pytest.raises(RtsynthError, match="is no name for a preset"):
        shelf.save(name, {})
    assert not shelf.folder().exists()


def test_overwriting_only_on_purpose(shelf: Shelf) -> None:
    shelf.save("Mine", {"about": "first"})
    for name in ("Mine", "mine", "soft pad"):
        with pytest.raises(RtsynthError, match="there is a preset named"):
            shelf.save(name, {"about": "second"})
    assert shelf.read(shelf.entry("mine")) == {"about": "first"}
    shelf.save("mine", {"about": "second"}, replace=True)
    assert [path.name for path in shelf.folder().iterdir()] == ["mine.toml"]


def test_what_comes_with_the_package_stays(shelf: Shelf) -> None:
    with pytest.raises(RtsynthError, match="comes with rtsynth"):
        shelf.remove("soft-pad")
    with pytest.raises(RtsynthError, match="no preset named 'pad'"):
        shelf.remove("pad")
    assert shelf.entry("soft-pad").path.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("format = 3\n", "was written by a newer rtsynth (format 3, this one reads 2): update"),
        ("", "it says no format"),
        ("format = 0\n", "its format is 0"),
        ("format = true\n", "its format is True"),
        ('format = "1"\n', "its format is '1'"),
        ("format = 1\ngain = \n", "line 2"),
        ("format = 1\nwhen = 2026-11-26\n", "when is a date"),
        ("format = 1\n[a]\nb = [1, nan]\n", "a.b is not a finite number"),
        ("format = 1\na = " + "[" * 5000, "damaged"),
        (b"format = 1\n\xff\xfe", "damaged"),
        (b"\0" * 100, "damaged"),
        (os.urandom(500), "damaged"),
        (b"#" * (MOST_BYTES + 1), "it is too large"),
    ],
)
def test_damaged_and_newer_files_are_refused_by_name_and_kept(
    shelf: Shelf, content: str | bytes, message: str
) -> None:
    path = write(shelf, "bad", content)
    before = path.read_bytes()
    with pytest.raises(RtsynthError) as caught:
        shelf.read(shelf.entry("bad"))
    assert str(path) in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(RtsynthError, match="there is a preset named bad"):
        shelf.save("bad", {})
    assert path.read_bytes() == before


def test_a_file_that_goes_while_it_is_looked_at(shelf: Shelf) -> None:
    entry = shelf.entry("soft-pad")
    entry.path.unlink()
    with pytest.raises(RtsynthError, match=r"cannot read preset .*soft-pad.toml: No such file"):
        shelf.read(entry)


def test_a_write_that_fails_leaves_what_was_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shelf.save("mine", {"about": "first"})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RtsynthError, match=r"cannot write .*mine.toml: No space left on device"):
        shelf.save("mine", {"about": "second"}, replace=True)
    assert shelf.read(shelf.entry("mine")) == {"about": "first"}
    assert list(shelf.folder().iterdir()) == [path]
