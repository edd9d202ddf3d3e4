"""Do intervals over subjects and seeds contain the truth, and how often do two equal configurations seem to differ?

The truth is known by construction (benchmarks/trained_population.py): RMSE over 20,000 people and 200 trainings. Prints
a line for each strength of seeds, number of subjects and number of models, and the shares as one JSON object.
"""

import argparse
import json
from collections.abc import Iterable

import numpy as np

from benchmarks.trained_population import Population
from pipeline.comparing.seeded import seeded_difference, seeded_value
from pipeline.statistics.errors import rmse
from pipeline.statistics.interval import Interval

SEEDS = {"weak": (0.03, 0.6), "usual": (0.08, 1.5), "strong": (0.2, 4.0)}  # deviations of slope and offset
SUBJECTS, MODELS = (17, 42), (1, 2, 3, 5)
PEOPLE, TRAININGS = 20_000, 200  # of the truth


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000, help="draws of people and trainings a line")
    draws = parser.parse_args().draws
    shares: dict[str, float] = {}
    print("seeds   subjects  models  coverage  equal ones differ  width in points  sd between models")
    for strength, (slope, offset) in SEEDS.items():
        population = Population(0, slope, offset)
        truth = true_rmse(population)
        for subjects in SUBJECTS:
            for models in MODELS:
                coverage, width, deviation = covered(population, truth, subjects, models, draws)
                differ = differing(population, subjects, models, draws)
                print(
                    f"{strength:8}{subjects:8}{models:8}{coverage:10.3f}{differ:19.3f}{width:17.2f}{deviation:19.2f}",
                    flush=True,
                )
                shares |= {f"coverage_{strength}_{subjects}_{models}": round(coverage, 3)}
                shares |= {f"false_{strength}_{subjects}_{models}": round(differ, 3)}
    print(json.dumps(shares))


def true_rmse(population: Population) -> float:
    """Return the mean RMSE over people and trainings."""
    people, seen = population.draw(PEOPLE)
    scores = np.array([item.score for item in people])
    return float(np.mean([np.sqrt(np.mean((scores - population.train(seen)) ** 2)) for _ in range(TRAININGS)]))


def covered(population: Population, truth: float, subjects: int, models: int, draws: int) -> tuple[float, float, float]:
    """Return the share of intervals that contain the truth, their median width, and the mean deviation of models."""
    contained, widths, deviations = [], [], []
    for _ in range(draws):
        value = seeded_value(population.repeats(*population.draw(subjects), models), rmse)
        assert value is not None
        low, high = _ends(value.interval)
        contained.append(low <= truth <= high)
        widths.append(high - low)
        deviations.append(value.deviation or 0.0)
    return _mean(contained), float(np.median(widths)), _mean(deviations)


def differing(population: Population, subjects: int, models: int, draws: int) -> float:
    """Return the share of pairs of equal configurations of which the interval of the difference does not contain 0."""
    differ = []
    for _ in range(draws):
        people = population.draw(subjects)
        first, second = population.repeats(*people, models), population.repeats(*people, models)
        difference = seeded_difference(first, second, rmse)
        assert difference is not None
        low, high = _ends(difference.interval)
        differ.append(not low <= 0 <= high)
    return _mean(differ)


def _ends(interval: Interval) -> tuple[float, float]:
    assert interval.low is not None and interval.high is not None
    return interval.low, interval.high


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


if __name__ == "__main__":
    main()
