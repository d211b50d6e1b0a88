"""An instance of the CLAP plugin with a server of its own, and pages that play on it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.stand_in import until
from rtsynth.serve.client import instances
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.serve.meeting import meet
from rtsynth.serve.protocol import NUMBER, PageKind, pack
from tests import clap_events as event
from tests.clap_host import Host, Library, Plugin

BLOCK = 256
Order = Callable[..., None]


class Hosted:
    """An instance that processes, and what it told its host."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = plugin
        self.told: list[tuple[str, float]] = []
        self.names = {each.id: each.known.name for each in HOST_PARAMETERS}

    def play(self, *events: Any, blocks: int = 1) -> float:
        """The highest sample of some blocks; the first has the events."""
        peak = 0.0
        for i in range(blocks):
            block = self.plugin.process(BLOCK, events if i == 0 else ())
            self.told += [(self.names[each.param_id], each.value) for each in block.events
                          if hasattr(each, "param_id")]  # fmt: skip
            peak = max(peak, float(np.abs(block.sound).max()))
        return peak

    def set(self, **values: float) -> None:
        """Automation."""
        self.play(*(event.parameter(HOST_PARAMETERS[PLACES[name]].id, value)
                    for name, value in values.items()))  # fmt: skip

    def desk(self) -> dict[str, Any] | None:
        """The desk's state in the host's project; None: there is none yet."""
        state = self.plugin.save()
        start = state.find(b'{"desk"')
        if start < 0:
            return None
        found, _ = json.JSONDecoder().raw_decode(state[start:].decode("latin-1"))
        return dict(found["desk"])

    def parameters(self) -> dict[str, float]:
        """Values that are not as at the start: channel 1's and everybody's."""
        desk = self.desk() or {}
        channel = desk.get("channels", {}).get("1", {}).get("parameters", {})
        return {**desk.get("parameters", {}), **channel}


@pytest.fixture
def own_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Plugins start a server of this test's own; gives the folder where they meet it."""
    folder = tmp_path / "run"
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("RTSYNTH_SERVER", f"{sys.executable} -m rtsynth serve --linger 0.3")
    return folder


@pytest.fixture
def hosted(library: Library, own_server: Path) -> Iterator[Hosted]:
    """An instance whose server is there."""
    with library.plugin(Host()) as plugin:
        plugin.play_at()
        hosted = Hosted(plugin)
        until(lambda: hosted.play() is not None and hosted.desk() is not None)
        yield hosted
        plugin.stop()
    until(lambda: not list(own_server.iterdir()))  # the server went with the last instance


@contextmanager
def page() -> Iterator[Order]:
    """Attached to the first instance; gives what sends an order of the page's."""
    connection = meet()
    assert connection is not None
    with connection:
        connection.sendall(pack(PageKind.ATTACH, NUMBER.pack(instances()[0]["number"])))

        def order(do: str, **what: Any) -> None:
            said = json.dumps({"do": do, "channel": 0, **what})
            connection.sendall(pack(PageKind.TEXT, said.encode()))

        yield order
