"""CloudWatch's alarms are evaluated, and Step Functions' status changes reach people.

moto stores alarms and metric data, but never looks at one with the other in mind; and no service
of it counts anything. Here

- executions, functions and log lines in the embedded metric format become metric data
  (``service_metrics``, ``embedded_metric_format``),
- alarms are evaluated as CloudWatch documents it (``evaluation``, ``metric_math``,
  ``evaluator``), and what cannot be evaluated is refused when it is put (``requests``),
- a status change of an execution is an event, which rules send to topics and other targets
  (``status_events``).
"""

from embedded_aws.alarms.service import AlarmService, apply

__all__ = ["AlarmService", "apply"]
