"""The simulated cohort: subjects, their sessions in the three partitions, and the score of each session."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.severity.scale import SeverityScale
from pipeline.simulation.random_streams import random_stream

PARTITIONS = ("Training", "Development", "Testing")
# AVEC has scores from 0 to 45 of the 63 of BDI-II, many of them low: mean 15, standard deviation 12. Scores of other
# scales are drawn alike, as shares of their range.
MAX_SCORE = 45
AVEC_WIDTH = 63
SCORES = stats.beta(0.7, 1.4)  # of score / MAX_SCORE
MAX_SESSIONS = 4  # of one subject, as in AVEC
# The share of sessions that are shuffled among the partitions: with AVEC's counts about 17 of 42 test subjects are seen
# in fitting.
SHUFFLED_SHARE = 0.3
FIRST_SUBJECT = 201


@dataclass(frozen=True)
class Session:
    """One visit of a subject.

    Attributes:
        subject: the subject's number.
        number: the number of the visit among those of the subject, from 1.
        partition: Training, Development or Testing.
        score: in points of the scale of the cohort.
        severity: the place of the score between the scale's lowest one, 0, and the highest that is drawn, 1.
    """

    subject: int
    number: int
    partition: str
    score: int
    severity: float

    @property
    def name(self) -> str:
        """The name of the session in AVEC: `<subject>_<session>`."""
        return f"{self.subject}_{self.number}"


def highest_drawn(scale: SeverityScale) -> float:
    """Return the highest score that is drawn of a scale; it need not be whole.

    Examples:
        >>> from pipeline.severity.scale import scale_of
        >>> highest_drawn(scale_of("bdi-ii")), round(highest_drawn(scale_of("phq-9")), 2)
        (45.0, 19.29)
    """
    return scale.lowest + scale.width * MAX_SCORE / AVEC_WIDTH


def draw_cohort(seed: int, subjects: int, sessions: int, subject_share: float, scale: SeverityScale) -> list[Session]:
    """Draw `sessions` sessions for each partition, with whole scores of a scale.

    Most sessions of a subject lie in one partition; a share of all sessions is shuffled, so that some subjects occur in
    two partitions. The distribution of scores does not depend on `subject_share` (a Gaussian copula):

        score = Q(Phi(sqrt(share) z_subject + sqrt(1 - share) z_session)),   z standard normal,

    with Q the quantile function of the scores: `subject_share` is the correlation of two sessions of one subject
    before Q. At 0 the identity of a subject carries no information on the score; at 1 all sessions of a subject have
    the same score.
    """
    random = random_stream(seed, "cohort")
    visits = _visits(random, subjects, 3 * sessions)
    owners = np.repeat(random.permutation(subjects), visits)
    shuffled = np.flatnonzero(random.random(len(owners)) < SHUFFLED_SHARE)
    owners[shuffled] = owners[random.permutation(shuffled)]
    z_subject = random.standard_normal(subjects)
    z_session = random.standard_normal(len(owners))
    z = np.sqrt(subject_share) * z_subject[owners] + np.sqrt(1 - subject_share) * z_session
    scores = scores_at(stats.norm.cdf(z), scale)
    counts: dict[int, int] = {}
    cohort = []
    for index, owner in enumerate(owners.tolist()):
        counts[owner] = counts.get(owner, 0) + 1
        partition = PARTITIONS[index // sessions]
        score = scores[index]
        cohort.append(Session(FIRST_SUBJECT + owner, counts[owner], partition, score, severity_of(score, scale)))
    return cohort


def scores_at(quantiles: np.ndarray, scale: SeverityScale) -> list[int]:
    """Return the whole scores of a scale at quantiles of their distribution, each 0 to 1."""
    avec_scores = np.minimum(SCORES.ppf(quantiles) * (MAX_SCORE + 1), MAX_SCORE).astype(int)
    return [scale.lowest + score * scale.width // AVEC_WIDTH for score in avec_scores.tolist()]


def severity_of(score: int, scale: SeverityScale) -> float:
    """Return the place of a score between the scale's lowest one, 0, and the highest that is drawn, 1."""
    return (score - scale.lowest) / (highest_drawn(scale) - scale.lowest)


def _visits(random: np.random.Generator, subjects: int, total: int) -> np.ndarray:
    """Draw the number of visits of each subject: at least one, and at most four if that is enough for `total`."""
    max_visits = max(MAX_SESSIONS, -(-total // subjects))
    visits = np.ones(subjects, int)
    for _ in range(total - subjects):
        visits[random.choice(np.flatnonzero(visits < max_visits))] += 1
    return visits
