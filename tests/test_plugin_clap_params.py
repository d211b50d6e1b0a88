"""Parameters and states of the CLAP plugin, as clap-validator tests them."""

import ctypes
import random

import pytest

from tests import clap_abi as abi
from tests import clap_events as event
from tests.clap_random import Rubbish

pytest_plugins = ["tests.clap_fixtures"]
pytestmark = pytest.mark.usefixtures("no_server")


@pytest.fixture
def idle(library):
    """An instance that was begun, and no more."""
    with library.plugin() as found:
        yield found


def random_values(plugin, seed, cookies=True):
    """An event for each parameter, with a random value in its range."""
    r = random.Random(seed)
    return [
        event.parameter(
            info.id, r.uniform(info.low, info.high), cookie=info.cookie if cookies else None
        )
        for info in plugin.parameters()
    ]


def text_of(plugin, number, value):
    text = ctypes.create_string_buffer(256)
    params = plugin.extension("clap.params")
    assert params.value_to_text(plugin.address, number, value, text, len(text))
    return text.value


def value_of(plugin, number, text):
    value = ctypes.c_double()
    params = plugin.extension("clap.params")
    assert params.text_to_value(plugin.address, number, text, ctypes.byref(value))
    return value.value


def test_descriptions_are_whole(idle):
    infos = idle.parameters()
    assert len({info.id for info in infos}) == len(infos)
    for info in infos:
        assert info.name
        assert info.module
        assert info.low <= info.preset <= info.high
        assert info.flags & abi.PARAM_IS_AUTOMATABLE
        assert not info.flags & abi.PARAM_IS_MODULATABLE
    names = {info.name for info in infos}
    assert {
        b"Gain",
        b"Bright",
        b"Reverb send",
        b"Sustain pedal",
        b"Timbre, across the map",
    } <= names
    assert not idle.extension("clap.params").get_info(
        idle.address, len(infos), ctypes.byref(abi.ParamInfo())
    )


def test_values_are_at_their_defaults_at_first(idle):
    assert idle.values() == {info.id: info.preset for info in idle.parameters()}


def test_what_is_no_parameter_has_no_value(idle):
    params, value = idle.extension("clap.params"), ctypes.c_double()
    text = ctypes.create_string_buffer(16)
    assert not params.get_value(idle.address, 12345, ctypes.byref(value))
    assert not params.value_to_text(idle.address, 12345, 0.0, text, 16)
    assert not params.text_to_value(idle.address, 12345, b"1", ctypes.byref(value))
    assert not params.value_to_text(idle.address, 1, 0.0, text, 0)
    assert not params.text_to_value(idle.address, 1, b"loud", ctypes.byref(value))


def test_texts_and_values_lead_to_each_other(idle):
    r = random.Random(3)
    for info in idle.parameters():
        for value in (info.low, info.high, *(r.uniform(info.low, info.high) for _ in range(20))):
            text = text_of(idle, info.id, value)
            again = value_of(idle, info.id, text)
            assert text_of(idle, info.id, again) == text
            assert value_of(idle, info.id, text) == again


def test_a_text_that_has_no_room_is_cut(idle):
    text = ctypes.create_string_buffer(b"xxxxxxxx", 8)
    params = idle.extension("clap.params")
    assert params.value_to_text(idle.address, 1, -12.5, text, 4)
    assert text.raw == b"-12\0xxxx"


# --- values from the host ------------------------------------------------------------------------


@pytest.mark.parametrize("cookies", [True, False], ids=["cookies", "no cookies"])
def test_flush_and_process_set_the_same(library, cookies):
    found = []
    for how in ("idle", "active", "process"):
        with library.plugin() as plugin:
            events = random_values(plugin, 5, cookies)
            if how == "idle":
                plugin.flush(events)
            else:
                plugin.play_at()
                _ = plugin.flush(events) if how == "active" else plugin.process(64, events)
            found.append(plugin.values())
            if how != "idle":
                plugin.stop()
    assert found[0] == found[1] == found[2]
    with library.plugin() as plugin:
        moved = [n for n, value in plugin.values().items() if value != found[0][n]]
        assert len(moved) > len(found[0]) // 2
        for info, sent in zip(plugin.parameters(), random_values(plugin, 5), strict=True):
            if not info.flags & abi.PARAM_IS_STEPPED:
                assert found[0][info.id] == pytest.approx(sent.value)


