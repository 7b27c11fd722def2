"""Which hyperparameters a tuning job tries next.

Source: SageMaker API reference, ``HyperParameterTuningJobConfig``. SageMaker's own Bayesian search
is not public.
"""

from embedded_aws.hyperparameter_search.search import DEFAULT_MAX_JOBS, HyperparameterSearch
from embedded_aws.hyperparameter_search.trials import KnownResult, Trial

__all__ = ["DEFAULT_MAX_JOBS", "HyperparameterSearch", "KnownResult", "Trial"]
