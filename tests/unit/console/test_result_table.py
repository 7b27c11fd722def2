"""The tables at the end of a run."""

import io

from rich.console import Console

from console.result_table import print_result
from console.sample_customers import CustomerSample, Shown


def printed(record, report=None) -> str:
    sink = io.StringIO()
    print_result(record, report, Console(file=sink, width=100))
    return sink.getvalue()


def test_result_shows_baselines_rows_and_recommendations(make_record, tmp_path):
    text = printed(make_record(), tmp_path / "report.html")

    for part in ("into use", "0.8000", "global mean", "20.0% better", "11.1% better", "below video",
                 "110", "Cold customers", "Customer C1", "First", "V2", "4.50", "12.5 s",
                 "20261122t063156-1a2b3c", "report.html"):  # fmt: skip
        assert part in text


def test_result_says_why_the_model_was_rejected(make_record):
    record = make_record()
    record.output.update(outcome="rejected", reasons=["rmse 0.9 is not below 0.8"])

    assert "rmse 0.9 is not below 0.8" in printed(record)


def test_titles_are_no_markup(make_record):
    shown = (Shown("V1", "[red]Title[/red] [/]", 4.0),)
    sample = CustomerSample("[b]C[/b]", "a customer", 1, shown, ())

    text = printed(make_record(samples=[sample]))

    assert "[red]Title[/red] [/]" in text
    assert "[b]C[/b]" in text


def test_best_trial_is_named(make_record, make_trial):
    text = printed(make_record(trials=[make_trial(1, 0.91), make_trial(2, 0.9)]))

    assert "the best is trial 2: test:rmse 0.9000" in text
