"""What is set on a desk, and what is only played: that ends with a host's reset.

Set is what a hand, a preset, a project or a host's automation chose, and a program change that is
played live. Played is what messages move, and in a bounce program changes and learned controllers
as well: else a second bounce would begin where the first one ended.
"""

import threading
from collections.abc import Callable, Mapping

from rtsynth.layers import Layer
from rtsynth.messages import Message

Layers = tuple[Layer, ...]


class Standing:
    """Thread: any one, but for `follow`, which is the follower's."""

    def __init__(self) -> None:
        self.programs: dict[int, Layers] = {}  # what a bounce changed was so, by channel
        self.bounces = False
        self._follower = 0  # the thread that carries out what was learned

    def follow(self, carry_out: Callable[[Message], bool], message: Message) -> bool:
        """Carry out a message on this thread: all that it sets meanwhile is played."""
        self._follower = threading.get_ident()
        try:
            return carry_out(message)
        finally:
            self._follower = 0

    def is_played(self) -> bool:
        """Whether what this thread sets is played, and no more."""
        return self.bounces and threading.get_ident() == self._follower

    def layers(self, now: Mapping[int, Layers], plain: Layers) -> dict[int, Layers]:
        """Layers of channels that were set otherwise than `plain`; `now`: that are so now."""
        found = {**now, **self.programs}
        return {channel: layers for channel, layers in found.items() if layers != plain}
