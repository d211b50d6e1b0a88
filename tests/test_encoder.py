"""The encoder inside an instrument file is run on what training showed it."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rtsynth import contract, encoder, instrument
from rtsynth.errors import RtsynthError
from tests.conftest import save_model, tiny_metadata

onnx = pytest.importorskip("onnx")

FRAMES = np.arange(400, dtype=np.float32)[:, None] * np.ones(contract.FRAME_VALUES, np.float32)


def mean_network(values: int = contract.LATENT_SIZE) -> bytes:
    """Answers the mean over time of the first values, plus the key."""
    from onnx import TensorProto, helper

    size = encoder.ONSET_FRAMES + encoder.LATER_FRAMES
    told = helper.make_tensor_value_info
    nodes = [
        helper.make_node("ReduceMean", ["frames"], ["all"], axes=[1], keepdims=0),
        helper.make_node("Slice", ["all", "zero", "end", "one"], ["first"]),
        helper.make_node("Add", ["first", "key"], ["mean"]),
    ]
    constants = [
        helper.make_tensor(name, TensorProto.INT64, [1], [value])
        for name, value in (("zero", 0), ("end", values), ("one", 1))
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [
            told("frames", TensorProto.FLOAT, ["batch", size, contract.FRAME_VALUES]),
            told("key", TensorProto.FLOAT, ["batch"]),
            told("velocity", TensorProto.FLOAT, ["batch"]),
        ],
        [told("mean", TensorProto.FLOAT, ["batch", values])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def with_encoder(path: Path, text: str) -> Any:
    save_model(path, tiny_metadata())
    model = onnx.load(str(path))
    entry = model.metadata_props.add()
    entry.key, entry.value = encoder.METADATA_KEY, text
    onnx.save(model, str(path))
    return instrument.load(path, accelerate=False)


def test_an_old_instrument_has_none(tiny: Path) -> None:
    loaded = instrument.load(tiny, accelerate=False)
    assert encoder.read_latent(loaded, FRAMES, 60, 100, 0.0) is None


def test_the_onset_and_every_fourth_frame_are_read(tmp_path: Path) -> None:
    text = base64.b64encode(mean_network()).decode()
    latent = encoder.read_latent(with_encoder(tmp_path / "e.onnx", text), FRAMES, 60, 100, 0.0)
    shown = [*range(32), *range(32, 32 + 4 * 48, 4)]
    assert latent is not None
    np.testing.assert_allclose(latent, np.mean(shown) + 60.0, rtol=1e-5)


@pytest.mark.parametrize("text", ["no base64!", base64.b64encode(b"no network").decode(),
                                  base64.b64encode(mean_network(3)).decode()])  # fmt: skip
def test_a_broken_one_is_told_in_one_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(RtsynthError, match="export it again") as told:
        encoder.read_latent(with_encoder(tmp_path / "e.onnx", text), FRAMES, 60, 100, 0.0)
    assert "\n" not in str(told.value)


def test_a_short_note_goes_on_as_training_has_it(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from tests.training_data import write_data_set
    from training.crops import Library

    library = Library.open(write_data_set(tmp_path / "data"))
    for note in (library.notes[0], library.notes[-1]):
        frames = library.excerpt(note, 0, note.frames)
        assert len(frames) < encoder.SPAN
        ours = encoder.opening(frames, note.values[2])
        np.testing.assert_allclose(ours, library.opening(note), atol=1e-4)
