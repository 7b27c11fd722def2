"""Who prepares the ratings, and what is said about it."""

import pytest

from lambdas.resolve_run.preparation_route import choose_route

FOUND = "about 100,000 ratings"


@pytest.mark.parametrize(
    ("wanted", "spark_min_rows", "route", "reason"),
    [
        ("auto", 100_001, "lambda", f"{FOUND}: functions take fewer than 100,001"),
        ("auto", 100_000, "glue", f"{FOUND}: Spark takes 100,000 and more"),
        ("lambda", 1, "lambda", f"the input says so, for {FOUND}"),
        ("glue", 10**9, "glue", f"the input says so, for {FOUND}"),
    ],
)
def test_the_route_follows_from_the_input_or_from_the_size(wanted, spark_min_rows, route, reason):
    chosen = choose_route(wanted, 100_000, spark_min_rows=spark_min_rows)

    assert (chosen.route, chosen.reason) == (route, reason)


@pytest.mark.parametrize(("n_rows", "route"), [(999, "lambda"), (1_000, "glue")])
def test_the_function_counts_what_is_there(bucket, resolve_with_preflight, n_rows, route):
    bucket.put("raw/ratings/a.data", b"196\t242\t3\t881250949\n" * (n_rows - 1))
    bucket.put("raw/ratings/b.data", b"196\t242\t3\t881250949\n")

    found = resolve_with_preflight()["preparation"]

    assert found["route"] == route
    assert found["reason"].startswith(f"about {n_rows:,} ratings: ")


def test_the_input_decides_if_it_says_so(bucket, resolve_with_preflight):
    bucket.put("raw/ratings", b"196\t242\t3\t881250949\n")

    assert resolve_with_preflight(preparation="glue")["preparation"]["route"] == "glue"
