"""The files in ``model/``, which SageMaker packs into ``model.tar.gz`` and unpacks again."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from embedded_aws.factorization_machines.container import write_atomically
from recommender.errors import ModelArtifactError
from recommender.model_artifact import (
    MODEL_MEMBER,
    SYMBOL_MEMBER,
    FactorizationMachinesModel,
    format_member,
    parse_member,
)

# The real archive tells a classifier by the output in its symbol.json. The symbol written here has
# no output, hence this member beside it.
_PREDICTOR_MEMBER = "additional-params.json"
_CLASSIFIER_OUTPUT = b"LogisticRegressionOutput"


def write_model(folder: Path, model: FactorizationMachinesModel, *, is_classifier: bool) -> None:
    """Write a model as the algorithm does: the zip ``model_algo-1``, whole or not at all."""
    archive = io.BytesIO(format_member(model))
    predictor = {"predictor_type": "binary_classifier" if is_classifier else "regressor"}
    with zipfile.ZipFile(archive, "a") as zipped:
        # With a fixed time: equal models are equal files.
        zipped.writestr(zipfile.ZipInfo(_PREDICTOR_MEMBER), json.dumps(predictor))
    # The unfinished file must not lie in the folder, all of which becomes the model.
    write_atomically(folder / MODEL_MEMBER, archive.getvalue(), by_way_of=folder.parent)


def read_model(folder: Path) -> tuple[FactorizationMachinesModel, bool]:
    """Read a model, of this algorithm's stand-in or of the real one.

    Returns
    -------
    model : FactorizationMachinesModel
    is_classifier : bool

    Raises
    ------
    ModelArtifactError
        If there is none, or it is corrupt.
    """
    path = folder / MODEL_MEMBER
    if not path.is_file():
        raise ModelArtifactError(f"expected the file {MODEL_MEMBER} in model.tar.gz, found none")
    content = path.read_bytes()
    model = parse_member(content)  # checks that it is a zip
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        if _PREDICTOR_MEMBER in zipped.namelist():
            return model, b"binary_classifier" in zipped.read(_PREDICTOR_MEMBER)
        names = zipped.namelist()
        symbol = zipped.read(SYMBOL_MEMBER) if SYMBOL_MEMBER in names else b""
    return model, _CLASSIFIER_OUTPUT in symbol
