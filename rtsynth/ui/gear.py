"""What a page's wishes are carried out on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rtsynth.desk import Desk
from rtsynth.player import Player
from rtsynth.ui.channels import Channels
from rtsynth.ui.fields import Order
from rtsynth.ui.hub import Hub
from rtsynth.ui.session import Session


@dataclass(frozen=True)
class Gear:
    """The player with what stands around it for pages."""

    player: Player
    desk: Desk
    channels: Channels
    hub: Hub


Action = Callable[[Gear, Order, Session], Any]  # an awaitable where it takes long
