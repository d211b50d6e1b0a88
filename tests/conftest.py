"""What tests share: a tiny instrument made on the spot, the bundled one, a JACK server."""

import base64
import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from rtsynth import contract

BUNDLED = Path(__file__).parents[1] / "rtsynth" / "instruments" / "bundled.onnx"
OPSET = 17
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="rtsynth-test-cache-")  # never the user's
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="rtsynth-test-data-")
JACK_NAME = os.environ.get("RTSYNTH_TEST_JACK", "rtsynth-test")  # of runs beside each other
JACK_NAMES = [f"{JACK_NAME}-{number}" for number in range(1, 5)]

# No test asserts a wall-clock time, an example of one neither.
hypothesis.settings.register_profile(
    "noisy machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("noisy machine")

GIVE_BACK_PAGES = 500 * 2**20 // 4096  # of memory that tests may leave to the garbage collector


@pytest.fixture(autouse=True)
def memory_is_given_back() -> Iterator[None]:
    """Engines are large, few objects: the collector does not see how much they hold."""
    yield
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text().split()[1]) if statm.exists() else 0
    if pages > memory_pages[0] + GIVE_BACK_PAGES:
        gc.collect()
        memory_pages[0] = int(statm.read_text().split()[1])


memory_pages = [0]  # that were resident when it was collected last


def tiny_metadata(**changes: Any) -> dict[str, Any]:
    """Metadata of an instrument with two timbres; `changes` replace fields."""
    latents = np.eye(2, contract.LATENT_SIZE).tolist()
    data: dict[str, Any] = {
        "contract_version": contract.CONTRACT_VERSION,
        "name": "tiny",
        "version": "0",
        "license": "MIT",
        "credits": ["nobody"],
        "created_by": "tests/conftest.py",
        "parameters": 1,
        "level_db": 0.0,
        "timbres": [
            {"name": "organ", "latent": latents[0], "low": 21, "high": 108,
             "programs": list(range(64)), "sustained": True},
            {"name": "bell", "latent": latents[1], "low": 40, "high": 90,
             "programs": list(range(64, 128)), "sustained": False},
        ],
        "card": "A test.",
    }  # fmt: skip
    return {**data, **changes}


def tiny_directions() -> Any:
    """Directions for the tiny instrument's two timbres: bright and long."""
    from rtsynth.metadata import Directions

    up, down = np.random.default_rng(3).standard_normal((2, 2, 2, 16)).astype(np.float32)
    anchors = np.eye(2, contract.LATENT_SIZE, dtype=np.float32)
    return Directions(("bright", "long"), anchors, up, down)


