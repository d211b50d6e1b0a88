"""The page beside a player: served, announced, opened in a browser."""

import contextlib
import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator

from rtsynth.player import Player
from rtsynth.ui.page_config import PageConfig
from rtsynth.ui.room import PlayerRoom
from rtsynth.ui.server import Server

Say = Callable[[str], None]


@contextlib.contextmanager
def page(player: Player, config: PageConfig, news: list[Say]) -> Iterator[str]:
    """Serve the page of a player until the end of the `with`; gives its address.

    The first of `news` hears its address; while it is served pages hear what is said, too.

    Raises:
        RtsynthError: it cannot be served there.
    """
    room = PlayerRoom(player)
    say = news[0]
    try:
        with Server(room, config.host, config.port, say) as server:
            say(f"page {server.url}")
            news.append(room.hub.say)
            if config.browser and has_screen():
                threading.Thread(target=webbrowser.open, args=(server.url,), daemon=True).start()
            yield server.url
    finally:
        del news[1:]
        room.close()


def has_screen() -> bool:
    """Whether a browser would open a window, and not take over the terminal."""
    on_linux = sys.platform.startswith("linux")
    return not on_linux or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
