"""``make bench``: measure everything, side by side with what it is compared with."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks import end_to_end, machine, preparation, recordio_codec, tables
from benchmarks.contestants.gunzip import with_igzip
from benchmarks.ratings_file import DEFAULT_FOLDER, ratings_file
from benchmarks.results import Results

PARTS = ("preparation", "functions", "codec")
_CODEC_SIZES = (100_000, 1_000_000)


def main() -> None:
    """Measure, print tables, save raw results."""
    options = _parser().parse_args()
    results = Results()
    if options.json and options.json.exists():
        results = Results.load(options.json)
    results.machine = machine.describe()
    for _ in _measurements(results, options):
        if options.json:
            results.save(options.json)  # whatever happens to the next one
    _show(tables.goals_table(results))


def _measurements(results: Results, options: argparse.Namespace) -> Iterator[None]:
    """Add to the results, one measurement after the other."""
    for n_rows in [round(size * tables.MILLION) for size in options.sizes]:
        path = ratings_file(n_rows, options.folder)
        results.files[n_rows] = {
            "compressed": path.stat().st_size,
            "plain": with_igzip(path)["n_bytes"],
        }
        repetitions = options.repetitions or max(2, min(5, 10 * tables.MILLION // n_rows))
        if "preparation" in options.parts:
            with_peers = n_rows <= options.peers_up_to * tables.MILLION
            costs = preparation.compare(path, with_peers=with_peers, repetitions=repetitions)
            results.preparation[n_rows] = costs
            _show(tables.preparation_table(n_rows, costs))
            yield
        if "functions" in options.parts and n_rows >= tables.MILLION:
            costs = end_to_end.run(path, repetitions=repetitions)
            results.functions[n_rows] = costs
            _show(tables.functions_table({n_rows: costs}))
            yield
    if "codec" in options.parts:
        _measure_codec(results, options.repetitions or 5)
        yield


def _measure_codec(results: Results, repetitions: int) -> None:
    for n_rows in _CODEC_SIZES:
        for kind in recordio_codec.KINDS:
            name = f"{n_rows:,} {kind} rows"
            results.codec[name] = recordio_codec.compare(kind, n_rows, repetitions=repetitions)
            results.codec_memory[name] = recordio_codec.peaks(kind, n_rows)
    _show(tables.codec_table(results.codec))
    _show(tables.codec_memory_table(results.codec_memory))


def _show(table: str) -> None:
    print(f"\n{table}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--sizes", type=float, nargs="+", default=[0.1, 1], help="of the files, in millions of rows"
    )
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--repetitions", type=int, help="2 to 5, fewer for large files")
    parser.add_argument(
        "--peers-up-to", type=float, default=4, help="their memory grows with the rows, in millions"
    )
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="of the files")
    parser.add_argument("--json", type=Path, help="keep results here, beside those of other sizes")
    return parser


if __name__ == "__main__":
    main()
