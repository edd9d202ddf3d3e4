"""A permutation test of the result on the true scores, and a test for leaks, from runs on permuted scores.

If faces say nothing about scores, the result on the true scores is one more draw from the results on permuted ones.
With N draws, of which k are at least as good, p = (1 + k) / (1 + N) (Phipson and Smyth, "Permutation p-values should
never be zero", Statistical Applications in Genetics and Molecular Biology 9, 2010). Other draws give another k: the
Monte Carlo error is the exact binomial interval of the share that endless draws would give (Clopper and Pearson, 1934).

On permuted scores nothing can be learned. So their runs must not estimate better than the constant that was fitted to
the same permuted scores, and their estimates must not correlate with the tested ones; else something leaks. The error
alone would not show a small leak, because memorised noise raises it above the constant's; the correlation does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.outcome import Outcome
from pipeline.statistics.interval import Interval
from pipeline.statistics.proportions import clopper_pearson
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.mean import mean_interval

LEAK = 0.99  # confidence of the intervals that show a leak: several are looked at
ALPHA = 0.05  # the largest p with which the true scores count as better than permuted ones


@dataclass(frozen=True)
class Placed:
    """The place of the observed value of a metric among its permuted ones.

    Attributes:
        observed: the value on the true scores.
        draws: the values on permuted scores.
        at_least_as_good: number of draws that are as good as the observed value, or better.
    """

    observed: float
    draws: tuple[float, ...]
    at_least_as_good: int

    @property
    def p(self) -> Interval:
        """The p-value, with the 95 % interval of the share that endless draws would give."""
        count = len(self.draws)
        return Interval((1 + self.at_least_as_good) / (1 + count), *clopper_pearson(self.at_least_as_good, count))


@dataclass(frozen=True)
class PermutationTest:
    """The result on the true scores among those of one kind of permutation.

    Attributes:
        label: of the row with the permuted runs.
        labels: corpus.labels of these runs.
        wanted: number of draws in the study, finished or not.
        rmse: a smaller one is better.
        pcc: Pearson's r, a larger one is better; None if a run has none, because its estimates do not vary.
        excess: the mean RMSE on permuted scores minus that of their constants, with its 99 % interval over draws.
        mean_pcc: the mean r on permuted scores with its 99 % interval; None likewise.
        constants: RMSE of the constant in each draw.
    """

    label: str
    labels: object
    wanted: int
    rmse: Placed
    pcc: Placed | None
    excess: Interval
    mean_pcc: Interval | None
    constants: tuple[float, ...]

    @property
    def leaks(self) -> bool:
        """Whether runs on permuted scores estimate better than they can without a leak."""
        is_better = self.excess.high is not None and self.excess.high < 0
        return is_better or (self.mean_pcc is not None and (self.mean_pcc.low or 0.0) > 0)

    @property
    def is_outside(self) -> bool:
        """Whether the true scores are estimated better than permuted ones."""
        return self.rmse.p.value <= ALPHA


def permutation_tests(study: Study, rows: Sequence[Row]) -> list[PermutationTest]:
    """Return a test for each row with permuted runs; none unless the study has an observed row that is finished."""
    observed = next((row.outcomes[0] for row in rows if row.label == study.observed and row.outcomes), None)
    if observed is None:
        return []
    tests = (_test(observed, row) for row in rows if row.label != study.observed and len(row.outcomes) > 1)
    return [test for test in tests if test]


def _test(observed: Outcome, row: Row) -> PermutationTest | None:
    rmse, constants = _values(row.outcomes, "rmse"), _values(row.outcomes, "rmse", "constant")
    true_rmse, true_pcc = observed.metric("rmse"), observed.metric("pcc")
    if true_rmse is None or not rmse or not constants:
        return None
    pcc = _values(row.outcomes, "pcc") if true_pcc else ()
    return PermutationTest(
        label=row.label,
        labels=value_at(row.outcomes[0].params, "corpus.labels"),
        wanted=row.repeats,
        rmse=Placed(true_rmse.value, rmse, sum(value <= true_rmse.value for value in rmse)),
        pcc=Placed(true_pcc.value, pcc, sum(value >= true_pcc.value for value in pcc)) if true_pcc and pcc else None,
        excess=mean_interval([value - constant for value, constant in zip(rmse, constants, strict=True)], LEAK),
        mean_pcc=mean_interval(pcc, LEAK) if pcc else None,
        constants=constants,
    )


def _values(outcomes: Sequence[Outcome], name: str, estimator: str = "model") -> tuple[float, ...]:
    """Return a metric of each run; nothing if a run lacks it."""
    metrics = [outcome.metric(name, estimator=estimator) for outcome in outcomes]
    return tuple(item.value for item in metrics if item) if all(metrics) else ()
