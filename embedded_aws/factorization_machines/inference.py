"""A transform: the model of a training job applied to request files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from embedded_aws.factorization_machines import job_log
from embedded_aws.factorization_machines.container import (
    ClientError,
    ContainerLayout,
    write_atomically,
)
from embedded_aws.factorization_machines.model_files import read_model
from embedded_aws.factorization_machines.request_formats import parse_request
from embedded_aws.factorization_machines.response_formats import format_response
from recommender.errors import ModelArtifactError
from recommender.model_artifact import FactorizationMachinesModel
from recommender.scoring import probability, score


def answer(
    model: FactorizationMachinesModel,
    payload: bytes,
    *,
    is_classifier: bool,
    content_type: str,
    accept: str,
) -> bytes:
    """Answer one inference request.

    Raises
    ------
    ClientError
        If the request is not of the type, or does not fit the model.
    """
    scores = score(model, parse_request(payload, content_type, model.feature_dim))
    if is_classifier:
        scores = probability(scores)
    return format_response(scores, accept, is_classifier=is_classifier)


def transform(
    layout: ContainerLayout,
    files: Sequence[tuple[Path, Path]],
    *,
    content_type: str,
    accept: str,
    requests: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    line_feeds: bool = False,
) -> None:
    """Answer request files, each (input, output); every good one is answered.

    Parameters
    ----------
    layout : ContainerLayout
    files : sequence of tuple of Path
    content_type, accept : str
    requests : mapping or None
        For each input's name, where in it each request begins and ends. None: one request each.
    line_feeds : bool
        Whether each response gets a line feed at its end, if it has none.

    Raises
    ------
    ClientError
        If the model or any of the files cannot be used; those have no output.
    """
    try:
        model, is_classifier = read_model(layout.model_folder)
    except ModelArtifactError as error:
        raise ClientError(f"the model artifact: {error}") from error
    problems = []
    for source, target in files:
        try:
            content = source.read_bytes()
            spans = [(0, len(content))] if requests is None else requests[source.name]
            responses = [
                answer(
                    model,
                    content[start:end],
                    is_classifier=is_classifier,
                    content_type=content_type,
                    accept=accept,
                )
                for start, end in spans
            ]
            if line_feeds:
                responses = [response.removesuffix(b"\n") + b"\n" for response in responses]
            write_atomically(target, b"".join(responses))
        except (ClientError, OSError) as error:
            problems.append(f"{source.name}: unable to evaluate payload provided: {error}")
            job_log.log(problems[-1], level="ERROR")
    if problems:
        raise ClientError("; ".join(problems))
