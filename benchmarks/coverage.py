"""How often 95 % intervals over subjects contain the true value, for RMSE, MAE, r, CCC and their paired differences.

    python -m benchmarks.coverage [--trials 2000] [--subjects 15 17 25 42 82] [--methods shipped percentile]

Test partitions are simulated (benchmarks/simulated_errors.py): skewed scores, a strong and a weak model, errors that
the videos of a subject share, one to four videos each. The true values come from a million subjects. For each kind of
error, number of subjects, metric and method the table has the share of trials whose interval contains the true value,
the shares of the intervals that lie above and below it, and the median width. The goal: at least 0.90 from 15 subjects,
at least 0.93 from 40, at most 0.98. The last line is one JSON object on the method `shipped`: the least coverage from
15 subjects, the least from 40, and the greatest.
"""

import argparse
import json
from collections.abc import Iterator

import numpy as np

from benchmarks.interval_candidates import METHODS
from benchmarks.simulated_errors import ERRORS, Partitions, simulate, true_values
from pipeline.statistics.agreement import ccc, pcc
from pipeline.statistics.errors import mae, rmse
from pipeline.statistics.jackknife import Function
from pipeline.statistics.scales import Scale
from pipeline.statistics.statistic import Statistic, difference
from pipeline.statistics.studentised import Studentised

NAMES = {"rmse": (rmse, "RMSE"), "mae": (mae, "MAE"), "pcc": (pcc, "r"), "ccc": (ccc, "CCC")}
TRUE_SUBJECTS = 1_000_000


def main() -> None:
    """Simulate, and print the table and the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2000, help="simulated test partitions of each size")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstraps that are compared")
    parser.add_argument("--subjects", type=int, nargs="+", default=[15, 17, 25, 42, 82], help="in a partition")
    parser.add_argument("--errors", nargs="+", choices=sorted(ERRORS), default=sorted(ERRORS))
    parser.add_argument("--methods", nargs="+", choices=list(METHODS), default=["shipped", "percentile"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    shipped: dict[int, list[float]] = {}
    for errors in arguments.errors:
        truths = true_values(errors, TRUE_SUBJECTS, np.random.default_rng(arguments.seed))
        for subjects in arguments.subjects:
            print(f"\n{errors} errors, {subjects} subjects: coverage (% above, % below), median width")
            print(f"{'':18}" + "".join(f"{method:>28}" for method in arguments.methods))
            random = np.random.default_rng([arguments.seed, subjects])
            partitions = simulate(errors, arguments.trials, subjects, random)
            counts = random.multinomial(subjects, np.full(subjects, 1 / subjects), arguments.resamples).astype(float)
            for name, true, sums, function, scale in quantities(partitions, truths):
                cells = []
                for method in arguments.methods:
                    low, high = map(scale.backward, METHODS[method](sums, function, scale, counts))
                    above, below = np.mean(low > true), np.mean(high < true)
                    covered = float(np.mean((low <= true) & (true <= high)))
                    cells.append(f"{covered:.3f} ({above:4.1%}, {below:4.1%}) {np.nanmedian(high - low):6.2f}")
                    if method == "shipped":
                        shipped.setdefault(subjects, []).append(covered)
                print(f"{name:18}" + "".join(f"{cell:>28}" for cell in cells), flush=True)
    print(json.dumps(_summary(shipped)))


def quantities(
    partitions: Partitions, truths: dict[tuple[str, str], float]
) -> Iterator[tuple[str, float, np.ndarray, Function, Scale]]:
    """Yield name, true value, sums (trials, subjects, features), function of sums and scale of all that is measured."""
    shape = partitions.present.shape
    for key, (metric, name) in NAMES.items():
        of_model = {
            model: metric.of(partitions.truth.ravel(), estimates.ravel())
            for model, estimates in partitions.estimates.items()
        }
        values = {model: truths[model, key] for model in of_model}
        statistics: dict[str, tuple[float, Statistic]] = {
            f"{name}, {model}": (values[model], statistic) for model, statistic in of_model.items()
        }
        statistics[f"{name}, difference"] = (
            values["weak"] - values["strong"],
            difference(of_model["weak"], of_model["strong"]),
        )
        for label, (true, statistic) in statistics.items():
            features = statistic.features.reshape(*shape, -1) * partitions.present[..., None]
            assert isinstance(statistic.method, Studentised)
            yield label, true, features.sum(2), statistic.function, statistic.method.scale


def _summary(shipped: dict[int, list[float]]) -> dict[str, float | None]:
    least = {
        name: min(
            (value for subjects, values in shipped.items() if subjects >= limit for value in values), default=None
        )
        for name, limit in (("coverage_15", 15), ("coverage_40", 40))
    }
    return {**least, "most_coverage": max((value for values in shipped.values() for value in values), default=None)}


if __name__ == "__main__":
    main()
