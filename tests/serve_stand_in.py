"""What tests of the plugins' server share: a folder to meet in, servers, and stand-ins that go."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.stand_in import ServerProcess, StandIn, until
from rtsynth.serve import state
from rtsynth.serve.state import Saved

Come = Callable[..., StandIn]
KEYS = range(48, 80)  # 32 of them


def at_start(timbre: str) -> bytes:
    """A state that begins with a timbre of the bundled instrument."""
    desk = {"channels": {"1": {"layers": [{"timbre": timbre}]}}}
    return state.write(Saved(None, None, None, desk))


def with_takes(made: StandIn) -> StandIn:
    """An instance whose keys are there."""
    until(lambda: made.render() is not None and all(made.ready(key) for key in KEYS))
    return made


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
    server = ServerProcess(folder, linger_s=600.0)  # whatever the tests between take
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
