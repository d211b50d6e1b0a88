"""What a page may set up and keep: scales, layers, presets, recordings, controllers, devices."""

import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest
from ui_pages import Page, until

from rtsynth.player import Player
from rtsynth.stage import presets
from rtsynth.ui.room import PlayerRoom

pytest_plugins = ["ui_pages"]


SCALE = "! five.scl\n!\nfive equal steps\n 5\n!\n 240.\n 480.\n 720.\n 960.\n 2/1\n"


def test_a_scale_comes_from_a_file_of_the_page(
    open_page: Callable[[], Page], room: PlayerRoom
) -> None:
    page = open_page()
    page.ask(do="scale", name="five.scl", text=SCALE)
    assert page.hear_change("tuning", "scale") == "five equal steps"
    assert open_page().hello["tuning"]["scale"] == "five equal steps"
    page.ask(do="scale", name="../../bad.scl", text="x\n2\nhello\n2/1\n")
    refused = page.hear("refused")["text"]
    assert refused.startswith("bad.scl, line 3:")
    page.ask(do="equal")
    assert page.hear_change("tuning", "scale") == ""


def test_layers_are_set_and_wrong_ones_refused(open_page: Callable[[], Page]) -> None:
    page, other = open_page(), open_page()
    layers = [{"timbre": "organ", "low": 60}, {"timbre": "bell", "high": 59, "gain_db": -6.0}]
    page.ask(do="layers", channel=6, layers=layers)
    seen = other.hear_change("layers", "6")
    assert [(each["timbre"], each["low"], each["high"]) for each in seen] == [
        ("organ", 60, 127), ("bell", 0, 59),
    ]  # fmt: skip
    upside_down = {"timbre": "organ", "low": 70, "high": 60}
    for wrong in ([], layers * 3, [{"timbre": "organ", "low": "x"}], [{"low": 1}], ["organ"],
                  [upside_down], [{"timbre": "nothing"}]):  # fmt: skip
        page.ask(do="layers", channel=6, layers=wrong)
        assert page.hear("refused")["text"]
    assert other.hear("changes")


def test_presets_are_saved_loaded_and_deleted(
    open_page: Callable[[], Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, player: Player
) -> None:
    monkeypatch.setattr(presets.SHELF, "folder", lambda: tmp_path)
    page, other = open_page(), open_page()
    page.ask(do="set", name="pan", value=0.5, channel=7)
    page.ask(do="save", name="mine")
    assert "mine" in other.hear_change("presets", "names")
    page.ask(do="save", name="mine")
    assert "mine" in page.hear("refused")["text"]
    page.ask(do="set", name="pan", value=-1.0, channel=7)
    page.ask(do="load", name="mine")
    assert until(lambda: player.desk.get("pan", 7) > 0.4)
    page.ask(do="delete", name="mine")
    while "mine" in other.hear_change("presets", "names"):
        pass
    page.ask(do="load", name="mine")
    assert "mine" in page.hear("refused")["text"]


def test_it_records_until_told_to_stop(
    open_page: Callable[[], Page], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_music_dir", lambda: str(tmp_path))
    page = open_page()
    page.ask(do="record", on=True)
    assert "recording to" in page.hear("news")["text"]
    page.ask(do="record", on=True)
    assert "is being recorded" in page.hear("refused")["text"]
    page.ask(do="note", channel=0, key=60, velocity=100)
    assert page.next()
    page.ask(do="record", on=False)
    assert "is complete" in page.hear("news")["text"]
    (path,) = (tmp_path / "rtsynth").glob("take *.wav")
    assert path.stat().st_size > 44


def test_a_controller_is_learned_and_forgotten(
    open_page: Callable[[], Page], player: Player
) -> None:
    page = open_page()
    page.ask(do="learn", name="reverb_send", channel=2)
    assert until(lambda: player.desk.learn.waiting == "reverb_send")
    player.controls.live((0xB0, 21, 10), time.monotonic_ns())
    learned = page.hear_change("learned", "all")
    assert learned["reverb_send 2"] == "CC 21, channel 1"
    assert open_page().hello["learned"]["all"] == learned
    page.ask(do="forget", name="reverb_send", channel=2)
    assert "reverb_send 2" not in page.hear_change("learned", "all")
    page.ask(do="learn", name="no such thing", channel=2)
    assert "no such thing" in page.hear("refused")["text"]


def test_another_instrument_brings_its_own_map(
    open_page: Callable[[], Page], player: Player, bundled: Path, tiny: Path
) -> None:
    page = open_page()
    page.ask(do="instrument", name=str(bundled))
    assert "no instrument" in page.hear("refused")["text"]  # a page names no files
    page.ask(do="instrument", name="bundled")
    assert len(page.hear("hello")["timbres"]) > 50
    player.change_instrument(str(tiny))
    assert {each["name"] for each in page.hear("hello")["timbres"]} == {"organ", "bell"}


def test_devices_are_looked_for_and_a_wrong_one_refused(open_page: Callable[[], Page]) -> None:
    page = open_page()
    page.ask(do="look")
    assert isinstance(page.hear_change("devices", "outputs"), list)
    page.ask(do="output", name="no such output")
    assert page.hear("refused")["text"]
    page.ask(do="inputs", names=["no such input"])
    assert "no such input" in page.hear("refused")["text"]
    page.ask(do="inputs", names="all")
    assert "list of names" in page.hear("refused")["text"]
