"""A change of preset while notes are held, in samples: nothing drops, nothing comes late."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import save_model, tiny_directions, tiny_metadata

from rtsynth import contract, instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Desk
from rtsynth.generator import Generator
from rtsynth.instrument import Instrument
from rtsynth.stage import presets
from rtsynth.stage.changer import Changer
from rtsynth.stage.set_list import SetList
from rtsynth.stage.shelf import Shelf

RATE_HZ = 48_000.0
BLOCK = 240  # 5 ms
HELD, NEW = 57, 63  # A3 and D sharp: their partials lie apart


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """An organ with all partials, and a bell with one."""
    metadata = tiny_metadata()
    metadata["timbres"][1]["sustained"] = True
    path = tmp_path_factory.mktemp("pure") / "pure.onnx"
    return instrument.load(save_model(path, metadata, pure=True))


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shelf, "folder", lambda self: tmp_path / self._folder)
    for name, timbre in {"full": "organ", "thin": "bell", "mixed": "organ:0.5+bell:0.5"}.items():
        presets.SHELF.save(name, {"channels": {"1": {"layers": [{"timbre": timbre}]}}})


class Stage:
    """All of a player, in one thread and on a clock of its own."""

    def __init__(self, loaded: Instrument) -> None:
        self.engine = Engine(RATE_HZ, variation=0.0)
        self.generator = Generator(self.engine, loaded)
        self.controls = Controls(
            self.engine, loaded.metadata, on_timbres=self.generator.use, fill=self.generator.fill
        )
        self.desk = Desk(self.controls)
        self.changer = Changer(self.desk)
        self.blocks = 0
        self.sound: list[np.ndarray] = []

    def play(self, seconds: float) -> None:
        """Render on, with the generator at work after each block."""
        for _ in range(round(seconds * RATE_HZ / BLOCK)):
            block = np.zeros((BLOCK, 2), np.float32)
            self.engine.render(block)
            self.sound.append(block.sum(1))
            self.blocks += 1
            for _ in range(8):
                if not self.generator.work(self.blocks * BLOCK / RATE_HZ):
                    break

    def note(self, key: int, velocity: int = 100) -> None:
        self.controls.at((0x90, key, velocity))

    def last(self, seconds: float) -> np.ndarray:
        return np.concatenate(self.sound[-round(seconds * RATE_HZ / BLOCK) :])


def level_db(sound: np.ndarray, key: int, partial: int) -> float:
    hz = partial * 440.0 * 2.0 ** ((key - 69) / 12.0)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) / (len(sound) / 4.0)
    place = round(hz * len(sound) / RATE_HZ)
    return 20.0 * np.log10(float(spectrum[place - 2 : place + 3].max()) + 1e-9)


def powers_db(sound: np.ndarray) -> np.ndarray:
    """Level of every 20 ms."""
    pieces = sound[: len(sound) // 960 * 960].reshape(-1, 960)
    found: np.ndarray = 10.0 * np.log10(np.square(pieces).mean(1))
    return found


@pytest.mark.parametrize(
    ("change", "new"),
    [
        (lambda stage: stage.changer.load("thin"), "thin"),
        (lambda stage: stage.changer.load("mixed"), "mixed"),
        (lambda stage: stage.desk.set_timbre("bell"), "thin"),
    ],
)
def test_held_notes_ring_on_and_new_ones_begin_on_their_own_take(
    loaded: Instrument, change: Callable[[Stage], None], new: str
) -> None:
    stage = Stage(loaded)
    stage.changer.use(SetList("set", ("full", new)), begin=True)
    stage.play(0.5)
    stage.note(HELD)
    stage.play(2.0)
    before = stage.last(1.0)
    change(stage)
    stage.play(1.0)
    after = stage.last(1.0)
    assert np.abs(powers_db(after) - powers_db(before).mean()).max() < 1.0
    for partial in range(1, 8):
        assert abs(level_db(after, HELD, partial) - level_db(before, HELD, partial)) < 0.5
    stage.engine.trace()
    hits = stage.engine.stats().cache_hits
    stage.note(NEW)
    stage.play(1.0)
    ((channel_key, due, sounded, own),) = stage.engine.trace().tolist()
    assert (channel_key, sounded, own) == (NEW, due, due)
    assert stage.engine.stats().cache_hits == hits + 1
    both = stage.last(0.75)
    assert level_db(both, NEW, 2) < level_db(both, NEW, 1) - 40.0  # 6 dB where it is full
    assert abs(level_db(both, HELD, 5) - level_db(before, HELD, 5)) < 0.5
    stage.controls.at((0x80, HELD, 0))
    stage.play(0.5)
    assert level_db(stage.last(0.25), HELD, 5) < level_db(before, HELD, 5) - 30.0
    assert stage.engine.stats().late_frames == 0


def test_what_comes_next_is_made_ahead_on_the_whole_keyboard(loaded: Instrument) -> None:
    stage = Stage(loaded)
    stage.changer.use(SetList("set", ("full", "mixed")), begin=True)
    for _ in range(20):
        stage.play(0.5)
    (slot,) = stage.controls.parts.slots.prepared
    assert slot not in stage.controls.slots_of(0)
    for key in (contract.KEY_LOW, 60, contract.KEY_HIGH):
        for layer in range(contract.VELOCITY_LAYERS):
            assert stage.engine.frames_ready(slot, key, layer) >= contract.PAGE_FRAMES
    made = stage.generator.pages_made
    stage.changer.load("mixed")
    assert stage.controls.slots_of(0) == [slot]  # at once, and nothing is made anew
    stage.play(0.01)
    assert stage.generator.pages_made - made < 50


def test_there_and_back_again_finds_what_was_left(loaded: Instrument) -> None:
    stage = Stage(loaded)
    stage.changer.use(SetList("set", ("mixed", "full", "mixed")), begin=True)
    stage.play(0.5)
    first = stage.controls.slots_of(0)
    for name in ("full", "mixed", "full", "mixed"):
        stage.changer.load(name)
        stage.play(0.2)
    assert stage.controls.slots_of(0) == first


def test_a_preset_turns_its_timbre_at_once(
    loaded: Instrument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded, "metadata", replace(loaded.metadata, directions=tiny_directions()))
    turned = {"layers": [{"timbre": "organ"}], "parameters": {"bright": 0.5}}
    presets.SHELF.save("turned", {"channels": {"1": turned}})
    stage = Stage(loaded)
    stage.changer.use(SetList("set", ("full", "turned")), begin=True)
    stage.play(1.0)
    stage.note(HELD)
    stage.play(0.5)
    old = stage.controls.slots_of(0)
    (prepared,) = stage.controls.parts.slots.prepared
    stage.changer.load("turned")
    assert stage.controls.slots_of(0) == [prepared] != old
    stage.play(0.1)
    held = stage.engine.reading(old[0])
    assert held[:, 0].tolist() == [HELD]  # it rings out where it was
    assert stage.desk.get("bright") == 0.5
    stage.changer.load("full")
    assert stage.controls.slots_of(0) == old


def test_program_changes_of_a_set_list_choose_no_timbre(loaded: Instrument) -> None:
    stage = Stage(loaded)
    stage.changer.start()
    version = stage.controls.version
    stage.changer.use(SetList("set", ("full", "thin"), 3))
    try:
        assert stage.controls.version != version  # JACK's callback is told anew
        assert stage.controls.program_slots(3) == [-1] * 128
        assert stage.controls.program_slots(2) == [0] * 64 + [1] * 64
        assert stage.controls.at((0xC3, 1, 0))
        assert until(lambda: stage.changer.current == "thin")
        stage.controls.follow((0xC3, 0, 0), -1, 7)  # a device's callback left it to us
        assert until(lambda: stage.changer.current == "full")
        assert stage.controls.timbre_of(3).name == "organ"
        assert stage.controls.at((0xC2, 100, 0))
        assert stage.controls.timbre_of(2).name == "bell"
        stage.changer.use(None)
        assert stage.controls.at((0xC3, 100, 0))
        assert stage.controls.timbre_of(3).name == "bell"
    finally:
        stage.changer.stop()


def until(condition: Callable[[], bool]) -> bool:
    """Wait for another thread; generous, and no test measures it."""
    end_s = time.monotonic() + 30.0
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found
