"""Which controller moves what, and that as plain JSON values."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from rtsynth.errors import RtsynthError
from rtsynth.messages import CC_BANK, CC_BANK_LOW, CC_SOUND_OFF, CHANNELS
from rtsynth.parameters import parameter
from rtsynth.registered import PARTS

NEVER: Final = PARTS | {CC_BANK, CC_BANK_LOW}  # they mean something only with others
MOST_MAPPINGS: Final = 256


@dataclass(frozen=True)
class Mapping:
    """A controller, and what it moves: a parameter of a channel, or an action by its name."""

    source: int  # MIDI channel on which it comes, 0..15
    controller: int  # 0..119
    parameter: str = ""
    channel: int = 0  # the parameter's, 0 where it is of all channels
    action: str = ""

    @property
    def place(self) -> tuple[int, int]:
        """What tells controllers apart."""
        return self.source, self.controller

    @property
    def target(self) -> tuple[str, int, str]:
        """What tells apart what they move."""
        return self.parameter, self.channel, self.action


def write_mappings(mappings: Iterable[Mapping]) -> list[dict[str, Any]]:
    """Plain JSON values."""
    empty = asdict(Mapping(0, 0))
    return [{name: value for name, value in asdict(mapping).items()
             if name in ("source", "controller") or value != empty[name]}
            for mapping in mappings]  # fmt: skip


def read_mappings(state: Any) -> tuple[Mapping, ...]:
    """Mappings from plain values.

    Raises:
        RtsynthError: they are wrong, in words that name the field.
    """
    if not isinstance(state, list) or len(state) > MOST_MAPPINGS:
        raise RtsynthError(f"learned: a list of {MOST_MAPPINGS} controllers at most is wanted")
    found = tuple(_mapping(each, f"learned controller {i}") for i, each in enumerate(state, 1))
    for name, count in (("controller", len({each.place for each in found})),
                        ("target", len({each.target for each in found}))):  # fmt: skip
        if count < len(found):
            raise RtsynthError(f"learned: the same {name} twice")
    return found


def _mapping(data: Any, what: str) -> Mapping:
    if not isinstance(data, dict) or not set(data) <= set(asdict(Mapping(0, 0))):
        raise RtsynthError(f"{what}: an object with source, controller and a target is wanted")
    name, action = data.get("parameter", ""), data.get("action", "")
    if not isinstance(name, str) or not isinstance(action, str) or bool(name) is bool(action):
        raise RtsynthError(f"{what}: either a parameter or an action is wanted")
    if name:
        try:
            parameter(name)
        except RtsynthError as error:
            raise RtsynthError(f"{what}: {error}") from error
    numbers = {"source": CHANNELS, "channel": CHANNELS, "controller": CC_SOUND_OFF}
    for field, most in numbers.items():
        value = data.get(field, 0 if field == "channel" else None)
        if type(value) is not int or not 0 <= value < most:
            raise RtsynthError(f"{what}: {field} is {value!r}, not 0 to {most - 1}")
    if data["controller"] in NEVER:
        raise RtsynthError(f"{what}: controller {data['controller']} cannot be learned")
    return Mapping(**data)
