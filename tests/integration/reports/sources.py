"""What a report may say, worked out anew from what AWS's APIs and the run's files give.

Nothing here comes from `console`: histories, jobs and logs are read with boto3, Parquet by DuckDB.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from recommender.model_artifact import parse_model
from tests.integration.reports.runs import KEY, N_AGAIN, TORN_LINES, Reported

Rows = list[list[float]]
_BOUNDS = (0, 1, 5, 10, 20, 50, 100, 200, 500, 1000)


class Sources:
    """Numbers by the place in the report where they belong.

    Attributes
    ----------
    rows : dict
        By a table's label: of each row, the numbers in their order.
    numbers : dict
        By heading: numbers that may stand below it outside of tables.
    texts : set of str
        Ids, names and times, whose digits are no numbers.
    """

    def __init__(self, run: Reported) -> None:
        self._run = run
        self._client = run.aws.client
        self._arn = run.record.execution_arn
        self.rows: dict[str, Rows] = {}
        self.numbers: dict[str, list[float]] = {}
        self.texts: set[str] = set()
        self._add_execution()
        self._add_history()
        self._add_jobs()
        self._add_functions()
        if self._resolved:
            self._add_ratings()
        if self._output:
            self._add_evaluation()
            self._add_model()

    def _add_execution(self) -> None:
        stepfunctions = self._client("stepfunctions")
        told = stepfunctions.describe_execution(executionArn=self._arn)
        self._output = json.loads(told.get("output") or "{}")
        self.texts |= {f"Rejected because {r}." for r in self._output.get("reasons", [])}
        begin, end = told["startDate"], told["stopDate"]
        self.numbers["top"] = [(end - begin).total_seconds()]
        self.texts |= {self._arn, begin.strftime("%Y-%m-%d %H:%M:%S UTC"),
                       begin.strftime("%Y-%m-%d %H:%M:%S %Z")}  # fmt: skip
        self.texts.add(json.dumps(json.loads(told["input"]), indent=2, ensure_ascii=False))
        self.texts |= {" ".join(line.split()) for line in (told.get("cause") or "").splitlines()}
        self.texts |= set(re.split(r"; | failed: ", told.get("cause") or ""))
        machine = stepfunctions.describe_state_machine_for_execution(executionArn=self._arn)
        self._definition = json.loads(machine["definition"])
        compact = json.dumps(self._definition, sort_keys=True, separators=(",", ":"))
        self.texts |= {
            machine["stateMachineArn"], str(machine["updateDate"]), "SHA-256", "CodeSha256",
            hashlib.sha256(compact.encode()).hexdigest(), str(machine.get("revisionId")),
        }  # fmt: skip

    def _add_history(self) -> None:
        pages = self._client("stepfunctions").get_paginator("get_execution_history")
        events = [e for p in pages.paginate(executionArn=self._arn) for e in p["events"]]
        first = events[0]["timestamp"]
        self.rows["Events"] = [[e["id"], (e["timestamp"] - first).total_seconds()] for e in events]
        self.numbers["Time"] = [len(events)]
        self._variables: dict[str, Any] = {}
        visits: list[tuple[str, Any, Any]] = []
        entered: dict[str, Any] = {}
        attempts: dict[int, list[Any]] = {}
        self._job_names: list[tuple[str, str]] = []
        visit_of: dict[int, int] = {}
        self._attempts: list[list[Any]] = []
        self.events: list[str] = []
        for event in events:
            details = next((v for k, v in event.items() if k.endswith("EventDetails")), {})
            self.texts |= {" ".join(str(details.get(k, "")).split()) for k in ("error", "cause")}
            kind, number, at = event["type"], event["id"], event["timestamp"]
            self.events.append(" ".join(map(str, (kind, visits[-1][0] if visits else "",
                                                  *details.values()))))  # fmt: skip
            if kind.endswith("StateEntered"):
                visit_of[number] = number
                entered[details["name"]] = at
                visits.append((details["name"], at, None))
                if kind.startswith("Wait"):
                    attempts[number] = [[at, None]]
                    self._attempts.append([details["name"], attempts[number], []])
                continue
            visit = visit_of[number] = visit_of.get(event["previousEventId"], 0)
            if kind.endswith("StateExited"):
                name, begin, _ = visits[-1]
                visits[-1] = (name, begin, at)
                if kind.startswith("Wait"):
                    attempts[visit][0][1] = at
                for variable, text in (details.get("assignedVariables") or {}).items():
                    self._variables[variable] = json.loads(text)
            elif kind == "TaskScheduled":
                if visit not in attempts:
                    attempts[visit] = []
                    self._attempts.append([visits[-1][0], attempts[visit], []])
                attempts[visit].append([at, None])
                asked = json.loads(details.get("parameters") or "{}")
                for member in (
                    "TrainingJobName",
                    "HyperParameterTuningJobName",
                    "TransformJobName",
                ):
                    self.texts.add(str(asked.get(member, "")))
                    if member in asked and details["resource"].endswith(".sync"):
                        self._job_names.append((member, asked[member]))
                        self._attempts[-1][2].append((member, asked[member]))
            elif kind in ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "TaskStartFailed"):
                attempts[visit][-1][1] = at
        for attempt in (one for tries in attempts.values() for one in tries if one[1] is None):
            attempt[1] = events[-1]["timestamp"]
        last = events[-1]["timestamp"]
        self.rows["States as a table"] = [
            [((end or last) - begin).total_seconds()] for _, begin, end in visits
        ]
        self._resolved = self._variables.get("run", {})
        self.texts.add(json.dumps(self._resolved, indent=2, ensure_ascii=False))
        self.texts.add(str(self._resolved.get("run_id")))
        self.texts.add(str(self._resolved.get("preparation", {}).get("reason")))
        states = self._definition["States"]
        names = {name for name, *_ in visits}
        usual = _on_the_way(self._definition)
        self.numbers["States"] = [len(names), len(states), len(states) - len(usual | names)]
        self.numbers["States"] += [sum(n == name for n, *_ in visits) for name in names]

    def _add_jobs(self) -> None:
        sagemaker = self._client("sagemaker")
        times: dict[tuple[str, str], Rows] = {}
        costs: list[tuple[Any, str, list[float]]] = []
        totals: dict[str, float] = {}
        self._trials: list[dict[str, Any]] = []
        for asked in dict.fromkeys(self._job_names):
            for told in self._described(sagemaker, *asked):
                name = told.get("TrainingJobName") or told["TransformJobName"]
                self.texts.add(name)
                resources = told.get("ResourceConfig") or told["TransformResources"]
                begin = told.get("TrainingStartTime") or told.get("TransformStartTime")
                end = told.get("TrainingEndTime") or told.get("TransformEndTime")
                created = told["CreationTime"]
                seconds = (end - begin).total_seconds() if begin and end else None
                count = resources["InstanceCount"]
                self.texts.add(resources["InstanceType"])
                row = [count, ((end or begin or created) - created).total_seconds()]
                row += [(begin - created).total_seconds()] if begin else []
                row += [seconds if seconds is not None else (end - created).total_seconds()]
                times.setdefault(asked, []).append(row)
                billable = told.get("BillableTimeInSeconds", seconds)
                cost = [count]
                if billable is not None:
                    hours = billable * count / 3600
                    cost += [billable, hours]
                    kind = resources["InstanceType"]
                    totals[kind] = totals.get(kind, 0.0) + hours
                costs.append((created, name, cost))
        self.rows["Instance-hours"] = [cost for *_, cost in sorted(costs, key=lambda c: c[:2])]
        self.rows["Instance-hours"] += [[hours] for _, hours in sorted(totals.items())]
        table: Rows = []
        for name, tries, jobs in self._attempts:
            is_wait = self._definition["States"][name]["Type"] == "Wait"
            table.append(_attempt_row(tries, is_wait=is_wait))
            for job in dict.fromkeys(jobs):
                table += times.get(job, [])
        self.rows["Time as a table"] = table
        self._add_trials()
        self._add_hyperparameters(sagemaker)

    def _add_hyperparameters(self, sagemaker: Any) -> None:
        """Read those of the job whose model it is, or would have been."""
        name = self._output.get("model", {}).get("training_job_name", self._job_names[-1][1])
        job = sagemaker.describe_training_job(TrainingJobName=name)
        self.texts |= {name, str(job.get("FailureReason"))}
        self.texts.add(job["AlgorithmSpecification"]["TrainingImage"])
        given = sorted(job["HyperParameters"].items())
        self.rows["Hyperparameters"] = [[float(v)] if _is_number(v) else [] for _, v in given]

    def _described(self, sagemaker: Any, member: str, name: str) -> Iterator[dict[str, Any]]:
        from botocore.exceptions import ClientError

        try:
            if member == "TransformJobName":
                yield sagemaker.describe_transform_job(TransformJobName=name)
            elif member == "TrainingJobName":
                yield sagemaker.describe_training_job(TrainingJobName=name)
            else:
                listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
                    HyperParameterTuningJobName=name
                )["TrainingJobSummaries"]
                for one in sorted(listed, key=lambda j: (j["CreationTime"], j["TrainingJobName"])):
                    self._trials.append(one)
                    yield sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"])
        except ClientError:
            return  # the request was refused: there is no such job

    def _add_trials(self) -> None:
        if not self._trials:
            return
        values = [t["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for t in self._trials]
        tuned = [
            {name: float(v) for name, v in sorted(t["TunedHyperParameters"].items())}
            for t in self._trials
        ]
        best = values.index(min(values))
        everyone = list(enumerate(zip(values, tuned, strict=True), start=1))
        self.rows["Tuning trials"] = [[n, v, *t.values()] for n, (v, t) in everyone]
        self.rows["Objective of each trial in numbers"] = [[n, v] for n, (v, _) in everyone]
        self.numbers["Objective of each trial"] = [len(values)] * 2 + [min(values), max(values),
                                                                       best + 1]  # fmt: skip
        for name in tuned[0]:
            own = sorted([t[name], n, v] for n, (v, t) in everyone)
            self.rows[f"{name} and the objective in numbers"] = [[n, p, v] for p, n, v in own]
            self.numbers[f"{name} and the objective"] = [
                len(own), own[0][0], own[-1][0], tuned[best][name]
            ]  # fmt: skip

    def _add_functions(self) -> None:
        for state in self._definition["States"].values():
            name = (state.get("Parameters") or {}).get("FunctionName")
            if name:
                told = self._client("lambda").get_function(FunctionName=name)["Configuration"]
                self.texts.add(told["CodeSha256"])

    def _parquet(self, prefix: str) -> pd.DataFrame:
        s3, bucket = self._client("s3"), self._run.bucket
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        frames = []
        with tempfile.TemporaryDirectory() as folder:
            for one in listed:
                path = Path(folder) / "part.parquet"
                s3.download_file(bucket, one["Key"], str(path))
                frames.append(duckdb.sql(f"select * from '{path}'").df())  # noqa: S608
        return pd.concat(frames, ignore_index=True)

    def _add_ratings(self) -> None:
        prefix = f"runs/{self._resolved['run_id']}/"
        self._splits = {
            name: self._parquet(f"{prefix}ratings/{name}/")
            for name in ("train", "validation", "test")
        }
        self._customers = self._parquet(f"{prefix}ratings/customers.parquet")
        self._videos = self._parquet(f"{prefix}ratings/videos.parquet")
        kept = pd.concat(self._splits.values())
        before = self._run.ratings
        n_read = len(before) + TORN_LINES
        counts = [n_read, TORN_LINES, N_AGAIN, len(kept), *map(len, self._splits.values())]
        self.rows["Where the rows went"] = [[n, 100 * n / n_read] for n in counts]
        # Torn lines are the last; of a rating that was given again the older one was dropped.
        lines = [*range(len(before) + 2, len(before) + 2 + TORN_LINES), *range(2, 22)]
        uri = f"s3://{self._run.bucket}/{KEY}"
        self.texts.add(uri)
        self.rows["Rejected lines"] = [[line] for line in lines]
        self.numbers["top"] += [len(self._customers), len(self._videos), len(kept), n_read]
        sizes = {
            "before": before.groupby("video_id").size(),
            "kept": kept.groupby("item_index").size(),
        }
        both = {"before": before["rating"], "kept": kept["rating"]}
        self.rows["Ratings in numbers"] = [
            [value, *(n for r in both.values() for n in _count_and_share(r == value))]
            for value in sorted(before["rating"].unique())
        ]
        self.numbers["Ratings"] = []
        self.rows["The long tail in numbers"] = []
        self.numbers["The long tail"] = []
        for name, ratings in both.items():
            often = ratings.value_counts()
            self.numbers["Ratings"] += [len(ratings), ratings.min(), ratings.max()]
            self.numbers["Ratings"] += [ratings.mean(), often.index[0]]
            self.numbers["Ratings"].append(100 * often.iloc[0] / len(ratings))
            tail = sizes[name].sort_values(ascending=False).to_numpy()
            for step in range(21):
                n = round(step * len(tail) / 20)
                self.rows["The long tail in numbers"].append(
                    [n, tail[:n].sum(), 100 * tail[:n].sum() / tail.sum()]
                )
            fifth = tail[: round(len(tail) / 5)].sum() / tail.sum()
            self.numbers["The long tail"] += [len(tail), 20, 100 * fifth]
        self._add_data(uri)

    def _add_data(self, uri: str) -> None:
        told = self._client("s3").head_object(Bucket=self._run.bucket, Key=KEY)
        size, etag = told["ContentLength"], told["ETag"].strip('"')
        digest = hashlib.sha256(f"{uri} {size} {etag}\n".encode()).hexdigest()
        self.texts |= {etag, digest, told.get("VersionId", "")}
        self.rows["Data"] = [[size]]
        self.numbers["Data"] = [1, size]

    def _add_evaluation(self) -> None:
        s3, bucket = self._client("s3"), self._run.bucket
        key = f"runs/{self._resolved['run_id']}/metrics/evaluation.json"
        measured = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        test, train = self._splits["test"], self._splits["train"]
        prefix = f"runs/{self._resolved['run_id']}/predictions/"
        parts = [
            s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().splitlines()
            for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        ]
        predicted = np.array([json.loads(line)["score"] for part in parts for line in part])
        actual = test["rating"].to_numpy(np.float64)
        errors = predicted - actual
        rmse = float(np.sqrt(np.mean(errors**2)))
        mean = float(np.sqrt(np.mean((actual - train["rating"].mean()) ** 2)))
        bias = measured["metrics"]["bias_baseline_rmse"]
        self.numbers["top"].append(rmse)
        self.rows["Against the baselines"] = [
            [rmse], [mean, 100 * abs(mean - rmse) / mean], [bias, 100 * abs(bias - rmse) / bias],
            [float(np.abs(errors).mean())], [float(np.mean(errors**2))],
        ]  # fmt: skip
        compared = measured["comparison"]
        names = ("loss", "accepted_loss", "ratio", "limit")
        self.numbers["Against the model in use"] = [compared[n] for n in names if compared[n]]
        self.texts.add(str(compared["accepted_run_id"]))
        self.numbers["Where the model is right and where it is not"] = [len(test), rmse]
        cold = {n: ~test[n].isin(train[n]) for n in ("user_index", "item_index")}
        self.numbers["Cold starts"] = [
            len(test), *(test[n][is_cold].nunique() for n, is_cold in cold.items()),
            (cold["user_index"] | cold["item_index"]).sum(),
        ]  # fmt: skip
        self._add_quality(predicted, actual, rmse, train["rating"].min(), train["rating"].max())

    def _add_quality(
        self, predicted: Any, actual: Any, rmse: float, low: float, high: float
    ) -> None:
        span, errors = high - low, predicted - actual
        cells = pd.DataFrame({"a": _bin(actual, low, span), "p": _bin(predicted, low, span)})
        joint = cells.value_counts().sort_index()
        self.rows["Predicted against actual in numbers"] = [
            [*_edges(a, low, span), *_edges(p, low, span), n] for (a, p), n in joint.items()
        ]
        exact = 100 * (cells["a"] == cells["p"]).mean()
        self.numbers["Predicted against actual"] = [len(actual), exact, span / 20]
        found = pd.Series(_bin(errors, -span, 2 * span)).value_counts().sort_index()
        self.rows["Residuals in numbers"] = [
            [*_edges(place, -span, 2 * span), n] for place, n in found.items()
        ]
        self.numbers["Residuals"] = [errors.mean(), rmse]
        frame = pd.DataFrame({"b": cells["p"] // 2, "predicted": predicted, "actual": actual})
        means = frame.groupby("b").agg(p=("predicted", "mean"), a=("actual", "mean"),
                                       n=("actual", "size"))  # fmt: skip
        self.rows["Calibration in numbers"] = means.to_numpy().tolist()
        worst = means.loc[(means["p"] - means["a"]).abs().idxmax()]
        self.numbers["Calibration"] = [worst["a"], worst["p"], worst["n"]]
        for title, name in (
            ("customer activity", "user_index"),
            ("video popularity", "item_index"),
        ):
            counts = self._splits["train"][name].value_counts()
            n_train = self._splits["test"][name].map(counts).fillna(0).to_numpy()
            groups = np.searchsorted(_BOUNDS, n_train, side="right") - 1
            rows = []
            for group in sorted(set(groups)):
                own = errors[groups == group]
                edge = [_BOUNDS[group], *([_BOUNDS[group + 1] - 1] if group < 9 else [])]
                edge = edge[:1] if edge[0] == edge[-1] else edge
                rows.append([*edge, len(own), np.sqrt(np.mean(own**2)), np.abs(own).mean()])
            self.rows[f"Error by {title} in numbers"] = rows
            worst_row = max(rows, key=lambda row: row[-2])
            self.numbers[f"Error by {title}"] = [*worst_row[:-3], worst_row[-2], rmse]

    def _add_model(self) -> None:
        told = self._output["model"]
        self.texts |= {value for value in told.values() if isinstance(value, str)}
        bucket, _, key = told["model_data_uri"].removeprefix("s3://").partition("/")
        s3 = self._client("s3")
        head = s3.head_object(Bucket=bucket, Key=key)
        self.texts |= {head["ETag"].strip('"'), head.get("VersionId", "")}
        self.rows["Data"].append([head["ContentLength"]])
        self._add_curve(told["training_job_name"])
        self._add_samples(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def _add_curve(self, job: str) -> None:
        logs, group = self._client("logs"), "/aws/sagemaker/TrainingJobs"
        (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")[
            "logStreams"
        ]
        pages, token = [], None
        while True:
            more = {"nextToken": token} if token else {}
            page = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"],
                                       startFromHead=True, **more)  # fmt: skip
            pages += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        found = re.findall(r"epoch=(\d+), train rmse <loss>=(\S+)", "\n".join(pages))
        rows = [[int(epoch) + 1, float(value)] for epoch, value in found]
        values = [value for _, value in rows]
        self.rows["train RMSE per epoch in numbers"] = rows
        self.numbers["train RMSE per epoch"] = [values[0], values[-1], len(rows), min(values),
                                                max(values)]  # fmt: skip

    def _add_samples(self, archive: bytes) -> None:
        model = parse_model(archive)
        kept = pd.concat(self._splits.values(), ignore_index=True)
        n_users = len(self._customers)
        ids = self._videos["video_id"].tolist()
        titles = [t or i for t, i in zip(self._videos["title"], ids, strict=True)]
        counts = kept["user_index"].value_counts()
        order = sorted(counts.index, key=lambda user: (-counts[user], user))
        for user in (order[0], order[len(order) // 2]):
            customer = self._customers["customer_id"][user]
            own = kept[kept["user_index"] == user]
            best = own.sort_values(["rating", "item_index"], ascending=[False, True]).head(5)
            factors = model.factors.astype(np.float64)
            scores = (model.bias + model.linear[user] + model.linear[n_users:]
                      + factors[n_users:] @ factors[user])  # fmt: skip
            scores[own["item_index"]] = -np.inf
            top = np.argsort(-scores, kind="stable")[:5]
            place = f"Customer {customer}"
            self.texts |= {str(customer), *map(str, titles)}
            self.numbers[place] = [len(own)]
            self.rows[place] = [[r] for r in best["rating"]] + [[scores[item]] for item in top]


def _on_the_way(definition: dict[str, Any]) -> set[str]:
    """Find the states on ways from the start to success that pass no state twice, nor a failure."""
    found: set[str] = set()

    def walk(way: list[str]) -> None:
        state = definition["States"][way[-1]]
        if state["Type"] == "Succeed" or state.get("End"):
            found.update(way)
        nexts = [state[k] for k in ("Next", "Default") if k in state]
        nexts += [choice["Next"] for choice in state.get("Choices", [])]
        for name in set(nexts) - set(way):
            walk([*way, name])

    walk([definition["StartAt"]])
    return found


def _attempt_row(tries: list[Any], *, is_wait: bool) -> list[float]:
    """Give total, attempts, and of each attempt the wait before it, its number, its seconds."""
    row = [(tries[-1][1] - tries[0][0]).total_seconds()]
    row += [len(tries)] if len(tries) > 1 else []
    for number, (begin, end) in enumerate(tries, start=1):
        if number > 1:
            row.append((begin - tries[number - 2][1]).total_seconds())
        row += ([] if is_wait else [number]) + [(end - begin).total_seconds()]
    return row


def _count_and_share(is_it: Any) -> list[float]:
    return [int(is_it.sum()), 100 * float(is_it.mean())]


def _bin(values: Any, low: float, span: float) -> Any:
    return np.clip(np.floor((values - low) / span * 20), 0, 19).astype(int)


def _edges(place: int, low: float, span: float) -> list[float]:
    return [low + span * place / 20, low + span * (place + 1) / 20]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
