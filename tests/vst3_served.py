"""The VST3 plugin with a server that is there, as pytest's fixtures."""

import gc

import pytest

from benchmarks.plugin_hosting import hosting
from tests import plugin_song
from tests.plugin_builds import plugin
from tests.plugin_song import SONG
from tests.vst3_host import Module
from tests.vst3_song import wait_for_sound


@pytest.fixture(scope="module")
def module():
    """With a server that is there and has made takes."""
    with hosting("--linger", "2"):
        found = Module(plugin("rtsynth.vst3", "rtsynth_vst3"))
        with found.opened() as first:
            wait_for_sound(first)
            yield found
        gc.collect()  # pedalboard's plugins and their parameters hold each other
        found.close()


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    return plugin_song.rendered(SONG, tmp_path_factory.mktemp("song"))


@pytest.fixture
def opened(module):
    with module.opened() as found:
        yield found
