"""What is read out of folders, names, SFZ files, NSynth's lists and soundfonts."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mido")
pytest.importorskip("scipy")
pytest.importorskip("tqdm")
pytest.importorskip("soundfile")

from tests.training_sounds import save, tone
from training import rendering
from training.bank import FLUID
from training.data import main
from training.notes import NotePlan
from training.rendering import Preset
from training.sources import folder, making, nsynth, sfz, soundfont
from training.sources.looking import Wish, look
from training.sources.names import Named, parse, with_layers
from training.sources.sounds import SourceError, timbre_name


@pytest.mark.parametrize(
    ("stem", "key", "velocity"),
    [
        ("A#3", 58, None),
        ("Bb3", 58, None),
        ("a3_v100", 57, 100),
        ("060", 60, None),
        ("midi61 vel64", 61, 64),
        ("piano_C4_ff", 60, 112),
        ("violin_As3_1_mezzo-forte_arco-normal", 58, 80),
        ("Cello G2 (pp)", 43, 33),
        ("flute_D#5_piano", 75, 49),
        ("D#4v12", 63, 12),
        ("bass_electronic_018-022-100", 22, 100),
        ("Kick 01", None, None),
        ("whoosh", None, None),
    ],
)
def test_notes_and_velocities_in_names(stem: str, key: int | None, velocity: int | None) -> None:
    assert parse(stem)[:2] == (key, velocity)


def test_numbered_layers_share_the_velocities() -> None:
    names = [parse(f"A0v{layer}") for layer in range(1, 5)]
    assert with_layers(names) == [(1, 31), (32, 63), (64, 95), (96, 127)]
    assert with_layers([Named(60, 100, True), Named(60, None)]) == [(100, 100), None]


def test_names_of_timbres() -> None:
    assert timbre_name("Grand Piano (close)") == "grand-piano-close"
    assert timbre_name("808 kit") == "timbre-808-kit"


def test_a_folder_of_folders(tmp_path: Path) -> None:
    for path in ("b/2.wav", "b/10.wav", "a/deep/C4.flac", "D4_f.ogg", ".old/x.wav", "b/notes.txt"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    source = folder.read(tmp_path)
    found = {str(s.path.relative_to(tmp_path)): s for s in source.sounds}
    assert set(found) == {"b/2.wav", "b/10.wav", "a/deep/C4.flac", "D4_f.ogg"}
    assert found["a/deep/C4.flac"].timbre == "a"
    assert found["D4_f.ogg"].timbre == timbre_name(tmp_path.name)
    assert found["D4_f.ogg"].velocities == (96, 96)
    order = [s.path.name for s in source.sounds if s.timbre == "b"]
    assert order == ["2.wav", "10.wav"]
    with pytest.raises(SourceError, match="no sound files"):
        folder.read(tmp_path / "b" / "..nothing" / "..")


SFZ = r"""
// a comment
#define $DIR Samples
<control> default_path=$DIR\
<global> loop_mode=loop_continuous ampeg_release=0.3
<group> lovel=1 hivel=80
<region> sample=soft c4.wav key=c4
<region> sample=Soft/e4.wav lokey=62 hikey=65 pitch_keycenter=64 volume=-3
<group> lovel=81 hivel=127 amp_veltrack=0 /* over
lines */ <region> sample=hard.wav pitch_keycenter=60 transpose=-12 fil_type=lpf_2p
<region> sample=*sine key=70
<region> sample=up.wav trigger=release key=60
<region> sample=bad.wav key=H9
"""


def test_an_sfz(tmp_path: Path) -> None:
    for name in ("Soft C4.wav", "soft/E4.wav", "hard.wav"):
        (tmp_path / "samples" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "samples" / name).touch()
    path = tmp_path / "My Organ.sfz"
    path.write_text(SFZ, "utf-8")
    source = sfz.read(path)
    first, second, third = source.sounds
    assert first.path == tmp_path / "samples" / "Soft C4.wav"  # any case, any slash
    assert (first.key, first.velocities, first.sustained) == (60, (1, 80), True)
    assert not first.velocity_in_level
    assert second.path.exists()
    assert (second.key, second.gain_db) == (64, -3.0)
    assert (third.key, third.velocities, third.velocity_in_level) == (72, (81, 127), True)
    assert {sound.timbre for sound in source.sounds} == {"my-organ"}
    text = "\n".join(source.notices)
    assert "opcodes ignored: ampeg_release, fil_type" in text
    assert "*sine" in text
    assert "bad.wav is left out: key=H9 is no key" in text
    path.write_text("<region> key=60", "utf-8")
    with pytest.raises(SourceError, match="no regions"):
        sfz.read(path)


def test_an_nsynth_folder(tmp_path: Path) -> None:
    row = {"pitch": 60, "velocity": 75, "instrument_str": "organ_electronic_001"}
    rows = {
        "a": row,
        "b": {**row, "pitch": 64, "qualities_str": ["fast_decay", "dark"]},
        "c": {**row, "qualities_str": ["multiphonic"]},
        "d": {"pitch": 60},
    }
    (tmp_path / "examples.json").write_text(json.dumps(rows), "utf-8")
    save(tmp_path / "audio" / "a.wav", tone(60, 3.0, 16_000), 16_000)
    source = making.read(tmp_path)
    assert [sound.path.stem for sound in source.sounds] == ["a", "b"]
    first, second = source.sounds
    assert (first.timbre, first.velocities, first.held_s) == ("organ-electronic-001", (75, 75), 3.0)
    assert (first.sustained, second.sustained) == (None, False)
    assert len(source.notices) == 2
    seen = look((first, Wish()))
    assert seen.warnings == ("nothing above 8 kHz in it",)
    assert seen.heard is not None
    assert seen.heard.key == 60
    (tmp_path / "examples.json").write_text("{", "utf-8")
    with pytest.raises(SourceError, match="cannot be read"):
        nsynth.read(tmp_path)


def test_presets_of_a_soundfont(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        rendering.find_fluidsynth()
        font = rendering.find_soundfont(FLUID)
    except rendering.RenderError as error:
        pytest.skip(str(error))
    listed = soundfont.presets(font)
    assert len([each for each in listed if each.bank == 0]) == 128
    assert next(each for each in listed if (each.bank, each.program) == (0, 73)).name == "Flute"
    told: list[str] = []
    (flute,) = soundfont.specs(font, 73, 0, Wish(), told.append)
    assert (flute.name, flute.sustained, flute.kind) == ("flute", True, "harmonic")
    (guitar,) = soundfont.specs(font, 24, 0, Wish(), told.append)
    assert not guitar.sustained
    assert 1e-6 < guitar.usual_inharmonicity(52) < 5e-4
    (drums,) = soundfont.specs(font, 0, soundfont.DRUM_BANK, Wish(), told.append)
    assert drums.kind == "noise"
    assert "without pitch" in told[-1]
    kick, snare = rendering.render(
        Preset(font, 0, bank=drums.bank), [NotePlan(36, 100, 0.3), NotePlan(38, 100, 0.3)]
    )
    assert min(np.abs(kick.audio).max(), np.abs(snare.audio).max()) > 0.01
    with pytest.raises(SourceError, match=r"no such preset; it has 0:0 .* more"):
        soundfont.choose(font, 5, 99)
    broken = tmp_path / "a.sf2"
    broken.write_bytes(b"RIFF\0\0\0\0sfbkLIST")
    with pytest.raises(SystemExit, match="lists no presets"):
        main(["--out", str(tmp_path / "out"), "--from", str(broken)])
    broken.write_bytes(b"no")
    with pytest.raises(SystemExit, match="is no soundfont"):
        main(["--out", str(tmp_path / "out"), "--from", str(broken)])
