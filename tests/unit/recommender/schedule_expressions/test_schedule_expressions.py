"""When schedules fire: known answers, a slow reference, changed clocks, and what is refused."""

import calendar
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from recommender.schedule_expressions import (
    ScheduleExpressionError,
    parse,
    parse_time_zone,
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")  # 2026: forward on 29 March, back on 25 October
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def times(expression, begin, n, zone="UTC", start=LONG_AGO):
    """Give the next `n` times in the zone's wall clock."""
    found, moment = [], begin
    for _ in range(n):
        moment = parse(expression).next_after(moment, zone=ZoneInfo(zone), start=start)
        if moment is None:
            break
        found.append(moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-11-22 10:00", "2026-11-23 10:00"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-11-23 18:00", "2026-11-24 18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-12-01 08:00", "2027-01-01 08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-11-22 06:45", "2026-11-22 07:00"]),
        ("cron(50-59/5 6 * * ? *)", ["2026-11-22 06:50", "2026-11-22 06:55"]),
        ("cron(0 0 L * ? *)", ["2026-11-30 00:00", "2026-12-31 00:00"]),
        ("cron(0 0 L FEB ? 2028)", ["2028-02-29 00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        # Sundays: 1 and 15 August, 31 January 2027. Saturdays: 1 May, 14 August 2027.
        ("cron(0 0 1W AUG ? 2027)", ["2027-08-02 00:00"]),
        ("cron(0 0 31W JAN ? 2027)", ["2027-01-29 00:00"]),
        ("cron(0 0 1W MAY ? 2027)", ["2027-05-03 00:00"]),
        ("cron(0 0 15W AUG ? 2027)", ["2027-08-16 00:00"]),
        ("cron(0 0 14W AUG ? 2027)", ["2027-08-13 00:00"]),
        ("cron(0 0 16W AUG ? 2027)", ["2027-08-16 00:00"]),
        ("cron(0 0 31W * ? *)", ["2026-12-31 00:00", "2027-01-29 00:00", "2027-03-31 00:00"]),
        ("cron(0 0 ? * 3#2 *)", ["2026-12-08 00:00", "2027-01-12 00:00"]),
        ("cron(0 0 ? * TUE#5 *)", ["2026-12-29 00:00", "2027-03-30 00:00"]),
        ("cron(15 10 ? * 6L 2027-2028)", ["2027-01-29 10:15", "2027-02-26 10:15"]),
        ("cron(0 0 ? * L *)", ["2026-11-28 00:00", "2026-12-05 00:00"]),
        ("cron(0 0 ? * SUN,WED *)", ["2026-11-25 00:00", "2026-11-29 00:00"]),
        ("cron(30 6 22 11 ? 2026)", []),
        ("cron(31 6 22 11 ? 2026)", ["2026-11-22 06:31"]),
        ("cron(0 0 1 1 ? 2025)", []),
        ("at(2026-12-24T18:00:00)", ["2026-12-24 18:00"]),
        ("at(2026-11-22T06:30:00)", []),
    ],
)
def test_known_times(expression: str, expected: list[str]) -> None:
    begin = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
    assert times(expression, begin, max(len(expected), 1)) == expected


@pytest.mark.parametrize(("unit", "seconds"), [("minute", 60), ("hour", 3600), ("day", 86400)])
def test_rates_count_from_the_start(unit: str, seconds: int) -> None:
    start = datetime(2026, 3, 28, 12, 0, 7, 250_000, tzinfo=UTC)
    rate = parse(f"rate(3 {unit}s)")
    before = start - timedelta(days=9)

    first = rate.next_after(before, zone=BERLIN, start=start)
    second = rate.next_after(start, zone=BERLIN, start=start)

    assert first == start
    assert second == start + timedelta(seconds=3 * seconds)  # also over the change of clocks
    assert rate.next_after(second - timedelta(seconds=1), zone=BERLIN, start=start) == second
    assert parse(f"rate(1 {unit})") == parse(f"rate(1 {unit}s)")


