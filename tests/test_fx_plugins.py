"""Effects by name: pedalboard's own, real VST3 plugins with their state, and clear refusals."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from rtsynth.errors import RtsynthError
from rtsynth.fx import plugins
from rtsynth.fx.chain import Effect

pytest.importorskip("pedalboard")
VST3 = Path("/usr/lib/vst3")  # Debian: zam-plugins
STEREO, MONO = VST3 / "ZamCompX2.vst3", VST3 / "ZamComp.vst3"
needs_plugins = pytest.mark.skipif(not STEREO.exists(), reason="zam-plugins is not installed")


def make(name: str | Path, **settings: Any) -> Any:
    return plugins.make(Effect(str(name), settings))


def test_every_effect_that_is_built_in_is_made_and_changes_nothing_but_sound(
    tmp_path: Path,
) -> None:
    room = tmp_path / "room.wav"
    soundfile.write(room, np.ones(8) / 8, 48_000)
    names = list(plugins.built_in())
    assert {"Reverb", "Compressor", "Limiter", "Delay", "Convolution"} <= set(names)
    for name in names:
        settings = {"impulse_response_filename": str(room)} if name == "Convolution" else {}
        out = make(name, **settings)(np.zeros((2, 4096), np.float32), 48_000)
        assert np.isfinite(out).all()


def test_names_of_effects_and_choices_are_known_in_any_case() -> None:
    assert make("reverb", room_size=0.25).room_size == pytest.approx(0.25)
    assert make("LadderFilter", mode="HPF24").mode.name == "HPF24"


@pytest.mark.parametrize(
    ("name", "settings", "complaint"),
    [
        ("Revreb", {}, r"no effect is named 'Revreb'; did you mean Reverb\?"),
        ("Pedalboard", {}, "no effect is named 'Pedalboard'"),
        ("VST3Plugin", {"path_to_plugin_file": "x"}, "no effect is named"),
        ("Reverb", {"rom": 1.0}, "Reverb has no setting 'rom': it has room_size, damping"),
        ("Invert", {"a": 1.0}, "Invert has no setting 'a': it has none"),
        ("Reverb", {"self": 1.0}, "Reverb has no setting 'self'"),
        ("Reverb", {"room_size": 5.0}, "Reverb: Room Size value must be between"),
        ("Reverb", {"room_size": "large"}, "Reverb cannot be set to room_size=large"),
        ("LadderFilter", {"mode": "HPF99"}, "LadderFilter cannot be set to mode=HPF99"),
        ("Compressor", {"ratio": 0.0}, "Compressor: Compressor ratio must be"),
        ("Convolution", {}, "Convolution cannot be set to nothing"),
        ("PitchShift", {}, "no effect is named"),  # it needs the whole sound at once
        ("Convolution", {"impulse_response_filename": __file__}, "is no sound file"),
        ("Convolution", {"impulse_response_filename": "nowhere.wav"}, "is no sound file"),
        ("nowhere/some.vst3", {}, r"there is no plugin nowhere/some.vst3"),
    ],
)
def test_what_does_not_exist_is_said_in_one_line(
    name: str, settings: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(RtsynthError, match=complaint) as found:
        make(name, **settings)
    assert "\n" not in str(found.value)


def test_a_file_that_is_no_plugin(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    fake = tmp_path / "fake.vst3"
    for content in (b"", b"\x7fELF" + b"\0" * 100):
        fake.write_bytes(content)
        with pytest.raises(RtsynthError, match=r"cannot load fake.vst3: .*") as found:
            make(fake)
        assert "\n" not in str(found.value)
    assert capfd.readouterr() == ("", "")


def test_without_pedalboard_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pedalboard", None)
    with pytest.raises(RtsynthError, match=r"pip install 'rtsynth\[fx\]'"):
        make("Reverb")


@needs_plugins
def test_a_vst3_plugin_is_set_by_name_and_recalls_its_state(tmp_path: Path) -> None:
    first = make(STEREO, threshold_db=-30.0, ratio=8.0)
    first(np.zeros((2, 512), np.float32), 48_000)  # it takes its settings with the sound
    state = tmp_path / "loud.vstpreset"
    state.write_bytes(first.preset_data)
    second = make(STEREO, state=str(state), ratio=2.0)
    assert make(STEREO).threshold_db != pytest.approx(-30.0)
    assert second.threshold_db == pytest.approx(-30.0, abs=0.01)
    assert second.ratio == pytest.approx(2.0, abs=0.01)


@needs_plugins
@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"loudness": 1.0}, "ZamCompX2.vst3 has no setting 'loudness': it has .*threshold_db"),
        ({"ratio": 1e9}, "ZamCompX2.vst3: .*ratio.*out of range"),
        ({"ratio": "loud"}, "ZamCompX2.vst3: "),
        ({"state": "nowhere.vstpreset"}, "there is no state nowhere.vstpreset"),
        ({"state": __file__}, r"is no state \(.vstpreset\) of it"),
        ({"plugin": "Another"}, "ZamCompX2.vst3 has no plugin named 'Another'"),
        ({"plugin": 3.0}, "cannot load ZamCompX2.vst3"),
    ],
)
def test_settings_that_a_plugin_does_not_have(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RtsynthError, match=complaint) as found:
        make(STEREO, **settings)
    assert "\n" not in str(found.value)


@needs_plugins
def test_the_state_of_another_plugin_is_refused(tmp_path: Path) -> None:
    state = tmp_path / "other.vstpreset"
    state.write_bytes(make(MONO).preset_data)
    with pytest.raises(RtsynthError, match="is no state"):
        make(STEREO, state=str(state))
