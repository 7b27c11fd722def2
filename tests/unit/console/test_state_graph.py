"""Layout of the state machine's graph: the way of success on the left, failures folded."""

import pytest

from console.state_graph import NOT_REACHED, draw_graph

# A -> Choose -> B | C | neither -> D, or back to A by Pause; A's failure -> Read -> Tell -> Failed,
# or back to A by Wait.
DEFINITION = {
    "StartAt": "A",
    "States": {
        "Tell": {"Type": "Task", "Next": "Failed"},
        "Failed": {"Type": "Fail"},
        "Wait": {"Type": "Wait", "Next": "A"},
        "Read": {"Type": "Choice", "Choices": [{"Next": "Wait"}], "Default": "Tell"},
        "A": {"Type": "Task", "Next": "Choose", "Catch": [{"Next": "Read"}]},
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Next": n} for n in ("Pause", "B", "D")],
            "Default": "C",
        },
        "Pause": {"Type": "Wait", "Next": "A"},
        "B": {"Type": "Task", "Next": "D"},
        "C": {"Type": "Task", "Next": "D"},
        "D": {"Type": "Task", "End": True},
    },
}


def drawn(states):
    graph = draw_graph(DEFINITION, states)
    assert graph is not None
    return graph, {box.name: box for box in graph.boxes}


@pytest.fixture
def visits(make_state):
    def make(*names, **last):
        found = [make_state(name, place, place + 1) for place, name in enumerate(names)]
        for member, value in last.items():
            setattr(found[-1], member, value)
        return found

    return make


def test_failure_states_are_folded_unless_the_run_went_there(visits):
    graph, boxes = drawn(visits("A", "Choose", "C", "D"))

    assert list(boxes) == ["A", "Choose", "C", "B", "D"]
    assert set(graph.folded) == {"Tell", "Failed", "Wait", "Read", "Pause"}

    graph, boxes = drawn(visits("A", "Read", "Tell", "Failed", status="FAILED"))
    assert set(graph.folded) == {"Wait", "Pause"}
    assert boxes["Failed"].status == "FAILED"


def test_each_state_stands_below_all_that_lead_to_it(visits):
    _, boxes = drawn(visits("A", "Read", "Tell", "Failed"))

    heights = [boxes[name].y for name in ("A", "Choose", "B", "D")]
    assert heights == sorted(set(heights))
    assert boxes["B"].y == boxes["C"].y
    assert boxes["A"].y < boxes["Read"].y < boxes["Tell"].y < boxes["Failed"].y


def test_no_two_boxes_share_a_place_and_all_are_inside(visits):
    graph, boxes = drawn(visits("A", "Read", "Wait", "A", "Choose", "B", "D"))

    assert len({(box.x, box.y) for box in boxes.values()}) == len(boxes)
    assert all(0 < box.x < graph.width and 0 < box.y < graph.height for box in boxes.values())


def test_way_that_was_taken_is_leftmost(visits):
    _, boxes = drawn(visits("A", "Choose", "C", "D"))
    assert boxes["C"].x < boxes["B"].x

    _, boxes = drawn(visits("A", "Choose", "B", "D"))
    assert boxes["B"].x < boxes["C"].x


def test_box_tells_outcome_and_number_of_visits(visits):
    _, boxes = drawn(visits("A", "Read", "Wait", "A", "Choose", status="RUNNING"))

    assert (boxes["A"].visits, boxes["A"].status) == (2, "SUCCEEDED")
    assert boxes["Choose"].status == "RUNNING"
    assert (boxes["D"].visits, boxes["D"].status) == (0, NOT_REACHED)


def test_arrows_that_were_taken_are_marked_and_shortcuts_are_left_out(visits):
    graph, _ = drawn(visits("A", "Read", "Wait", "A", "Choose", "C", "D"))
    taken = {(arrow.origin, arrow.target) for arrow in graph.arrows if arrow.taken}
    others = {(arrow.origin, arrow.target) for arrow in graph.arrows if not arrow.taken}

    assert taken == {("A", "Read"), ("Read", "Wait"), ("Wait", "A"), ("A", "Choose"),
                     ("Choose", "C"), ("C", "D")}  # fmt: skip
    assert others == {("Choose", "B"), ("B", "D")}  # not Choose to D: B and C stand between


def test_shortcut_that_was_taken_is_drawn(visits):
    graph, _ = drawn(visits("A", "Choose", "D"))

    assert ("Choose", "D") in {(arrow.origin, arrow.target) for arrow in graph.arrows}


def test_states_that_follow_a_redrive_are_no_transition(visits):
    graph, _ = drawn(visits("A", "D"))

    assert not [arrow for arrow in graph.arrows if arrow.taken]


@pytest.mark.parametrize("definition", [{}, {"StartAt": "X", "States": {}}, {"States": []}])
def test_what_is_no_state_machine_has_no_graph(definition):
    assert draw_graph(definition, []) is None
