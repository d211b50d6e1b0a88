"""MIDI learn on the page: which controller moves what, and what waits for one."""

from typing import Any, Final

from rtsynth.desk import Desk
from rtsynth.messages import CHANNELS
from rtsynth.parameters import parameter
from rtsynth.ui.fields import Order, whole, words
from rtsynth.ui.gear import Action, Gear
from rtsynth.ui.session import Session

ACTION: Final = "action"  # stands where a parameter's channel is, for something to do


def learned_row(desk: Desk) -> dict[str, str]:
    """Controllers by what they move: "NAME CHANNEL", or "NAME action"."""
    return {
        f"{each.action} {ACTION}" if each.action else f"{each.parameter} {each.channel}":
        f"CC {each.controller}, channel {each.source + 1}"
        for each in desk.learn.mappings
    }  # fmt: skip


def learning_figures(desk: Desk) -> dict[str, Any]:
    """What waits for a controller to move; what can be learned beside parameters."""
    return {"waiting": desk.learn.waiting, "actions": list(desk.learn.actions)}


def _learn(gear: Gear, order: Order, session: Session) -> None:
    name = words(order, "name")
    gear.desk.learn.learn(name, _channel_of(order, name))
    session.say("news", "move a controller, pedal or knob: it is learned")


def _learn_action(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.learn.learn_action(words(order, "name"))
    session.say("news", "press a pedal or button: it is learned")


def _stop_learning(gear: Gear, order: Order, session: Session) -> None:
    gear.desk.learn.cancel()


def _forget(gear: Gear, order: Order, session: Session) -> None:
    name = words(order, "name")
    in_use = name in gear.desk.learn.actions
    gear.desk.learn.forget(name, 0 if in_use else _channel_of(order, name))


def _channel_of(order: Order, name: str) -> int:
    channel = whole(order, "channel", 0, CHANNELS - 1)
    return channel if parameter(name).of_channel else 0


LEARNING: Final[dict[str, Action]] = {
    "learn": _learn,
    "learn_action": _learn_action,
    "stop_learning": _stop_learning,
    "forget": _forget,
}
