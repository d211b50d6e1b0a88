"""Another instrument while it plays: prepared, without a gap, and refused in one line."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import save_model, tiny_metadata
from test_stage_change import HELD, NEW, Stage, level_db, powers_db

from rtsynth import instrument
from rtsynth.errors import RtsynthError
from rtsynth.player import Player, PlayerConfig

WAIT_S = 60.0


@pytest.fixture(scope="module")
def dull(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instrument with another bank, louder by 6 dB, of hardly more than fundamentals."""
    metadata = tiny_metadata(name="dull", level_db=6.0)
    metadata["timbres"][1]["name"] = "flute"
    path = tmp_path_factory.mktemp("dull") / "dull.onnx"
    return save_model(path, metadata, fall_db=60.0)


@pytest.fixture
def player(tiny: Path) -> Iterator[Player]:
    lines: list[str] = []
    config = PlayerConfig(instrument=str(tiny), backend="null", midi=False)
    with Player(config, lines.append) as made:
        made.lines = lines  # type: ignore[attr-defined]
        yield made


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.01)
    return found


def test_held_notes_ring_on_with_the_one_before(tiny: Path, dull: Path) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.prime(0)
    stage.note(HELD)
    stage.play(2.0)
    before = stage.last(1.0)
    metadata = stage.generator.add(instrument.load(dull))
    assert stage.desk.adopt(metadata) == []
    stage.play(1.0)
    after = stage.last(1.0)
    assert np.abs(powers_db(after) - powers_db(before).mean()).max() < 1.0
    for partial in range(1, 8):
        assert abs(level_db(after, HELD, partial) - level_db(before, HELD, partial)) < 0.5
    stage.engine.trace()
    stage.note(NEW)
    stage.play(1.0)
    ((_, due, sounded, own),) = stage.engine.trace().tolist()
    assert (sounded, own) == (due, due)
    both = stage.last(0.75)
    assert level_db(both, NEW, 2) < level_db(both, NEW, 1) - 40.0
    assert level_db(both, NEW, 1) == pytest.approx(level_db(both, HELD, 1) + 6.0, abs=1.0)
    assert stage.engine.stats().late_frames == 0


def test_notes_that_begin_meanwhile_are_not_lost(tiny: Path, dull: Path) -> None:
    stage = Stage(instrument.load(tiny))
    stage.generator.prime(0)
    stage.play(0.1)
    stage.desk.adopt(stage.generator.add(instrument.load(dull)))
    for i in range(12):  # nothing was held, so what was there before may go
        stage.note(48 + i)
        stage.play(0.005 if i < 8 else 0.2)
    trace = stage.engine.trace()
    np.testing.assert_array_equal(trace[:, 2], trace[:, 1])
    assert len(trace) == 12


def test_a_player_changes_while_it_plays_and_back_again(
    player: Player, tiny: Path, dull: Path
) -> None:
    player.desk.set_timbre("bell", 1)
    player.controls.at((0x90, HELD, 100))
    assert until(lambda: player.stats().core.voices == 1)
    player.change_instrument(str(dull))
    assert player.instrument.metadata.name == "dull"
    assert [player.desk.timbre(channel) for channel in (0, 1)] == ["organ", "organ"]
    player.controls.at((0xC0, 100, 0))
    assert player.controls.timbre_of(0).name == "flute"
    parts = player.controls.parts  # new notes begin in the old one until it is filled
    assert until(lambda: parts._sent[0, 0] == player.controls.slot_of(0))
    player.controls.at((0x90, NEW, 100))
    assert until(lambda: player.stats().core.notes == 2)
    player.controls.at((0x80, HELD, 0))
    assert until(lambda: {each.origin for each in player.generator._held.values()} == {1})
    player.change_instrument(str(tiny))
    player.controls.at((0x80, NEW, 0))
    assert until(lambda: {each.origin for each in player.generator._held.values()} == {2})
    assert player.stats().generator_errors == 0
    said = player.lines  # type: ignore[attr-defined]
    assert "dull has no bell: organ is played instead" in said


def test_a_file_that_cannot_be_played_changes_nothing(
    player: Player, tiny: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(tiny.read_bytes()[:400])
    before = player.desk.state(), player.instrument
    for name, why in ((str(broken), "only a part of one"), ("nothing", "no instrument file")):
        with pytest.raises(RtsynthError, match=why):
            player.change_instrument(name)
    assert (player.desk.state(), player.instrument) == before
    player.changer.ask_instrument("nothing")
    said = player.lines  # type: ignore[attr-defined]
    assert until(lambda: any("no instrument file nothing" in line for line in said))
    player.controls.at((0x90, HELD, 100))
    assert until(lambda: player.stats().core.notes == 1)
