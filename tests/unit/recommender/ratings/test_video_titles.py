import numpy as np
import pytest

from recommender.rating_formats import DIALECTS
from recommender.ratings import identifiers, video_titles
from recommender.ratings.blocks import RatingsLayout, parse_block
from recommender.ratings.fields import FieldLayout
from recommender.ratings.identifiers import IdentifierChunks
from recommender.ratings.video_titles import VideoTitles
from recommender.ratings.words import concatenate

LAYOUT = RatingsLayout(
    FieldLayout(4, (0, 1, 2, 3), "\t", quoting=False),
    ("customer_id", "video_id", "rating", "title"),
    DIALECTS["movielens-inter"].rating_range,
)


class Films:
    """Titles, with the ids that a reader would have collected beside."""

    def __init__(self) -> None:
        self.titles = VideoTitles()
        self._videos = []

    def add(self, *pairs: tuple[str, str | bytes]) -> None:
        lines = [
            b"C\t%s\t5\t%s\n"
            % (video.encode(), title if isinstance(title, bytes) else title.encode())
            for video, title in pairs
        ]
        block = parse_block(b"".join(lines), LAYOUT)
        self.titles.add_block(block)
        self._videos.append(block.videos)

    def found(self) -> dict[str, str | None]:
        chunks = IdentifierChunks()
        chunks.append(concatenate(self._videos))
        videos, _ = chunks.merge()
        batches = self.titles.of(videos, np.arange(len(videos)))
        return {
            video: title
            for ids, titles in batches
            for video, title in zip(ids, titles, strict=True)
        }


@pytest.fixture
def films() -> Films:
    return Films()


def test_the_first_title_of_a_video_is_kept(films):
    films.add(("a", "First"), ("b", "Other"), ("a", "Second"))
    films.add(("a", "Third"), ("c", "New"))

    assert films.found() == {"a": "First", "b": "Other", "c": "New"}


def test_a_title_that_is_missing_at_first_is_still_found(films):
    films.add(("a", ""), ("b", ""), ("b", "Late"))
    films.add(("a", "Later"), ("c", ""))
    films.add(("a", ""))

    assert films.found() == {"a": "Later", "b": "Late", "c": None}


def test_a_titles_file_gives_what_the_ratings_lack(films):
    films.add(("a", "Own"), ("b", ""), ("c", ""))
    films.titles.add_table({"a": "Beside", "b": "Beside", "x": "Nobody rated it"})

    assert films.found() == {"a": "Own", "b": "Beside", "c": None}


def test_an_earlier_titles_file_wins(films):
    films.add(("a", ""), ("b", ""))
    films.titles.add_table({"a": "Early"})
    films.titles.add_table({"a": "Late", "b": "Late"})

    assert films.found() == {"a": "Early", "b": "Late"}


def test_ids_and_titles_may_be_of_any_script(films):
    films.add(("羅生門-ein-langer-Name", "羅生門 (1950)"), ("é", b"\xffAm\xe9lie"))

    assert films.found() == {"羅生門-ein-langer-Name": "羅生門 (1950)", "é": "\ufffdAm\ufffdlie"}


def test_files_without_titles_change_nothing(films):
    films.add(("a", "Own"))
    layout = RatingsLayout(
        FieldLayout(3, (0, 1, 2), "\t", quoting=False), LAYOUT.names[:3], LAYOUT.rating_range
    )
    films.titles.add_block(parse_block(b"C\ta\t5\n", layout))

    assert films.found() == {"a": "Own"}


def test_titles_of_rejected_rows_do_not_count(films):
    films.titles.add_block(parse_block(b"C\ta\t9\tOut of range\n", LAYOUT))
    films.add(("a", "Own"))

    assert films.found() == {"a": "Own"}


def test_titles_are_given_batch_by_batch(films, monkeypatch):
    monkeypatch.setattr(identifiers, "_BATCH", 2)
    titles = {f"B{number}": f"Title {number}" for number in range(7)}
    films.add(*titles.items())

    assert films.found() == titles


@pytest.mark.parametrize("bits", [1, 4])
def test_videos_that_share_a_place_lose_nothing(bits, monkeypatch):
    monkeypatch.setattr(video_titles, "_CACHE_BITS", bits)
    monkeypatch.setattr(video_titles, "_SHIFT", np.uint64(64 - bits))
    films = Films()
    rng = np.random.default_rng(bits)
    first: dict[str, str] = {}
    for block in range(30):
        pairs = [
            (f"B{video:09d}", "" if rng.random() < 0.3 else f"Title {block}")
            for video in rng.integers(0, 200, 50)
        ]
        for video, title in pairs:
            if title:
                first.setdefault(video, title)
        films.add(*pairs)

    found = films.found()

    assert len(first) > 190
    assert {video: title for video, title in found.items() if title} == first


def test_a_title_that_is_known_is_not_looked_at_again(films):
    films.add(*[(f"B{video}", f"Title {video}") for video in range(100)])
    kept = dict(films.titles._by_hash)
    assert len(kept) == 100

    films.add(*[(f"B{video}", "Other") for video in range(100)] * 10)

    assert films.titles._by_hash == kept
