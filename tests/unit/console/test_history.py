"""New events are found without reading the whole history again."""

from typing import Any

from console.history import new_events


class NewestFirst:
    """GetExecutionHistory as on AWS: obeys reverseOrder and maxResults."""

    def __init__(self, n_events: int, page_size: int) -> None:
        self._ids = list(range(n_events, 0, -1))
        self._page_size = page_size
        self.pages_read = 0

    def get_execution_history(self, **request: Any) -> dict[str, Any]:
        assert request["reverseOrder"]
        begin = int(request.get("nextToken", "0"))
        end = begin + self._page_size
        self.pages_read += 1
        page: dict[str, Any] = {"events": [{"id": number} for number in self._ids[begin:end]]}
        if end < len(self._ids):
            page["nextToken"] = str(end)
        return page


class WholeHistory:
    """GetExecutionHistory as in moto: everything, oldest first."""

    def get_execution_history(self, **_: Any) -> dict[str, Any]:
        return {"events": [{"id": number} for number in range(1, 8)]}


def test_all_pages_are_read_at_first():
    client = NewestFirst(25, page_size=10)

    assert [event["id"] for event in new_events(client, "arn", 0)] == list(range(1, 26))
    assert client.pages_read == 3


def test_reading_stops_at_the_known_event():
    client = NewestFirst(25, page_size=10)

    assert [event["id"] for event in new_events(client, "arn", 22)] == [23, 24, 25]
    assert client.pages_read == 1


def test_server_that_ignores_the_order_is_read_correctly():
    assert [event["id"] for event in new_events(WholeHistory(), "arn", 5)] == [6, 7]