def test_a_cookie_that_is_not_ours_does_no_harm(played):
    infos = played.parameters()
    played.process(64, [event.parameter(infos[3].id, 5.0, cookie=infos[0].cookie + 3)])
    played.process(64, [event.parameter(infos[0].id, -7.0, cookie=0xDEAD)])
    assert played.value(infos[3].id) == 5.0
    assert played.value(infos[0].id) == -7.0


def test_events_of_another_space_or_of_single_notes_set_nothing(played):
    before = played.values()
    for change in ({"space": 0xB33F}, {"key": 60}, {"note_id": 3}):
        played.process(64, [event.parameter(number, 0.25, **change) for number in before])
    modulations = [event.parameter(number, 0.25) for number in before]
    for each in modulations:
        each.header.type = abi.PARAM_MOD
    played.process(64, modulations)
    assert played.values() == before


def test_values_outside_are_brought_inside_and_what_is_no_number_is_passed_over(played):
    for info in played.parameters():
        for value, kept in ((1e9, info.high), (-1e9, info.low)):
            played.process(1, [event.parameter(info.id, value)])
            assert played.value(info.id) == kept
            played.process(1, [event.parameter(info.id, float("nan"))])
            assert played.value(info.id) == kept


# --- state ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("most", [1 << 30, 1009, 7], ids=["whole", "1009 bytes", "7 bytes"])
def test_a_state_brings_back_all_values_and_is_the_same_again(library, most):
    with library.plugin() as plugin:
        plugin.flush(random_values(plugin, 8))
        expected, state = plugin.values(), plugin.save(most)
        assert plugin.save(most) == state
    with library.plugin() as plugin:
        assert plugin.values() != expected
        assert plugin.load(state, most)
        assert plugin.values() == expected
        assert plugin.save(most) == state
        assert plugin.host.rescans == [1]  # values
        assert not plugin.host.lines
        assert not plugin.host.misplaced


def test_states_for_presets_and_projects_are_the_same(library):
    with library.plugin() as plugin:
        plugin.flush(random_values(plugin, 8))
        state, kept = plugin.save(), bytearray()

        def take(_, source, size):
            kept.extend(ctypes.string_at(source, size))
            return size

        context = plugin.extension("clap.state-context/2")
        for kind in (1, 2, 3):
            kept.clear()
            stream = abi.filled(abi.Stream, None, take)
            assert context.save(plugin.address, ctypes.byref(stream), kind)
            assert bytes(kept) == state


def test_what_is_no_state_changes_nothing_and_says_so_once(library):
    r = random.Random(11)
    with library.plugin() as plugin:
        plugin.flush(random_values(plugin, 9))
        state, expected = plugin.save(), plugin.values()
        bad = [b"", b"\0", *(r.randbytes(1 << 20) for _ in range(3))]
        bad += [state[: r.randrange(len(state))] for _ in range(20)]
        for _ in range(40):  # a bit is another
            place = r.randrange(8 * len(state))
            changed = bytearray(state)
            changed[place // 8] ^= 1 << place % 8
            bad.append(bytes(changed))
        for each in bad:
            before = len(plugin.host.lines)
            assert not plugin.load(each)
            assert len(plugin.host.lines) == before + 1
        assert plugin.values() == expected
        assert plugin.load(state)


def test_a_stream_that_has_no_end_or_fails_is_refused(idle):
    state = idle.extension("clap.state")
    for give in (lambda _, target, size: size, lambda *_: -1, lambda _, target, size: size + 1):
        stream = abi.filled(abi.Stream, None, give)
        assert not state.load(idle.address, ctypes.byref(stream))
    for take in (lambda *_: -1, lambda *_: 0, lambda _, source, size: size + 1):
        stream = abi.filled(abi.Stream, None, take)
        assert not state.save(idle.address, ctypes.byref(stream))
    assert len(idle.host.lines) == 6


def test_rubbish_between_states_leaves_them_whole(played):
    made = Rubbish(4, [info.id for info in played.parameters()])
    for _ in range(50):
        played.process(64, made.block(64))
        state = played.save()
        assert played.load(state)
        assert played.save() == state
