"""The function Preprocess on a local folder."""

from pathlib import Path

from benchmarks.functions.folder_s3 import BUCKET, s3_in_folder
from benchmarks.measuring import Outcome
from lambdas.preprocess.handler import lambda_handler


def preprocess(root: Path, run_id: str, key: str) -> Outcome:
    """Make Parquet tables of the ratings at a key, with the defaults of the execution input."""
    dataset = {"uri": f"s3://{BUCKET}/{key}"}
    with s3_in_folder(root):
        response = lambda_handler(
            {"run_id": run_id, "dataset": dataset, "filter": {}, "split": {}}, None
        )
    sizes = {name: value for name, value in response.items() if name.startswith("n_")}
    return {**sizes, "rows_read": response["accounting"]["rows_read"]}
