"""The networks in an instrument file come back as they were, or not at all."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from export import checkpoint, read_back  # noqa: E402
from rtsynth import contract as c  # noqa: E402
from tests.training_data import NAMES, export_tiny  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_tiny(tmp_path_factory.mktemp("read-back"), 3)


def changed(folder: Path, name: str, change: object) -> Path:
    """The instrument with another metadata object."""
    model = onnx.load(str(folder / "tiny.onnx"))
    for entry in model.metadata_props:
        if entry.key == c.METADATA_KEY:
            about = json.loads(entry.value)
            change(about)  # type: ignore[operator]
            entry.value = json.dumps(about)
    path = folder / f"{name}.onnx"
    onnx.save(model, str(path))
    return path


def test_every_weight_comes_back(folder: Path) -> None:
    trained = checkpoint.read(folder / "last.pt")
    found = read_back.read(folder / "tiny.onnx")
    for ours, theirs in ((trained.generator, found.generator), (trained.encoder, found.encoder)):
        assert ours.state_dict().keys() == theirs.state_dict().keys()
        for name, weight in ours.state_dict().items():
            assert torch.equal(weight.half().float(), theirs.state_dict()[name]), name
    assert found.config == trained.config
    assert found.timbres == list(NAMES)
    np.testing.assert_allclose(found.latents, trained.latents, atol=1e-5)
    assert found.about["sustained"] == {"piano": False, "organ": True}
    assert found.about["ranges"]["organ"] == [36, 96]


def test_a_file_without_a_configuration_is_refused(folder: Path) -> None:
    path = changed(folder, "old", lambda about: about.pop("config"))
    with pytest.raises(read_back.ReadBackError, match="holds no 'config'"):
        read_back.read(path)


def test_a_file_without_trained_weights_is_refused(folder: Path) -> None:
    model = onnx.load(str(folder / "tiny.onnx"))
    kept = [each for each in model.graph.initializer if not each.name.startswith("trained.")]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.save(model, str(folder / "bare.onnx"))
    with pytest.raises(read_back.ReadBackError, match="holds no trained"):
        read_back.read(folder / "bare.onnx")


def test_another_network_than_the_configuration_says_is_refused(folder: Path) -> None:
    path = changed(folder, "other", lambda about: about["config"].update(width=40))
    with pytest.raises(read_back.ReadBackError, match="is due"):
        read_back.read(path)


def test_another_output_than_the_stored_one_is_refused(folder: Path) -> None:
    def louder(about: dict[str, dict[str, list[float]]]) -> None:
        about["check"]["key"][0] += 5.0

    with pytest.raises(read_back.ReadBackError, match="differs by"):
        read_back.read(changed(folder, "wrong", louder))


def test_what_is_no_instrument_is_refused(folder: Path) -> None:
    (folder / "song.onnx").write_bytes(b"MThd")
    with pytest.raises(read_back.ReadBackError, match="no instrument"):
        read_back.read(folder / "song.onnx")
