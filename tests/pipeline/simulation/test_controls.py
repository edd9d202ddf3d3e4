"""What controls of the simulated corpus must give, with learners that no network can be blamed for."""

import cv2
import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from pipeline.records.labels import Label
from pipeline.scoring.baselines import baseline
from pipeline.scoring.metrics import rmse
from pipeline.scoring.subgroups import Subgroup, subgroups_of
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.cohort import draw_cohort
from pipeline.simulation.drawing import Placement, draw_frame
from pipeline.simulation.motion import expressions, processes, resting_place, time_constant
from tests.pipeline.scoring.material import prediction

PARTITIONS = {"Training": "training", "Development": "development", "Testing": "test"}
SIZE = 48


def _portrait(number: int, bdi: float, appearance: bool) -> np.ndarray:
    """One frame of a film of somebody new, as grey levels about the middle of the face."""
    random = np.random.default_rng(number)
    tau = time_constant(bdi, 0.0 if appearance else 2.0)
    values = processes(random, 4, 7.5, tau)[-1:]
    values[:, :5] = 0  # the head is straight, as after alignment
    (expression,) = expressions(values, resting_place(bdi, 2.0) if appearance else None)
    picture, _ = draw_frame(draw_appearance(random), expression, Placement(SIZE, SIZE, 44), 2 * SIZE, 2 * SIZE, random)
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.float64(grey[12:42, 10:38]).ravel()


@pytest.mark.parametrize("appearance", [True, False])
def test_a_single_frame_is_enough_with_the_cue_in_the_appearance_and_tells_nothing_otherwise(appearance: bool) -> None:
    scores = np.random.default_rng(0).uniform(0, 45, 700)
    faces = np.stack([_portrait(number, score, appearance) for number, score in enumerate(scores)])
    learner = RidgeCV(alphas=np.logspace(3, 8, 11)).fit(faces[:500], scores[:500])
    estimate = learner.predict(faces[500:])
    error = float(np.sqrt(np.mean((estimate - scores[500:]) ** 2)))
    constant = float(np.std(scores[500:]))
    if appearance:
        assert error < 0.75 * constant  # 0.6 where this was written
    else:
        assert error > 0.97 * constant  # 1.02


def _seen(share: float) -> Subgroup:
    """The test videos of subjects met in fitting, of a cohort with AVEC's counts."""
    cohort = draw_cohort(2014, 82, 50, share)
    labels = [
        Label(one.name, str(one.subject), str(one.number), "", PARTITIONS[one.partition], float(one.bdi))
        for one in cohort
    ]
    known = baseline([label for label in labels if label.partition != "test"])
    tested = [label for label in labels if label.partition == "test"]
    found = subgroups_of(
        [prediction(x.recording, x.bdi, 0.0, subject=x.subject, seen=x.subject in known.subjects) for x in tested],
        known,
    )
    return next(part for part in found if part.name == "seen")


def test_the_look_up_wins_on_seen_subjects_where_their_scores_are_alike_and_only_there() -> None:
    error = {
        share: {of: rmse(part.truth, part.estimates[of]) or 0.0 for of in ("lookup", "constant")}
        for share in (0.0, 0.9, 1.0)
        for part in [_seen(share)]
    }
    assert error[0.0]["lookup"] > error[0.0]["constant"]
    assert error[0.9]["lookup"] < 0.7 * error[0.9]["constant"]
    assert error[1.0]["lookup"] == 0
