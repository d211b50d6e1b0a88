"""A sound goes through effects: in its place, to the end of the tail, the same bytes each time."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import run_cli
from numpy.typing import NDArray

from rtsynth.errors import RtsynthError
from rtsynth.fx.board import BLOCK, SILENCE, Board
from rtsynth.render import RenderConfig, render_file

pedalboard = pytest.importorskip("pedalboard")
RATE_HZ = 48_000
MONO = Path("/usr/lib/vst3/ZamComp.vst3")  # Debian: zam-plugins
STEREO = MONO.with_name("ZamCompX2.vst3")
needs_plugins = pytest.mark.skipif(not STEREO.exists(), reason="zam-plugins is not installed")
Sound = NDArray[np.float32]


def noise(frames: int) -> Sound:
    values = np.random.default_rng(1).standard_normal((frames, 2)) * 0.1
    return values.astype(np.float32)


def through(chain: str, sound: Sound, piece: int = 512) -> Sound:
    pieces: Iterator[Sound] = (sound[i : i + piece] for i in range(0, len(sound), piece))
    board = Board(chain, RATE_HZ)
    try:
        return np.concatenate(list(board.through(pieces)))
    finally:
        board.close()


def test_it_is_what_pedalboard_makes_of_the_whole() -> None:
    sound = noise(6 * BLOCK + 1000)
    board = pedalboard.Pedalboard([
        pedalboard.Compressor(threshold_db=-30, ratio=4), pedalboard.Chorus(),
    ])  # fmt: skip
    whole = board(np.ascontiguousarray(sound.T), RATE_HZ, buffer_size=BLOCK).T
    found = through("Compressor(threshold_db=-30, ratio=4), Chorus()", sound)
    np.testing.assert_allclose(found[: 6 * BLOCK], whole[: 6 * BLOCK], atol=1e-6)


@pytest.mark.parametrize("chain", ["Reverb()", "Delay(delay_seconds=0.1)", "BrickwallLimiter()"])
def test_pieces_of_any_size_give_the_same_samples(chain: str) -> None:
    sound = noise(3 * BLOCK + 77)
    first = through(chain, sound, 512)
    for piece in (1000, 3 * BLOCK + 77):
        np.testing.assert_array_equal(first, through(chain, sound, piece))


@pytest.mark.parametrize("chain", ["Gain(gain_db=0)", "BrickwallLimiter()", "MP3Compressor()"])
def test_a_sound_keeps_its_place_and_its_length(chain: str) -> None:
    sound = np.zeros((2 * RATE_HZ, 2), np.float32)
    sound[30_000:30_100] = 0.5
    found = through(chain, sound)
    assert 0 <= len(found) - len(sound) < RATE_HZ
    middle = np.average(np.arange(len(found)), weights=np.abs(found[:, 0]) ** 2)
    assert middle == pytest.approx(30_050, abs=200)  # MP3 smears it


def test_a_tail_is_heard_to_its_end_and_echoes_may_have_pauses() -> None:
    sound = np.zeros((1000, 2), np.float32)
    sound[0] = 1.0
    found = through("Delay(delay_seconds=1.5, feedback=1e-3, mix=0.5)", sound)
    heard = np.flatnonzero(np.abs(found[:, 0]) > SILENCE)
    assert list(heard) == [0, 72_000, 144_000]
    assert len(found) - heard[-1] < BLOCK
    assert len(through("Gain()", sound)) <= BLOCK


def test_a_tail_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtsynth.fx.board.TAIL_S", 1.0)
    found = through("Delay(delay_seconds=0.05, feedback=1)", noise(BLOCK))
    assert RATE_HZ <= len(found) < RATE_HZ + 3 * BLOCK


def test_a_chain_that_gives_nothing_back_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rtsynth.fx.board.HELD_BACK_S", 0.0)
    monkeypatch.setattr("rtsynth.fx.board.BLOCK", 256)  # BrickwallLimiter keeps 240 of them
    board = Board("BrickwallLimiter(lookahead_ms=20)", RATE_HZ)
    with pytest.raises(RtsynthError, match="gives no sound back"):
        list(board.through([noise(100)]))


@pytest.mark.parametrize(
    "chain",
    [
        "LowpassFilter(cutoff_frequency_hz=0)",
        "LowpassFilter(cutoff_frequency_hz=1e9)",
        "HighpassFilter(cutoff_frequency_hz=-5)",
        "PeakFilter(q=0)",
        "PeakFilter(cutoff_frequency_hz=1e30, gain_db=1e30)",
        "Gain(gain_db=1e30)",
        "Bitcrush(bit_depth=0)",
        "Phaser(centre_frequency_hz=1e9)",
        "Chorus(centre_delay_ms=1e9)",
        "LadderFilter(cutoff_hz=1e9)",
        "Clipping(threshold_db=1e30)",
        "NoiseGate(attack_ms=0, release_ms=0)",
    ],
)
def test_settings_without_sense_make_no_numbers_that_are_none(chain: str) -> None:
    said = "--fx: nothing"
    try:
        assert np.isfinite(through(chain, noise(2 * BLOCK))).all()
    except RtsynthError as error:
        said = str(error)
    assert re.fullmatch(r"--fx: \w+.*", said)


@needs_plugins
def test_a_vst3_plugin_is_heard() -> None:
    sound = noise(8 * BLOCK)
    found = through(f"{STEREO}(threshold_db=-60, ratio=20)", sound)[: len(sound)]
    assert np.std(found[BLOCK:]) < 0.5 * np.std(sound)
    np.testing.assert_array_equal(
        found, through(f"{STEREO}(threshold_db=-60, ratio=20)", sound)[: len(sound)]
    )


@needs_plugins
def test_a_plugin_of_one_channel_has_an_instance_for_each() -> None:
    sound = noise(4 * BLOCK)
    sound[:, 1] *= 0.05  # so quiet that a compressor leaves it alone
    found = through(f"{MONO}(threshold_db=-40, ratio=20), Gain(gain_db=6)", sound)[: len(sound)]
    for side in (0, 1):
        plugin = pedalboard.VST3Plugin(str(MONO))
        plugin.threshold_db, plugin.ratio = -40.0, 20.0
        board = pedalboard.Pedalboard([plugin, pedalboard.Gain(6)])
        alone = board(np.ascontiguousarray(sound[:, side]), RATE_HZ, buffer_size=BLOCK)
        np.testing.assert_allclose(found[:, side], alone, atol=1e-5)


def render(song: Path, out: Path, tiny: Path, **options: str) -> list[str]:
    said: list[str] = []
    config = RenderConfig(instrument=str(tiny), **options)  # type: ignore[arg-type]
    render_file(song, out, config, lambda fraction: None, said.append)
    return said


def test_a_song_is_rendered_through_a_chain(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    song = make_song([(0.0, 60, 100, 0.3), (0.5, 64, 90, 0.3)])
    dry, quiet, again = (tmp_path / f"{name}.wav" for name in ("dry", "quiet", "again"))
    assert render(song, dry, tiny, bits="float") == []
    for out in (quiet, again):
        assert render(song, out, tiny, bits="float", fx="Gain(gain_db=-20), Invert()") == []
    assert quiet.read_bytes() == again.read_bytes()
    (before, _), (after, _) = (soundfile.read(path) for path in (dry, quiet))
    np.testing.assert_allclose(after[: len(before)], -0.1 * before, atol=1e-6)
    assert not after[len(before) :].any()


@needs_plugins
def test_a_plugin_writes_nothing_into_the_terminal(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    song, out = make_song([(0.0, 60, 100, 0.1)]), tmp_path / "a.wav"
    found = run_cli("render", song, out, "--instrument", tiny, "--fx", str(STEREO))
    assert found.returncode == 0
    assert found.stderr == ""
    assert found.stdout.startswith(f"{out}: ")


def test_what_is_too_loud_for_the_file_is_said(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    song, out = make_song([(0.0, 60, 127, 0.2)]), tmp_path / "a.wav"
    (line,) = render(song, out, tiny, fx="Gain(gain_db=40)")
    assert re.search(r"clipped: the effects are \d+\.\d dB too loud", line)
    assert render(song, out, tiny, fx="Gain(gain_db=40)", bits="float") == []


def test_bad_chains_leave_no_file(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    song, out = make_song([(0.0, 60, 127, 0.2)]), tmp_path / "a.wav"
    for chain in ("Reverb(", "Nothing()", "Gain(gain_db=1e30)", ""):
        with pytest.raises(RtsynthError, match=r"^--fx: "):
            render(song, out, tiny, fx=chain)
    assert [path.name for path in tmp_path.iterdir()] == [song.name]


def test_live_it_says_that_rendering_does_it(tiny: Path) -> None:
    found = run_cli("--instrument", tiny, "--fx", "Reverb()", "--seconds", "0.1")
    assert found.returncode == 1
    assert found.stderr.startswith("rtsynth: --fx works with rtsynth render: ")
    assert found.stderr.count("\n") == 1
    assert found.stdout == ""
    assert "--fx" not in run_cli("--help").stdout
    assert "--fx CHAIN" in run_cli("render", "--help").stdout
