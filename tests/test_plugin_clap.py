"""The CLAP plugin as clap-validator looks at it: what it says of itself, and its life."""

import ctypes

import numpy as np
import pytest

from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_host import ID, Host, Prepared

pytest_plugins = ["tests.clap_fixtures"]
pytestmark = pytest.mark.usefixtures("no_server")


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


def test_a_host_of_before_the_standard_is_refused(library):
    host = Host()
    host.structure.version = abi.Version(0, 20, 0)
    assert library.create(host) is None


def test_an_instance_that_was_never_begun_can_be_destroyed_and_asked(library):
    address = library.create(Host())
    calls = abi.at(address, abi.Plugin)
    assert not calls.activate(address, 48000.0, 1, 64)
    params = abi.at(calls.get_extension(address, b"clap.params"), abi.EXTENSIONS["clap.params"])
    assert not params.get_value(address, 1, ctypes.byref(ctypes.c_double()))
    params.flush(address, None, None)
    calls.destroy(address)


# --- its extensions ------------------------------------------------------------------------------


def test_it_has_one_stereo_output_of_floats(library):
    with library.plugin() as found:
        ports, info = found.extension("clap.audio-ports"), abi.PortInfo()
        assert [ports.count(found.address, side) for side in (True, False)] == [0, 1]
        assert ports.get(found.address, 0, False, ctypes.byref(info))
        assert (info.channels, info.port_type, info.flags) == (2, b"stereo", 1)
        assert info.in_place_pair == abi.INVALID_ID
        assert not ports.get(found.address, 1, False, ctypes.byref(info))
        assert not ports.get(found.address, 0, True, ctypes.byref(info))


def test_it_takes_notes_as_clap_midi_and_mpe(library):
    with library.plugin() as found:
        ports, info = found.extension("clap.note-ports"), abi.NotePortInfo()
        assert [ports.count(found.address, side) for side in (True, False)] == [1, 0]
        assert ports.get(found.address, 0, True, ctypes.byref(info))
        assert (info.supported, info.preferred) == (0b111, 0b001)
        assert not ports.get(found.address, 1, True, ctypes.byref(info))


def test_latency_is_none_and_the_tail_is_that_of_the_reverb(played):
    assert played.extension("clap.latency").get(played.address) == 0
    tails = []
    for seconds in (0.2, 12.0):
        played.process(64, [event.parameter(40, seconds)])
        tails.append(played.extension("clap.tail").get(played.address))
    assert 48000 < tails[0] < tails[1] < 2**31


def test_it_says_how_many_voices_it_has(played):
    info = abi.VoiceInfo()
    assert played.extension("clap.voice-info").get(played.address, ctypes.byref(info))
    assert 1 <= info.count <= info.capacity


def test_it_renders_offline_whenever_the_host_asks(played):
    render = played.extension("clap.render")
    assert not render.has_hard_realtime_requirement(played.address)
    assert not render.set(played.address, 7)
    for mode in (1, 0, 1, 1, 0):  # while it processes, too
        assert render.set(played.address, mode)
        assert played.process(64).status != abi.ERROR


# --- its life ------------------------------------------------------------------------------------


def test_nothing_is_processed_before_the_host_says_so(library):
    with library.plugin() as found:
        assert found.process(64).status == abi.ERROR
        assert found.activate()
        assert not found.activate()  # twice
        assert found.process(64).status == abi.ERROR
        assert found.calls.start_processing(found.address)
        assert found.process(64).status != abi.ERROR
        found.stop()
        assert found.process(64).status == abi.ERROR


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_rate_that_is_none_is_refused_in_one_line(library, rate):
    with library.plugin() as found:
        assert not found.activate(rate)
        assert [line for line in found.host.lines if "sample rate" in line]
        assert len(found.host.lines) == 1
        found.play_at(48000.0)
        assert found.process(64).status != abi.ERROR
        found.stop()


def test_a_block_that_is_not_ours_is_an_error_and_left_alone(played):
    for change in (
        lambda made: setattr(made.structure, "outputs_count", 0),
        lambda made: setattr(made.structure, "outputs", None),
        lambda made: setattr(made.output, "channels", 1),
        lambda made: setattr(made.output, "data32", None),
        lambda made: setattr(made.structure, "frames", 2**32 - 1),
    ):
        sound = np.full((2, 64), 5.0, np.float32)
        made = Prepared(sound, [event.note_on(60)])
        change(made)
        assert played.run(made).status == abi.ERROR
        assert (sound == 5.0).all()
    assert played.calls.process(played.address, None) == abi.ERROR


def test_lists_of_events_may_be_missing(played):
    made = Prepared(np.zeros((2, 64), np.float32), [])
    made.structure.in_events = made.structure.out_events = None
    assert played.run(made).status != abi.ERROR


def test_a_host_without_extensions_is_served_and_hears_through_standard_error(library, capfd):
    with library.plugin(Host(has=frozenset())) as found:
        assert not found.load(b"rubbish")
        found.calls.on_main_thread(found.address)
    assert "rtsynth: " in capfd.readouterr().err


def test_many_instances_come_and_go_in_any_order(library):
    host = Host()
    addresses = [library.create(host) for _ in range(8)]
    for address in addresses:
        assert abi.at(address, abi.Plugin).init(address)
    for address in addresses[::2] + addresses[1::2][::-1]:
        abi.at(address, abi.Plugin).destroy(address)
    assert not host.misplaced
