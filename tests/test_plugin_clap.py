"""The CLAP plugin as clap-validator looks at it: what it says of itself, and its blocks."""

import ctypes

import numpy as np
import pytest

from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import ID, Host, Library, opened
from tests.plugin_builds import plugin


@pytest.fixture(scope="module")
def library():
    with opened(plugin("rtsynth.clap", "rtsynth_clap")) as found:
        yield found


@pytest.fixture
def played(library: Library):
    """An instance that processes at 48 kHz."""
    with library.plugin() as found:
        found.play_at()
        yield found
        found.stop()


# --- what it says of itself ----------------------------------------------------------------------


def test_the_descriptor_is_whole_and_the_same_everywhere(library):
    factory = library.factory
    assert factory.count(library.factory_address) == 1
    said = factory.get_descriptor(library.factory_address, 0).contents
    assert (said.id, said.name, said.vendor) == (ID.encode(), b"rtsynth", b"rtsynth")
    assert said.plugin_version
    features = []
    while said.features[len(features)] is not None:
        features.append(said.features[len(features)])
    assert b"instrument" in features
    assert len(set(features)) == len(features)
    with library.plugin() as found:
        assert ctypes.addressof(found.calls.desc.contents) == ctypes.addressof(said)


def test_what_is_not_there_is_null(library):
    assert not library.factory.get_descriptor(library.factory_address, 1)
    assert library.create(Host(), "another.plugin") is None
    assert not library.find(b"no.such-factory")
    with library.plugin() as found:
        assert not found.calls.get_extension(found.address, b"no.such-extension")
