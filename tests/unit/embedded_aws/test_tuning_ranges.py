import math

import numpy as np
import pytest

from embedded_aws.tuning_ranges import CategoricalRange, NumericRange, parse_ranges


def continuous(minimum: str, maximum: str, **more: str) -> dict[str, object]:
    return {
        "ContinuousParameterRanges": [
            {"Name": "lr", "MinValue": minimum, "MaxValue": maximum, **more}
        ]
    }


def test_parse_ranges_reads_all_three_kinds() -> None:
    ranges = parse_ranges(
        {
            **continuous("0.1", "0.2", ScalingType="Linear"),
            "IntegerParameterRanges": [{"Name": "epochs", "MinValue": "10", "MaxValue": "30"}],
            "CategoricalParameterRanges": [{"Name": "method", "Values": ["a", "b"]}],
        }
    )

    assert ranges == [
        NumericRange("lr", 0.1, 0.2, "Linear", False),
        NumericRange("epochs", 10, 30, "Linear", True),
        CategoricalRange("method", ("a", "b")),
    ]


def test_parse_ranges_lists_all_problems() -> None:
    def entry(name: str, low: str, high: str, scaling: str = "Auto") -> dict[str, str]:
        return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}

    with pytest.raises(ValueError, match="is not supported here") as caught:
        parse_ranges(
            {
                "AutoParameters": [{"Name": "x", "ValueHint": "1"}],
                "ContinuousParameterRanges": [
                    entry("a", "many", "1"),
                    entry("b", "2", "1"),
                    entry("c", "0", "1", "Logarithmic"),
                    entry("d", "0", "1", "ReverseLogarithmic"),
                    entry("e", "0", "1", "Exponential"),
                    entry("f", "0", "inf"),
                    entry("g", "0", "1"),
                    entry("g", "0", "1"),
                ],
                "IntegerParameterRanges": [
                    entry("h", "1.5", "2"),
                    entry("i", "1", "2", "ReverseLogarithmic"),
                ],
                "CategoricalParameterRanges": [{"Name": "j", "Values": []}],
            }
        )

    problems = str(caught.value).split("; ")
    assert [p.split(":")[0] for p in problems] == [
        "AutoParameters",
        *(f"range of {name}" for name in "abcdefhijg"),
    ]
    assert problems[1] == 'range of a: expected a number as MinValue, found "many"'
    assert problems[2] == "range of b: MinValue 2 is above MaxValue 1"


def test_parse_ranges_refuses_no_range_at_all() -> None:
    with pytest.raises(ValueError, match="expected at least one range"):
        parse_ranges({})


def test_auto_scaling_is_logarithmic_for_wide_positive_ranges_only() -> None:
    scalings = [
        parse_ranges(continuous(low, high))[0].scaling  # type: ignore[union-attr]
        for low, high in (("0.001", "0.1"), ("0.001", "0.01"), ("0", "0.1"))
    ]

    assert scalings == ["Logarithmic", "Linear", "Linear"]


def test_the_scales_ends_are_the_ranges_ends() -> None:
    for scaling in ("Linear", "Logarithmic", "ReverseLogarithmic"):
        (r,) = parse_ranges(continuous("0.01", "0.9", ScalingType=scaling))
        assert isinstance(r, NumericRange)
        low, high = (float(r.value_at(point)) for point in r.scaled_bounds)
        assert low == pytest.approx(0.01)
        assert high == pytest.approx(0.9)
        assert low >= 0.01
        assert high <= 0.9


def test_logarithmic_scales_spread_values_evenly_over_magnitudes() -> None:
    generator = np.random.default_rng(0)

    def draw(scaling: str, low: str, high: str) -> list[float]:
        (r,) = parse_ranges(continuous(low, high, ScalingType=scaling))
        assert isinstance(r, NumericRange)
        return [float(r.value_at(generator.uniform(*r.scaled_bounds))) for _ in range(4000)]

    def share_below(values: list[float], limit: float) -> float:
        return sum(value < limit for value in values) / len(values)

    assert share_below(draw("Linear", "0.0001", "1"), 0.5) == pytest.approx(0.5, abs=0.05)
    assert share_below(draw("Logarithmic", "0.0001", "1"), 0.01) == pytest.approx(0.5, abs=0.05)
    # From 0 to 0.9999: half of the values between 0.99 and the end.
    reverse = draw("ReverseLogarithmic", "0", "0.9999")
    assert share_below(reverse, 0.99) == pytest.approx(0.5, abs=0.05)


def test_every_integer_of_a_linear_range_is_as_likely_as_the_others() -> None:
    generator = np.random.default_rng(0)
    r = NumericRange("epochs", 1, 4, "Linear", is_integer=True)

    drawn = [r.value_at(generator.uniform(*r.scaled_bounds)) for _ in range(8000)]

    assert {text: drawn.count(text) / 8000 for text in drawn} == pytest.approx(
        dict.fromkeys("1234", 0.25), abs=0.03
    )


def test_numbers_are_written_so_that_they_read_back() -> None:
    assert float(NumericRange("lr", 0.1, 0.3, "Linear", False).value_at(0.1 + 0.2)) == 0.3
    value = NumericRange("lr", 1e-8, 1.0, "Logarithmic", False).value_at(math.log(1e-5))
    assert float(value) == pytest.approx(1e-5)


@pytest.mark.parametrize("scaling", ["Linear", "Logarithmic", "ReverseLogarithmic"])
def test_position_of_is_the_inverse_of_value_at(scaling: str) -> None:
    r = NumericRange("lr", 0.01, 0.9, scaling, is_integer=False)

    for value in ("0.01", "0.3", "0.9"):
        position = r.position_of(value)
        assert position is not None
        assert float(r.value_at(position)) == pytest.approx(float(value))


def test_position_of_what_is_not_in_the_range_is_none() -> None:
    integers = NumericRange("epochs", 1, 9, "Linear", is_integer=True)

    assert [integers.position_of(v) for v in ("0", "1", "9", "10", "2.5", "x", "")] == [
        None, 1.0, 9.0, None, None, None, None
    ]  # fmt: skip
    assert NumericRange("lr", 0.0, 1.0, "Linear", False).position_of("nan") is None
    assert CategoricalRange("method", ("a", "b")).position_of("a") == "a"
    assert CategoricalRange("method", ("a", "b")).position_of("c") is None
