"""Rendering a song: the same bytes each time, every kind of file, clear refusals."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import tiny_directions

from rtsynth import instrument
from rtsynth.errors import RtsynthError
from rtsynth.metadata import Directions
from rtsynth.render import CHUNK, RenderConfig, _Renderer, render_events, render_file
from rtsynth.song import read_song

MELODY = [(0.25 * i, key, 60 + 5 * i, 0.25) for i, key in enumerate([60, 64, 67, 72, 76, 21, 108])]


@pytest.fixture
def melody(make_song: Callable[..., Path]) -> Path:
    return make_song(MELODY)


def render(song: Path, out: Path, tiny: Path, **options: object) -> str:
    config = RenderConfig(instrument=str(tiny), **options)  # type: ignore[arg-type]
    render_file(song, out, config, lambda fraction: None)
    return hashlib.sha256(out.read_bytes()).hexdigest()


@pytest.mark.parametrize("options", [{}, {"bits": "16"}, {"bits": "float"}, {"rate_hz": 44_100}])
def test_the_same_song_and_seed_give_the_same_bytes(
    melody: Path, tmp_path: Path, tiny: Path, options: dict[str, object]
) -> None:
    first = render(melody, tmp_path / "a.wav", tiny, **options)
    assert first == render(melody, tmp_path / "b.wav", tiny, **options)
    assert first != render(melody, tmp_path / "c.wav", tiny, seed=1, **options)


def test_the_bundled_instrument_gives_the_same_bytes(
    melody: Path, tmp_path: Path, bundled: Path
) -> None:
    first = render(melody, tmp_path / "a.flac", bundled)
    assert first == render(melody, tmp_path / "b.flac", bundled)
    sound, _ = soundfile.read(tmp_path / "a.flac")
    assert 0.001 < np.abs(sound).max() <= 1.0


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize(
    ("name", "bits", "subtype"),
    [
        ("a.wav", "16", "PCM_16"),
        ("a.wav", "24", "PCM_24"),
        ("a.wav", "float", "FLOAT"),
        ("a.flac", "16", "PCM_16"),
        ("a.flac", "24", "PCM_24"),
        ("a.OGG", "24", "VORBIS"),
    ],
)
def test_kinds_of_files(
    make_song: Callable[..., Path],
    tmp_path: Path, tiny: Path, rate: int, name: str, bits: str, subtype: str,
) -> None:  # fmt: skip
    song = make_song([(0.0, 60, 100, 0.1)])
    render(song, tmp_path / name, tiny, rate_hz=rate, bits=bits)
    info = soundfile.info(tmp_path / name)
    assert (info.samplerate, info.channels, info.subtype) == (rate, 2, subtype)
    sound, _ = soundfile.read(tmp_path / name)
    assert np.abs(sound).max() > 0.01


def test_notes_begin_at_their_own_samples(make_song: Callable[..., Path], tiny: Path) -> None:
    song = make_song([(0.25, 69, 100, 0.1), (2.0, 69, 100, 0.1)])
    config = RenderConfig(str(tiny))
    chunks = list(render_events(read_song(song), instrument.load(tiny), config, lambda f: None))
    sound = np.abs(np.concatenate(chunks)).max(axis=1)
    assert np.flatnonzero(sound)[0] in range(12_000, 12_003)
    silent = np.flatnonzero(sound[:96_000])[-1]
    assert silent < 96_000 - 1000
    assert np.flatnonzero(sound[96_000 - 100 :])[0] + 96_000 - 100 in range(96_000, 96_003)


def test_every_note_plays_its_own_take_from_the_start(
    make_song: Callable[..., Path], tiny: Path
) -> None:
    rng = np.random.default_rng(2)
    notes = [(0.05 * i, int(rng.integers(15, 115)), int(rng.integers(1, 128)), 1.5)
             for i in range(100)]  # fmt: skip
    renderer = _Renderer(
        read_song(make_song(notes)), instrument.load(tiny), RenderConfig(str(tiny))
    )
    for _ in renderer.song(lambda at_s: None):
        pass
    stats = renderer._engine.stats()
    assert stats.notes == len(notes)
    assert stats.cache_misses == 0
    assert stats.late_frames == 0


def test_more_events_at_once_than_the_queue_holds(
    make_song: Callable[..., Path], tiny: Path
) -> None:
    song = make_song([(0.5, 60, 100, 0.5)] * 20_000 + [(1.5, 72, 100, 0.5)])
    config = RenderConfig(str(tiny))
    chunks = list(render_events(read_song(song), instrument.load(tiny), config, lambda f: None))
    assert sum(len(chunk) for chunk in chunks) >= 2 * 48_000
    assert np.isfinite(np.concatenate(chunks)).all()


def test_the_tail_ends_in_silence_even_with_a_note_never_let_go(tmp_path: Path, tiny: Path) -> None:
    import mido

    file = mido.MidiFile()
    track = file.add_track()
    track.append(mido.Message("note_on", note=60, velocity=100, time=0))
    track.append(mido.Message("control_change", control=64, value=127, time=480))
    file.save(tmp_path / "stuck.mid")
    config = RenderConfig(str(tiny))
    loaded = instrument.load(tiny)
    sound = np.concatenate(
        list(render_events(read_song(tmp_path / "stuck.mid"), loaded, config, lambda f: None))
    )
    assert len(sound) < 5 * 48_000
    assert np.abs(sound[-CHUNK:]).max() < 1e-4


def test_progress_goes_from_nothing_to_all(melody: Path, tmp_path: Path, tiny: Path) -> None:
    seen: list[float] = []
    render_file(melody, tmp_path / "a.wav", RenderConfig(str(tiny)), seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.parametrize("gain_db", [0.0, -40.0])
def test_timbre_and_gain_are_there_from_the_first_sample(
    make_song: Callable[..., Path], tiny: Path, gain_db: float
) -> None:
    loaded = instrument.load(tiny)
    config = RenderConfig(str(tiny), timbre="bell", gain_db=gain_db)
    first, later = (
        np.concatenate(list(render_events(read_song(song), loaded, config, lambda f: None)))
        for song in (
            make_song([(0.0, 60, 100, 0.2)], name="first.mid"),
            make_song([(64 * 300 / 48_000, 60, 100, 0.2)], name="later.mid"),
        )
    )

    def level(sound: np.ndarray) -> float:
        return float(np.abs(sound[:1000]).max())

    assert level(first) == pytest.approx(level(later[64 * 300 :]), rel=0.01)


def test_the_first_note_has_the_timbre_that_was_asked_for(
    make_song: Callable[..., Path], tiny: Path
) -> None:
    renderer = _Renderer(
        read_song(make_song([(0.0, 60, 100, 0.2)])),
        instrument.load(tiny),
        RenderConfig(str(tiny), timbre="bell"),
    )
    for _ in renderer.song(lambda at_s: None):
        pass
    assert renderer._engine.stats().cache_misses == 0


def refusal(song: Path, out: Path, tiny: Path, **options: object) -> str:
    with pytest.raises(RtsynthError) as caught:
        render(song, out, tiny, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_files_that_cannot_be_written(melody: Path, tmp_path: Path, tiny: Path) -> None:
    assert "name it .wav, .flac or .ogg" in refusal(melody, tmp_path / "a.mp3", tiny)
    assert "no folder" in refusal(melody, tmp_path / "none" / "a.wav", tiny)
    assert "--bits 16 or 24" in refusal(melody, tmp_path / "a.flac", tiny, bits="float")
    (tmp_path / "folder.wav").mkdir()
    assert "is a folder" in refusal(melody, tmp_path / "folder.wav", tiny)
    assert "File name too long" in refusal(melody, tmp_path / ("a" * 250 + ".wav"), tiny)


def test_a_song_is_not_replaced_by_its_sound(melody: Path, tmp_path: Path, tiny: Path) -> None:
    song = melody.rename(tmp_path / "song.wav")
    whole = song.read_bytes()
    assert "is the song itself" in refusal(song, tmp_path / "." / "song.wav", tiny)
    assert song.read_bytes() == whole


def test_more_than_a_wav_file_holds_is_refused_at_once(
    make_song: Callable[..., Path], tmp_path: Path, tiny: Path
) -> None:
    song = make_song([(0.0, 60, 100, 6 * 3600.0)])
    assert "too long for a .wav file" in refusal(song, tmp_path / "a.wav", tiny)
    assert not list(tmp_path.glob("*a.wav*"))


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_a_full_disk_leaves_the_old_file(
    melody: Path, tmp_path: Path, tiny: Path, name: str
) -> None:
    import resource

    out = tmp_path / name
    out.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        assert "cannot write" in refusal(melody, out, tiny)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def sound_of(song: Path, loaded: instrument.Instrument, **options: object) -> np.ndarray:
    config = RenderConfig(**options)  # type: ignore[arg-type]
    return np.concatenate(list(render_events(read_song(song), loaded, config, lambda f: None)))


def knob_song(path: Path, values: list[int], keys: tuple[int, ...] = (60, 67)) -> Path:
    """Two notes of two channels held for a second while channel 1's brightness is turned."""
    import mido

    file = mido.MidiFile(ticks_per_beat=480)
    track = file.add_track()
    for channel, key in enumerate(keys):
        track.append(mido.Message("note_on", note=key, velocity=90, channel=channel))
    for value in values:
        track.append(
            mido.Message("control_change", control=74, value=value, time=round(960 / len(values)))
        )
    for channel, key in enumerate(keys):
        track.append(mido.Message("note_off", note=key, channel=channel))
    file.save(path)
    return path


