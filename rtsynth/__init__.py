"""rtsynth: a neural instrument that is played live."""

from typing import Final

__version__: Final = "0.1.0"
