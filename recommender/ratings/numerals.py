"""Ratings and times, written as text, into numbers."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from recommender.ratings.fields import MAX_FIELD_BYTES, Places
from recommender.ratings.words import WORD_BYTES, factorize, load_words
from recommender.timestamps import NO_TIMESTAMP

Bytes = npt.NDArray[np.uint8]
_Words = npt.NDArray[np.uint64]
_Mask = npt.NDArray[np.bool_]

# No rating is older than the year 5138 in seconds; larger numbers are milliseconds.
MILLISECONDS_FROM = 10**11
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_DATE_BYTES = 10
# So many rows for each that differs from the one before.
_WORTHWHILE = 4
_DAY_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALL_ZEROS = np.uint64(0x3030303030303030)  # "00000000"


def parse_ratings(data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.float64]:
    """Read decimal numbers; NaN where there is none.

    Parameters
    ----------
    data : uint8 array
        As `fields.split_fields` gives it.
    starts, ends : int64 array, shape (n_rows,)
    """
    lengths = ends - starts
    if (lengths == 1).all():
        return _DIGITS[data[starts]]
    # Ratings have few distinct values: each is read once.
    usable = np.where(lengths <= MAX_FIELD_BYTES, ends, starts)
    codes, first = factorize(load_words(data, starts, usable))
    values = [_number(data[starts[at] : usable[at]].tobytes()) for at in first]
    return np.array(values, dtype=np.float64)[codes]


def parse_timestamps(data: Bytes, starts: Places, ends: Places) -> npt.NDArray[np.int64]:
    """Read seconds or milliseconds since 1970 UTC, dates, and dates with times.

    Parameters
    ----------
    data : uint8 array
        As `fields.split_fields` gives it.
    starts, ends : int64 array, shape (n_rows,)

    Returns
    -------
    int64 array, shape (n_rows,)
        Whole seconds since 1970 UTC, rounded down; `NO_TIMESTAMP` where there is no time.
    """
    lengths = ends - starts
    last = _load_before(data, ends, lengths)
    before = _load_before(data, ends - WORD_BYTES, lengths - WORD_BYTES)
    # Files are often in the order of time, and dates then repeat row after row.
    is_new = (last[1:] != last[:-1]) | (before[1:] != before[:-1])
    is_new |= (lengths[1:] != lengths[:-1]) | (lengths[1:] > 2 * WORD_BYTES)
    first = np.flatnonzero(np.concatenate(([True], is_new)))
    if len(first) * _WORTHWHILE > len(last):
        return _parse_times(data, starts, ends, before, last)
    seconds = _parse_times(data, starts[first], ends[first], before[first], last[first])
    return np.repeat(seconds, np.diff(first, append=len(last)))


def _parse_times(
    data: Bytes, starts: Places, ends: Places, before: _Words, last: _Words
) -> npt.NDArray[np.int64]:
    lengths = ends - starts
    seconds, is_known = _parse_dates(before, last)
    is_known &= lengths == _DATE_BYTES
    if is_known.all():
        return seconds
    numbers = _in_seconds(_eight_digits(before) * 100_000_000 + _eight_digits(last))
    is_number = (lengths > 0) & (lengths <= 2 * WORD_BYTES) & _is_digits(last) & _is_digits(before)
    seconds = np.where(is_known, seconds, np.where(is_number, numbers, NO_TIMESTAMP))
    # Anything else is rare, and read one by one.
    is_rare = ~(is_known | is_number) & (lengths > 0) & (lengths <= MAX_FIELD_BYTES)
    for at in np.flatnonzero(is_rare):
        seconds[at] = _time(data[starts[at] : ends[at]].tobytes())
    return seconds


def _number(text: bytes) -> float:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else math.nan


_DIGITS = np.array([_number(bytes([byte])) for byte in range(256)])


def _load_before(data: Bytes, ends: Places, lengths: Places) -> _Words:
    """Load the bytes that end at `ends`, with the digit 0 before the last `lengths` of them."""
    items = np.ndarray((len(data) - WORD_BYTES + 1,), dtype="S8", buffer=data, strides=(1,))
    words = items[ends - WORD_BYTES].view("<u8")
    missing = _LOW_BYTES.take(WORD_BYTES - lengths, mode="clip")
    return (words & ~missing) | (_ALL_ZEROS & missing)


_LOW_BYTES = np.array([(1 << (8 * n)) - 1 for n in range(WORD_BYTES + 1)], dtype=np.uint64)


def _is_digits(words: _Words) -> _Mask:
    """Tell whether all eight bytes are digits: 0x30 to 0x39."""
    high = words & np.uint64(0xF0F0F0F0F0F0F0F0)
    carried = (words + np.uint64(0x0606060606060606)) & np.uint64(0xF0F0F0F0F0F0F0F0)
    is_digits: _Mask = (high == _ALL_ZEROS) & (carried == _ALL_ZEROS)
    return is_digits


def _eight_digits(words: _Words) -> npt.NDArray[np.int64]:
    """Read eight digits at once, joining neighbours: digits to pairs to fours to eights."""
    fours = _pairs(words) * np.uint64(6553601) >> np.uint64(16)
    eights = (fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)
    return eights.view(np.int64)


def _pairs(words: _Words) -> _Words:
    """Read eight digits as four numbers of two, in 16 bits each."""
    return ((words & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561) >> np.uint64(8)) & np.uint64(
        0x00FF00FF00FF00FF
    )


def _in_seconds(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    seconds = np.where(numbers >= MILLISECONDS_FROM, numbers // 1000, numbers)
    return np.where(seconds < MILLISECONDS_FROM, seconds, NO_TIMESTAMP)


_MONTHS = 12


def _calendar() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give each month's first day since 1970 and its length, by ``year * 13 + month``.

    The calendar is Gregorian; there is no month 0 and no year 0, so that those have no days.
    """
    years = np.arange(10_000)[:, np.newaxis]
    months = (years - 1970) * _MONTHS + np.arange(_MONTHS + 1) - 1
    first = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    lengths = (months + 1).astype("M8[M]").astype("M8[D]").astype(np.int64) - first
    lengths[:, 0] = 0
    lengths[0] = 0
    return first.ravel(), lengths.ravel()


