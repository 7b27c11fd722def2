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
from console.faults import DEFAULT_TIME_SCALE, FaultReport, fault_help, faults_of, parse_faults
from console.interruption import interruptible
from console.view import View, choose_view

if TYPE_CHECKING:
    from console.embedded_stack import DeployedStack
    from console.ratings_upload import RatingsFiles
    from console.run_record import RunRecord

EXAMPLES = """
\b
Examples:
  recommender run
  recommender run --data ratings.csv --mode tune
  recommender run --input '{"hyperparameters": {"num_factors": 32}}' --json
  recommender run --data reviews.tsv.gz --input @input.json --output mine
  recommender run --fail 'TrainModel:CapacityError*2' --fail Evaluate:Timeout
"""


@click.command(epilog=f"{EXAMPLES}\n{fault_help()}\n\n{help_text()}")
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
@click.option(
    "--fail",
    "faults",
    metavar="STATE:FAULT[*TIMES]",
    multiple=True,
    help="Let a state fail, to see what becomes of the run; may be given several times. Faults of "
    "one state happen in their order, one in each attempt. They are listed below.",
)
@click.option(
    "--time-scale",
    metavar="FACTOR",
    type=click.FloatRange(min=1),
    help="With --fail: retries and Wait states wait so many times shorter than the state machine "
    f"says.  [default: {DEFAULT_TIME_SCALE:g}]",
)
def run(
    data: str | None,
    mode: str | None,
    input_text: str | None,
    output: Path | None,
    as_json: bool,
    quiet: bool,
    assembly: str | None,
    faults: tuple[str, ...],
    time_scale: float | None,
) -> None:
    """Run the pipeline on this machine: no AWS account, no Docker.

    Synthesizes the stack, deploys it into an embedded AWS, uploads the ratings, starts the state
    machine and watches it to its end.
    """
    from console.output_folder import check_output
    from console.run_input import check_input, complete_input, has_dataset_uri, parse_input

    fault_plan = parse_faults(faults, time_scale)
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
            execution_input = complete_input(given, mode=mode)
            with _stack(view, assembly) as place, faults_of(fault_plan, place, view) as report:
                record = _execute(place, execution_input, files, view)
                _finish(place, record, report, output, as_json, view)
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


def _stack(view: View, assembly: str | None) -> contextlib.AbstractContextManager[DeployedStack]:
    from console.embedded_stack import embedded_stack

    return embedded_stack(view, assembly=Path(assembly) if assembly else None)


def _execute(
    place: DeployedStack,
    execution_input: dict[str, Any],
    files: RatingsFiles | None,
    view: View,
) -> RunRecord:
    """Upload, start, and watch to the end."""
    from console.executions import start_execution, stop_execution
    from console.ratings_upload import upload_ratings
    from console.run_input import complete_input
    from console.run_record import gather
    from console.watching import watch

    if files is not None:
        uri = upload_ratings(place.access.client("s3"), place.data_bucket, files)
        execution_input = complete_input(execution_input, dataset_uri=uri)
    execution_arn = start_execution(place, execution_input)
    with contextlib.ExitStack() as stack:
        stack.callback(stop_execution, place.access, execution_arn)
        timeline = watch(place.access, execution_arn, view)
        return gather(place.access, execution_arn, timeline)


def _finish(
    place: DeployedStack,
    record: RunRecord,
    report: FaultReport | None,
    output: Path | None,
    as_json: bool,
    view: View,
) -> None:
    from console.commands.ending import finish

    if report is not None:
        for line in report.lines(record.status):
            view.note(line)
    view.close()
    more = {"faults": report.document()} if report is not None else None
    finish(place.access, record, output=output, as_json=as_json, more=more)
