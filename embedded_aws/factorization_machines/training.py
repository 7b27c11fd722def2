"""A training job: configuration and channels in, log and model out.

SageMaker's algorithm takes no seed. Here the initial values come from the environment variable
``FACTORIZATION_MACHINES_SEED`` (a whole number, 0 where it is not set), so that a job on the same
data with the same settings always learns the same model. It uses as many processors as
``SM_NUM_CPUS`` says, the variable that SageMaker's training toolkit sets, or else all there are;
the model does not depend on it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from embedded_aws.factorization_machines import job_log
from embedded_aws.factorization_machines.container import ClientError, ContainerLayout
from embedded_aws.factorization_machines.learning import evaluate, train
from embedded_aws.factorization_machines.model_files import write_model
from embedded_aws.factorization_machines.samples import read_channel
from embedded_aws.factorization_machines.settings import parse_settings
from embedded_aws.processor_count import processor_count
from recommender.recordio import CONTENT_TYPE

SEED_VARIABLE = "FACTORIZATION_MACHINES_SEED"
PROCESSORS_VARIABLE = "SM_NUM_CPUS"
CHANNELS = ("train", "test")


def run_training_job(layout: ContainerLayout, environment: Mapping[str, str] = os.environ) -> None:
    """Train as the configuration in `layout` says, and write the model last.

    Parameters
    ----------
    layout : ContainerLayout
    environment : mapping of str to str
        For `SEED_VARIABLE` and `PROCESSORS_VARIABLE`.

    Raises
    ------
    ClientError
        If configuration, hyperparameters (all problems at once) or data are wrong.
    AlgorithmError
        If training diverges.
    """
    settings = parse_settings(layout.read_config("hyperparameters"))
    channels = _channels(layout.read_config("inputdataconfig"))
    host = _host(layout.read_config("resourceconfig"))
    rng = np.random.default_rng(_whole_number(environment, SEED_VARIABLE, default=0, smallest=0))
    n_workers = _whole_number(
        environment, PROCESSORS_VARIABLE, default=processor_count(), smallest=1
    )
    samples = {
        channel: read_channel(
            layout.channel_folder(channel),
            settings.feature_dim,
            is_classifier=settings.is_classifier,
        )
        for channel in channels
    }
    model = train(settings, samples["train"], rng, host=host, n_workers=n_workers)
    if "test" in samples:
        job_log.log_test_scores(host, evaluate(settings, model, samples["test"]))
    write_model(layout.model_folder, model, is_classifier=settings.is_classifier)


def _channels(config: Mapping[str, Any]) -> list[str]:
    """Check ``inputdataconfig.json`` and return the channels' names."""
    problems = [
        f"channel {name}: there is no such channel; expected train, and test if wanted"
        for name in sorted(config.keys() - set(CHANNELS))
    ]
    if "train" not in config:
        problems.append("channel train: is required, but missing")
    for name, channel in config.items():
        content_type = channel.get("ContentType") or CONTENT_TYPE
        if content_type != CONTENT_TYPE:
            problems.append(f"channel {name}: expected {CONTENT_TYPE}, found {content_type}")
        mode = channel.get("TrainingInputMode", "File")
        if mode != "File":
            problems.append(f"channel {name}: only the input mode File is offered, found {mode}")
    if problems:
        raise ClientError("; ".join(problems))
    return [name for name in CHANNELS if name in config]


def _host(config: Mapping[str, Any]) -> str:
    host = str(config.get("current_host", "algo-1"))
    hosts = config.get("hosts", [host])
    if hosts != [host]:
        raise ClientError(f"expected one host, found {hosts}; set InstanceCount to 1")
    return host


def _whole_number(
    environment: Mapping[str, str], variable: str, *, default: int, smallest: int
) -> int:
    text = environment.get(variable, str(default))
    if not (text.isascii() and text.isdigit() and int(text) >= smallest):
        raise ClientError(f'{variable}: expected a whole number from {smallest}, found "{text}"')
    return int(text)
