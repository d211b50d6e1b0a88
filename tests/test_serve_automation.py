"""What a host moves and what it is told: every value once, and never an older one back."""

from pathlib import Path

import pytest

from rtsynth import instrument as instruments
from rtsynth._core import Engine
from rtsynth.controllers import messages_of
from rtsynth.desk import Change
from rtsynth.rig import Rig
from rtsynth.serve.automation import Automation, heard_as
from rtsynth.serve.host_parameters import HOST_PARAMETERS, PLACES
from rtsynth.ui.channels import Channels
from rtsynth.user_timbres import load_all


class Host:
    """Stands for the link's way to the host."""

    def __init__(self) -> None:
        self.moved: list[tuple[str, float]] = []
        self.played: set[str] = set()
        self.room = 1000

    def move(self, index: int, value: float, played: bool) -> bool:
        if self.room <= 0:
            return False
        self.room -= 1
        name = HOST_PARAMETERS[index].known.name
        (self.played.add if played else self.played.discard)(name)
        self.moved.append((HOST_PARAMETERS[index].known.name, value))
        return True

    def take(self) -> dict[str, float]:
        moved, self.moved = dict(self.moved), []
        return moved


class Bench:
    """A rig and a host, with what goes between them; `hear` stands for the audio thread."""

    def __init__(self, path: Path) -> None:
        instrument = instruments.load(path)
        self.engine = Engine(48_000, arena_mib=32)
        self.rig = Rig(self.engine, instrument, lambda line: None)
        self.desk = self.rig.desk
        self.host = Host()
        metadata = instrument.metadata
        self.channels = Channels(self.desk, metadata, load_all(metadata))
        self.automation = Automation(self.host, self.rig, self.channels)  # type: ignore[arg-type]
        self.desk.listen(self.automation.changed)

    def tell(self, **values: float) -> None:
        """The host moves parameters; what it sends as messages is not heard yet."""
        self.automation.follow([(PLACES[name], value) for name, value in values.items()])

    def hear(self, *messages: tuple[int, int, int]) -> None:
        for message in messages:
            self.rig.controls.follow(message)
        self.desk.catch_up()

    def look(self, **values: float) -> dict[str, float]:
        """A look of the follower; returns what the host is told."""
        self.tell(**values)
        self.desk.catch_up()
        self.automation.tell()
        return self.host.take()


@pytest.fixture
def bench(tiny: Path) -> Bench:
    return Bench(tiny)


def test_what_the_host_moves_is_on_the_desk_and_does_not_come_back(bench: Bench) -> None:
    told = {"gain": -6.0, "reverb_time": 3.0, "width": 0.5, "touch": 0.25, "stretch": 0.5,
            "reference": 442.0, "fixed_velocity": 64.0}  # fmt: skip
    assert bench.look(**told) == {}
    assert {name: bench.desk.get(name) for name in told} == told


def test_what_the_page_moves_is_told_once(bench: Bench) -> None:
    bench.desk.set("reverb_time", 5.0)
    bench.desk.set("volume", 0.5)
    bench.desk.set("volume", 0.75)
    assert bench.look() == {"reverb_time": 5.0, "volume": 0.75}
    assert bench.look() == {}


def test_other_channels_are_no_host_parameters(bench: Bench) -> None:
    bench.desk.set("width", 0.5, 3)
    bench.hear((0xB3, 7, 10))
    assert bench.look() == {}


def test_automation_that_comes_as_messages_is_not_told_back(bench: Bench) -> None:
    bench.tell(volume=0.503, bright=0.21, fine_tune=12.3, bend_range=7.0, mono=1.0)
    for name, value in (("volume", 0.503), ("bright", 0.21), ("fine_tune", 12.3),
                        ("bend_range", 7.0), ("mono", 1.0)):  # fmt: skip
        bench.hear(*messages_of(HOST_PARAMETERS[PLACES[name]].known, value, 0))
    bench.automation.tell()
    assert bench.host.take() == {}
    assert bench.desk.get("volume") == pytest.approx(64 / 127)
    assert bench.desk.get("fine_tune") == pytest.approx(12.3, abs=0.02)


def test_messages_that_come_a_look_later_are_not_told_back(bench: Bench) -> None:
    assert bench.look(volume=0.25) == {}
    bench.hear((0xB0, 7, 32))
    assert bench.look() == {}


