"""MovieLens-100K: fetched once, by hash, into a cache."""

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from console import datasets
from console.errors import DataUnavailableError


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Let pip find packages in an empty folder only."""
    links = tmp_path / "links"
    links.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return links


def make_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put two small files where the data set is expected, and expect just these."""
    folder = cache / "ml-100k"
    folder.mkdir(parents=True)
    digests = {}
    for name in ("ml-100k.inter", "ml-100k.item"):
        (folder / name).write_text(f"content of {name}")
        digests[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(datasets, "_FILES", digests)
    return folder


def test_cache_folder_follows_the_environment(tmp_path):
    assert datasets.cache_folder({"RECOMMENDER_CACHE": str(tmp_path)}) == tmp_path
    if sys.platform.startswith("linux"):
        xdg = datasets.cache_folder({"XDG_CACHE_HOME": str(tmp_path)})
        assert xdg == tmp_path / "video-recommender"
        assert datasets.cache_folder({}) == Path.home() / ".cache" / "video-recommender"


def test_intact_cache_needs_no_network(tmp_path, monkeypatch, offline):
    folder = make_cache(tmp_path / "cache", monkeypatch)

    assert datasets.movielens_100k(tmp_path / "cache") == (folder / "ml-100k.inter", False)


@pytest.mark.parametrize("damage", [b"", b"other content"])
def test_damaged_cache_is_not_used(tmp_path, monkeypatch, offline, damage):
    folder = make_cache(tmp_path / "cache", monkeypatch)
    (folder / "ml-100k.item").write_bytes(damage)

    with pytest.raises(DataUnavailableError):
        datasets.movielens_100k(tmp_path / "cache")


def test_without_network_and_cache_one_line_offers_own_ratings(tmp_path, offline):
    with pytest.raises(DataUnavailableError, match="--data PATH") as raised:
        datasets.movielens_100k(tmp_path / "cache")

    assert "\n" not in str(raised.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_package_with_another_hash_is_refused(tmp_path, offline):
    with zipfile.ZipFile(offline / "recbole-1.2.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("recbole/dataset_example/ml-100k/ml-100k.inter", "user_id:token")

    with pytest.raises(DataUnavailableError, match=r"(?i)hash"):
        datasets.movielens_100k(tmp_path / "cache")


def test_member_with_another_hash_is_refused(tmp_path):
    wheel = tmp_path / "recbole.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("ml-100k.inter", "ml-100k.item"):
            archive.writestr(f"recbole/dataset_example/ml-100k/{name}", "tampered")

    with pytest.raises(DataUnavailableError, match="sha256"):
        datasets._unpack(wheel, tmp_path / "out")


def test_cache_that_cannot_be_written_is_named(tmp_path, offline):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")

    with pytest.raises(DataUnavailableError, match="RECOMMENDER_CACHE"):
        datasets.movielens_100k(blocked)


@pytest.mark.slow
def test_real_package_holds_the_expected_files(tmp_path):
    try:
        path, fetched = datasets.movielens_100k(tmp_path)
    except DataUnavailableError as error:
        pytest.skip(f"needs a package index: {error}")

    assert fetched
    assert path.read_bytes().count(b"\n") == 100_001
    assert datasets.movielens_100k(tmp_path) == (path, False)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["ml-100k"]
