r"""Measure trainings beside libFM's and myFM's.

    python -m benchmarks.training --libfm makefile=BINARY native=BINARY --myfm PYTHON \
        --sizes 0.1 1 10 --factors 8 64 256 --cores 1 2 --json FILE

libFM (version 1.4.4, https://github.com/srendle/libfm) is built in its folder ``src/libfm``, twice:
by ``make libFM``, which compiles with ``g++ -O3``, and for the machine at hand, by
``g++ -O3 -march=native libfm.cpp -o libFM``. Ratios are to the faster one. myFM is installed by
``pip install myfm`` into an environment of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import machine
from benchmarks.ratings_file import DEFAULT_FOLDER
from benchmarks.training import movielens, ours, tables
from benchmarks.training.contestants import (
    LIBFM,
    MOVIELENS_FACTORS,
    MOVIELENS_SETTINGS,
    MYFM,
    PLANTED_FACTORS,
    PLANTED_SETTINGS,
    Peers,
    for_quality,
    for_throughput,
    in_turn,
)
from benchmarks.training.files import planted_files
from benchmarks.training.processes import ContestantError
from benchmarks.training.trainings import Measurement, Results
from console.errors import DataUnavailableError

_MILLION = 1_000_000
_EPOCHS = 3
_ROWS_OF_A_SPLIT = 80_000  # to train on
PARTS = (tables.THROUGHPUT, tables.QUALITY, tables.MOVIELENS)


def main() -> None:
    """Measure, print tables, save raw results."""
    options = _parser().parse_args()
    results = Results()
    if options.json and options.json.exists():
        results = Results.load(options.json)
    results.machine = machine.describe()
    peers = Peers(dict(options.libfm), options.myfm)
    if options.parts != [tables.MOVIELENS]:
        for name, is_there in ((LIBFM, peers.libfm), (MYFM, peers.myfm)):
            if not is_there:
                print(f"{name} is left out: give --{name.lower()} to compare with it")
    try:
        for found in _measurements(results, options, peers):
            results.replace(found)
            if options.json:
                results.save(options.json)  # whatever happens to the next one
    except (ContestantError, DataUnavailableError) as error:
        sys.exit(f"error: {error}")
    for part, table in (
        (tables.THROUGHPUT, tables.throughput_table),
        (tables.QUALITY, tables.quality_table),
        (tables.MOVIELENS, tables.movielens_table),
    ):
        if part in options.parts:
            _show(table(results))
    _show(tables.goals_table(results))


def _measurements(
    results: Results, options: argparse.Namespace, peers: Peers
) -> Iterator[list[Measurement]]:
    sizes = [round(size * _MILLION) for size in options.sizes]
    if tables.THROUGHPUT in options.parts:
        for n_rows in sizes:
            for num_factors in options.factors:
                yield _throughput(n_rows, num_factors, options, peers)
    if tables.QUALITY in options.parts:
        yield from _quality(results, sizes, options, peers)
    if tables.MOVIELENS in options.parts:
        for settings in movielens.SETTINGS:
            yield _movielens(settings, options)


def _throughput(
    n_rows: int, num_factors: int, options: argparse.Namespace, peers: Peers
) -> list[Measurement]:
    files = planted_files(n_rows, options.folder)
    is_bearable = n_rows * num_factors <= options.peers_up_to * _MILLION
    contestants = for_throughput(
        peers if is_bearable else Peers(), num_factors, options.cores, epochs=_EPOCHS
    )
    few = planted_files(_MILLION // 10, options.folder)
    settings = {"num_factors": str(num_factors), "mini_batch_size": "1000"}
    for cores in options.cores:
        ours.train(few, settings, cores=cores)  # compiles, where that is not kept from before
    return in_turn(
        contestants,
        files,
        part=tables.THROUGHPUT,
        data=f"{n_rows:,} planted",
        num_factors=num_factors,
        turns=options.turns,
    )


def _quality(
    results: Results, sizes: list[int], options: argparse.Namespace, peers: Peers
) -> Iterator[list[Measurement]]:
    cores = max(options.cores)
    for n_rows in sizes:
        files, data = planted_files(n_rows, options.folder), f"{n_rows:,} planted"
        if files.limit_rmse is not None:
            results.limits[data] = files.limit_rmse
        yield in_turn(
            for_quality(
                peers if n_rows <= options.quality_up_to * _MILLION else Peers(),
                PLANTED_SETTINGS,
                cores,
            ),
            files,
            part=tables.QUALITY,
            data=data,
            num_factors=PLANTED_FACTORS,
            turns=options.turns,
        )
    with movielens.split_files(1, seed=0) as files:
        yield in_turn(
            for_quality(peers, MOVIELENS_SETTINGS, cores),
            files,
            part=tables.QUALITY,
            data="MovieLens-100K, u1",
            num_factors=MOVIELENS_FACTORS,
            turns=options.turns,
        )


def _movielens(settings: str, options: argparse.Namespace) -> list[Measurement]:
    cores = max(options.cores)
    by_seed = [movielens.train_on_splits(settings, seed, cores=cores) for seed in movielens.SEEDS]
    return [
        Measurement(
            tables.MOVIELENS,
            split,
            _ROWS_OF_A_SPLIT,
            settings,
            int(movielens.SETTINGS[settings]["num_factors"]),
            cores,
            [found[split] for found in by_seed],
        )
        for split in by_seed[0]
    ]


def _show(table: str) -> None:
    print(f"\n{table}", flush=True)


def _named_path(text: str) -> tuple[str, Path]:
    name, _, path = text.rpartition("=")
    return name, Path(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--libfm",
        type=_named_path,
        nargs="+",
        default=[],
        metavar="[NAME=]BINARY",
        help="builds of libFM; without one it is left out",
    )
    parser.add_argument(
        "--myfm", type=Path, metavar="PYTHON", help="that has myFM; without it myFM is left out"
    )
    parser.add_argument(
        "--sizes", type=float, nargs="+", default=[0.1, 1], help="in millions of rows"
    )
    parser.add_argument("--factors", type=int, nargs="+", default=[8, 64, 256])
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--peers-up-to",
        type=float,
        default=700,
        help="they take long: in millions of rows times factors",
    )
    parser.add_argument(
        "--quality-up-to", type=float, default=1, help="peers' RMSE, in millions of rows"
    )
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="of the files")
    parser.add_argument("--json", type=Path, help="keep results here, beside those of others")
    return parser


if __name__ == "__main__":
    main()
