"""Every error of the project, in one tree.

Step Functions matches errors by class name (``ErrorEquals``), so renaming one changes the API.

    RecommenderError
    ├── InvalidInputError         the execution input breaks its contract
    ├── RunLockError              who may run cannot be decided
    ├── RatingsError              the ratings cannot be used
    │   ├── RatingsNotFoundError      there is no such file or object
    │   ├── RatingsFormatError        the file is of no known format, or lacks columns
    │   ├── MalformedRatingsError     too many rows cannot be read
    │   ├── EmptyRatingsError         no rating is left
    │   └── RatingsTooLargeError      they do not fit this machine
    ├── RecordIOError             bytes are not RecordIO-protobuf of the expected kind
    ├── ArtifactNotFoundError     a file that an earlier step should have left is not there
    ├── CorruptArtifactError      such a file is there, and damaged
    ├── ModelArtifactError        a model artifact cannot be read
    └── PredictionsError          predictions and truths do not match
"""


class RecommenderError(Exception):
    """Base of all errors that a person can do something about."""


class InvalidInputError(RecommenderError):
    """The execution input breaks its contract; the message lists every problem."""


class RunLockError(RecommenderError):
    """Which execution may run cannot be decided: others keep changing who does."""


class RatingsError(RecommenderError):
    """The ratings cannot be used."""


class RatingsNotFoundError(RatingsError):
    """There is no such ratings file or object."""


class RatingsFormatError(RatingsError):
    """The file is of no known format, or lacks columns that are needed."""


class MalformedRatingsError(RatingsError):
    """More rows are malformed than the run allows."""


class EmptyRatingsError(RatingsError):
    """No rating is left: the file is empty, or the filter dropped everything."""


PREPARE_WITH_SPARK = 'prepare the ratings with Spark ("preparation": "glue")'


class RatingsTooLargeError(RatingsError):
    """The ratings do not fit the memory and the disk that there are."""


class RecordIOError(RecommenderError):
    """Bytes are not RecordIO-protobuf, or not of the kind that was expected."""


class ArtifactNotFoundError(RecommenderError):
    """A file that an earlier step of the run should have left is not there."""


class CorruptArtifactError(RecommenderError):
    """A file that an earlier step of the run left is damaged, or does not fit its answer."""


class ModelArtifactError(RecommenderError):
    """A model artifact is missing a part or is corrupt."""


class PredictionsError(RecommenderError):
    """Predictions are unreadable, or do not match the ratings they were made for."""
