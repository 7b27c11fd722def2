import calendar
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ratings import numerals
from recommender.ratings.numerals import parse_ratings, parse_timestamps
from recommender.timestamps import NO_TIMESTAMP
from tests.unit.recommender.ratings.reference import rating_of, timestamp_of

NO_TIME = None


def places(texts: list[bytes], between: bytes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put texts one behind the other, as the reader finds them."""
    content = bytes(16) + b"".join(between + text for text in texts) + between + bytes(271)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    ends = 16 + np.cumsum(lengths + len(between))
    return np.frombuffer(content, dtype=np.uint8), ends - lengths, ends


def timestamps(*texts: bytes | str, between: bytes = b"\t") -> list[int | None]:
    encoded = [text.encode() if isinstance(text, str) else text for text in texts]
    found = parse_timestamps(*places(encoded, between))
    assert found.dtype == np.int64
    return [None if seconds == NO_TIMESTAMP else seconds for seconds in found.tolist()]


def ratings(*texts: bytes | str, between: bytes = b"\t") -> list[float | None]:
    encoded = [text.encode() if isinstance(text, str) else text for text in texts]
    found = parse_ratings(*places(encoded, between))
    assert found.dtype == np.float64
    return [None if np.isnan(rating) else rating for rating in found.tolist()]


@pytest.mark.parametrize("between", [b"\t", b"9", b"-", b"0", b"\xff"])
@pytest.mark.parametrize("n_digits", range(1, 21))
def test_digits_are_seconds_or_milliseconds_whatever_lies_around(n_digits, between):
    numbers = [int(f"{n}84729163058274916305"[:n_digits]) for n in range(1, 10)]
    numbers += [10 ** (n_digits - 1), 10**n_digits - 1, 0, 7]
    texts = [str(number).zfill(n_digits) for number in numbers]

    expected = [
        seconds if (seconds := n if n < 10**11 else n // 1000) < 10**11 else NO_TIME
        for n in numbers
    ]
    assert timestamps(*texts, between=between) == expected
    # Among texts of other kinds as well.
    mixed = timestamps(*texts, "", "2015-08-31", "x", between=between)
    assert mixed == [*expected, NO_TIME, 1_440_979_200, NO_TIME]


def test_milliseconds_begin_where_seconds_are_far_in_the_future():
    texts = ["99999999999", "100000000000", "99999999999999", "100000000000000"]

    assert timestamps(*texts) == [99_999_999_999, 100_000_000, 99_999_999_999, NO_TIME]


@pytest.mark.parametrize(
    "text", ["1234567", "12345678", "123456789", "1400025600", "1400025600999", "1234567890123456"]
)
def test_every_byte_that_is_no_digit_is_seen_at_every_place(text):
    broken = [
        text[:at].encode() + bytes([byte]) + text[at + 1 :].encode()
        for at in range(len(text))
        for byte in range(256)
    ]

    assert timestamps(*broken) == [timestamp_of(each) for each in broken]


def test_every_byte_is_seen_at_every_place_of_a_date():
    text = b"2015-08-31"
    broken = [text[:at] + bytes([byte]) + text[at + 1 :] for at in range(10) for byte in range(256)]

    assert timestamps(*broken) == [timestamp_of(each) for each in broken]


YEARS = [*range(1, 10_000, 173), 4, 100, 400, 1600, 1900, 1970, 1972, 1999, 2000, 2015, 2100, 9999]


@pytest.mark.parametrize("year", YEARS)
def test_every_day_of_a_year_is_read_and_no_other(year):
    texts, expected = [], []
    for month in range(14):
        n_days = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
        for day in range(33):
            texts.append(f"{year:04}-{month:02}-{day:02}")
            is_date = 1 <= day <= n_days
            midnight = datetime(year, month, day, tzinfo=UTC) if is_date else None
            expected.append(int(midnight.timestamp()) if midnight else NO_TIME)

    assert timestamps(*texts) == expected


def test_a_day_of_every_year_is_read():
    days = [datetime(year, 1 + year % 12, 1 + year % 28, tzinfo=UTC) for year in range(1, 10_000)]

    found = timestamps(*(f"{day:%m-%d}".join([f"{day.year:04}-", ""]) for day in days))

    assert found == [int(day.timestamp()) for day in days]


def test_the_last_day_of_february_depends_on_the_year():
    assert timestamps("2016-02-29", "2015-02-29", "1900-02-29", "2000-02-29") == [
        1_456_704_000,
        NO_TIME,
        NO_TIME,
        951_782_400,
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2015-08-31T10:11:12", 1_441_015_872),
        ("2015-08-31 10:11:12", 1_441_015_872),
        ("2015-08-31T10:11:12Z", 1_441_015_872),
        ("2015-08-31T10:11:12+02:00", 1_441_008_672),
        ("2015-08-31T10:11:12-05:30", 1_441_035_672),
        ("2015-08-31T10:11:12.999999", 1_441_015_872),
        ("1969-12-31T23:59:59.5", -1),
        ("1969-12-31T23:59:58.5Z", -2),
        (" 2015-08-31 ", 1_440_979_200),
        ("0001-01-01T00:00:00+23:59", -62_135_683_140),
        ("9999-12-31T23:59:59-23:59", 253_402_387_139),
        ("9999-12-31T23:59:59.999999", 253_402_300_799),
        ("-1", -1),
        ("-0", 0),
        ("+5", 5),
        (" 881250949 ", 881_250_949),
        ("-1400025600001", -1_400_025_601),
        ("978300760.0", 978_300_760),
        ("978300760.9", 978_300_760),
        ("-1.5", -2),
        ("9.78300760E8", 978_300_760),
        ("1e11", 100_000_000),
        (".5", 0),
        ("5.", 5),
        ("0.99999999999999999999", 0),
        ("0" * 200 + "7", 7),
    ],
)
def test_other_times_are_read_one_by_one(text, seconds):
    assert timestamps(text) == [seconds]
    assert timestamps("1", text, "2015-08-31") == [1, seconds, 1_440_979_200]


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "soon", "nan", "inf", "-inf", "1e", "e5", "1_0", "0x10", "--1", "+", "-", "."),
        *("1e14", "-1e14", "1e15", "1e400", "-1e400", "9" * 17, "9" * 255, "9" * 256, "1" * 300),
        *("2015-8-31", "2015/08/31", "31-08-2015", "2015-08-31x", "2015-13-01", "0000-01-01"),
        *("2015-08-31T25:00:00", "2015-08-31T10:11:12+25:00", "10000-01-01", "-001-01-01"),
        *("٣", b"\xff", b"2015-08-3\xff", b"1\x80"),
    ],
)
def test_what_is_no_time_is_missing(text):
    assert timestamps(text) == [NO_TIME]
    assert timestamps("1", text, "2015-08-31") == [1, NO_TIME, 1_440_979_200]


def test_what_is_usual_is_not_read_one_by_one(monkeypatch):
    monkeypatch.setattr(numerals, "_time", lambda text: pytest.fail(f"{text} is"))
    days = [f"{year}-{1 + year % 12:02}-{1 + year % 28:02}" for year in range(1000, 3000)]
    seconds = [str(10**n + n) for n in range(16)]

    assert NO_TIME not in timestamps(*days)
    assert timestamps(*days, *seconds, "", "0", "9" * 16)[-3:] == [NO_TIME, 0, NO_TIME]
    assert timestamps("9999-12-31", "0001-01-01") == [253_402_214_400, -62_135_596_800]


def test_there_may_be_no_times_at_all():
    assert timestamps() == []
    assert ratings() == []


TIME_PIECES = st.sampled_from(
    ["1", "9", "0", "12345678", "-", "-08-", "2015", ":", "T", "Z", "+", ".", "e", "E", " ", "\x80"]
)


@settings(deadline=None)
@given(texts=st.lists(st.lists(TIME_PIECES, max_size=6).map("".join), max_size=6))
def test_any_texts_are_read_as_times_one_by_one(texts):
    encoded = [text.encode("latin-1") for text in texts]

    assert timestamps(*encoded) == [timestamp_of(text) for text in encoded]


def test_every_single_byte_is_a_digit_or_no_rating():
    texts = [bytes([byte]) for byte in range(256)]
    expected = [float(text) if text.isdigit() else None for text in texts]

    assert ratings(*texts) == expected
    assert ratings(*texts, "4.5") == [*expected, 4.5]


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        *(("5", 5.0), ("4.5", 4.5), ("0.50", 0.5), ("5.", 5.0), (".5", 0.5), ("+3", 3.0)),
        *(
            ("-1", -1.0),
            (" 4 ", 4.0),
            ("4\r", 4.0),
            ("4e0", 4.0),
            ("45E-1", 4.5),
            ("1e400", np.inf),
        ),
        *(("0" * 254 + "4", 4.0), ("4." + "0" * 253, 4.0), ("4.0000000000000000001", 4.0)),
        ("1e400", np.inf),
    ],
)
def test_decimal_numbers_are_ratings(text, rating):
    assert ratings(text) == [rating]
    assert ratings("3", text, "3") == [3.0, rating, 3.0]


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "+", "-", "e", "e1", "4e", "4e1000", "--4", "4.5.6", "4,5", "4 5", "1_0"),
        *("nan", "NaN", "inf", "-Infinity", "0x4", "four", "٤", b"\xff", b"4\x80", "0" * 255 + "4"),
    ],
)
def test_what_is_no_decimal_number_is_no_rating(text):
    assert ratings(text) == [None]
    assert ratings("3", text, "3") == [3.0, None, 3.0]


@settings(deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from("0459.+-eE n\x80"), max_size=6).map("".join), max_size=8
    )
)
def test_any_texts_are_read_as_ratings_one_by_one(texts):
    encoded = [text.encode("latin-1") for text in texts]

    assert ratings(*encoded) == [rating_of(text) for text in encoded]


@settings(deadline=None)
@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=8))
def test_ratings_are_exact(values):
    assert ratings(*map(repr, values)) == values


@given(
    runs=st.lists(
        st.tuples(
            st.sampled_from(
                ["2015-08-31", "1440979200", "1440979200000", "", "x", "2015-08-31T10:00:00+02:00",
                 "2014-08-31T10:00:00+02:00", "12015-08-31", "015-08-31", "0" * 17 + "1"]
            ),
            st.integers(1, 40),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_times_that_repeat_are_read_like_any_other(runs: list[tuple[str, int]]) -> None:
    texts = [text for text, n in runs for _ in range(n)]

    assert timestamps(*texts) == [timestamps(text)[0] for text in texts]
