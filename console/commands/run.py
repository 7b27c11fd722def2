"""``recommender run``: the whole pipeline in an embedded AWS, on this machine.

Modules that take long to import (pandas, boto3, moto) are imported where they are needed, so that
``--help`` and a wrong option get their answer at once.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import datasets
from console.commands.options import (
    assembly_option,
    input_option,
    json_option,
    mode_option,
    quiet_option,
)
from console.errors import RunInterruptedError
from console.exit_codes import help_text
from console.interruption import interruptible
from console.view import View, choose_view

if TYPE_CHECKING:
    from console.ratings_upload import RatingsFiles

EXAMPLES = """
\b
Examples:
  recommender run
  recommender run --data ratings.csv --mode tune
  recommender run --input '{"hyperparameters": {"num_factors": 32}}' --json
  recommender run --data reviews.tsv.gz --input @input.json --output output/mine
"""


@click.command(epilog=EXAMPLES + "\n" + help_text())
@click.option(
    "--data",
    metavar="PATH|movielens-100k",
    help="Ratings: a file (a titles file beside it is taken along), a folder, or the name of a "
    "data set that is fetched.  [default: movielens-100k, unless --input has a dataset.uri]",
)
@mode_option
@input_option
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for report and model.  [default: output/RUN_ID]",
)
@json_option
@quiet_option
@assembly_option
def run(
    data: str | None,
    mode: str | None,
    input_text: str | None,
    output: Path | None,
    as_json: bool,
    quiet: bool,
    assembly: str | None,
) -> None:
    """Run the pipeline on this machine: no AWS account, no Docker.

    Synthesizes the stack, deploys it into an embedded AWS, uploads the ratings, starts the state
    machine and watches it to its end.
    """
    from console.output_folder import check_output
    from console.run_input import check_input, complete_input, has_dataset_uri, parse_input

    given = parse_input(input_text)
    dataset = check_input(complete_input(given, mode=mode))
    if output is not None:
        check_output(output)
    with interruptible():
        view = choose_view(quiet=quiet)
        try:
            files = None
            if data is not None or not has_dataset_uri(given):
                files = load_ratings(data or datasets.MOVIELENS_100K, dataset, view)
            _run(complete_input(given, mode=mode), files, output, as_json, assembly, view)
        except KeyboardInterrupt:
            view.close()
            raise RunInterruptedError(
                "interrupted: the execution was stopped, no process and no output is left"
            ) from None
        finally:
            view.close()


def load_ratings(data: str, dataset: dict[str, Any], view: View) -> RatingsFiles:
    """Find or fetch the ratings and look into them.

    Parameters
    ----------
    data : str
        A path, or the name of a data set.
    dataset : dict
        The checked input's section.
    view : View

    Raises
    ------
    BadInputError, DataUnavailableError
        If they cannot be used, or had.
    """
    from console.ratings_upload import check_ratings, find_ratings

    if data == datasets.MOVIELENS_100K and not Path(data).exists():
        path, fetched = datasets.movielens_100k()
        view.note(datasets.TERMS)
        view.note(f"{'Fetched to' if fetched else 'From the cache:'} {path.parent}")
    else:
        path = Path(data)
    files = find_ratings(path)
    check_ratings(files, dataset)
    return files


def _run(
    execution_input: dict[str, Any],
    files: RatingsFiles | None,
    output: Path | None,
    as_json: bool,
    assembly: str | None,
    view: View,
) -> None:
    from console.commands.ending import finish
    from console.embedded_stack import embedded_stack
    from console.executions import start_execution, stop_execution
    from console.ratings_upload import upload_ratings
    from console.run_input import complete_input
    from console.run_record import gather
    from console.watching import watch

    with contextlib.ExitStack() as stack:
        place = stack.enter_context(
            embedded_stack(view, assembly=Path(assembly) if assembly else None)
        )
        if files is not None:
            uri = upload_ratings(place.access.client("s3"), place.data_bucket, files)
            execution_input = complete_input(execution_input, dataset_uri=uri)
        execution_arn = start_execution(place, execution_input)
        stack.callback(stop_execution, place.access, execution_arn)
        timeline = watch(place.access, execution_arn, view)
        record = gather(place.access, execution_arn, timeline)
        view.close()
        finish(place.access, record, output=output, as_json=as_json)
