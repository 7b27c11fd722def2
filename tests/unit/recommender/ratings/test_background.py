import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from recommender.ratings.background import in_background, map_in_background


class BrokenError(Exception):
    pass


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=5)
    assert set(threading.enumerate()) <= before


def broken_after(n_items: int) -> Iterator[int]:
    yield from range(n_items)
    raise BrokenError("here")


@pytest.mark.parametrize("ahead", [1, 2, 100])
@pytest.mark.parametrize("n_items", [0, 1, 2, 50])
def test_items_come_in_order_and_all_of_them(ahead, n_items):
    assert list(in_background(range(n_items), ahead=ahead)) == list(range(n_items))


def test_none_and_errors_as_items_are_items():
    items = [None, BrokenError("an item"), (), False]

    assert list(in_background(items)) == items


def test_items_are_made_in_another_thread():
    names = list(in_background(threading.current_thread() for _ in range(3)))

    assert threading.main_thread() not in names


def test_an_error_is_raised_in_its_place():
    items = in_background(broken_after(3), ahead=1)

    assert [next(items) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(BrokenError, match="here"):
        next(items)
    assert list(items) == []


def test_only_a_few_items_are_made_ahead():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    found = in_background(items(), ahead=3)
    assert next(found) == 0
    for _ in range(100):
        time.sleep(0.001)
        assert len(made) <= 1 + 3 + 1  # used, waiting, in the hand
    found.close()
    assert len(made) < 10


@pytest.mark.parametrize("n_used", [0, 1, 5])
def test_an_abandoned_generator_ends_its_thread(n_used):
    items = in_background(itertools.count(), ahead=2)
    assert list(itertools.islice(items, n_used)) == list(range(n_used))

    items.close()

    assert not [thread for thread in threading.enumerate() if "background" in thread.name]


def test_an_error_of_the_user_ends_the_thread():
    def use() -> None:
        for item in in_background(itertools.count(), ahead=2):
            if item == 3:
                raise BrokenError

    with pytest.raises(BrokenError):
        use()


def test_nothing_is_made_before_it_is_asked_for():
    in_background(pytest.fail("made") for _ in range(1)).close()


@pytest.mark.parametrize("n_threads", [1, 2, 3])
@pytest.mark.parametrize("n_items", [0, 1, 2, 5, 40])
def test_results_come_in_the_order_of_the_items(n_threads, n_items):
    def slow_when_even(number: int) -> int:
        time.sleep(0.002 * (number % 2 == 0))
        return -number

    found = map_in_background(slow_when_even, range(n_items), n_threads=n_threads)

    assert list(found) == [-number for number in range(n_items)]


def test_as_many_threads_work_as_are_given():
    meeting = threading.Barrier(3, timeout=10)

    assert len(list(map_in_background(lambda _: meeting.wait(), range(6), n_threads=3))) == 6


@pytest.mark.parametrize("n_threads", [1, 3])
def test_an_error_in_a_call_is_raised_in_its_place(n_threads):
    def broken(number: int) -> int:
        if number == 5:
            raise BrokenError("five")
        return number

    found = map_in_background(broken, range(50), n_threads=n_threads)

    assert [next(found) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(BrokenError, match="five"):
        next(found)


def test_an_error_of_the_items_is_raised():
    with pytest.raises(BrokenError, match="here"):
        list(map_in_background(abs, broken_after(2), n_threads=2))


@pytest.mark.parametrize("n_used", [0, 1, 4])
def test_items_are_taken_a_few_ahead_only(n_used):
    taken = []

    def items():
        for number in itertools.count():
            taken.append(number)
            yield number

    found = map_in_background(abs, items(), n_threads=2)
    assert list(itertools.islice(found, n_used)) == list(range(n_used))
    found.close()

    assert len(taken) <= n_used + 4