def test_rates_beyond_the_calendar_never_come() -> None:
    start = datetime(9000, 1, 1, tzinfo=UTC)

    assert parse("rate(999999 days)").next_after(start, zone=UTC, start=start) is None


def test_time_that_the_clock_skips_is_left_out() -> None:
    # 29 March 2026: 02:00 becomes 03:00.
    begin = datetime(2026, 3, 28, 12, tzinfo=UTC)
    expected = ["2026-03-30 02:30", "2026-03-31 02:30"]
    assert times("cron(30 2 * * ? *)", begin, 2, "Europe/Berlin") == expected
    assert times("cron(0/30 1-3 29 3 ? 2026)", begin, 9, "Europe/Berlin") == [
        "2026-03-29 01:00",
        "2026-03-29 01:30",
        "2026-03-29 03:00",
        "2026-03-29 03:30",
    ]


def test_time_that_the_clock_passes_twice_fires_once_and_the_first_time() -> None:
    # 25 October 2026: 03:00 becomes 02:00.
    cron = parse("cron(30 2 * * ? *)")
    first = cron.next_after(datetime(2026, 10, 24, 12, tzinfo=UTC), zone=BERLIN, start=LONG_AGO)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = cron.next_after(first, zone=BERLIN, start=LONG_AGO)
    assert second == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_single_times_when_clocks_change() -> None:
    skipped = parse("at(2026-03-29T02:30:00)").next_after(LONG_AGO, zone=BERLIN, start=LONG_AGO)
    twice = parse("at(2026-10-25T02:30:00)").next_after(LONG_AGO, zone=BERLIN, start=LONG_AGO)

    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 in Berlin
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_single_time_does_not_wait_for_the_start() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    at = parse("at(2026-12-24T18:00:00)")

    assert at.next_after(begin, zone=UTC, start=datetime(2027, 1, 1, tzinfo=UTC)) is not None


def test_nothing_fires_before_the_start() -> None:
    start = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC)
    begin = datetime(2026, 11, 22, tzinfo=UTC)

    assert times("cron(0 10 * * ? *)", begin, 1, start=start) == ["2026-11-24 10:00"]
    on_time = start.replace(second=0)
    assert times("cron(0 10 * * ? *)", begin, 1, start=on_time) == ["2026-11-23 10:00"]


# --- The reference: looks at every minute, and tells of each whether it matches. ---

WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
MONTHS = [name.upper() for name in calendar.month_abbr]


def number(text: str, names: list[str], offset: int) -> int:
    return names.index(text) + offset if text in names else int(text)


def matches(text: str, value: int, names: list[str], offset: int) -> bool:
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        begin = 0 if first == "*" else number(first, names, offset)
        if first == "*":
            begin = 1 if names else 0
        end = number(last, names, offset) if dash else (9999 if step or first == "*" else begin)
        if begin <= value <= end and (value - begin) % int(step or 1) == 0:
            return True
    return False


def day_matches(day_of_month: str, day_of_week: str, local: datetime) -> bool:
    length = calendar.monthrange(local.year, local.month)[1]
    weekday = local.isoweekday() % 7 + 1
    if day_of_month == "L":
        return local.day == length
    if day_of_month.endswith("W"):
        wanted = int(day_of_month[:-1])
        working = [d for d in range(1, length + 1) if local.replace(day=d).isoweekday() < 6]
        return wanted <= length and local.day == min(working, key=lambda d: abs(d - wanted))
    if "#" in day_of_week:
        name, _, nth = day_of_week.partition("#")
        return weekday == number(name, WEEKDAYS, 1) and (local.day + 6) // 7 == int(nth)
    if day_of_week == "L":
        return weekday == 7
    if day_of_week.endswith("L"):
        return weekday == number(day_of_week[:-1], WEEKDAYS, 1) and local.day + 7 > length
    if day_of_month == "?":
        return day_of_week == "*" or matches(day_of_week, weekday, WEEKDAYS, 1)
    if day_of_month.startswith("*/"):
        return (local.day - 1) % int(day_of_month[2:]) == 0
    return day_of_month == "*" or matches(day_of_month, local.day, [], 1)


