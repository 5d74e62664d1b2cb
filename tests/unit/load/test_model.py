# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is ordered, and how calls are summed up."""

from __future__ import annotations

import json

import pytest
from ansible_collections.proven.webapp.tests.load.image.load.model import Numbers, Order, Result, Sample, percentile


def test_an_order_survives_the_way_into_the_pod() -> None:
    order = Order("http://a", "http://b", 7, 1.5, (0.0, 0.2))
    assert Order.of(order.as_json()) == order


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (95, 95), (99, 99), (100, 100), (1, 1)])
def test_percentiles_are_values_that_there_were(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_percentiles_of_few() -> None:
    assert percentile([], 95) == 0
    assert percentile([3.0], 50) == percentile([3.0], 99) == 3.0
    assert percentile([1.0, 9.0], 95) == 9.0


def test_what_came_before_everybody_was_there_counts_apart() -> None:
    samples = [
        Sample(99.0, "sign up", 400.0),
        Sample(99.5, "sign up", 410.0, "429"),
        Sample(101.0, "list", 10.0),
        Sample(100.0, "list", 20.0),
        Sample(102.0, "add", 30.0, "502"),
    ]
    result = Result.sum_of(samples, at=100.0, until=105.0)
    assert result.all == Numbers(3, 1, 20.0, 30.0, 30.0, 30.0)
    assert result.calls == {"add": Numbers(1, 1, 30.0, 30.0, 30.0, 30.0), "list": Numbers(2, 0, 10.0, 20.0, 20.0, 20.0)}
    assert (result.signing_up.requests, result.signing_up.failures, result.failures) == (2, 1, 2)
    assert [sample.why for sample in result.lost] == ["429", "502"]
    assert result.per_second == 0.6
    assert Result.of(json.loads(result.as_json())) == result