def test_a_sweep_read_in_two_looks_tells_nothing_back(bench: Bench) -> None:
    bench.automation.follow([(PLACES["volume"], value / 127) for value in range(40, 80)])
    bench.hear(*((0xB0, 7, value) for value in range(40, 60)))
    bench.automation.tell()
    bench.tell()
    bench.hear(*((0xB0, 7, value) for value in range(60, 80)))
    bench.automation.tell()
    assert bench.host.take() == {}


def test_a_keyboards_controller_is_told(bench: Bench) -> None:
    bench.tell()
    bench.hear((0xB0, 7, 20))
    assert bench.look() == {"volume": pytest.approx(20 / 127)}


def test_an_older_value_does_not_take_the_place_of_the_hosts(bench: Bench) -> None:
    bench.desk.set("reverb_time", 5.0)  # not told yet
    assert bench.look(reverb_time=2.0) == {}
    assert bench.desk.get("reverb_time") == 2.0


def test_what_finds_no_room_is_told_later(bench: Bench) -> None:
    bench.host.room = 0
    bench.desk.set("reverb_time", 5.0)
    assert bench.look() == {}
    bench.host.room = 9
    assert bench.look() == {"reverb_time": 5.0}


def test_the_timbre_map_is_played_by_the_host(bench: Bench) -> None:
    x, y = (float(each) for each in bench.channels.map.places[1])
    assert bench.look(timbre_x=x, timbre_y=y) == {}
    assert bench.desk.timbre() == bench.channels.map.timbres[1].name
    assert bench.channels.place(0) == (x, y)
    assert bench.look(timbre_x=x, timbre_y=y) == {}


def test_a_timbre_that_the_page_chooses_is_told_as_a_place(bench: Bench) -> None:
    name = bench.channels.map.timbres[1].name
    bench.desk.set_timbre(name)
    told = bench.look()
    x, y = bench.channels.map.places[1]
    assert told == {"timbre_x": pytest.approx(x, abs=0.02), "timbre_y": pytest.approx(y, abs=0.02)}
    assert bench.look(timbre_x=told["timbre_x"], timbre_y=told["timbre_y"]) == {}
    assert bench.desk.timbre() == name  # and no morph that lies there


def test_a_program_chosen_by_the_host(bench: Bench) -> None:
    metadata = bench.rig.controls.metadata
    program = metadata.timbres[1].programs[0]
    bench.look(program=float(program))
    assert bench.desk.timbre() == metadata.timbres[1].name


def test_nonsense_is_passed_over(bench: Bench) -> None:
    bench.automation.follow([(-1, 0.5), (9999, 0.5), (PLACES["gain"], float("nan"))])
    assert bench.desk.get("gain") == 0.0
    bench.automation.changed(Change("no such parameter", 0, 1.0))
    assert bench.look() == {}


@pytest.mark.parametrize("name", [p.known.name for p in HOST_PARAMETERS
                                  if p.known.home in ("cc", "rpn", "turn")])  # fmt: skip
def test_values_come_back_as_they_are_heard(name: str) -> None:
    known = HOST_PARAMETERS[PLACES[name]].known
    step = 0.6 * (known.high - known.low) / 127
    for part in (0.0, 0.1, 0.37, 0.5, 0.9, 1.0):
        value = known.clamped(known.at(part))
        assert heard_as(known, value) == pytest.approx(value, abs=0.5 if known.switch else step)


def test_a_reset_takes_nothing_from_the_host_that_it_has_set(bench: Bench) -> None:
    bench.tell(bright=0.8, modulation=0.5)
    for name, value in (("bright", 0.8), ("modulation", 0.5)):
        bench.hear(*messages_of(HOST_PARAMETERS[PLACES[name]].known, value, 0))
    bench.hear((0xB0, 11, 64))  # by a keyboard
    bench.automation.tell()
    assert list(bench.host.take()) == ["expression"]
    bench.tell(bright=0.8, modulation=0.5)  # a reset tells them again
    bench.hear((0xB0, 121, 0))
    bench.automation.tell()
    assert bench.host.take() == {"expression": 1.0}
    assert bench.desk.get("bright") == 0.0
    assert bench.look() == {}
    assert bench.look() == {}
    bench.desk.set("bright", 0.25)  # by the page
    assert bench.look() == {"bright": 0.25}


def test_where_the_timbre_lies_is_told_as_soon_as_a_state_is_loaded(bench: Bench) -> None:
    bench.automation.begin()
    assert set(bench.host.take()) == {"timbre_x", "timbre_y"}