def slow_times(expression: str, begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    fields = re.fullmatch(r"cron\((.*)\)", expression)[1].split()
    found, moment = [], begin
    while moment < end:
        moment += timedelta(minutes=1)
        local = moment.astimezone(zone)
        if (
            local.fold == 0
            and matches(fields[0], local.minute, [], 0)
            and matches(fields[1], local.hour, [], 0)
            and matches(fields[3], local.month, MONTHS, 0)
            and matches(fields[5], local.year, [], 0)
            and day_matches(fields[2], fields[4], local)
        ):
            found.append(moment)
    return found


def field_texts(low: int, high: int, names: tuple[str, ...] = (), steps: bool = True):
    values = st.integers(low, high).map(str)
    if names:
        values |= st.sampled_from(names)
    ranges = st.tuples(st.integers(low, high), st.integers(low, high)).map(
        lambda pair: f"{min(pair)}-{max(pair)}"
    )
    items = [values, ranges]
    if steps:
        step = st.integers(1, max(high // 2, 1))
        items.append(st.tuples(values, step).map(lambda pair: f"{pair[0]}/{pair[1]}"))
        items.append(st.tuples(ranges, step).map(lambda pair: f"{pair[0]}/{pair[1]}"))
        items.append(step.map(lambda n: f"*/{n}"))
    return st.just("*") | st.lists(st.one_of(items), min_size=1, max_size=3).map(",".join)


WEEKDAY = st.integers(1, 7).map(str) | st.sampled_from(WEEKDAYS)
DAYS_OF_MONTH = field_texts(1, 31).filter(lambda text: "," not in text or "*" not in text) | (
    st.just("L") | st.integers(1, 31).map(lambda day: f"{day}W")
)
DAYS_OF_WEEK = (
    field_texts(1, 7, tuple(WEEKDAYS), steps=False)
    | st.just("L")
    | WEEKDAY.map(lambda day: f"{day}L")
    | st.tuples(WEEKDAY, st.integers(1, 5)).map(lambda pair: f"{pair[0]}#{pair[1]}")
)
DAYS = st.one_of(DAYS_OF_MONTH.map(lambda t: (t, "?")), DAYS_OF_WEEK.map(lambda t: ("?", t)))


@st.composite
def crons(draw):
    day_of_month, day_of_week = draw(DAYS)
    minutes, hours = draw(field_texts(0, 59)), draw(field_texts(0, 23))
    month = draw(st.just("*") | field_texts(1, 12, tuple(MONTHS[1:]), steps=False))
    return f"cron({minutes} {hours} {day_of_month} {month} {day_of_week} *)"


# Four days around every change of clocks that the zones had in 2026, and any other days.
CHANGES = (datetime(2026, 3, 28), datetime(2026, 10, 24), datetime(2026, 3, 7))
BEGINS = st.sampled_from(CHANGES) | st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1))


@settings(max_examples=60, deadline=None)
@given(expression=crons(), begin=BEGINS, zone=st.sampled_from(ZONES))
@example("cron(*/7 * * * ? *)", datetime(2026, 10, 24, 12), "Europe/Berlin")
@example("cron(*/7 * * * ? *)", datetime(2026, 3, 28, 12), "Europe/Berlin")
@example("cron(*/7 * ? * * *)", datetime(2026, 4, 4), "Australia/Lord_Howe")
@example("cron(*/7 1-3 ? * SUN#1 *)", datetime(2026, 10, 31), "America/New_York")
def test_cron_agrees_with_the_slow_reference(expression: str, begin: datetime, zone: str) -> None:
    begin = begin.replace(second=0, microsecond=0, tzinfo=UTC)
    end = begin + timedelta(days=2)
    try:
        cron = parse(expression)
    except ScheduleExpressionError:  # such as day 31 of June only
        assume(False)
    found, moment = [], begin
    while (moment := cron.next_after(moment, zone=ZoneInfo(zone), start=LONG_AGO)) <= end:
        found.append(moment)

    assert found == slow_times(expression, begin, end, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("expression", "problems"),
    [
        ("0 3 * * ? *", ["expected cron(...), rate(...) or at(...)"]),
        ("every(5 minutes)", ["expected cron(...), rate(...) or at(...)"]),
        ("cron(0 3 * * *)", ["expected the six fields", "found 5"]),
        ("cron(60 24 32 13 ? 1969)", ["minutes: expected 0-59, found '60'", "hours", "month: ",
                                      "day-of-month: expected 1-31, found '32'", "year: "]),
        ("cron(0 3 * * * *)", ["expected ? in exactly one of them, found '*' and '*'"]),
        ("cron(0 3 ? * ? *)", ["expected ? in exactly one of them"]),
        ("cron(0 3 ? * MON-FRI/2 *)", ["day-of-week: steps (/) are not known here"]),
        ("cron(0 3 ? * FRI-MON *)", ["expected a range from low to high, found 'FRI-MON'"]),
        ("cron(0 3 ? * 3#6 *)", ["expected one DAY#1 to DAY#5"]),
        ("cron(0 3 ? * 3#1,6#3 *)", ["expected one DAY#1 to DAY#5"]),
        ("cron(0 3 ? * 0 *)", ["day-of-week: expected 1-7 or SUN-SAT, found '0'"]),
        ("cron(0 3 1,L * ? *)", ["day-of-month: expected 1-31, found 'L'"]),
        ("cron(0/0 3 * * ? *)", ["minutes: expected a step of 1-59, found '0'"]),
        ("cron(0/60 3 * * ? *)", ["minutes: expected a step of 1-59, found '60'"]),
        ("cron(1/ 3 * * ? *)", ["minutes: expected a step"]),
        ("cron(,1 3 * * ? *)", ["minutes: expected values such as"]),
        ("cron(*-5 3 * * ? *)", ["minutes: expected values such as"]),
        ("cron(٣ 3 * * ? *)", ["minutes: expected 0-59"]),
        ("cron(0 0 30 FEB ? *)", ["expected a day that exists"]),
        ("cron(0 0 29 2 ? 2027)", ["expected a day that exists"]),
        ("rate(0 days)", ["expected rate(VALUE"]),
        ("rate(1.5 hours)", ["expected rate(VALUE"]),
        ("rate(5 weeks)", ["expected rate(VALUE"]),
        ("at(2026-02-29T00:00:00)", ["of a time that exists"]),
        ("at(2026-02-28)", ["expected at(YYYY-MM-DDTHH:MM:SS)"]),
        ("at(2026-02-28T00:00:00Z)", ["expected at(YYYY-MM-DDTHH:MM:SS)"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_all_at_once_in_one_line(
    expression: str, problems: list[str]
) -> None:
    with pytest.raises(ScheduleExpressionError) as caught:
        parse(expression)

    message = str(caught.value)
    assert [problem for problem in problems if problem not in message] == []
    assert "\n" not in message


@given(st.text(max_size=40) | st.from_regex(r"(cron|rate|at)\([0-9*?/,LW#A-Z -]{0,30}\)"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ScheduleExpressionError:
        return
    expression.next_after(LONG_AGO, zone=BERLIN, start=LONG_AGO)


@pytest.mark.parametrize("name", ["Mars/Olympus", "europe/berlin", "", "../etc/passwd", "CEST+1"])
def test_unknown_time_zones_are_refused(name: str) -> None:
    with pytest.raises(ScheduleExpressionError, match="expected a time zone such as"):
        parse_time_zone(name)


def test_known_time_zones_are_found() -> None:
    assert parse_time_zone("Europe/Berlin") is BERLIN