def test_turned_knobs_are_heard_and_the_same_each_time(tmp_path: Path, bundled: Path) -> None:
    loaded = instrument.load(bundled)
    latents = np.stack([timbre.latent for timbre in loaded.metadata.timbres])
    ways = np.roll(latents, 1, axis=0)[None] - latents
    loaded.metadata = replace(
        loaded.metadata, directions=Directions(("bright",), latents, 0.5 * ways, -0.2 * ways)
    )
    still = sound_of(knob_song(tmp_path / "still.mid", [64]), loaded)
    sweep = knob_song(tmp_path / "sweep.mid", list(range(64, 128, 2)))
    first = sound_of(sweep, loaded)
    np.testing.assert_array_equal(first, sound_of(sweep, loaded))
    length = min(len(first), len(still))
    difference = np.abs(first[:length] - still[:length]).max(axis=1)
    assert difference[:1000].max() == 0.0
    assert difference.max() > 1e-3


def test_a_knob_that_is_set_before_the_first_note_is_there_for_it(
    tmp_path: Path, tiny: Path
) -> None:
    import mido

    file = mido.MidiFile()
    track = file.add_track()
    for channel, value in ((0, 100), (1, 20)):
        track.append(mido.Message("control_change", control=74, value=value, channel=channel))
        track.append(mido.Message("note_on", note=60, velocity=90, channel=channel))
    track.append(mido.Message("note_off", note=60, time=480))
    file.save(tmp_path / "set.mid")
    loaded = instrument.load(tiny)
    loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
    renderer = _Renderer(read_song(tmp_path / "set.mid"), loaded, RenderConfig())
    for _ in renderer.song(lambda at_s: None):
        pass
    stats = renderer._engine.stats()
    assert (stats.notes, stats.cache_misses) == (2, 0)


