"""An exported file plays what was trained, says what it is, or is not written."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from export import __main__ as command  # noqa: E402
from export import calibration, card, checkpoint, onnx_file, products, timbre_space  # noqa: E402
from export.gm import PROGRAMS, programs_of  # noqa: E402
from export.sessions import open_session  # noqa: E402
from rtsynth import contract as c  # noqa: E402
from tests.training_data import NAMES, export_tiny  # noqa: E402
from training import evaluate  # noqa: E402
from training.crops import Library  # noqa: E402
from training.evaluation import whole  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_tiny(tmp_path_factory.mktemp("export"), 5)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the timbre space, which has tests of its own."""
    monkeypatch.setattr(timbre_space, "DRAWS", 8)


def about(path: Path) -> dict[str, Any]:
    session = open_session(path.read_bytes())
    found: dict[str, Any] = json.loads(session.get_modelmeta().custom_metadata_map["rtsynth"])
    return found


def test_onnx_plays_what_pytorch_plays(folder: Path) -> None:
    trained = checkpoint.read(folder / "last.pt")
    exact = onnx_file.convert(trained.generator).SerializeToString()
    difference = onnx_file.worst_difference(trained.generator, exact, trained.latents)
    assert difference.stored <= onnx_file.TOLERANCE
    assert difference.prior <= onnx_file.PRIOR_TOLERANCE
    assert onnx_file.Difference(float("nan"), 0.0).too_large()
    model = (folder / "tiny.onnx").read_bytes()
    lost = calibration.loss(exact, model, about(folder / "tiny.onnx")["timbres"])
    assert 0.0 < lost.rms <= onnx_file.ROUNDING_LIMIT_DB


def test_large_products_are_of_integers(folder: Path) -> None:
    graph = onnx.load(str(folder / "tiny.onnx")).graph
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulIntegerToFloat") > 20
    assert about(folder / "tiny.onnx")["eight_bit"] is True


def test_a_scale_holds_its_range_and_nothing_exactly() -> None:
    scale = products.Scale.of(-0.25, 7.0)
    assert (0 - scale.zero) * scale.step == pytest.approx(-0.25, abs=scale.step)
    assert (255 - scale.zero) * scale.step == pytest.approx(7.0, abs=scale.step)
    assert products.Scale.of(1.0, 2.0).zero == 0
    assert products.Scale.of(0.0, 0.0).step > 0.0


def test_a_scale_may_cut_a_tail_that_costs_more_than_it_is_worth() -> None:
    values = np.random.default_rng(0).standard_normal(100_000).astype(np.float32)
    values[0] = 6.0
    scale = calibration.best_scale(values)
    assert scale.step < (6.0 - float(values.min())) / 255.0


def test_a_page_does_not_depend_on_what_is_made_beside_it(folder: Path) -> None:
    session = open_session((folder / "tiny.onnx").read_bytes())
    inputs = next(calibration.notes(about(folder / "tiny.onnx")["timbres"], 3))
    together, _ = session.run(None, inputs)
    alone, _ = session.run(None, {name: values[5:6] for name, values in inputs.items()})
    np.testing.assert_allclose(alone[0], together[5], atol=0.2)
    assert float(np.abs(alone[0] - together[5]).mean()) < 1e-3


def test_the_encoder_is_in_the_file(folder: Path) -> None:
    session = open_session((folder / "tiny.onnx").read_bytes())
    text = session.get_modelmeta().custom_metadata_map["rtsynth.encoder"]
    encoder = open_session(base64.b64decode(text))
    library = Library.open(folder / "data")
    note = library.notes[5]
    opening = library.opening(note)[None]
    key, velocity = (np.asarray([x], np.float32) for x in (note.key, note.velocity))
    given = {"frames": opening, "key": key, "velocity": velocity}
    (mean,) = encoder.run(["mean"], given)
    trained = checkpoint.read(folder / "last.pt")
    expected, _ = trained.encoder(*(torch.from_numpy(x) for x in (opening, key, velocity)))
    np.testing.assert_allclose(mean, expected.numpy(), atol=1e-4)


def test_the_metadata_is_complete(folder: Path) -> None:
    found = about(folder / "tiny.onnx")
    assert found["contract_version"] == c.CONTRACT_VERSION
    assert found["name"] == "Tiny"
    assert found["parameters"] > 0
    assert np.isfinite(found["level_db"])
    assert found["license"] == "MIT"
    assert any("Collins" in line for line in found["credits"])
    assert "lambda" in found["card"]
    assert [t["name"] for t in found["timbres"]] == list(NAMES)
    assert [t["sustained"] for t in found["timbres"]] == [False, True]
    assert sorted(p for t in found["timbres"] for p in t["programs"]) == list(range(PROGRAMS))
    for timbre in found["timbres"]:
        assert len(timbre["latent"]) == c.LATENT_SIZE
        assert c.KEY_LOW <= timbre["low"] < timbre["high"] <= c.KEY_HIGH


