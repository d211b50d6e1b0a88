"""Benchmarks that play live: the real synthesisers on real servers, for a second or two."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import (
    beside,
    budget,
    fluid,
    jackserver,
    latency_jack,
    memory,
    polyphony,
    probe,
    soak,
    startup,
    synths,
)
from benchmarks.jackserver import JackServer
from benchmarks.playing import Playing
from benchmarks.polyphony import Step
from benchmarks.tables import Row
from rtsynth.instrument import bundled

NOT_JACK = jackserver.missing() or probe.missing()
needs_jack = pytest.mark.skipif(NOT_JACK is not None, reason=str(NOT_JACK))
NOT_FLUID = synths.fluidsynth_missing()
needs_fluid = pytest.mark.skipif(NOT_FLUID is not None, reason=str(NOT_FLUID))
needs_instrument = pytest.mark.skipif(bundled() is None, reason="no bundled instrument")


def step(notes, bad, synth="rtsynth", loaded=False, sounding=None):
    return Step(synth, loaded, notes, notes if sounding is None else sounding, bad, 0, 1.0)


def test_the_largest_number_that_holds_is_found():
    steps = tuple(range(10, 200, 10))
    for limit in (0, 10, 75, 190, 500):
        asked = []

        def holds(notes, limit=limit, asked=asked):
            asked.append(notes)
            return notes <= limit

        assert polyphony.search(steps, holds) == max((n for n in steps if n <= limit), default=0)
        assert len(asked) <= 10


def test_a_number_fails_only_when_repeated():
    answers = iter([False, True, False, False])
    assert polyphony.search((10, 20), lambda notes: next(answers)) in (0, 10, 20)


def test_silent_notes_are_not_held():
    assert step(100, 0).held
    assert not step(100, polyphony.ALLOWED + 1).held
    assert not step(100, 0, sounding=50).held
    found = [step(512, 0), step(128, 0, "FluidSynth"), step(512, 1, loaded=True),
             step(64, 0, "FluidSynth", True)]  # fmt: skip
    idle, busy = polyphony.findings(found)
    assert (idle.target, idle.met, busy.met) == ("notes live", True, True)
    assert "4.0 x" in idle.measured


@needs_jack
@needs_instrument
def test_rtsynth_holds_notes_on_a_server():
    with (
        JackServer(budget.RATE_HZ, 256) as server,
        JackServer(budget.RATE_HZ, 256) as quiet,
        Playing(server, timbre="strings") as synth,
    ):
        synth.busy(True)
        found = polyphony.measure(server, quiet, synth, 24, 1.6, True)
        synth.busy(False)
        stats = synth.stats()
    assert (found.notes, found.sounding) == (24, 24)
    assert stats["notes"] == 24
    assert stats["server_frames"] > 0
    assert sum(stats["threads"].values()) > 1


@needs_jack
@needs_fluid
def test_fluidsynth_holds_notes_on_a_server():
    with (
        JackServer(budget.RATE_HZ, 256) as server,
        JackServer(budget.RATE_HZ, 256) as quiet,
        synths.HeldFluidSynth(server, polyphony.PROGRAM, polyphony.KEYS, 90) as synth,
    ):
        found = polyphony.measure(server, quiet, synth, 24, 1.6, False)
    assert found.sounding >= 0.9 * 24


@needs_jack
def test_what_could_not_be_played_is_a_step_that_says_so():
    def broken(server):
        raise RuntimeError("no such synthesiser")

    found = polyphony.attempt(broken, 64, 1.0, False)
    assert not found.held
    assert found.failure == "no such synthesiser"


@needs_instrument
def test_a_player_that_cannot_start_says_why():
    with pytest.raises(RuntimeError, match="no-such-timbre"):
        Playing(None, timbre="no-such-timbre", midi=False)


@needs_instrument
def test_memory_is_sampled_and_judged(tmp_path, monkeypatch):
    smallest = sorted(fluid.fonts(), key=lambda font: font.stat().st_size)[:1]
    monkeypatch.setattr(fluid, "fonts", lambda: smallest)
    out, picture = tmp_path / "memory.json", tmp_path / "memory.png"
    line = ["--minutes", "0.03", "--json", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(memory.main, line, catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(out.read_text())
    rows = {row[0].split(",")[0]: row for row in report["grids"][0]["rows"]}
    assert rows["Python alone"][1] < rows["Python with the player's imports"][1]
    assert rows["rtsynth"][3] > 0
    if smallest and fluid.missing() is None:
        assert rows["FluidSynth"][3] > 0
    assert len(report["facts"]["samples"]) >= 2
    assert report["findings"][0]["target"] == "memory"


def test_a_slope_is_found():
    samples = [{"minutes": i / 60, "rss": 100.0 + 2.0 * i / 60} for i in range(100)]
    assert memory.slope(samples, "rss") == pytest.approx(2.0)


def test_an_arena_that_fills_is_no_leak():
    samples = [{"minutes": i / 60, "rss": 100.0 + max(i - 50, 0), "arena": float(max(i - 50, 0))}
               for i in range(100)]  # fmt: skip
    samples += [{"minutes": 100 / 60, "rss": 149.0, "arena": 10.0}] * 5  # emptied: still resident
    assert memory.slope(memory.beside_arena(samples), "beside") == pytest.approx(0.0, abs=1e-9)
    leaking = [{**sample, "rss": sample["rss"] + sample["minutes"]} for sample in samples]
    assert memory.slope(memory.beside_arena(leaking), "beside") == pytest.approx(1.0)


def test_a_soak_holds_nothing_at_its_end():
    sent = soak.events(20.0, budget.RATE_HZ)
    held, most = set(), 0
    for _, status, data1, data2 in sent:
        if status & 0xF0 == 0x90:
            held.add((status & 0x0F, data1))
            most = max(most, len(held))
        elif status & 0xF0 == 0x80:
            held.discard((status & 0x0F, data1))
        assert 0 <= data1 < 128
        assert 0 <= data2 < 128
        assert status & 0x0F != 9
    assert not held
    assert most >= 30
    assert sent == soak.events(20.0, budget.RATE_HZ)


@needs_jack
@needs_instrument
def test_a_soak_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(soak, "_TEST_NOTES", 1)
    monkeypatch.setattr(soak, "_TEST_NOTE_S", 1.0)
    out, picture = tmp_path / "soak.json", tmp_path / "soak.png"
    line = ["--minutes", "0.06", "--json", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(soak.main, line, catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(out.read_text())
    counted = {row[0]: row[1] for row in report["grids"][0]["rows"]}
    assert counted["voices"] > 4
    assert counted["nonfinite"] == 0
    assert abs(counted["pitch of a test note, cents"]) < 10
    assert report["findings"][0]["target"] == "soak"


@needs_jack
@needs_instrument
def test_a_note_that_sounds_at_once_sounds_at_its_own_sample():
    found = latency_jack.rows(64, 8)
    rows = {row.stage: row for row in found if isinstance(row, Row)}
    ours = rows[latency_jack.stage(beside.IDLE, latency_jack.AT_ONCE, "rtsynth")]
    assert np.all(ours.values_ms == 0.0)
    (finding,) = latency_jack.findings(found)
    assert finding.met is None  # of three periods only one was measured
    assert "0/0/0" in finding.measured
    assert "not measured: 128, 256" in finding.measured


def test_what_runs_beside_ends():
    with beside.running(beside.BUSY) as words:
        assert "Python loops" in words
    with beside.running(beside.IDLE) as words:
        assert words == beside.IDLE


@needs_jack
@needs_instrument
def test_the_start_is_heard(monkeypatch):
    command = [*synths.RTSYNTH, *synths.ON_JACK]
    ports = {"midi_to": synths.RTSYNTH_MIDI, "audio_from": synths.RTSYNTH_AUDIO}
    with JackServer(budget.RATE_HZ, 64) as server:
        assert startup.first_sound_ms(server, command, **ports) > 0
        monkeypatch.setattr(startup, "LIMIT_S", 1.0)
        with pytest.raises(probe.ProbeError, match="no sound within 1 s of 'true'"):
            startup.first_sound_ms(server, ["true"], **ports)