def tiny_model(
    note_values: int = contract.NOTE_VALUES, fall_db: float = 6.0206, pure: bool = False
) -> Any:
    """A network with the contract's tensors: so steep a spectrum, a little noise."""
    from onnx import TensorProto, helper, numpy_helper

    f32 = TensorProto.FLOAT
    spectrum = np.full(contract.FRAME_VALUES, -90.0, np.float32)
    spectrum[: contract.PARTIALS] = -fall_db * np.log2(np.arange(1, contract.PARTIALS + 1)) - 3.0
    spectrum[contract.FRAME_PITCH] = 0.0
    note = np.zeros(contract.NOTE_VALUES, np.float32)
    note[:4] = (-5.0, -20.0, 0.0, -100.0)
    note = note[:note_values]
    colours = np.zeros((contract.LATENT_SIZE, contract.FRAME_VALUES), np.float32)
    if pure:  # the second timbre has nothing but its fundamental
        colours[1, 1 : contract.FRAME_LEVELS] = contract.FLOOR_DB
    constants = {
        "spectrum": spectrum.reshape(1, 1, -1),
        "note_row": note.reshape(1, -1),
        "context": np.array([contract.CONTEXT_STEPS], np.int64),
        "minus_context": np.array([-contract.CONTEXT_STEPS], np.int64),
        "axis": np.array([1], np.int64),
        "last": np.array([2], np.int64),
        "repeat": np.array([1, 1, contract.FRAMES_PER_STEP, 1], np.float32),
        "flat": np.array([0, -1, 1], np.int64),
        "column": np.array([-1, 1], np.int64),
        "tenth": np.array(0.1, np.float32),
        "none": np.array(0.0, np.float32),
        "colours": colours,
    }
    nodes = [
        helper.make_node("Slice", ["noise", "context", "minus_context", "axis"], ["inner"]),
        helper.make_node("ReduceMean", ["inner"], ["means"], axes=[2], keepdims=1),
        helper.make_node("Unsqueeze", ["means", "last"], ["wide"]),  # (batch, steps, 1, 1)
        helper.make_node("Resize", ["wide", "", "repeat"], ["long"], mode="nearest"),
        helper.make_node("Reshape", ["long", "flat"], ["steps_long"]),
        helper.make_node("Mul", ["steps_long", "tenth"], ["shimmer"]),
        helper.make_node("MatMul", ["latent", "colours"], ["coloured"]),
        helper.make_node("Unsqueeze", ["coloured", "axis"], ["colour"]),
        helper.make_node("Add", ["shimmer", "spectrum"], ["plain"]),
        helper.make_node("Add", ["plain", "colour"], ["frames"]),
        helper.make_node("ReduceSum", ["latent"], ["latents"], keepdims=0),
        helper.make_node("Add", ["key", "velocity"], ["a"]),
        helper.make_node("Add", ["a", "step"], ["b"]),
        helper.make_node("Add", ["b", "latents"], ["all"]),
        helper.make_node("Mul", ["all", "none"], ["zero"]),
        helper.make_node("Reshape", ["zero", "column"], ["zeros"]),
        helper.make_node("Add", ["zeros", "note_row"], ["note"]),
    ]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            value(contract.INPUT_KEY, f32, ["batch"]),
            value(contract.INPUT_VELOCITY, f32, ["batch"]),
            value(contract.INPUT_LATENT, f32, ["batch", contract.LATENT_SIZE]),
            value(contract.INPUT_STEP, f32, ["batch"]),
            value(contract.INPUT_NOISE, f32, ["batch", "noise_steps", contract.STEP_NOISE_SIZE]),
        ],
        [
            value(contract.OUTPUT_FRAMES, f32, ["batch", "frames_out", contract.FRAME_VALUES]),
            value(contract.OUTPUT_NOTE, f32, ["batch", note_values]),
        ],
        [numpy_helper.from_array(data, name) for name, data in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def save_model(path: Path, metadata: dict[str, Any] | None, **options: Any) -> Path:
    """Write a tiny model with metadata (None: without any)."""
    import onnx

    model = tiny_model(**options)
    if metadata is not None:
        entry = model.metadata_props.add()
        entry.key, entry.value = contract.METADATA_KEY, json.dumps(metadata)
    onnx.save(model, str(path))
    return path


def add_check(path: Path) -> None:
    """Store an input/output pair in a tiny model, as the exporter does."""
    from rtsynth import instrument

    rng = np.random.default_rng(1)
    steps = 2 * contract.CONTEXT_STEPS + 4
    noise = rng.standard_normal((2, steps, contract.STEP_NOISE_SIZE)).astype(np.float32)
    key, velocity, step = ([60.0, 72.0], [100.0, 50.0], [0.0, 4.0])
    latent = np.eye(2, contract.LATENT_SIZE, dtype=np.float32)
    arrays = [np.array(each, np.float32) for each in (key, velocity)]
    frames, note = instrument.load(path).generate(
        *arrays, latent, np.array(step, np.float32), noise
    )
    pair = {
        "key": key, "velocity": velocity, "latent": latent.tolist(), "step": step,
        "noise": base64.b64encode(noise.tobytes()).decode(), "noise_shape": noise.shape,
        "frames": base64.b64encode(frames.tobytes()).decode(), "frames_shape": frames.shape,
        "note": note.tolist(),
    }  # fmt: skip
    save_model(path, tiny_metadata(check=pair))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny instrument that can be played."""
    path = save_model(tmp_path_factory.mktemp("tiny") / "tiny.onnx", tiny_metadata())
    add_check(path)
    return path


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The instrument that comes with the package; it must be there."""
    assert BUNDLED.is_file(), f"{BUNDLED} is missing: the package is not complete without it"
    return BUNDLED


@pytest.fixture
def make_song(tmp_path: Path) -> Callable[..., Path]:
    """Write a MIDI file of notes (start_s, key, velocity, length_s) on a channel."""
    import mido

    def make(
        notes: list[tuple[float, int, int, float]], channel: int = 0, name: str = "song.mid"
    ) -> Path:
        file = mido.MidiFile(ticks_per_beat=480)
        track = file.add_track()
        second = 960  # ticks, at 120 beats a minute
        changes = [(start, 1, key, velocity) for start, key, velocity, _ in notes]
        changes += [(start + length, 0, key, 0) for start, key, _, length in notes]
        at = 0
        for when, on, key, velocity in sorted(changes):
            tick = round(when * second)
            kind = "note_on" if on else "note_off"
            message = mido.Message(kind, note=key, velocity=velocity, channel=channel)
            track.append(message.copy(time=tick - at))
            at = tick
        path = tmp_path / name
        file.save(str(path))
        return path

    return make


def run_cli(*arguments: str | Path, timeout_s: float = 120.0, **env: str) -> Any:
    """Run `python -m rtsynth` to its end; text output."""
    return subprocess.run(
        [sys.executable, "-m", "rtsynth", *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout_s, env={**os.environ, **env}, check=False,
    )  # fmt: skip


class JackServer:
    """A JACK server with the dummy driver and a name of its own.

    The names are few and fixed: JACK knows eight servers at most and forgets one that was killed
    only when its name is used again.
    """

    def __init__(self) -> None:
        self.name = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """Environment of programs that should use it."""
        return {"JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}

    def start(self, rate_hz: int = 48_000) -> None:
        """Start it and wait until it answers; again under the same name."""
        for name in [self.name] if self.name else JACK_NAMES:
            self.name = name
            self._process = subprocess.Popen(
                ["jackd", "-n", name, "-d", "dummy", "-r", str(rate_hz), "-p", "64"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            if self._answers(self._process):
                return
            self.stop()
        raise RuntimeError("jackd did not start")

    def ports(self) -> list[str]:
        """Names of all ports, connections indented below them."""
        env = {**os.environ, **self.env}
        found = subprocess.run(["jack_lsp", "-c"], env=env, capture_output=True, check=False)
        return found.stdout.decode().splitlines()

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=20)
            self._process = None

    def _answers(self, process: "subprocess.Popen[bytes]") -> bool:
        while process.poll() is None:
            if "system:playback_1" in self.ports():
                return process.poll() is None  # or another server of this name answered
            time.sleep(0.05)
        return False


@pytest.fixture
def jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A running JACK server that this process and its children use."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed")
    server = JackServer()
    server.start()
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    yield server
    server.stop()