_FIRST_DAYS, _N_DAYS = _calendar()


def _parse_dates(before: _Words, last: _Words) -> tuple[npt.NDArray[np.int64], _Mask]:
    """Read ``YYYY-MM-DD``, of which `before` ends in YY and `last` is YY-MM-DD.

    Returns
    -------
    seconds : int64 array
    is_date : bool array
    """
    dashes = np.uint64(0x0000_FF00_00FF_0000)
    has_dashes = (last & dashes) == np.uint64(0x0000_2D00_002D_0000)
    # Digits only, YYYYMMDD; the first character is the lowest byte.
    digits = (
        before >> np.uint64(48)
        | (last & np.uint64(0xFFFF)) << np.uint64(16)
        | (last >> np.uint64(24) & np.uint64(0xFFFF)) << np.uint64(32)
        | last & np.uint64(0xFFFF << 48)
    )
    has_digits = _is_digits(digits)
    pairs = _pairs(digits).view(np.int64)
    month = pairs >> 32 & 0xFF
    has_month = has_dashes & has_digits & (month <= _MONTHS)
    place = ((pairs & 0xFF) * 100 + (pairs >> 16 & 0xFF)) * (_MONTHS + 1) + month
    place = np.where(has_month, place, 0)
    day = pairs >> 48
    seconds = (_FIRST_DAYS[place] + day - 1) * _DAY_SECONDS
    return seconds, has_month & (day >= 1) & (day <= _N_DAYS[place])


def _time(text: bytes) -> int:
    text = text.strip()
    if _NUMBER.fullmatch(text):
        number = math.floor(Decimal(text.decode("ascii")))
        number = number // 1000 if abs(number) >= MILLISECONDS_FROM else number
        return number if abs(number) < MILLISECONDS_FROM else NO_TIMESTAMP
    try:
        moment = datetime.fromisoformat(text.decode("ascii"))
    except ValueError:
        return NO_TIMESTAMP
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1)