@pytest.mark.parametrize("timbre", ["organ:0.6+bell:0.4", "random:7", "bell", "2"])
def test_timbres_of_all_kinds_are_rendered(
    make_song: Callable[..., Path], tiny: Path, timbre: str
) -> None:
    song = read_song(make_song([(0.1 * i, 50 + i, 90, 0.2) for i in range(8)]))
    renderer = _Renderer(song, instrument.load(tiny), RenderConfig(timbre=timbre))
    sound = np.concatenate(list(renderer.song(lambda at_s: None)))
    assert renderer._engine.stats().cache_misses == 0
    assert np.abs(sound).max() > 0.01


def test_a_general_midi_file_plays_its_programs_and_says_that_drums_are_silent(
    tmp_path: Path, tiny: Path
) -> None:
    import mido

    file = mido.MidiFile(type=1)
    for channel in range(16):
        track = file.add_track()
        track.append(mido.Message("program_change", program=8 * channel, channel=channel))
        for key in (60, 64):
            track.append(mido.Message("note_on", note=key, velocity=90, channel=channel))
            track.append(mido.Message("note_off", note=key, channel=channel, time=240))
    file.save(tmp_path / "gm.mid")
    lines: list[str] = []
    events = read_song(tmp_path / "gm.mid")
    renderer = _Renderer(events, instrument.load(tiny), RenderConfig(), lines.append)
    for _ in renderer.song(lambda at_s: None):
        pass
    stats = renderer._engine.stats()
    assert (stats.notes, stats.cache_misses) == (30, 0)
    assert lines == ["channel 10 (drums) is silent: an instrument plays pitched notes only"]
