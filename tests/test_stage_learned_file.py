"""What was learned is there at the next start, and a damaged file is kept."""

from pathlib import Path

import pytest

from rtsynth.stage import learned_file
from rtsynth.stage.learned_file import LearnedFile
from tests.desk_rig import Rig


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(learned_file.SHELF, "folder", lambda: tmp_path / "controllers")
    return tmp_path / "controllers"


def learn(rig: Rig, name: str, controller: int) -> None:
    rig.desk.learn.learn(name)
    rig.controls.at((0xB0, controller, 100))
    rig.play(64)


def test_it_is_written_when_something_is_learned_and_read_at_the_start(tiny: Path) -> None:
    said: list[str] = []
    rig = Rig(tiny)
    LearnedFile(rig.desk, said.append).open()
    assert not learned_file.path().exists()
    learn(rig, "width", 70)
    learn(rig, "reverb_time", 71)
    other = Rig(tiny)
    LearnedFile(other.desk, said.append).open()
    assert other.desk.learn.mappings == rig.desk.learn.mappings
    assert len(other.desk.learn.mappings) == 2
    other.desk.learn.forget_all()
    last = Rig(tiny)
    LearnedFile(last.desk, said.append).open()
    assert last.desk.learn.mappings == ()
    assert said == []


@pytest.mark.parametrize(
    "text", ["format = 1\nlearned = [{source = 99}]", "format = 7", "not toml", "format = 1"]
)
def test_a_damaged_file_is_said_by_name_and_kept(tiny: Path, folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    learned_file.path().write_text(text)
    said: list[str] = []
    rig = Rig(tiny)
    LearnedFile(rig.desk, said.append).open()
    assert len(said) == 1
    assert str(learned_file.path()) in said[0]
    assert learned_file.path().read_text() == text
    learn(rig, "width", 70)
    assert (folder / "learned.toml.damaged").read_text() == text
    other = Rig(tiny)
    LearnedFile(other.desk, said.append).open()
    assert len(other.desk.learn.mappings) == 1
    assert len(said) == 1


def test_a_folder_that_cannot_be_written_is_said(tiny: Path, folder: Path) -> None:
    folder.write_text("a file where the folder should be")
    said: list[str] = []
    rig = Rig(tiny)
    LearnedFile(rig.desk, said.append).open()
    learn(rig, "width", 70)
    assert len(said) == 1
    assert "cannot write" in said[0]
    assert len(rig.desk.learn.mappings) == 1
