"""Faults that happen on purpose, so that one can see what a state machine makes of them.

``injection.inject`` carries out a plan; it is not imported here, as it takes the whole embedded AWS
along, and a plan can be read without.
"""

from embedded_aws.faults.plan import Fault, FaultPlan, FaultPlanError
from embedded_aws.faults.record import FaultRecord, InjectedFault, StepInputs, Wait

__all__ = [
    "Fault",
    "FaultPlan",
    "FaultPlanError",
    "FaultRecord",
    "InjectedFault",
    "StepInputs",
    "Wait",
]
