"""What tests of the VST3 plugin share: its bundle, its module, an instance that nobody serves."""

import pytest

from tests.plugin_builds import plugin
from tests.vst3_host import Module


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """Without a server, and without a way to start one."""
    monkeypatch.setenv("RTSYNTH_SERVER", "/nowhere")
    monkeypatch.setenv("RTSYNTH_RUNTIME_DIR", str(tmp_path))


@pytest.fixture(scope="module")
def bundle():
    return plugin("rtsynth.vst3", "rtsynth_vst3")


@pytest.fixture(scope="module")
def module(bundle):
    found = Module(bundle)
    yield found
    found.close()


@pytest.fixture
def opened(module):
    with module.opened() as found:
        yield found
