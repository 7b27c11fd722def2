import gzip
import io
import json
import tarfile
import zipfile

import numpy as np
import pytest

from recommender.errors import ModelArtifactError
from recommender.model_artifact import FactorizationMachinesModel, format_model, parse_model
from recommender.ndarray_file import format_arrays


def a_model(feature_dim: int = 5, num_factors: int = 3) -> FactorizationMachinesModel:
    rng = np.random.default_rng(0)
    return FactorizationMachinesModel(
        bias=float(np.float32(3.52)),
        linear=rng.normal(size=feature_dim).astype(np.float32),
        factors=rng.normal(size=(feature_dim, num_factors)).astype(np.float32),
    )


def tar_of(name: str, content: bytes, *, kind: bytes = tarfile.REGTYPE) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.type = len(content), kind
        tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zip_of(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def artifact(**arrays) -> bytes:
    params = format_arrays({name: np.array(value, np.float32) for name, value in arrays.items()})
    return tar_of("model_algo-1", zip_of(params=params))


def test_a_model_survives():
    model = a_model()

    found = parse_model(format_model(model))

    assert found.bias == model.bias
    np.testing.assert_array_equal(found.linear, model.linear)
    np.testing.assert_array_equal(found.factors, model.factors)
    assert (found.feature_dim, found.num_factors) == (5, 3)


def test_the_archive_is_laid_out_as_sagemaker_does_it():
    with tarfile.open(fileobj=io.BytesIO(format_model(a_model()))) as tar:
        assert tar.getnames() == ["model_algo-1"]
        file = tar.extractfile("model_algo-1")
        with zipfile.ZipFile(io.BytesIO(file.read())) as archive:
            assert sorted(archive.namelist()) == ["params", "symbol.json"]
            assert archive.read("params").startswith(b"\x12\x01\0\0\0\0\0\0")
            symbol = json.loads(archive.read("symbol.json"))
    assert [node["name"] for node in symbol["nodes"]] == ["v", "w1_weight", "w0_weight"]


def test_equal_models_give_equal_bytes(monkeypatch):
    first = format_model(a_model())
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)

    assert format_model(a_model()) == first


def test_names_with_mxnet_s_prefix_are_understood():
    model = parse_model(
        artifact(**{"arg:v": [[1.0, 2.0]], "arg:w1_weight": [[3.0]], "arg:w0_weight": [4.0]})
    )

    assert (model.bias, model.linear.tolist(), model.factors.tolist()) == (4.0, [3.0], [[1.0, 2.0]])


def test_a_leading_dot_in_the_tar_is_understood():
    content = format_model(a_model())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        inner = tar.extractfile("model_algo-1").read()

    assert parse_model(tar_of("./model_algo-1", inner)).feature_dim == 5


PARAMS = {"v": [[1.0]], "w1_weight": [[1.0]], "w0_weight": [1.0]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected a gzipped tar file"),
        (b"junk", "expected a gzipped tar file"),
        (gzip.compress(b"junk" * 500, mtime=0), "expected a gzipped tar file"),
        (format_model(a_model())[:-300], "expected a gzipped tar file"),
        (tar_of("other", b"x"), "expected the member 'model_algo-1', found 'other'"),
        (tar_of("model_algo-1", b"", kind=tarfile.DIRTYPE), "expected the member"),
        (tar_of("../../model_algo-1", b"x"), "expected the member"),
        (tar_of("model_algo-1", b"junk"), "expected a zip file"),
        (tar_of("model_algo-1", zip_of(other=b"x")), "expected the member 'params', found 'other'"),
        (tar_of("model_algo-1", zip_of(params=b"x")), "expected 16 more bytes"),
        (artifact(v=[[1.0]]), "expected the arrays v, w1_weight and w0_weight, found v"),
        (artifact(**PARAMS | {"w0_weight": [1.0, 2.0]}), "expected one bias"),
        (artifact(**PARAMS | {"w1_weight": [[1.0], [2.0]]}), r"found \(2,\) and \(1, 1\)"),
        (artifact(**PARAMS | {"v": [1.0]}), r"found \(1,\) and \(1,\)"),
        (artifact(**PARAMS | {"v": [[float("nan")]]}), "the training diverged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_model_is_refused(content, message):
    with pytest.raises(ModelArtifactError, match=message):
        parse_model(content)


@pytest.mark.parametrize(
    "content",
    [
        tar_of("model_algo-1", bytes(2_000_000)),
        tar_of("model_algo-1", zip_of(params=bytes(2_000_000))),
        tar_of("big", bytes(2_000_000)),
    ],
    ids=["tar member", "zip member", "other tar member"],
)
def test_an_archive_that_unpacks_to_too_much_is_refused(content):
    assert len(content) < 10_000

    with pytest.raises(ModelArtifactError, match="expected at most 100000 bytes"):
        parse_model(content, max_unpacked_bytes=100_000)


def test_an_archive_of_too_many_members_is_refused():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for number in range(101):
            tar.addfile(tarfile.TarInfo(str(number)))

    with pytest.raises(ModelArtifactError, match="100 members"):
        parse_model(out.getvalue())
