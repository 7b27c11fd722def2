"""DuckDB's reader and SQL on all processors; the result is like ours."""

from itertools import pairwise
from pathlib import Path

import duckdb

from benchmarks.measuring import Outcome

_TYPES = {
    "marketplace": "VARCHAR",
    "customer_id": "INTEGER",
    "review_id": "VARCHAR",
    "product_id": "VARCHAR",
    "product_parent": "VARCHAR",
    "product_title": "VARCHAR",
    "product_category": "VARCHAR",
    "star_rating": "FLOAT",
    "helpful_votes": "VARCHAR",
    "total_votes": "VARCHAR",
    "vine": "VARCHAR",
    "verified_purchase": "VARCHAR",
    "review_headline": "VARCHAR",
    "review_body": "VARCHAR",
    "review_date": "DATE",
}
_READ = """
    CREATE TABLE ratings AS
    SELECT customer_id, product_id, arg_max(star_rating, review_date) AS rating,
           epoch(max(review_date))::BIGINT AS timestamp, any_value(product_title) AS title,
           count(*) AS n_rows
    FROM read_csv($path, delim = '\t', quote = '', escape = '', header = true,
                  columns = $columns)
    GROUP BY ALL
    """
_STATEMENTS = (
    """
    CREATE TABLE kept AS
    SELECT * FROM ratings
    SEMI JOIN (FROM ratings SELECT customer_id GROUP BY ALL HAVING count(*) >= 5)
        USING (customer_id)
    SEMI JOIN (FROM ratings SELECT product_id GROUP BY ALL HAVING count(*) >= 10)
        USING (product_id)
    """,
    """
    CREATE TABLE customers AS
    SELECT customer_id, (row_number() OVER (ORDER BY customer_id) - 1)::INTEGER AS user_index
    FROM (SELECT DISTINCT customer_id FROM kept)
    """,
    """
    CREATE TABLE videos AS
    SELECT product_id, any_value(title) AS title,
           (row_number() OVER (ORDER BY product_id) - 1)::INTEGER AS item_index
    FROM kept GROUP BY product_id
    """,
)
_SHUFFLED = """
    SELECT user_index, item_index, rating, timestamp
    FROM kept JOIN customers USING (customer_id) JOIN videos USING (product_id)
    ORDER BY hash(user_index, item_index, 1)
"""


def prepare(path: Path) -> Outcome:
    """Read five columns, drop duplicates, filter, number, split at random with a seed."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(_READ, {"path": str(path), "columns": _TYPES})
        for statement in _STATEMENTS:
            connection.execute(statement)
        ratings = connection.execute(_SHUFFLED).fetchnumpy()
        n_rows = len(ratings["rating"])
        bounds = [0, int(0.6 * n_rows), int(0.8 * n_rows), n_rows]
        splits = [
            {name: column[start:end] for name, column in ratings.items()}
            for start, end in pairwise(bounds)
        ]
        return {
            "rows_read": _number(connection, "SELECT sum(n_rows) FROM ratings"),
            "kept": sum(len(split["rating"]) for split in splits),
            "n_users": _number(connection, "SELECT count(*) FROM customers"),
            "n_items": _number(connection, "SELECT count(*) FROM videos"),
        }


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (number,) = connection.execute(query).fetchall()[0]
    return int(number)
