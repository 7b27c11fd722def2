r"""SageMaker's Factorization Machines as a container would run it.

    python -m embedded_aws.factorization_machines train --root DIR
    python -m embedded_aws.factorization_machines transform --root DIR \
        --input FILE --output FILE --accept TYPE [--content-type TYPE]
        [--requests FILE] [--assemble-with-line-feeds]

DIR is laid out like ``/opt/ml``. Exit code: 0 done, 1 failed: the last line of stdout says why, and
so does ``DIR/output/failure`` after a training. SIGTERM ends the process at once and leaves no
half-written model.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

# With the value "stdin", the process ends as soon as its standard input does, which is when the
# process that holds the other end dies, however it dies.
PARENT_VARIABLE = "EMBEDDED_AWS_PARENT"
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_ORPHANED_EXIT_CODE = 1


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    from embedded_aws.factorization_machines import job_log
    from embedded_aws.factorization_machines.container import ContainerLayout, failure_text

    layout = ContainerLayout(options.root)
    try:
        if options.command == "train":
            from embedded_aws.factorization_machines.training import run_training_job

            run_training_job(layout)
        else:
            from embedded_aws.factorization_machines.inference import transform

            transform(
                layout,
                list(zip(options.input, options.output, strict=True)),
                content_type=options.content_type,
                accept=options.accept,
                requests=json.loads(options.requests.read_bytes()) if options.requests else None,
                line_feeds=options.assemble_with_line_feeds,
            )
    except Exception as error:  # whatever it is, the job's log and failure file tell it
        failure = failure_text(error)
        job_log.log(failure, level="ERROR")
        if options.command == "train":
            layout.write_failure(failure)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m embedded_aws.factorization_machines",
        description="SageMaker's Factorization Machines as a container would run it.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train a model")
    transform = commands.add_parser("transform", help="apply a model to request files")
    for command in (train, transform):
        command.add_argument("--root", type=Path, required=True, help="stands for /opt/ml")
    # Given several times, --input and --output go together in their order.
    transform.add_argument("--input", type=Path, required=True, action="append")
    transform.add_argument("--output", type=Path, required=True, action="append")
    transform.add_argument("--accept", default="application/jsonlines")
    transform.add_argument("--content-type", default="application/x-recordio-protobuf")
    transform.add_argument(
        "--requests", type=Path, help="JSON: by input's name, where each request begins and ends"
    )
    transform.add_argument("--assemble-with-line-feeds", action="store_true")
    return parser


def _prepare_process() -> None:
    # One thread each: trials run side by side. Must be set before numpy is loaded.
    for variable in _THREAD_VARIABLES:
        os.environ.setdefault(variable, "1")
    # A model is written last and in one step, so that the process may be killed at any time.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if os.environ.get(PARENT_VARIABLE) == "stdin":
        threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def _exit_at_end_of_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(_ORPHANED_EXIT_CODE)


if __name__ == "__main__":
    _prepare_process()
    sys.exit(main())
