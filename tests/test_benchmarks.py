"""The benchmarks measure what they say: statistics, pitch, exact rows, and a probe that builds."""

import json
import math
from contextlib import contextmanager

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import budget, jackserver, latency, latency_core, partials, pitch, probe, tables
from benchmarks.tables import Budget, Report, Row, Skipped
from rtsynth import contract

RATE_HZ = 48000.0
NOT_JACK = jackserver.missing() or probe.missing()
if NOT_JACK is None:
    import jack


def row(values, limit_ms, statistic="p99"):
    budget_ = Budget(limit_ms, statistic)
    return Row("stage", 64, np.asarray(values, np.float64), RATE_HZ, budget_)


def test_a_summary_names_values_that_were_measured():
    values = np.arange(1.0, 201.0)
    assert tables.summary(values) == {"min": 1.0, "p50": 100.0, "p99": 198.0, "max": 200.0}
    assert tables.percentile(np.array([3.0]), 99) == 3.0


def test_a_row_is_judged_by_its_own_statistic():
    values = [1.0] * 199 + [50.0]
    assert row(values, 1.0, "p99").verdict() == "pass"
    assert row(values, 1.0, "max").verdict() == "over"
    assert row(values, None).verdict() == "info"


def test_a_report_says_milliseconds_samples_and_what_was_skipped(tmp_path):
    report = Report("title", [row([2.0], 1.0), Skipped("JACK", 64, "no server")], {"fact": 1})
    report.write(tmp_path / "report.json")
    read = json.loads((tmp_path / "report.json").read_text())
    measured, skipped = read["rows"]
    assert measured["samples"]["max"] == pytest.approx(96.0)
    assert measured["verdict"] == "over"
    assert skipped == {
        "stage": "JACK",
        "block": 64,
        "verdict": "skipped",
        "reason": "no server",
    }
    assert read["machine"]["cores"] >= 1
    assert [each.stage for each in tables.over_budget(report.rows)] == ["stage"]
    tables.print_report(report)


def string_sound(key, cents, inharmonicity, seconds=0.9):
    """A stiff string in noise, its partials 3 dB apart, decaying."""
    rng = np.random.default_rng(key)
    f0 = contract.key_hz(key) * 2.0 ** (cents / 1200.0)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = rng.normal(scale=1e-4, size=t.size)
    for k in range(1, 9):
        hz = contract.partial_hz(f0, k, inharmonicity)
        if hz < 20000.0:
            phase = rng.uniform(0.0, 6.0)
            sound += 0.1 * 10 ** (-3 * k / 20) * np.sin(2 * np.pi * hz * t + phase) * np.exp(-t)
    return sound


@pytest.mark.parametrize("key", [28, 48, 60, 84, 108])
@pytest.mark.parametrize("inharmonicity", [0.0, 3e-4])
def test_pitch_is_read_to_a_twentieth_of_a_cent(key, inharmonicity):
    found = partials.pitch(string_sound(key, 1.3, inharmonicity), RATE_HZ, contract.key_hz(key))
    assert found is not None
    assert 1200.0 * math.log2(found.hz / contract.key_hz(key)) == pytest.approx(1.3, abs=0.05)


def test_silence_has_no_pitch_and_fails_the_note():
    assert partials.pitch(np.zeros(40000), RATE_HZ, 440.0) is None
    note = pitch.Played("piano", 0, 69, 0.0, 1.0)
    (measured,) = pitch.measure(np.zeros(48000, np.float32), RATE_HZ, [note])
    assert math.isnan(measured.cents)


def test_the_longest_undisturbed_stretch_is_measured():
    assert pitch.clean_stretch(100, 1000, [], 10) == (100, 1000)
    assert pitch.clean_stretch(100, 1000, [300, 320], 10) == (330, 1000)
    assert pitch.clean_stretch(100, 1000, [95, 900], 10) == (105, 890)


def test_events_of_a_piece_are_notes_that_end():
    note = pitch.Played("piano", 5, 69, 1.0, 2.0)
    sent = pitch.events([note], RATE_HZ)
    assert (48000, 0x90, 69, pitch.VELOCITY) in sent
    assert (96000, 0x80, 69, 0) in sent
    assert sent[0][1:] == (0xC0, 5, 0)
    assert sent[0][0] < 48000


