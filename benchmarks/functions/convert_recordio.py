"""The function ConvertRecordIO on a local folder."""

from pathlib import Path

from benchmarks.functions.folder_s3 import s3_in_folder
from benchmarks.measuring import Outcome
from lambdas.convert_recordio.handler import lambda_handler


def convert_recordio(root: Path, run_id: str, sizes: Outcome) -> Outcome:
    """Make RecordIO of what Preprocess left, with the defaults of the execution input."""
    choices = {
        "run_id": run_id,
        "instance_count": 1,
        "max_rows_per_file": 10_000,
        "max_payload_mb": 6,
        "positive_rating": None,
    }
    with s3_in_folder(root):
        response = lambda_handler({**sizes, **choices}, None)
    return {name: value for name, value in response.items() if name.endswith("_parts")}
