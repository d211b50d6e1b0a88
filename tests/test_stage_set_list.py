"""Set lists: read, refused by name, and kept."""

from pathlib import Path

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.stage import presets, set_list
from rtsynth.stage.set_list import MOST_PRESETS, SetList
from rtsynth.stage.shelf import Shelf


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two presets, of which one is damaged, and a folder for set lists."""
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path / self._folder)
    (tmp_path / "set-lists").mkdir()
    presets.SHELF.save("one", {})
    presets.SHELF.save("two", {})
    presets.SHELF.save("broken", {}).write_text("format = \n")
    return tmp_path / "set-lists"


def test_it_is_plain_text_in_order(folder: Path) -> None:
    wanted = SetList("Friday", ("two", "one", "two"), 15)
    path = set_list.save(wanted)
    assert set_list.read("friday") == wanted
    assert path.read_text() == (
        'format = 1\npresets = [\n    "two",\n    "one",\n    "two",\n]\nchannel = 16\n'
    )
    with pytest.raises(RtsynthError, match="there is a set list named Friday"):
        set_list.save(SetList("friday", ("one",)))
    set_list.save(SetList("friday", ("one",)), replace=True)
    assert set_list.read("Fri") == SetList("friday", ("one",), None)
    assert [each.name for each in folder.iterdir()] == ["friday.toml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("presets = []", f"'presets' are the names of 1 to {MOST_PRESETS} presets"),
        ("", "'presets' are the names"),
        ('presets = "one"', "'presets' are the names"),
        ("presets = [1]", "'presets' are the names"),
        (f"presets = {['one'] * 129}", "'presets' are the names"),
        ('presets = ["one"]\nchannel = 17', "'channel' is 17, not 1 to 16"),
        ('presets = ["one"]\nchannel = true', "'channel' is True"),
        ('presets = ["one"]\npedal = 66', "it has no 'pedal': only channel, presets"),
        ('presets = ["one", "three"]', "set list bad: no preset named 'three'"),
        ('presets = ["one", "tw"]', "no preset named 'tw'"),
        ('presets = ["one", "broken"]', "broken.toml is damaged"),
    ],
)
def test_what_is_wrong_is_said_by_name(folder: Path, text: str, message: str) -> None:
    (folder / "bad.toml").write_text(f"format = 1\n{text}\n")
    with pytest.raises(RtsynthError, match="bad") as caught:
        set_list.read("bad")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (folder / "bad.toml").exists()


def test_a_newer_one_is_refused(folder: Path) -> None:
    (folder / "new.toml").write_text('format = 2\npresets = ["one"]\n')
    with pytest.raises(RtsynthError, match="newer rtsynth"):
        set_list.read("new")
