"""Where the page is served, as the command line says it. Loads nothing."""

from dataclasses import dataclass
from typing import Final

LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class PageConfig:
    """An address and a port of this machine."""

    host: str = LOOPBACK
    port: int | None = None  # None: the usual one, or the next that is free
    browser: bool = True  # open the page in it
