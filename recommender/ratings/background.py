"""Work ahead in other threads, in order."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_AHEAD = 4
_END = object()


def in_background(items: Iterable[Item], *, ahead: int = _AHEAD) -> Generator[Item, None, None]:
    """Make items in another thread, a few ahead of their use.

    Parameters
    ----------
    items : iterable
        Whose making is worth a thread. An error in it is raised here, in its place.
    ahead : int
        Items that may wait to be used.
    """
    waiting: queue.Queue[object] = queue.Queue(ahead)
    is_abandoned = threading.Event()

    def make() -> None:
        try:
            for item in items:
                waiting.put(item)
                if is_abandoned.is_set():
                    return
            waiting.put(_END)
        except BaseException as error:
            waiting.put(_Failure(error))

    thread = threading.Thread(target=make, name="ratings-in-background", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        is_abandoned.set()
        while thread.is_alive():  # it may wait for room
            _discard(waiting)
            thread.join(timeout=0.01)


def _discard(waiting: queue.Queue[object]) -> None:
    """Throw away what waits."""
    while not waiting.empty():
        waiting.get_nowait()


def map_in_background(
    function: Callable[[Item], Result], items: Iterable[Item], *, n_threads: int
) -> Iterator[Result]:
    """Call a function in threads; results come in the order of the items.

    Parameters
    ----------
    function : callable
        Lets other threads run, as numpy does, or there is nothing to win.
    items : iterable
    n_threads : int
    """
    with ThreadPoolExecutor(n_threads, thread_name_prefix="ratings") as pool:
        running: deque[Future[Result]] = deque()
        try:
            for item in items:
                running.append(pool.submit(function, item))
                if len(running) > n_threads + 1:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error
