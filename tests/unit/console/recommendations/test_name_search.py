"""Searching by words: case, accents, order, rank, bounds."""

import numpy as np
import pytest

from console.recommendations.name_search import MAX_QUERY_CHARACTERS, NameSearch, fold

TITLES = [
    "Alien (1979)",
    "Aliens (1986)",
    "Alien 3 (1992)",
    "My Stepmother Is an Alien (1988)",
    "Inalienable (2008)",
    "Amélie (2001)",
    "Matrix, The (1999)",
    "???",
]


def find(query: str, *, limit: int = 10, weights=None, titles=TITLES) -> list[str]:
    search = NameSearch(((title,) for title in titles), weights)
    return [titles[number] for number in search.find(query, limit).hits]


def test_best_first():
    titles = ["Inalienable", "My Alien", "Aliens", "Alien"]

    assert find("alien", titles=titles) == ["Alien", "Aliens", "My Alien", "Inalienable"]


@pytest.mark.parametrize(
    "query", ["amelie", "AMÉLIE", "  Ame\u0301lie ", "am\u202elie"[:2] + "élie"]
)
def test_case_accents_and_blanks_do_not_matter(query):
    assert find(query) == ["Amélie (2001)"]


@pytest.mark.parametrize(
    "query", ["the matrix", "Matrix, The (1999)", "1999 matr", "(the) 'matrix'"]
)
def test_words_are_found_in_any_order(query):
    assert find(query) == ["Matrix, The (1999)"]


def test_all_words_have_to_be_there():
    assert find("alien matrix") == []


def test_words_begin_before_they_are_contained():
    titles = ["Overstarring Warsaw", "Wars of Stars", "Star Wars"]

    assert find("star wars", titles=titles) == ["Star Wars", "Wars of Stars", "Overstarring Warsaw"]


def test_equals_come_by_weight_then_by_number():
    assert find("alien", weights=np.array([1, 5, 9, 7, 8, 0, 0, 0])) == [
        "Alien 3 (1992)",
        "Aliens (1986)",
        "Alien (1979)",
        "My Stepmother Is an Alien (1988)",
        "Inalienable (2008)",
    ]


def test_hits_are_bounded_and_counted():
    found = NameSearch((title,) for title in TITLES).find("alien", 2)

    assert (len(found.hits), found.total, found.more) == (2, 5, 3)


def test_any_name_of_a_thing_finds_it():
    search = NameSearch([("Alien", "tt-01"), ("Aliens", "tt-02")])

    assert search.find("TT-02", 5).hits == (1,)
    assert search.find("tt02", 5).hits == ()  # not across a sign
    assert search.find("alien tt 01", 5).hits == (0,)


@pytest.mark.parametrize("query", ["", "  ", "\n", "\u202e"])
def test_nothing_finds_nothing(query):
    assert find(query) == []


def test_names_without_letters_are_found_by_what_they_are():
    assert find("??") == ["???"]


def test_hidden_characters_hide_no_title():
    assert find("alien", titles=["A\u200blien", "\u202eAlien"]) == ["A\u200blien", "\u202eAlien"]


@pytest.mark.parametrize("sign", [".*", "[", "\\", "\x00", "(", "\ud800"])
def test_signs_mean_nothing(sign):
    assert find(f"{sign}matrix{sign}") == ["Matrix, The (1999)"]


def test_only_the_beginning_of_a_long_query_counts():
    beginning = ("alien 1979" + " " * MAX_QUERY_CHARACTERS)[:MAX_QUERY_CHARACTERS]

    assert find(beginning + "matrix") == ["Alien (1979)"]


def test_near_gives_hits_or_the_longest_beginning_that_helps():
    search = NameSearch((name,) for name in ["customer-17", "customer-18", "guest-1"])

    assert search.near("17", 5) == (0,)
    assert search.near("customer-19", 5) == (0, 1)
    assert search.near("customer-19", 1) == (0,)
    assert search.near("guests", 5) == (2,)
    assert search.near("xyz", 5) == ()
    assert search.near("", 5) == ()


def test_fold():
    assert fold("Straße_NACH  Zürich!") == "strasse nach zurich"
    assert fold("A1B2") == "a1b2"
