from recommender.errors import RatingsFormatError
from spark.failures import task_error

REPORT = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "recommender/ratings/compression.py", line 130, in _inflate
isal.igzip_lib.IsalError: Invalid block
The above exception was the direct cause of the following exception:
Traceback (most recent call last):
  File "spark/reading.py", line 80, in read
recommender.errors.RatingsFormatError: s3://b/x.gz: expected a whole gzip file
"""


def test_the_error_that_a_task_raised_is_found_in_what_spark_says():
    error = task_error(REPORT)

    assert isinstance(error, RatingsFormatError)
    assert str(error) == "s3://b/x.gz: expected a whole gzip file"


def test_errors_that_are_not_the_project_s_are_left_as_they_are():
    assert task_error(REPORT.replace("recommender.errors.RatingsFormatError", "OSError")) is None
