"""The faster way is found, whichever it is, and found again when that changes."""

import pytest

from embedded_aws.factorization_machines.worker_choice import TURN_SECONDS, WorkerChoice


def spend(choice: WorkerChoice, seconds_of_a_batch: dict[int, float], n_turns: int) -> dict:
    """Take turns; tell how many mini-batches were done by how many workers."""
    done = dict.fromkeys(seconds_of_a_batch, 0)
    for _ in range(n_turns):
        n_workers, n_batches = choice.n_workers, choice.n_batches
        done[n_workers] += n_batches
        choice.record(n_batches, n_batches * seconds_of_a_batch[n_workers])
    return done


@pytest.mark.parametrize("all_workers", [2, 8])
@pytest.mark.parametrize("faster", ["one", "all"])
def test_almost_all_is_done_the_faster_way(all_workers: int, faster: str) -> None:
    slow, fast = (all_workers, 1) if faster == "one" else (1, all_workers)
    choice = WorkerChoice(all_workers)

    done = spend(choice, {slow: 0.002, fast: 0.0002}, 1000)

    assert done[fast] > 0.97 * sum(done.values())
    assert done[slow] > 0  # it keeps looking


def test_it_changes_over_when_the_machine_gets_busy_and_back() -> None:
    choice = WorkerChoice(2)
    quiet, busy = {1: 0.0003, 2: 0.0002}, {1: 0.0006, 2: 0.005}
    spend(choice, quiet, 2000)

    assert spend(choice, busy, 2000)[1] > spend(choice, busy, 1)[2]
    assert choice.n_workers == 1
    done = spend(choice, quiet, 2000)
    assert done[2] > done[1]


def test_turns_have_their_length() -> None:
    choice = WorkerChoice(2)
    spend(choice, {1: 0.004, 2: 0.001}, 10)

    assert choice.n_workers == 2
    assert choice.n_batches == round(TURN_SECONDS / 0.001)
    spend(slow := WorkerChoice(2), {1: 9.0, 2: 9.0}, 5)
    assert slow.n_batches == 1


def test_one_worker_has_no_choice() -> None:
    choice = WorkerChoice(1)

    assert spend(choice, {1: 0.001}, 100) == {1: pytest.approx(1981, abs=1)}