@pytest.mark.parametrize("block", [32, 256])
def test_what_the_core_promises_exactly_is_exact(block):
    rows = {each.stage: each for each in latency_core.rows(None, block, 24)}
    exact = [stage for stage in rows if "CPU" not in stage]
    assert len(exact) == 6
    for stage in exact:
        assert rows[stage].verdict() == "pass", stage
        assert rows[stage].values_ms.min() == rows[stage].values_ms.max() == 0.0, stage


def test_late_sound_is_seen():
    late = np.zeros((100, 2), np.float32)
    late[42, 1] = 1e-6
    assert latency_core.first_sound(late) == 42
    assert latency_core.first_sound(np.zeros((100, 2), np.float32)) == 100


def test_the_quick_run_writes_every_stage(tmp_path):
    out, picture = tmp_path / "latency.json", tmp_path / "latency.png"
    line = ["--quick", "--no-jack", "--block", "64", "--json", str(out), "--plot", str(picture)]
    result = CliRunner().invoke(latency.main, line, catch_exceptions=False)
    assert result.exit_code == 0
    stages = {each["stage"] for each in json.loads(out.read_text())["rows"]}
    for start in ("queue", "voice start", "first frames, cached", "first frames, cold", "vocoder",
                  "ring", "device"):  # fmt: skip
        assert any(stage.startswith(start) for stage in stages), start
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_the_probe_prints_is_understood():
    counts = {"rate_hz": 48000, "period": 64, "start": 5, "cycles": 9, "xruns": 1, "gaps": 0}
    counts |= {"gap_frames": 0, "late_cycles": 2, "latest_us": 70}
    note = {"note": 0, "sent": 100, "offset": 36, "sent_ns": 7, "first": 90}
    note |= {"first_loud": 95, "floor": 0, "disturbed": False}
    places = ['{"gaps_at": [500, 90]}', '{"xruns_at": [200, 210, 600]}']
    text = "\n".join([*places, "noise", '{"connected": "x"}', json.dumps(counts), json.dumps(note)])
    run = probe.parse(text)
    assert (run.rate_hz, run.period, run.xruns, run.late_cycles) == (48000.0, 64, 1, 2)
    assert (run.notes[0].first - run.notes[0].sent, run.notes[0].floor) == (-10, 0)
    assert run.trouble_at == [90, 200, 210, 500, 600]
    assert run.bad_periods == 2
    with pytest.raises(probe.ProbeError, match="stopped before"):
        probe.parse("")


@pytest.mark.skipif(NOT_JACK is not None, reason=str(NOT_JACK))
def test_the_probe_runs_on_a_server_of_its_own():
    with jackserver.JackServer(period_samples=256) as server:
        assert "system:playback_1" in server.ports()
        run = probe.run("idle", server.env, seconds=0.3)
        assert (run.rate_hz, run.period) == (budget.RATE_HZ, 256)
        assert run.cycles > 0
        with pytest.raises(probe.ProbeError, match="nobody-here"):
            probe.run("latency", server.env, midi_to="nobody-here", wait_s=0.1)
    with pytest.raises(probe.ProbeError, match="no JACK server"):
        probe.run("idle", server.env, seconds=0.1, patience_s=0.5)


@contextmanager
def listener(server):
    client = jack.Client("listener", servername=server, no_start_server=True)
    client.midi_inports.register("keys")
    with client:
        yield


@pytest.mark.skipif(NOT_JACK is not None, reason=str(NOT_JACK))
def test_a_server_that_stops_calling_is_named():
    with jackserver.JackServer(period_samples=256) as server:
        with probe.watching(server.env, 0.2) as running:
            assert running.result().cycles > 0
        with (
            listener(server.name),
            probe.playing(
                server.env,
                [],
                0.3,
                midi_to="listener:keys",
                audio_from="system:capture",
                patience_s=2.0,
            ) as running,
        ):
            server.pause()
            try:
                with pytest.raises(probe.ProbeError, match=r"called|hung"):
                    running.result()
            finally:
                server.resume()
