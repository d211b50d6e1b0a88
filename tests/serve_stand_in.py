"""What tests of the plugins' server share: a folder to meet in, and a server that runs there."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.stand_in import ServerProcess


@pytest.fixture
def meeting_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's server is met."""
    folder = tmp_path / "run"
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def server(meeting_folder: Path) -> Iterator[ServerProcess]:
    """A server that runs, and is gone behind the test."""
    server = ServerProcess(meeting_folder)
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.signal(signal.SIGCONT)
        server.kill()
