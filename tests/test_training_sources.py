"""The user's own recordings become a data set; what is wrong with a file is named, and skipped."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mido")
pytest.importorskip("scipy")
pytest.importorskip("tqdm")
pytest.importorskip("soundfile")

import soundfile as sf

from rtsynth.codec.analysis import RELEASE_MIN_DB_PER_S
from rtsynth.contract import FLOOR_DB, PARTIALS, velocity_gain_db
from tests.training_sounds import RATE, hit, save, tone
from training import rendering, shards
from training.bank import FLUID
from training.collect import is_there
from training.data import main
from training.notes import NotePlan
from training.rendering import Preset
from training.sources.analysing import analysed
from training.sources.deciding import decide
from training.sources.looking import Wish, look
from training.sources.sounds import Sound


@pytest.fixture(scope="module")
def real_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes of two real instruments, as WAV and FLAC files."""
    try:
        rendering.find_fluidsynth()
        font = rendering.find_soundfont(FLUID)
    except rendering.RenderError as error:
        pytest.skip(str(error))
    home = tmp_path_factory.mktemp("real")
    for name, program, suffix in (("Grand Piano", 0, "wav"), ("flute", 73, "flac")):
        plans = [NotePlan(key, velocity, 1.5) for key, velocity in ((60, 40), (67, 100), (74, 64))]
        for note in rendering.render(Preset(font, program), plans):
            stem = f"{note.plan.key:03d}_v{note.plan.velocity}"
            save(home / name / f"{stem}.{suffix}", note.audio)
    return home


