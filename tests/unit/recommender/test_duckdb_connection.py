import duckdb
import pytest

from recommender.duckdb_connection import Limits, open_duckdb


@pytest.fixture
def connection(tmp_path):
    with open_duckdb(tmp_path / "mine.parquet", limits=Limits(threads=3, memory_mib=64)) as opened:
        yield opened


def test_limits_are_kept(connection):
    names = ("threads", "memory_limit", "autoinstall_known_extensions")
    found = [connection.execute(f"SELECT current_setting('{name}')").fetchone() for name in names]

    assert found == [(3,), ("64.0 MiB",), (False,)]
    with pytest.raises(duckdb.Error, match="locked"):
        connection.execute("SET memory_limit = '1GiB'")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM 's3://bucket/key.parquet'",
        "SELECT * FROM 'https://example.com/key.parquet'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '{folder}/other.parquet'",
    ],
)
def test_nothing_but_the_one_file_is_reached(connection, tmp_path, statement):
    with pytest.raises(duckdb.PermissionException):
        connection.execute(statement.format(folder=tmp_path))

    connection.sql("SELECT 1 AS one").write_parquet(str(tmp_path / "mine.parquet"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.parquet"]


def test_what_is_too_much_for_the_memory_is_spilled_and_removed(tmp_path):
    path = tmp_path / "mine.parquet"
    with open_duckdb(path, limits=Limits(threads=1, memory_mib=24)) as connection:
        connection.execute("CREATE TABLE large AS SELECT range::VARCHAR AS x FROM range(3000000)")
        assert (tmp_path / "mine.parquet.spill").is_dir()

    assert list(tmp_path.iterdir()) == []
