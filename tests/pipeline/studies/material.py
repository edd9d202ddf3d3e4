"""Rows of a study whose experiments have estimates, in memory."""

import csv
import io

from pipeline.experiments.outcome import Outcome, SubgroupMetric
from pipeline.experiments.repository import Experiment
from pipeline.statistics.interval import Interval
from pipeline.studies.collect import Row, lend

COLUMNS = ("recording", "subject", "seen", "score", "estimate", "clips")


def outcome(
    name: str,
    videos: dict[str, tuple[float, float]],
    seed: int = 1,
    fold: int = 0,
    validation: float | None = None,
    constant: float = 12.0,
) -> Outcome:
    """Return an experiment with (score, estimate) by recording, whose first letter is the subject; "a" is seen."""
    stream = io.StringIO()
    cells = [(name, name[0], "yes" if name[0] == "a" else "no", *pair, 1) for name, pair in videos.items()]
    csv.writer(stream).writerows([COLUMNS, *cells])
    files = {"results/predictions.csv": stream.getvalue()}

    class InMemory(Experiment):
        def text(self, path: str) -> str | None:
            return files.get(path)

    params = {"corpus": {"fold": fold}, "pretrain": {"seed": 1}, "finetune": {"seed": seed}}
    of_labels = SubgroupMetric(Interval(constant, constant - 1, constant + 1), len(videos), 3)
    intervals = {("all", "constant", "rmse"): of_labels}
    return Outcome(InMemory(name, "0"), params, {"rmse": 1.0, "mae": 1.0}, {}, intervals, validation, {})


def off_by(error: float, seed: int = 1, validation: float | None = None) -> Outcome:
    """Return an experiment on six videos of three subjects, whose estimates are too high by `error`, 2 more for c."""
    videos = {f"{subject}{number}": (10.0 * number, 10 * number + error) for subject in "ab" for number in (1, 2)}
    videos |= {f"c{number}": (10.0 * number, 10 * number + error + 2) for number in (1, 2)}
    return outcome(f"off-{error:g}-{seed}", videos, seed=seed, validation=validation)


def rows(**outcomes: list[Outcome]) -> list[Row]:
    """Return finished rows by label, as `gather` does."""
    return lend([Row(label, {}, tuple(items), len(items), ()) for label, items in outcomes.items()])
