"""What is connected on a JACK server, and what is left alone; the server is a fake."""

import errno
from dataclasses import dataclass, field
from typing import Any

import pytest

from rtsynth.errors import RtsynthError
from rtsynth.jack_wiring import REPLUG_S, Wires, Wiring, find_target, keyboard_names, target_pair

try:
    import jack
except OSError:  # the package is there, the library is not
    pytest.skip("libjack is not installed", allow_module_level=True)

OUTS = ["rtsynth:out_1", "rtsynth:out_2"]
MIDI = "rtsynth:midi_in"
OWN = {name: {"audio", "output"} for name in OUTS} | {MIDI: {"midi", "input"}}
SYSTEM = {f"system:playback_{i}": {"audio", "input", "physical"} for i in (1, 2)}


@dataclass
class Port:
    name: str


@dataclass
class Server:
    """Ports with their flags, and what is connected."""

    flags: dict[str, set[str]] = field(default_factory=lambda: {**OWN, **SYSTEM})
    made: set[tuple[str, str]] = field(default_factory=set)
    refuses: int = 0  # an errno

    def plug(self, name: str, *flags: str) -> None:
        self.flags[name] = {"midi", "output", *flags}

    def unplug(self, name: str) -> None:
        del self.flags[name]
        self.made = {pair for pair in self.made if name not in pair}

    def get_ports(self, **wanted: bool) -> list[Port]:
        flags = {name.removeprefix("is_") for name in wanted}
        return [Port(name) for name, has in self.flags.items() if flags <= has]

    def get_all_connections(self, name: str) -> list[Port]:
        return [Port(b if a == name else a) for a, b in sorted(self.made) if name in (a, b)]

    def connect(self, source: str, destination: str) -> None:
        if self.refuses:
            raise jack.JackErrorCode("no", self.refuses)
        self.made.add((source, destination))

    def disconnect(self, source: str, destination: str) -> None:
        if (source, destination) not in self.made:
            raise jack.JackErrorCode("not connected", 1)
        self.made.discard((source, destination))


def wires(server: Server, **wiring: Any) -> Wires:
    return Wires(server, Wiring(**wiring), OUTS, MIDI)


def sources(server: Server) -> set[str]:
    return {a for a, b in server.made if b == MIDI}


def test_loudspeakers_and_every_keyboard_are_connected_as_they_come() -> None:
    server = Server()
    server.plug("a:keys", "physical")
    server.plug("b:keys", "terminal")
    server.plug("a2j:Midi Through", "physical")
    server.plug("sequencer:out")
    found = wires(server)
    assert found.has(None)
    assert found.look(0, 0.0) == ({"a:keys", "b:keys"}, set())
    assert sources(server) == {"a:keys", "b:keys"}
    assert server.made >= set(zip(OUTS, SYSTEM, strict=True))
    server.plug("c:keys", "physical")
    assert found.look(0, 1.0) == ({"c:keys"}, set())
    server.unplug("a:keys")
    assert found.look(1, 2.0) == (set(), {"a:keys"})
    assert found.description == "b:keys + c:keys"


def test_where_no_keyboard_is_another_source_plays() -> None:
    server = Server()
    server.plug("a2j:Midi Through", "physical")
    server.unplug("a2j:Midi Through")
    server.plug("sequencer:out")
    found = wires(server)
    assert not found.has(None)
    found.look(0, 0.0)
    assert sources(server) == {"sequencer:out"}


def test_a_source_that_is_named_is_the_only_one_and_may_come_later() -> None:
    server = Server()
    server.plug("a:keys", "physical")
    found = wires(server, sources=("organ",))
    assert not found.has("organ")
    found.look(0, 0.0)
    assert sources(server) == set()
    server.plug("b:Organ pedals", "physical")
    found.look(0, 1.0)
    assert found.has("organ")
    assert sources(server) == {"b:Organ pedals"}


def test_several_that_are_named_and_all_of_them() -> None:
    server = Server()
    for name in ("a:keys", "b:Organ pedals", "c:pads", "a2j:Midi Through"):
        server.plug(name, "physical")
    server.plug("sequencer:out")
    wires(server, sources=("organ", "keys")).look(0, 0.0)
    assert sources(server) == {"a:keys", "b:Organ pedals"}
    wires(server, sources=("all",)).look(0, 0.0)
    assert sources(server) == {"a:keys", "b:Organ pedals", "c:pads", "sequencer:out"}


