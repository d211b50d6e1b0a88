"""Who is told of something that happens, until they have heard enough."""

import threading
from collections.abc import Callable
from typing import Generic, ParamSpec

Said = ParamSpec("Said")


class Listeners(Generic[Said]):
    """In the order in which they came. Thread: any; nobody waits for one who comes or goes."""

    def __init__(self) -> None:
        self._heard: tuple[Callable[Said, None], ...] = ()
        self._lock = threading.Lock()  # of who comes and goes

    def add(self, heard: Callable[Said, None]) -> Callable[[], None]:
        """Tell one more from now on; returns what ends it."""
        with self._lock:
            self._heard = (*self._heard, heard)

        def end() -> None:
            with self._lock:
                self._heard = tuple(each for each in self._heard if each is not heard)

        return end

    def tell(self, *said: Said.args, **named: Said.kwargs) -> None:
        """Tell all."""
        for heard in self._heard:
            heard(*said, **named)
