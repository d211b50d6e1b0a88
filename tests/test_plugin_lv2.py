"""The LV2 plugin: its description as LV2's own tools read it, its blocks, its state."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.plugin_cycles import Held
from benchmarks.plugin_hosting import wait_for
from rtsynth.serve import preset_table
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.stage.presets import SHELF
from tests.lv2_host import (
    FREEWHEEL,
    LATENCY,
    PARAMETERS,
    URI,
    Lv2Instance,
    Property,
    State,
    path_with,
)
from tests.plugin_builds import plugin

STATE, PORTS, PRESET = f"{URI}#state", f"{URI}#ports", f"{URI}#preset"
DEFAULTS = [float(each.known.default) for each in HOST_PARAMETERS]


@pytest.fixture(scope="module")
def library() -> Path:
    return plugin("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")


@pytest.fixture
def lv2(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lv2Instance]:
    """A running instance that finds no server."""
    monkeypatch.setenv("RTSYNTH_SERVER", "/nowhere")
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path))
    instance = started(library)
    yield instance
    instance.close()


def started(library: Path, **options: bool) -> Lv2Instance:
    instance = Lv2Instance(library, **options)
    assert instance.handle
    instance.connect(DEFAULTS)
    instance.activate()
    return instance


def place(name: str) -> int:
    return PARAMETERS + PLACES[name]


# --- the description -----------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("sord_validate") is None, reason="sordi is not installed")
def test_the_description_is_valid(library: Path) -> None:
    files = sorted(map(str, library.parent.glob("*.ttl")))
    done = subprocess.run(["lv2_validate", *files], capture_output=True, text=True, check=False)
    assert "Found 0 errors" in done.stdout, done.stderr
    assert done.returncode == 0


@pytest.fixture(scope="module")
def info(library: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What lilv reads."""
    if shutil.which("lv2info") is None:
        pytest.skip("lilv-utils is not installed")
    env = {**os.environ, "LV2_PATH": path_with(library, tmp_path_factory.mktemp("lv2"))}
    done = subprocess.run(["lv2info", URI], env=env, capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout


def test_hosts_see_every_parameter(info: str) -> None:
    ports = {}
    for text in info.split("\tPort ")[1:]:
        fields = dict(re.findall(r"\t(\w+): +(.*)", text))
        ports[fields["Symbol"]] = fields
    assert set(ports) == {"control", "notify", "left", "right", "latency", "freewheel", *PLACES}
    for each in HOST_PARAMETERS:
        known, found = each.known, ports[each.known.name]
        assert found["Name"] == known.label
        numbers = [float(found[name]) for name in ("Minimum", "Maximum", "Default")]
        assert numbers == pytest.approx([known.low, known.high, known.default], abs=1e-6)


def test_hosts_see_the_presets(info: str) -> None:
    presets = info.split("Presets:")[1].split("Port 0")[0].split()
    assert sorted(presets) == [each.name for each in SHELF.entries() if each.bundled]
    assert len(presets) >= 10


def test_the_table_of_presets_is_that_of_the_files() -> None:
    assert preset_table.PATH.read_text() == preset_table.text()


# --- blocks --------------------------------------------------------------------------------------


def test_blocks_of_any_size_are_played(lv2: Lv2Instance) -> None:
    random = np.random.default_rng(1)
    for size in (0, 1, 64, 4096, 10_000, *random.integers(0, 3000, 30)):
        notes = [(int(at), bytes([0x90, 60, 100])) for at in sorted(random.integers(0, 4000, 3))]
        sound = lv2.run(int(size), notes)
        assert sound.shape == (size, 2)
        assert np.isfinite(sound).all()
        assert lv2.ports[LATENCY].value == 0.0
        lv2.ports[FREEWHEEL].value = float(random.integers(0, 2))
    assert lv2.set_block(100_000) == 0


def test_instances_come_and_go_and_leave_nothing(library: Path, lv2: Lv2Instance) -> None:
    random = np.random.default_rng(3)
    before = Held.now()
    for _ in range(20):
        instances = [started(library) for _ in range(int(random.integers(1, 4)))]
        for each in instances:
            each.ports[PARAMETERS + int(random.integers(len(DEFAULTS)))].value = random.random()
            each.run(int(random.integers(1, 500)), [(0, bytes([0x90, 60, 100]))])
            assert instances[0].restore(each.save()) == 0
        for number in random.permutation(len(instances)):
            instances[number].close()
    # The one that stays looks for a server meanwhile, with a file or a socket that is open.
    wait_for(lambda: not Held.now().beyond(before), "instances leave something")


def test_a_host_without_uris_gets_no_instance(library: Path) -> None:
    assert not Lv2Instance(library, maps=False).handle


def test_what_is_not_there_is_null(lv2: Lv2Instance) -> None:
    assert not lv2.calls.extension_data(b"urn:nobody")
    lv2._library.lv2_descriptor.restype = type(lv2.handle)
    assert not lv2._library.lv2_descriptor(1)


# --- state ---------------------------------------------------------------------------------------


def test_a_state_is_kept_whole(library: Path, lv2: Lv2Instance) -> None:
    lv2.ports[place("reverb_time")].value = 3.25
    lv2.run(64)
    state = lv2.save()
    assert "reverb_time 3.25" in state[PORTS].value.decode()
    other = started(library)
    assert other.restore(state) == 0
    other.ports[place("reverb_time")].value = 3.25  # a host moves its ports as well
    other.run(64)
    assert other.save() == state
    other.close()


def test_a_port_that_was_not_saved_where_the_parameter_stands_does_not_move_it(
    library: Path, lv2: Lv2Instance
) -> None:
    lv2.ports[place("reverb_time")].value = 3.25
    lv2.run(64)
    state = lv2.save()
    moved = dict(state)  # the page moved it after the host had
    moved[PORTS] = Property(state[PORTS].value.replace(b"3.25", b"5"), state[PORTS].type)
    other = started(library)
    assert other.restore(moved) == 0
    other.ports[place("reverb_time")].value = 5.0
    other.run(64)
    assert other.save()[STATE] == state[STATE]
    other.close()


def refused(state: State) -> dict[str, State]:
    whole = state[STATE]
    return {
        "none": {},
        "empty": {STATE: Property(b"", whole.type)},
        "cut": {**state, STATE: Property(whole.value[: len(whole.value) // 2], whole.type)},
        "noise": {STATE: Property(bytes(range(256)) * 8, whole.type)},
        "text": {STATE: Property(whole.value, state[PORTS].type)},
        "a preset that is a number": {PRESET: Property(bytes(4), "urn:int")},
    }


def test_what_is_no_state_changes_nothing(lv2: Lv2Instance) -> None:
    lv2.ports[place("pan")].value = 0.5
    lv2.run(64)
    state = lv2.save()
    for what, bad in refused(state).items():
        assert lv2.restore(bad) != 0, what
        lv2.run(64)
        assert lv2.save() == state, what
