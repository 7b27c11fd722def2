import pytest

from console.schedule_words import in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(1 day)", "every day"),
        ("rate(12 hours)", "every 12 hours"),
        ("at(2027-01-01T00:30:00)", "once, on 2027-01-01 at 00:30"),
        ("cron(0 3 * * ? *)", "every day at 03:00"),
        ("cron(5 14 ? * * *)", "every day at 14:05"),
        ("cron(30 2 ? * SUN *)", "on Sundays at 02:30"),
        ("cron(30 2 ? * 1 *)", "on Sundays at 02:30"),
        ("cron(30 2 ? * mon-fri *)", "Mondays to Fridays at 02:30"),
        ("cron(0 3 1 * ? *)", "on day 1 of each month at 03:00"),
        ("cron(0 3 L * ? *)", "on the last day of each month at 03:00"),
    ],
)
def test_what_is_easy_is_said_in_words(expression, words):
    assert in_words(expression) == words


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0/5 * * * ? *)",
        "cron(0 3 ? * SUN 2031-2099)",
        "cron(0 3 ? 1 SUN *)",
        "cron(0 3 ? * 3#2 *)",
        "cron(0 3 3W * ? *)",
        "cron(0 3 ? * MON,WED *)",
        "rate(1 fortnight)",
        "",
    ],
)
def test_what_is_not_easy_stays_as_it_is(expression):
    assert in_words(expression) == expression