def test_a_note_without_velocity_serves_all_of_them(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", tone(57, 1.0))
    (job,), problems, _ = decide([look((Sound(path, "x"), Wish()))], Wish(), 0)
    assert not problems
    result = analysed(job)
    assert [each.note.velocity for each in result.found] == [22, 64, 106]
    assert all(each.frames is result.found[0].frames for each in result.found)
    assert len({each.note.gain_db for each in result.found}) == 1
    note = result.found[0].note
    assert (note.key, note.sustained, note.held_out, note.pitched) == (57, True, False, True)
    assert note.release_db_per_s == pytest.approx(-150, rel=0.15)


def test_a_recorded_level_is_its_velocitys(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", tone(57, 1.0))
    levels = []
    for natural in (True, False):
        sound = Sound(path, "x", 57, (40, 40), velocity_in_level=natural)
        jobs, _, _ = decide([look((sound, Wish()))], Wish(), 0)
        levels.append(analysed(jobs[0]).found[0].note.gain_db)
    assert levels[0] - levels[1] == pytest.approx(-velocity_gain_db(40))


def test_names_are_believed_of_bells_and_on_request(tmp_path: Path) -> None:
    sound = Sound(save(tmp_path / "C4.wav", tone(65)), "x", 60)
    for wish, keys in ((Wish(), []), (Wish(kind="bar"), [60]), (Wish(believe=True), [60])):
        jobs, problems, _ = decide([look((sound, wish))], wish, 0)
        assert [job.key for job in jobs] == keys
        assert len(problems) == 1 - len(keys)


def test_what_is_said_of_many_files_is_said_once(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", tone(57, rate=16_000), 16_000)
    seen = look((Sound(path, "x", 57), Wish()))
    assert decide([seen] * 2, Wish(), 0)[2] == [f"{path}: nothing above 8 kHz in it"] * 2
    assert decide([seen] * 9, Wish(), 0)[2] == ["x: 9 files: nothing above 8 kHz in it"]


def test_most_files_decide_and_the_user_decides_over_them(tmp_path: Path) -> None:
    decays = (20.0, 30.0, 0.0)
    sounds = [
        Sound(save(tmp_path / f"{n}.wav", tone(60 + n, 1.0, decay=d)), "x", 60 + n)
        for n, d in enumerate(decays)
    ]
    looks = [look((sound, Wish())) for sound in sounds]
    assert [each.sustained for each in looks] == [False, False, True]
    assert not any(job.sustained for job in decide(looks, Wish(), 0)[0])
    assert all(job.sustained for job in decide(looks, Wish(sustained=True), 0)[0])


def test_another_way_to_count_octaves_is_noticed(tmp_path: Path) -> None:
    """Some makers call middle C C3; a single file that is off is refused all the same."""
    sounds = [
        Sound(save(tmp_path / f"{key}.wav", tone(key)), "x", key - 12) for key in (55, 60, 64, 67)
    ]
    sounds.append(Sound(save(tmp_path / "odd.wav", tone(70)), "x", 61))
    jobs, problems, warnings = decide([look((s, Wish())) for s in sounds], Wish(), 0)
    assert [job.key for job in jobs] == [55, 60, 64, 67]
    assert len(problems) == 1
    assert "odd.wav: said to be C#5, but sounds as A#4" in problems[0]
    assert "count octaves another way, taken an octave higher" in warnings[0]


def bad_files(home: Path) -> None:
    save(home / "clipped C4.wav", np.clip(8 * tone(60), -1, 1))
    save(home / "silent C4.wav", np.zeros(RATE))
    save(home / "two C4.wav", tone(60) + tone(64))
    save(home / "low C4.wav", tone(60, rate=8_000), 8_000)
    save(home / "hiss.wav", hit(1.0))
    save(home / "wrong C4.wav", tone(65))
    with sf.SoundFile(home / "long C4.wav", "w", 48_000, 1, subtype="PCM_U8") as file:
        for _ in range(15):
            file.write(np.zeros(60 * RATE, np.float32))
    (home / "corrupt C4.wav").write_bytes(b"RIFF\x10\0\0\0WAVEfmt nonsense")


def test_good_and_bad_files(
    real_notes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad_files(real_notes / "flute")
    out = tmp_path / "data"
    main(["--out", str(out), "--from", str(real_notes), "--processes", "2"])
    told = capsys.readouterr().out
    for reason in (
        "clipped C4.wav: clipped", "silent C4.wav: silent", "two C4.wav: two notes at once (C4 and",
        "low C4.wav: 8 kHz", "hiss.wav: no clear pitch", "wrong C4.wav: said to be C4, but sounds",
        "long C4.wav: 15 minutes long", "corrupt C4.wav: cannot be read",
    ):  # fmt: skip
        assert told.count(reason) == 1, (reason, told)
    assert "6 files of 2 timbres taken (6 notes), 8 left out" in told
    data = shards.load(out)
    piano = next(t for t in data.timbres if t.name == "grand-piano")
    flute = next(t for t in data.timbres if t.name == "flute")
    assert (piano.sustained, flute.sustained) == (False, True)
    assert (piano.low, piano.high) == (60, 74)
    assert sorted((n.key, n.velocity) for n in flute.notes) == [(60, 40), (67, 100), (74, 64)]
    for note in (*piano.notes, *flute.notes):
        assert abs(note.cents) < 12.0
        assert note.frames == pytest.approx(1.5 * 187.5, abs=12)
        assert RELEASE_MIN_DB_PER_S <= note.release_db_per_s < -20.0
    assert all(-4.5 < n.inharmonicity_log10 < -2.5 for n in piano.notes)
    # Once more: nothing is done anew, and another source comes beside it.
    before = (out / "flute" / "frames.npy").stat().st_mtime_ns
    save(tmp_path / "more" / "E4.wav", tone(64))
    main(["--out", str(out), "--from", str(real_notes), "--processes", "1"])
    assert "2 timbres were already there" in capsys.readouterr().out
    main(["--out", str(out), "--from", str(tmp_path / "more"), "--processes", "1"])
    assert (out / "flute" / "frames.npy").stat().st_mtime_ns == before
    data = shards.load(out)
    assert {t.name for t in data.timbres} == {"grand-piano", "flute", "more"}
    assert data.soundfont == f"{real_notes.name}, more"


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    save(tmp_path / "in" / "C4.wav", np.zeros(RATE))
    with pytest.raises(SystemExit, match="not one file can be used"):
        main(["--out", str(tmp_path / "out"), "--from", str(tmp_path / "in"), "--processes", "1"])
    with pytest.raises(SystemExit, match="no such file or folder"):
        main(["--out", str(tmp_path / "out"), "--from", str(tmp_path / "none")])
    (tmp_path / "a.mp4").touch()
    with pytest.raises(SystemExit, match="is expected"):
        main(["--out", str(tmp_path / "out"), "--from", str(tmp_path / "a.mp4")])
    assert not (tmp_path / "out" / "dataset.json").exists()


def test_sounds_without_pitch_are_trained(tmp_path: Path) -> None:
    for name in ("door", "engine", "glass D5", "rain"):
        save(tmp_path / "fx" / f"{name}.wav", hit())
    out = tmp_path / "data"
    main(["--out", str(out), "--from", str(tmp_path / "fx"), "--pitchless", "--processes", "1"])
    (timbre,) = shards.load(out).timbres
    assert is_there(out / "fx")
    keys = [note.key for note in timbre.notes]
    assert sorted(set(keys)) == [36, 37, 38, 74]
    assert not any(note.pitched or note.sustained or note.held_out for note in timbre.notes)
    frames = np.asarray(timbre.frames, np.float32)
    assert np.all(frames[:, :PARTIALS] == FLOOR_DB)
    assert frames[:, PARTIALS:-1].max() > -25.0
    assert len(timbre.frames) == sum(note.frames for note in timbre.notes) // 3  # shared by three
    pytest.importorskip("torch")
    from tests.training_data import TINY
    from training import train

    config = tmp_path / "config.json"
    config.write_text(TINY.to_json(), "utf-8")
    arguments = ["--data", str(out), "--out", str(tmp_path / "run"), "--steps", "3"]
    arguments += ["--config", str(config), "--device", "cpu", "--threads", "1"]
    assert train.main(arguments) == 0
    assert (tmp_path / "run" / "last.pt").exists()
