import pytest

from recommender.comparison import AcceptedModel, compare

IN_USE = AcceptedModel("20261122t063156-1a2b3c", {"rmse": 0.9, "mae": 0.7})


@pytest.mark.parametrize(
    ("rmse", "limit", "is_rejected"),
    [
        (0.9, 1.0, False),
        (0.9 * 1.02, 1.02, False),
        (0.9181, 1.02, True),
        (0.8, 1.02, False),
        (0.8, 0.8, True),  # one may ask for an improvement
        (float("nan"), 1.02, True),
        (9.0, None, False),
    ],
)
def test_a_loss_may_be_so_many_times_that_of_the_model_in_use(rmse, limit, is_rejected):
    comparison = compare({"rmse": rmse}, IN_USE, limit=limit)

    assert (comparison.reason_to_reject is not None) == is_rejected


def test_the_reason_has_the_numbers_and_the_run():
    comparison = compare({"rmse": 0.99, "mae": 0.1}, IN_USE, limit=1.02)

    assert comparison.reason_to_reject == (
        "rmse 0.9900 is above max_loss_ratio_to_accepted 1.02 times the 0.9000 of the model in "
        "use, of run 20261122t063156-1a2b3c"
    )
    assert comparison.ratio == pytest.approx(1.1)
    assert (comparison.loss, comparison.accepted_loss, comparison.limit) == (0.99, 0.9, 1.02)
    assert comparison.not_compared_because is None


def test_a_classifier_is_measured_by_its_log_loss():
    in_use = AcceptedModel("earlier", {"log_loss": 0.5, "accuracy": 0.8})

    comparison = compare({"log_loss": 0.6, "accuracy": 0.9}, in_use, limit=1.1)

    assert comparison.loss_name == "log_loss"
    assert comparison.reason_to_reject is not None


@pytest.mark.parametrize(
    ("found", "accepted", "limit", "why"),
    [
        ({"rmse": 9.0}, None, 1.0, "there is no model in use"),
        (
            {"log_loss": 9.0},
            IN_USE,
            1.0,
            "the model in use, of run 20261122t063156-1a2b3c, is of the other predictor type",
        ),
        ({"rmse": 9.0}, IN_USE, None, "max_loss_ratio_to_accepted is null"),
    ],
)
def test_what_is_not_compared_says_why(found, accepted, limit, why):
    comparison = compare(found, accepted, limit=limit)

    assert comparison.not_compared_because == why
    assert comparison.reason_to_reject is None


def test_without_a_limit_the_ratio_is_told_all_the_same():
    assert compare({"rmse": 1.8}, IN_USE, limit=None).ratio == pytest.approx(2.0)


@pytest.mark.parametrize(("rmse", "is_rejected"), [(0.0, False), (0.1, True)])
def test_a_model_in_use_that_never_errs_leaves_no_ratio(rmse, is_rejected):
    comparison = compare({"rmse": rmse}, AcceptedModel("earlier", {"rmse": 0.0}), limit=1.02)

    assert comparison.ratio is None
    assert (comparison.reason_to_reject is not None) == is_rejected
