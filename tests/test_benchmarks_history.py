"""The benchmark of the history measures the writer that is played with."""

from pathlib import Path

import pytest

from benchmarks import history


def test_the_writer_takes_little_memory_and_as_much_disk_as_its_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = history.write(2.0)
    assert 0.0 < found["memory at most, MB"] < 4.0
    assert found["disk, MB a minute"] == pytest.approx(60 * 48_000 * 6 / 1e6, rel=0.01)
    assert found["processor, % of one core"] > 0.0
