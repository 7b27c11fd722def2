"""The records that the tests of the console use."""

from tests.unit.console.conftest import make_record, make_state, make_trial

__all__ = ["make_record", "make_state", "make_trial"]