def test_the_stored_check_is_reproduced(folder: Path) -> None:
    check = about(folder / "tiny.onnx")["check"]
    given = {
        name: np.asarray(check[name], np.float32)
        for name in (c.INPUT_KEY, c.INPUT_VELOCITY, c.INPUT_LATENT, c.INPUT_STEP)
    }
    noise = np.frombuffer(base64.b64decode(check["noise"]), np.float32)
    given[c.INPUT_NOISE] = noise.reshape(check["noise_shape"])
    session = open_session((folder / "tiny.onnx").read_bytes())
    frames, note = session.run([c.OUTPUT_FRAMES, c.OUTPUT_NOTE], given)
    stored = np.frombuffer(base64.b64decode(check["frames"]), np.float32)
    np.testing.assert_allclose(frames, stored.reshape(check["frames_shape"]), atol=1e-3)
    np.testing.assert_allclose(note, np.asarray(check["note"]), atol=1e-3)


def test_a_perturbed_network_is_refused(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    convert = onnx_file.convert

    def perturbed(generator: Any, *scales: Any) -> Any:
        model = convert(generator, *scales)
        weights = next(w for w in model.graph.initializer if len(w.dims) == 2)
        values = np.frombuffer(weights.raw_data, np.float32).copy()
        values[:] *= 1.001
        weights.raw_data = values.tobytes()
        return model

    monkeypatch.setattr(onnx_file, "convert", perturbed)
    output = tmp_path / "wrong.onnx"
    assert command.main([str(folder / "last.pt"), "-o", str(output), "--name", "Wrong"]) == 1
    assert list(tmp_path.iterdir()) == []
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "differ" in said


def test_too_coarse_rounding_is_refused(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(products, "WEIGHT_TOP", 3)
    args = [str(folder / "last.pt"), "-o", str(tmp_path / "coarse.onnx"), "--name", "Coarse"]
    assert command.main(args) == 1
    assert list(tmp_path.iterdir()) == []
    assert "rounded to 8 bits" in capsys.readouterr().err


def test_a_large_file_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "SIZE_LIMIT_BYTES", 1000)
    args = [str(folder / "last.pt"), "-o", str(tmp_path / "large.onnx"), "--name", "Large"]
    assert command.main(args) == 1
    assert list(tmp_path.iterdir()) == []


def test_something_else_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pt"
    wrong.write_bytes(b"not a checkpoint")
    assert command.main([str(wrong), "-o", str(tmp_path / "x.onnx"), "--name", "X"]) == 1
    assert not (tmp_path / "x.onnx").exists()


def test_a_file_can_be_scored(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(
        whole.FULL, ladder_keys=1, sweep_every=9, frame_notes=6, morphs=1, morph_steps=2
    )
    monkeypatch.setattr(whole, "FULL", small)
    scores = tmp_path / "scores.json"
    args = [str(folder / "tiny.onnx"), "--data", str(folder / "data"), "--json", str(scores)]
    assert evaluate.main(args) == 0
    result = json.loads(scores.read_text("utf-8"))
    assert [row["timbre"] for row in result["rows"]] == [*NAMES, "all"]
    trained = checkpoint.read(folder / "last.pt")
    text = card.card(trained, "Tiny", 1, card.Reports(scores=result), ["nobody"])
    assert f"| organ | {result['rows'][1]['partials, held out (dB)']:.2f} |" in text
    assert text.count("| yes |") + text.count("| no |") == len(result["targets"])


def test_the_card_says_where_timbres_are_at_home_and_what_is_weak(folder: Path) -> None:
    codec = {
        "notes": 3,
        "rows": [{"timbre": "organ", "lsd": 2.0, "chance": 1.0, "attack_ms": 3, "loudness_db": 0}],
        "mean": {"lsd": 1.25, "chance": 1.0, "attack_ms": 3, "loudness_db": 0},
    }
    trained = checkpoint.read(folder / "last.pt")
    reports = card.Reports(codec=codec, notes=["It squeaks."])
    text = card.card(trained, "Tiny", 1, reports, ["somebody's notes"])
    assert "| piano | piano A0-C8 |" in text
    assert "| organ | organ C2-C7 |" in text
    assert "| mean | 1.25 | 1.00 |" in text
    assert "Not evaluated" in text
    assert "* It squeaks." in text
    assert "* somebody's notes" in text


def test_notes_and_reports_are_read_from_the_command_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"rows": []}')
    args = [str(folder / "last.pt"), "-o", str(tmp_path / "x.onnx"), "--name", "X"]
    assert command.main([*args, "--note", "one", "--note", "two"]) == 0
    assert "* one\n* two\n" in about(tmp_path / "x.onnx")["card"]
    assert command.main([*args, "--codec", str(wrong)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "another layout" in said


@pytest.mark.parametrize("timbres", [["piano"], ["organ", "choir"], ["unknown"]])
def test_all_programs_have_a_timbre(timbres: list[str]) -> None:
    shared = programs_of(timbres)
    assert sorted(p for programs in shared.values() for p in programs) == list(range(PROGRAMS))
