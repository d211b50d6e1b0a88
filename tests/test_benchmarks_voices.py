"""Notes a core sustains: FluidSynth really sounds, and the search finds a known capacity."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import budget, capacity, fluid, sounds, voices
from benchmarks.capacity import Cost
from rtsynth.instrument import bundled

NOT_FLUID = fluid.missing()
needs_fluid = pytest.mark.skipif(NOT_FLUID is not None, reason=str(NOT_FLUID))
needs_instrument = pytest.mark.skipif(bundled() is None, reason="no bundled instrument")


def cost(notes, p95_ms):
    return Cost(notes, float(notes), p95_ms / 2, p95_ms)


def test_capacity_is_read_off_a_line_through_the_points_beside_the_deadline():
    points = [cost(100, 0.2), cost(500, 0.9), cost(700, 1.1)]
    assert capacity.capacity(points, 1.0) == pytest.approx(600.0)
    assert capacity.capacity([cost(100, 0.25), cost(200, 0.5)], 1.0) == pytest.approx(400.0)


def test_a_chord_has_each_note_once():
    chord = capacity.chord(3000)
    assert len({(channel, key) for channel, key, _ in chord}) == 3000
    assert {key for _, key, _ in chord} == set(capacity.KEYS)


class FixedPlayer:
    """Costs a known time a note: it spins."""

    name, voices_a_note = "fixed", 1.0

    def __init__(self, notes_a_ms):
        self.notes_a_ms, self.notes = notes_a_ms, 0

    def note_on(self, channel, key, velocity):
        self.notes += 1

    def all_off(self):
        self.notes = 0

    def render(self, out):
        import time

        until_ns = time.thread_time_ns() + int(1e6 * self.notes / self.notes_a_ms)
        while time.thread_time_ns() < until_ns:
            pass

    def sounding(self):
        return float(self.notes)


def test_players_are_told_apart_by_their_cost():
    players = [FixedPlayer(1200.0), FixedPlayer(300.0)]
    (many, _), (few, _) = capacity.sustained(players, 64, 4000, 0.05)
    assert many > 2 * few


@needs_fluid
def test_fluidsynth_sounds_and_falls_silent():
    out = np.zeros((64, 2), np.float32)
    player = capacity.FluidPlayer(fluid.fonts()[0], 0)
    for note in capacity.chord(200):
        player.note_on(*note)
    for _ in range(100):
        player.render(out)
    assert player.sounding() == pytest.approx(200, abs=10)
    assert np.abs(out).max() > 0
    player.all_off()
    for _ in range(10):
        player.render(out)
    assert player.synth.voices == 0
    assert not out.any()


@needs_instrument
def test_rtsynth_sounds_in_more_than_one_engine():
    player = capacity.OurPlayer(sounds.find_instrument(), 48, 1000)
    out = np.zeros((64, 2), np.float32)
    for i, note in enumerate(capacity.chord(900)):
        player.note_on(*note)
        if i % 64 == 63:
            player.render(out)
    for _ in range(50):
        player.render(out)
    assert player.sounding() == 900
    assert np.abs(out).max() > 0


@needs_fluid
def test_a_font_that_is_no_font_is_refused(tmp_path):
    (tmp_path / "no.sf2").write_bytes(b"nothing")
    with pytest.raises(RuntimeError, match=r"does not load no\.sf2"):
        fluid.FluidSynth(tmp_path / "no.sf2", 48000.0)


@needs_fluid
@needs_instrument
def test_the_command_writes_both_synthesisers(tmp_path, monkeypatch):
    monkeypatch.setattr(voices, "CORE_SECONDS", 0.1)
    monkeypatch.setattr(voices, "MOST_NOTES", 500)
    monkeypatch.setattr(voices, "PROGRAMS", {"piano": 0})
    out, picture = tmp_path / "voices.json", tmp_path / "voices.png"
    line = ["--quick", "--seconds", "0.05", "--json", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(voices.main, line, catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(out.read_text())
    (grid,) = report["grids"]
    players = {row[2].split(",")[0] for row in grid["rows"]}
    assert players == {"rtsynth", "FluidSynth"}
    assert [finding["target"] for finding in report["findings"]] == ["notes a core"]
    assert report["findings"][0]["target"] in budget.TARGETS
    assert picture.read_bytes().startswith(b"\x89PNG")
