"""What tests of the plugins' server share: a folder to meet in, servers, and stand-ins that go."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.stand_in import ServerProcess, StandIn

Come = Callable[..., StandIn]


@pytest.fixture
def meeting_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's server is met."""
    folder = tmp_path / "run"
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def server(meeting_folder: Path) -> Iterator[ServerProcess]:
    """A server of this test's own, that may be killed."""
    server = ServerProcess(meeting_folder)
    server.start()
    yield server
    if server.process is not None and server.process.poll() is None:
        server.signal(signal.SIGCONT)
        server.kill()


@pytest.fixture(scope="module")
def common_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for all tests of a module, which nobody kills."""
    folder = tmp_path_factory.mktemp("serve") / "run"
    server = ServerProcess(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def common(common_server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> ServerProcess:
    """That server, where this process meets it."""
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(common_server.folder))
    return common_server


@pytest.fixture
def come(common: ServerProcess) -> Iterator[Come]:
    """Lets stand-ins come to the common server, with a state; they go behind the test."""
    made: list[StandIn] = []

    def one(state: bytes | None = None) -> StandIn:
        made.append(StandIn(common.folder, state).connect())
        made[-1].answer(made[-1].ask())
        return made[-1]

    yield one
    for each in made:
        each.disconnect()
