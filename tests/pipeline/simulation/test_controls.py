"""Expected results of the controls of the simulated corpus, with a linear model in the place of a network."""

import cv2
import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from pipeline.estimators.labels_alone import fit_label_estimators
from pipeline.records.labels import Label
from pipeline.scoring.metrics import rmse
from pipeline.scoring.subgroups import Subgroup, subgroups_of
from pipeline.severity.scale import scale_of
from pipeline.simulation.appearance import draw_appearance
from pipeline.simulation.cohort import draw_cohort
from pipeline.simulation.drawing import FacePose, draw_frame
from pipeline.simulation.motion import expressions, processes, resting_values, time_constant
from tests.pipeline.scoring.material import prediction

PARTITIONS = {"Training": "training", "Development": "development", "Testing": "test"}
SIZE = 48


def _portrait(number: int, score: float, appearance: bool) -> np.ndarray:
    """One frame of a new subject, as grey levels around the centre of the face."""
    random = np.random.default_rng(number)
    tau = time_constant(score / 45, 0.0 if appearance else 2.0)
    values = processes(random, 4, 7.5, tau)[-1:]
    values[:, :5] = 0  # the head is straight, as after alignment
    (expression,) = expressions(values, resting_values(score / 45, 2.0) if appearance else None)
    picture, _ = draw_frame(draw_appearance(random), expression, FacePose(SIZE, SIZE, 44), 2 * SIZE, 2 * SIZE, random)
    grey = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.float64(grey[12:42, 10:38]).ravel()


@pytest.mark.parametrize("appearance", [True, False])
def test_a_single_frame_predicts_the_score_only_with_the_cue_in_the_appearance(appearance: bool) -> None:
    scores = np.random.default_rng(0).uniform(0, 45, 700)
    faces = np.stack([_portrait(number, score, appearance) for number, score in enumerate(scores)])
    model = RidgeCV(alphas=np.logspace(3, 8, 11)).fit(faces[:500], scores[:500])
    estimates = model.predict(faces[500:])
    error = float(np.sqrt(np.mean((estimates - scores[500:]) ** 2)))
    constant = float(np.std(scores[500:]))
    if appearance:
        assert error < 0.75 * constant  # 0.6 when this was written
    else:
        assert error > 0.97 * constant  # 1.02


def _seen_subgroup(share: float) -> Subgroup:
    """The test videos of subjects seen in fitting, of a cohort with AVEC's counts."""
    cohort = draw_cohort(2014, 82, 50, share, scale_of("bdi-ii"))
    labels = [
        Label(
            session.name,
            str(session.subject),
            str(session.number),
            "",
            PARTITIONS[session.partition],
            float(session.score),
        )
        for session in cohort
    ]
    labels_alone = fit_label_estimators([label for label in labels if label.partition != "test"])
    test_labels = [label for label in labels if label.partition == "test"]
    subgroups = subgroups_of(
        [
            prediction(
                label.recording, label.score, 0.0, subject=label.subject, seen=label.subject in labels_alone.subjects
            )
            for label in test_labels
        ],
        labels_alone,
    )
    return next(subgroup for subgroup in subgroups if subgroup.name == "seen")


def test_the_look_up_beats_the_constant_on_seen_subjects_only_if_their_scores_are_similar() -> None:
    error = {
        share: {name: rmse(subgroup.truth, subgroup.estimates[name]) or 0.0 for name in ("lookup", "constant")}
        for share in (0.0, 0.9, 1.0)
        for subgroup in [_seen_subgroup(share)]
    }
    assert error[0.0]["lookup"] > error[0.0]["constant"]
    assert error[0.9]["lookup"] < 0.7 * error[0.9]["constant"]
    assert error[1.0]["lookup"] == 0
