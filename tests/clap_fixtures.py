"""What tests of the CLAP plugin share: the plugin, and instances without a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clap_host import Library, Plugin, opened
from tests.plugin_builds import plugin


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with opened(plugin("rtsynth.clap", "rtsynth_clap")) as found:
        yield found


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No server is there, and none can be started."""
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("RTSYNTH_SERVER", "false")


@pytest.fixture
def played(library: Library, no_server: None) -> Iterator[Plugin]:
    """An instance that processes at 48 kHz."""
    with library.plugin() as found:
        found.play_at()
        yield found
        found.stop()
