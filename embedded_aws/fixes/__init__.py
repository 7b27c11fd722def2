"""What moto 5.2.5 lacks or does otherwise than AWS, one module per difference.

Every module has a function ``apply()`` that reaches into moto's private parts and says in its
docstring what AWS does and what moto does instead. Each has a canary test in
``tests/integration/embedded_aws/fixes/`` that fails by name when a new moto moves those parts.
"""

from __future__ import annotations

import threading

import moto

from embedded_aws.errors import MotoVersionError
from embedded_aws.fixes import (
    aws_managed_policies,
    aws_sdk_parameters,
    aws_sdk_responses,
    bucket_policy,
    choice_assign,
    cloudformation_service,
    conditional_writes,
    context_object,
    data_limits,
    definition_validation,
    error_names,
    execution_history,
    execution_interruption,
    execution_lifecycle,
    execution_log,
    execution_progress,
    execution_redrive,
    glue_service,
    glue_tasks,
    lambda_errors,
    lambda_invocation,
    lambda_properties,
    role_permissions,
    sagemaker_service,
    sagemaker_tasks,
    service_models,
    sns_error_names,
    state_machine_roles,
    task_callbacks,
    task_clients,
    task_error_names,
    task_tokens,
    unreachable_services,
    variables,
)

MOTO_VERSION = "5.2.5"

_FIXES = (
    service_models,
    aws_managed_policies,
    cloudformation_service,
    execution_lifecycle,
    execution_interruption,
    execution_progress,
    execution_redrive,
    execution_history,
    execution_log,
    context_object,
    variables,
    choice_assign,
    error_names,
    data_limits,
    task_tokens,
    definition_validation,
    task_callbacks,
    task_clients,
    task_error_names,
    role_permissions,
    state_machine_roles,
    aws_sdk_parameters,
    aws_sdk_responses,
    lambda_properties,
    lambda_invocation,
    lambda_errors,
    unreachable_services,
    sns_error_names,
    bucket_policy,
    conditional_writes,
    sagemaker_service,
    sagemaker_tasks,
    glue_service,
    glue_tasks,
)

_lock = threading.Lock()
_applied = False


def apply_all() -> None:
    """Apply every fix, once per process.

    Raises
    ------
    MotoVersionError
        If another moto is installed than the one the fixes were written for.
    """
    global _applied
    if moto.__version__ != MOTO_VERSION:
        raise MotoVersionError(
            f"moto {moto.__version__} is installed, but the embedded AWS needs exactly "
            f"{MOTO_VERSION}, whose internals it extends; reinstall from requirements/run.lock"
        )
    with _lock:
        if not _applied:
            for fix in _FIXES:
                fix.apply()
            _applied = True
