"""Several processes train the same networks as one."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from tests.training_data import TINY, write_data_set  # noqa: E402
from training import engine  # noqa: E402
from training.crops import Crops, Library  # noqa: E402

ROOT = Path(__file__).parents[1]
STEPS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("engine")
    write_data_set(folder / "data")
    (folder / "config.json").write_text(TINY.to_json(), "utf-8")
    return folder


def losses_of(folder: Path, processes: int) -> list[dict[str, float]]:
    out = folder / f"run{processes}"
    command = [sys.executable, "-m", "training.train", "--data", str(folder / "data")]
    command += ["--out", str(out), "--config", str(folder / "config.json"), "--device", "cpu"]
    command += ["--devices", str(processes), "--threads", "1", "--steps", str(STEPS)]
    command += ["--report-s", "0", "--samples-s", "1e9"]
    subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, timeout=300)
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]
    return [row for row in rows if row["kind"] == "train"]


def test_two_processes_reach_the_loss_of_one(folder: Path) -> None:
    with ThreadPoolExecutor(2) as pool:  # beside each other: each waits for its own processes
        one, two = pool.map(lambda processes: losses_of(folder, processes), (1, 2))
    assert [row["step"] for row in two] == [row["step"] for row in one] == list(range(1, STEPS + 1))
    for name in ("partials", "noise_bands", "note"):
        first = [row[name] for row in (one[0], two[0])]
        assert first[1] == pytest.approx(first[0], rel=0.05)
        last = [sum(row[name] for row in rows[-8:]) / 8.0 for rows in (one, two)]
        assert last[1] == pytest.approx(last[0], rel=0.15)
    assert two[-1]["partials"] < 0.8 * two[0]["partials"]


def test_processes_share_out_the_rows_of_a_batch(folder: Path) -> None:
    library, cpu = Library.open(folder / "data"), torch.device("cpu")
    whole = Crops(library, TINY, cpu).batch(5, 0.0)
    parts = [Crops(library, TINY, cpu, rank, 2).batch(5, 0.0) for rank in (0, 1)]
    assert [len(part.key) for part in parts] == [TINY.batch // 2] * 2
    for name in ("key", "velocity", "step", "timbre", "note"):
        ours = torch.stack([getattr(part, name) for part in parts], 1).flatten(0, 1)
        torch.testing.assert_close(ours, getattr(whole, name))


def test_a_batch_too_small_to_share_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="too small for 5 processes"):
        Crops(Library.open(folder / "data"), TINY, torch.device("cpu"), 0, 5)


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ValueError, match="8-bit"):
        engine.start("cpu", 1, 1, "8-bit")
