"""``recommender data``: ratings, here and in the bucket of a deployed pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import datasets
from console.aws_options import AwsOptions
from console.command_group import CommandGroup
from console.commands.options import (
    ENDPOINT_NOTE,
    aws_options,
    input_option,
    json_option,
    quiet_option,
    stack_option,
)
from console.errors import BadInputError
from console.exit_codes import help_text
from console.interruption import interruptible

if TYPE_CHECKING:
    from console.ratings_upload import RatingsFiles
    from recommender.ratings import RatingsSource

EXAMPLES = """
\b
Examples:
  recommender data check ratings.csv
  recommender data check s3://my-bucket/reviews/ --input @input.json
  recommender data upload ratings.csv --name 2026-11
  recommender data list
  recommender data fetch
"""
_COLUMNS = ("KEY", "BYTES", "MODIFIED (UTC)", "FORMAT")


@click.group(cls=CommandGroup, epilog=f"{ENDPOINT_NOTE}\n{EXAMPLES}\n{help_text()}")
def data() -> None:
    """Check ratings, upload them, and see which are there."""


@data.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True,
              help="How many objects at most.")  # fmt: skip
@stack_option
@json_option
@aws_options
def list_command(limit: int, stack_name: str, as_json: bool, aws: AwsOptions) -> None:
    """List what is below raw/ in the pipeline's bucket.

    The format is told by the beginning of each object, as the pipeline tells it.
    """
    from console.columns import columns, moment
    from console.executions import find_stack
    from console.raw_data import list_raw
    from console.terminal_text import width_of

    stack = find_stack(aws.access(), stack_name)
    found = list_raw(stack, limit=limit)
    if as_json:
        document = {"bucket": stack.data_bucket, "objects": [one.as_document() for one in found]}
        click.echo(json.dumps(document))
    elif not found:
        click.echo(
            f"nothing below raw/ in {stack.data_bucket}; `recommender data upload PATH` puts "
            "ratings there",
            err=True,
        )
    else:
        rows = [
            (one.key, f"{one.n_bytes:,}", moment(one.modified_at), one.format or "unknown")
            for one in found
        ]
        for line in columns([_COLUMNS, *rows], width_of()):
            click.echo(line)


@data.command()
@click.argument("where", metavar="PATH|S3-URI|movielens-100k")
@input_option
@click.option("--memory", "memory_mib", metavar="MIB", type=click.IntRange(128, 10240),
              help="Memory of Preprocess.  [default: the stack's own default]")  # fmt: skip
@click.option("--disk", "disk_mib", metavar="MIB", type=click.IntRange(512, 10240),
              help="Its ephemeral storage.  [default: the stack's own default]")  # fmt: skip
@json_option
@quiet_option
@aws_options
def check(
    where: str,
    input_text: str | None,
    memory_mib: int | None,
    disk_mib: int | None,
    as_json: bool,
    quiet: bool,
    aws: AwsOptions,
) -> None:
    """Read ratings here as a run would: formats, rows by reason, what is kept.

    Of --input the sections dataset, filter and split count. Ends with 2 if a run would refuse the
    ratings. The function's memory and disk are kept to; its time limit is not looked at.
    """
    from console.check_lines import check_lines
    from console.ratings_check import PREPROCESS_DISK_MIB, PREPROCESS_MEMORY_MIB, check_whole
    from console.run_input import checked_input, parse_input
    from console.terminal_text import width_of
    from console.transfer_progress import transfer_progress

    given = checked_input(parse_input(input_text))
    with interruptible():
        sources, formats = _sources(where, aws)
        n_bytes = sum(source.n_bytes or 0 for source in sources)
        with transfer_progress(f"reading {where}", n_bytes, quiet=quiet) as advance:
            found = check_whole(
                sources,
                given,
                formats=formats,
                memory_mib=memory_mib or PREPROCESS_MEMORY_MIB,
                disk_mib=disk_mib or PREPROCESS_DISK_MIB,
                advance=advance,
            )
    document = {"files": formats, **found.as_document()}
    if not as_json:
        for line in check_lines(found, formats, width_of()):
            click.echo(line)
    if found.refusal is not None:
        raise BadInputError(
            f"a run would refuse these ratings: {found.refusal}",
            step="Preprocess",
            error=type(found.refusal).__name__,
            document=document,
        )
    if as_json:
        click.echo(json.dumps({"status": "SUCCEEDED", **document}))


@data.command()
@click.argument("path", metavar="PATH|movielens-100k")
@click.option("--name", help="Folder below raw/.  [default: the file's or folder's name]")
@click.option("--replace", is_flag=True, help="Take the place of what is in that folder.")
@input_option
@stack_option
@json_option
@quiet_option
@aws_options
def upload(
    path: str,
    name: str | None,
    replace: bool,
    input_text: str | None,
    stack_name: str,
    as_json: bool,
    quiet: bool,
    aws: AwsOptions,
) -> None:
    """Upload ratings below raw/; prints the input that uses them.

    Their beginning is checked before, with the dataset section of --input. Interrupted, it leaves
    nothing: no part of a file, and no file of a data set that is not whole. A stack with
    start_on_upload starts a run.
    """
    from console.executions import find_stack
    from console.ratings_upload import check_ratings
    from console.raw_data import check_name
    from console.raw_data import upload as upload_files
    from console.run_input import check_input, complete_input, parse_input
    from console.transfer_progress import transfer_progress

    given = parse_input(input_text)
    dataset = check_input(given)
    check_name(name)
    with interruptible():
        files = _files(path)
        check_ratings(files, dataset)
        stack = find_stack(aws.access(), stack_name)
        n_bytes = sum(one.stat().st_size for one in files.paths)
        with transfer_progress(f"uploading {path}", n_bytes, quiet=quiet) as advance:
            uri = upload_files(stack, files, name=name, replace=replace, advance=advance)
    execution_input = complete_input(given, dataset_uri=uri)
    if as_json:
        click.echo(json.dumps({"uri": uri, "input": execution_input}))
    else:
        click.echo(json.dumps(execution_input, ensure_ascii=False))


@data.command()
@click.argument("name", type=click.Choice([datasets.MOVIELENS_100K]),
                default=datasets.MOVIELENS_100K)  # fmt: skip
@json_option
def fetch(name: str, as_json: bool) -> None:
    """Fetch a data set into the cache; prints where it is."""
    with interruptible():
        path, fetched = datasets.movielens_100k()
    click.echo(datasets.TERMS, err=True)
    if as_json:
        click.echo(json.dumps({"name": name, "path": str(path), "fetched": fetched}))
    else:
        click.echo(path)


def _files(path: str) -> RatingsFiles:
    from console.ratings_upload import find_ratings

    if path == datasets.MOVIELENS_100K and not Path(path).exists():
        return find_ratings(datasets.movielens_100k()[0])
    return find_ratings(Path(path))


def _sources(where: str, aws: AwsOptions) -> tuple[list[RatingsSource], dict[str, Any]]:
    """Find the files, and tell the format of each."""
    from console.check_sources import local_sources, s3_sources

    return s3_sources(where, aws) if "://" in where else local_sources(_files(where))
