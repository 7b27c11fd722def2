"""Where the AWS console shows what a run consists of."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from console.aws_access import region_of
from console.sagemaker_jobs import JobRun

# Partition to the console's domain (AWS general reference; China: "Getting started with AWS in
# China"; GovCloud: its user guide).
_DOMAINS = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}
MAX_JOBS = 20


def console_links(
    execution_arn: str, jobs: Iterable[JobRun], *, bucket: str | None, prefix: str | None
) -> list[tuple[str, str]]:
    """Name the console's pages of an execution; the addresses are not documented.

    Parameters
    ----------
    execution_arn : str
    jobs : iterable of JobRun
        The first 20 get a link.
    bucket, prefix : str or None
        Where the run's files are.

    Returns
    -------
    list of (str, str)
        What it is, and an address that begins with ``https://``; empty in a partition whose
        console is not known.
    """
    domain = _DOMAINS.get(execution_arn.split(":")[1])
    if domain is None:
        return []
    region = region_of(execution_arn)
    root = f"https://{quote(region, safe='')}.{domain}"
    place = f"home?region={quote(region, safe='')}#"
    links = [("execution", f"{root}/states/{place}/v2/executions/details/{_safe(execution_arn)}")]
    if bucket and prefix:
        links.append(
            ("files of the run", f"{root}/s3/buckets/{_safe(bucket)}?prefix={_safe(prefix)}")
        )
    for job in list(jobs)[:MAX_JOBS]:
        page = "transform-jobs" if job.kind == "transform" else "jobs"
        links.append((job.name, f"{root}/sagemaker/{place}/{page}/{_safe(job.name)}"))
    return links


def _safe(text: str) -> str:
    return quote(text, safe=":/")
