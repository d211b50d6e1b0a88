"""Loading an instrument: what is good plays, what is not is refused in one line."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import save_model, tiny_metadata

from rtsynth import contract, instrument, sessions
from rtsynth.errors import RtsynthError


def refusal(path: Path | str) -> str:
    with pytest.raises(RtsynthError) as caught:
        instrument.load(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_good_file_generates_the_contract_s_shapes(tiny: Path) -> None:
    loaded = instrument.load(tiny)
    noise = np.zeros((3, 2 * contract.CONTEXT_STEPS + 5, contract.STEP_NOISE_SIZE), np.float32)
    ones = np.ones(3, np.float32)
    latents = np.zeros((3, contract.LATENT_SIZE), np.float32)
    frames, note = loaded.generate(60 * ones, 100 * ones, latents, 0 * ones, noise)
    assert frames.shape == (3, 5 * contract.FRAMES_PER_STEP, contract.FRAME_VALUES)
    assert note.shape == (3, contract.NOTE_VALUES)
    assert loaded.provider == "CPU"
    assert loaded.self_test() == 0.0


def test_the_bundled_instrument_is_what_its_metadata_says(bundled: Path) -> None:
    loaded = instrument.load()
    assert loaded.path == bundled
    assert loaded.self_test() <= 1e-3
    assert len(loaded.metadata.timbres) >= 32
    assert set(loaded.metadata.program_slots()) == set(range(128))
    assert bundled.stat().st_size <= 16_000_000
    assert loaded.metadata.card
    assert loaded.metadata.license != "unknown"


def test_a_bundled_instrument_is_found_by_name(bundled: Path) -> None:
    assert instrument.find(bundled.stem) == bundled
    assert instrument.find(None) == bundled


def test_a_missing_file_names_what_there_is() -> None:
    assert "no instrument file nowhere.onnx" in refusal("nowhere.onnx")


@pytest.mark.parametrize("name", ["~nobody-there/x.onnx", "a\0b", "x" * 5000, "/dev/null/x.onnx"])
def test_a_name_that_no_file_can_have(name: str) -> None:
    assert "no instrument file" in refusal(name)


def test_a_folder_is_not_an_instrument(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.onnx"
    path.touch()
    assert "is empty" in refusal(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.99])
def test_a_truncated_file(tiny: Path, tmp_path: Path, part: float) -> None:
    whole = tiny.read_bytes()
    path = tmp_path / "cut.onnx"
    path.write_bytes(whole[: int(part * len(whole))])
    assert "again" in refusal(path)


def test_random_bytes(tmp_path: Path) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(np.random.default_rng(3).bytes(5000))
    assert "not an ONNX file" in refusal(path)


def test_a_git_lfs_pointer(tmp_path: Path) -> None:
    path = tmp_path / "pointer.onnx"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "git lfs pull" in refusal(path)


def test_a_foreign_network(tmp_path: Path) -> None:
    path = save_model(tmp_path / "foreign.onnx", None)
    assert "not an rtsynth instrument" in refusal(path)


@pytest.mark.parametrize(
    ("version", "advice"),
    [(contract.CONTRACT_VERSION + 1, "update rtsynth"), (1, "export it again")],
)
def test_another_contract_version(tmp_path: Path, version: int, advice: str) -> None:
    path = save_model(tmp_path / "other.onnx", tiny_metadata(contract_version=version))
    text = refusal(path)
    assert f"contract version {version}" in text
    assert advice in text


def test_a_tensor_of_another_shape(tmp_path: Path) -> None:
    path = save_model(tmp_path / "shape.onnx", tiny_metadata(), note_values=3)
    assert "'note' has the shape" in refusal(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"timbres": []},
        {"timbres": [{"name": "x", "latent": [0.0], "low": 21, "high": 108}]},
        {"timbres": [{"name": "x", "latent": [0.0] * 16, "low": 90, "high": 21}]},
        {"timbres": 3},
        {"name": None, "timbres": [{}]},
        {"level_db": "loud"},
        {"check": [1]},
        {"level_db": float("nan")},
        {"level_db": 1000.0},
        {"parameters": float("inf")},
        {"contract_version": float("inf")},
    ],
)
def test_wrong_metadata(tmp_path: Path, changes: dict[str, object]) -> None:
    path = save_model(tmp_path / "wrong.onnx", tiny_metadata(**changes))
    assert "export it again" in refusal(path)


def test_metadata_that_is_no_text(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "noise.onnx"
    path.write_bytes(tiny.read_bytes().replace(b'"card"', b'"\xd5ard"'))
    assert "export it again" in refusal(path)
    path.write_bytes(tiny.read_bytes().replace(b"velocity", b"\xd5elocity"))
    assert "export it again" in refusal(path)


class OtherSession:
    """A session that fails, or gives something else."""

    def __init__(self, *outputs: np.ndarray) -> None:
        self._outputs = outputs

    def get_providers(self) -> list[str]:
        return ["CPUExecutionProvider"]

    def run(self, *_: object) -> tuple[np.ndarray, ...]:
        if not self._outputs:
            raise ValueError("node Conv_3\nin line two")
        return self._outputs


@pytest.mark.parametrize(
    "session",
    [
        OtherSession(),
        OtherSession(np.zeros((1, 7, contract.FRAME_VALUES), np.float32), np.zeros((1, 4))),
        OtherSession(np.zeros((1, 32, contract.FRAME_VALUES), np.float32), np.zeros((2, 4))),
    ],
)
def test_a_network_that_does_not_work(tiny: Path, session: OtherSession) -> None:
    good = instrument.load(tiny)
    other = instrument.Instrument(good.path, session, good.metadata)
    noise = np.zeros((1, 2 * contract.CONTEXT_STEPS + 4, contract.STEP_NOISE_SIZE), np.float32)
    one, latents = np.ones(1, np.float32), np.zeros((1, contract.LATENT_SIZE), np.float32)
    with pytest.raises(RtsynthError, match=r"tiny\.onnx .*: export it again$"):
        other.generate(one, one, latents, one, noise)


def test_a_check_that_cannot_be_run(tmp_path: Path) -> None:
    path = save_model(tmp_path / "unchecked.onnx", tiny_metadata(check={"key": [60]}))
    with pytest.raises(RtsynthError, match="stored check"):
        instrument.load(path).self_test()


def test_timbres_are_found_by_number_and_part(tiny: Path) -> None:
    metadata = instrument.load(tiny).metadata
    assert metadata.timbre_slot("2") == 1
    assert metadata.timbre_slot("Org") == 0
    reed = replace(metadata.timbres[0], name="reed")
    with pytest.raises(RtsynthError, match="organ, bell"):
        metadata.timbre_slot("tuba")
    with pytest.raises(RtsynthError, match=r"fits 'e': bell, reed$"):
        replace(metadata, timbres=(*metadata.timbres, reed)).timbre_slot("e")


def test_an_accelerator_that_does_not_work_is_left_aside(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instrument, "accelerators", lambda: ["CUDAExecutionProvider"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert instrument.load(tiny).provider == "CPU"
    assert capfd.readouterr() == ("", "")


class LostGpu:
    """A session whose device went away."""

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def run(self, *_: object) -> None:
        raise RuntimeError("CUDA error: device lost")


def test_a_gpu_that_goes_away_is_replaced(tiny: Path) -> None:
    good = instrument.load(tiny)
    lost = instrument.Instrument(good.path, LostGpu(), good.metadata)
    assert lost.provider == "CUDA"
    assert lost.self_test() == 0.0
    assert lost.provider == "CPU"


def test_a_processor_that_saturates_adds_up_in_more_bits(
    bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def entry(loaded: instrument.Instrument) -> str:
        options = loaded._session.get_session_options()
        return str(options.get_session_config_entry(sessions.WIDE_SUMS))

    fast = instrument.load(bundled, accelerate=False)
    with pytest.raises(RuntimeError):
        entry(fast)
    self_test = instrument.Instrument.self_test
    monkeypatch.setattr(instrument.Instrument, "self_test", lambda self: 1.0)
    wide = instrument.load(bundled, accelerate=False)
    assert entry(wide) == "1"
    assert self_test(wide) <= instrument.SELF_TEST_TOLERANCE