def test_what_is_chosen_later_takes_the_place_of_what_was_connected_here() -> None:
    server = Server()
    server.flags |= {f"hall:in_{i}": {"audio", "input"} for i in (1, 2)}
    server.plug("a:keys", "physical")
    server.plug("b:keys", "physical")
    found = wires(server)
    found.look(0, 0.0)
    server.made.add(("sequencer:out", MIDI))  # a user's own connection
    with pytest.raises(RtsynthError, match="no audio output 'attic'"):
        found.choose(Wiring(sources=("b:",), target="attic"))
    found.choose(Wiring(sources=("b:",), target="hall"))
    assert found.unmade  # it is looked at soon
    came, went = found.look(0, 1.0)
    assert went == found.let_go == {"a:keys"}
    assert came == {"sequencer:out"}
    assert sources(server) == {"b:keys", "sequencer:out"}
    assert {b for a, b in server.made if a in OUTS} == {"hall:in_1", "hall:in_2"}
    found.choose(Wiring(sources=("a:",)))
    found.look(0, 2.0)
    assert sources(server) == {"a:keys", "sequencer:out"}
    assert {b for a, b in server.made if a in OUTS} == set(SYSTEM)


def test_another_rtsynth_on_the_same_source_is_seen() -> None:
    server = Server()
    server.plug("a:keys", "physical")
    server.plug("b:keys", "physical")
    server.made |= {("a:keys", "rtsynth-01:midi_in"), ("b:keys", "looper:in")}
    found = wires(server)
    found.look(0, 0.0)
    assert found.shared == {"a:keys"}
    server.unplug("a:keys")
    found.look(1, 1.0)
    assert found.shared == set()


def test_what_a_user_parts_stays_parted_but_a_port_that_was_away_is_connected_again() -> None:
    server = Server()
    server.plug("a:keys", "physical")
    found = wires(server)
    found.look(0, 0.0)
    server.made.discard(("a:keys", MIDI))
    found.look(0, 1.0)
    found.look(0, 2.0 + REPLUG_S)
    assert sources(server) == set()
    server.made.add(("a:keys", MIDI))
    found.look(0, 4.0)
    server.unplug("a:keys")  # and back before anyone looked
    server.plug("a:keys", "physical")
    found.look(1, 5.0)
    assert sources(server) == {"a:keys"}


@pytest.mark.parametrize(("code", "unmade"), [(errno.EEXIST, False), (errno.EPERM, True)])
def test_a_pair_that_jack_refuses_is_tried_again(code: int, unmade: bool) -> None:
    server = Server(refuses=code)
    found = wires(server)
    found.look(0, 0.0)
    assert found.unmade == unmade
    server.refuses = 0
    found.look(0, 1.0)
    assert (server.made != set()) == unmade


def test_nothing_is_connected_where_that_is_not_wanted() -> None:
    server = Server()
    server.plug("a:keys", "physical")
    found = wires(server, connect=False)
    found.look(0, 0.0)
    assert server.made == set()


def test_targets_are_found_by_name_and_one_port_takes_both_channels() -> None:
    server = Server()
    server.flags["mono:in"] = {"audio", "input"}
    assert target_pair(server, None) == list(SYSTEM)
    assert target_pair(server, "MONO") == ["mono:in"] * 2
    with pytest.raises(RtsynthError, match="no audio output 'hall' on JACK: there is system:pl"):
        find_target(server, "hall")
    with pytest.raises(RtsynthError, match="no audio output 'hall'"):
        wires(server, target="hall")


def test_keyboards_are_hardware_without_through_ports() -> None:
    server = Server()
    server.plug("a2j:Midi Through", "physical")
    server.plug("sequencer:out")
    server.plug("rtsynth-2:out", "physical")
    assert keyboard_names(server) == []
    server.plug("a:keys", "terminal")
    assert keyboard_names(server) == ["a:keys"]
