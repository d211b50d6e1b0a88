"""The LV2 plugin with its server: sound at its own sample, offline bounces, presets, what moves."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.stage.presets import read
from tests.lv2_host import FREEWHEEL, PARAMETERS, URI, Lv2Instance, Property
from tests.plugin_builds import plugin
from tests.plugin_server import server_env

WAIT_S = 30.0
ORGAN = bytes([0xC0, 16])  # it sounds with its first sample
DEFAULTS = [float(each.known.default) for each in HOST_PARAMETERS]
PRESET = {f"{URI}#preset": Property(b"cathedral-organ\0", "http://lv2plug.in/ns/ext/atom#String")}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Lv2Instance]]:
    """Makes instances of one server."""
    library = plugin("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")
    for name, value in server_env(tmp_path).items():
        monkeypatch.setenv(name, value)
    instances = []

    def make(**options: bool) -> Lv2Instance:
        instance = Lv2Instance(library, **options)
        instance.connect(DEFAULTS)
        instance.activate()
        instances.append(instance)
        return instance

    yield make
    for each in instances:
        each.close()


def until(condition: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + WAIT_S
    while not (found := condition()) and time.monotonic() < end_s:
        time.sleep(0.005)
    return found


def note_on(key: int, velocity: int = 100) -> bytes:
    return bytes([0x90, key, velocity])


def first_sound(sound: NDArray[np.float32]) -> int:
    return int(np.argmax(np.any(sound != 0.0, axis=1)))


def test_a_note_sounds_at_its_own_sample_at_every_block_size(
    made: Callable[..., Lv2Instance],
) -> None:
    instance = made()
    instance.run(64, [(0, ORGAN)])
    assert until(lambda: bool(np.any(instance.run(64, [(0, note_on(60))]))))
    random = np.random.default_rng(2)
    for block in (1, 37, 64, 512, 4096):
        instance.calls.deactivate(instance.handle)
        instance.activate()
        assert until(lambda: not np.any(instance.run(4096)))
        at = int(random.integers(0, 4000))
        sound = []
        for begin in range(0, 8192, block):
            inside = begin <= at < begin + block
            sound.append(instance.run(block, [(at - begin, note_on(60))] if inside else []))
        assert first_sound(np.concatenate(sound)) == at, block


def bounced(
    instance: Lv2Instance, seed: int, idle: int = 0, before: Sequence[bytes] = (ORGAN,),
    leaves: Sequence[bytes] = (),
) -> NDArray[np.float32]:  # fmt: skip
    """Two seconds from the song's beginning, in blocks of any sizes.

    `idle`: so many samples go by before, in which the song stands still; `before`: the song's
    first messages, `leaves`: its last ones but for a note.
    """
    random = np.random.default_rng(seed)
    notes = [(0, message) for message in before]
    notes += [(4000 * i + 123, note_on(48 + 3 * i)) for i in range(12)]
    notes.append((60_000, bytes([0x80, 48, 0])))
    notes += [(80_000, message) for message in leaves]
    notes.append((84_000, note_on(50)))
    instance.ports[FREEWHEEL].value = 1.0
    for _ in range(idle // 100):
        instance.run(100, (), (0, 0.0))
    sound, at = [], 0
    while at < 96_000:
        size = int(min(random.integers(1, 3000), 96_000 - at))
        now = [(when - at, data) for when, data in notes if at <= when < at + size]
        sound.append(instance.run(size, now, (at, 1.0)))
        at += size
    instance.ports[FREEWHEEL].value = 0.0
    return np.concatenate(sound)


def test_bounces_are_the_same_bytes_however_the_host_cuts_its_blocks(
    made: Callable[..., Lv2Instance],
) -> None:
    first, second = made(), made()
    sound = bounced(first, 1)
    assert first_sound(sound) == 123  # on its own frames: it was waited for
    assert bounced(second, 2, idle=5000).tobytes() == sound.tobytes()
    for _ in range(5):
        first.run(777, [(5, note_on(70))])  # live in between
    assert bounced(first, 3).tobytes() == sound.tobytes()


def test_what_a_song_leaves_standing_is_not_there_for_the_next_one(
    made: Callable[..., Lv2Instance],
) -> None:
    instance = made()
    leaves = [bytes([0xB0, *each]) for each in ((64, 127), (7, 30), (91, 127), (1, 90), (10, 5))]
    leaves += [bytes([0xE0, 0, 20]), bytes([0xD0, 99]), bytes([0xC0, 48])]
    first = bounced(instance, 1, leaves=leaves)
    instance.run(500)  # live, as between two exports
    assert bounced(instance, 1, leaves=leaves).tobytes() == first.tobytes()
    for message in leaves[:-1]:
        instance.run(500, [(5, message)])  # live
    assert bounced(instance, 1, leaves=leaves).tobytes() == first.tobytes()


def test_what_was_saved_before_a_server_came_sounds_as_at_the_start(
    made: Callable[..., Lv2Instance], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as alone:
        alone.setenv("RTSYNTH_SERVER", "/nowhere")
        alone.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path / "nobody"))
        state = made().save()
    fresh, restored = made(), made()
    assert restored.restore(state) == 0
    sound = bounced(fresh, 1, before=())
    assert np.any(sound)
    assert bounced(restored, 1, before=()).tobytes() == sound.tobytes()


def test_a_preset_moves_the_knobs_of_a_host_that_lets_it(made: Callable[..., Lv2Instance]) -> None:
    instance = made(asks=True)
    told: list[str] = []

    def heard(condition: Callable[[], bool]) -> bool:
        instance.run(64)
        told.extend(instance.notified())
        return condition()

    assert instance.restore(PRESET) == 0
    wanted = read("cathedral-organ", whole=True).state["parameters"]["reverb_time"]
    knob = instance.ports[PARAMETERS + PLACES["reverb_time"]]
    assert until(lambda: heard(lambda: knob.value == pytest.approx(wanted)))
    assert until(lambda: heard(lambda: any(each.endswith("#StateChanged") for each in told)))
    state = instance.save()
    assert len(instance.requests) <= 4 * len(DEFAULTS)  # no echo
    other = made()
    assert other.restore(state) == 0
    assert until(lambda: (other.run(64), other.save()[f"{URI}#state"])[1] == state[f"{URI}#state"])
