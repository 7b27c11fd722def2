"""What was asked for last is kept; what is large is made once, and nobody waits without need."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.web.place import Recent


class Making:
    """Makes things when it may, and remembers which."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.began = threading.Event()

    def get(self, recent: Recent[str], key: str) -> str:
        return recent.get(key, lambda: self._make(key))

    def _make(self, key: str) -> str:
        self.began.set()
        assert self.may_go_on.wait(10)
        self.made.append(key)
        if key == "broken":
            raise RuntimeError("broken")
        return f"{key}{len(self.made)}"


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_what_was_used_last_is_kept(one_at_a_time: bool) -> None:
    making, recent = Making(), Recent[str](2, one_at_a_time=one_at_a_time)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert making.get(recent, key).startswith(key)
    assert making.made == ["a", "b", "c", "b"]


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_what_could_not_be_made_is_tried_again_and_takes_no_place(one_at_a_time: bool) -> None:
    making, recent = Making(), Recent[str](1, one_at_a_time=one_at_a_time)
    making.get(recent, "a")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broken"):
            making.get(recent, "broken")
    assert making.get(recent, "a") == "a1"
    assert making.made == ["a", "broken", "broken"]


def test_a_large_thing_is_made_once_for_all_who_wait() -> None:
    making, recent = Making(), Recent[str](2, one_at_a_time=True)
    making.may_go_on.clear()
    with ThreadPoolExecutor(8) as threads:
        waiting = [threads.submit(making.get, recent, "a") for _ in range(8)]
        assert making.began.wait(10)
        making.may_go_on.set()
        assert {one.result(10) for one in waiting} == {"a1"}
    assert making.made == ["a"]


def test_all_who_make_the_same_thing_get_the_same_one() -> None:
    making, recent = Making(), Recent[str](2)
    making.may_go_on.clear()
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(making.get, recent, "a") for _ in range(4)]
        making.may_go_on.set()
        assert len({one.result(10) for one in waiting}) == 1


def test_who_wants_what_is_there_does_not_wait() -> None:
    making, recent = Making(), Recent[str](2, one_at_a_time=True)
    making.get(recent, "a")
    making.may_go_on.clear()
    making.began.clear()
    with ThreadPoolExecutor(1) as threads:
        other = threads.submit(making.get, recent, "b")
        assert making.began.wait(10)
        assert making.get(recent, "a") == "a1"
        making.may_go_on.set()
        assert other.result(10) == "b2"
