"""What can go wrong around the embedded AWS.

EmbeddedAwsError
├── MotoVersionError              the installed moto is not the one the fixes were written for
├── PortInUseError                another program listens on the port
├── DeploymentError               the synthesized assembly cannot be deployed
├── SparkMissingError             PySpark or Java is not there
└── UnsupportedTuningStrategyError    a strategy that the embedded SageMaker does not offer
"""


class EmbeddedAwsError(Exception):
    """Base of all errors of the embedded AWS."""


class MotoVersionError(EmbeddedAwsError):
    """The installed moto is not the version whose internals the fixes know."""


class PortInUseError(EmbeddedAwsError):
    """Another program listens on the requested port."""


class DeploymentError(EmbeddedAwsError):
    """The synthesized assembly cannot be deployed."""


class SparkMissingError(EmbeddedAwsError):
    """What Spark needs is not there.

    Parameters
    ----------
    found : str
        What was looked for and seen.
    advice : str
        What to do.
    """

    def __init__(self, found: str, advice: str):
        super().__init__(f"{found}: {advice}")
        self.found = found
        self.advice = advice


class UnsupportedTuningStrategyError(EmbeddedAwsError):
    """SageMaker knows this tuning strategy, the embedded SageMaker does not offer it."""
