"""Who takes part: subjects, their sessions in the three partitions, and the score of each session."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from pipeline.simulation.random_streams import random_stream

PARTITIONS = ("Training", "Development", "Testing")
HIGHEST = 45  # the highest score in AVEC
SCORES = stats.beta(0.7, 1.4)  # of the share of HIGHEST: mean 15, standard deviation 12, many low: like AVEC's
MOST_SESSIONS = 4  # of one subject, as in AVEC
MOVED = 0.3  # share of sessions dealt anew among partitions: with AVEC's counts about 17 of 42 test subjects are seen
FIRST_SUBJECT = 201


@dataclass(frozen=True)
class Session:
    """One visit of a subject.

    Attributes:
        subject: the subject's number.
        number: which visit of this subject, from 1.
        partition: Training, Development or Testing.
        bdi: the score, 0 to 45.
    """

    subject: int
    number: int
    partition: str
    bdi: int

    @property
    def name(self) -> str:
        """The session as AVEC names it: `<subject>_<session>`."""
        return f"{self.subject}_{self.number}"


def draw_cohort(seed: int, subjects: int, sessions: int, subject_share: float) -> list[Session]:
    """Draw `sessions` sessions for each partition.

    A subject's sessions mostly lie in one partition; a share of all sessions is dealt anew, so that some subjects
    are met in two partitions. Scores have the same distribution whatever `subject_share` is (a Gaussian copula):

        score = Q(Phi(sqrt(share) z_subject + sqrt(1 - share) z_session)),   z standard normal,

    with Q the quantile function of the scores: `subject_share` is the correlation of two sessions of one subject
    before Q. 0: a face tells nothing of a score; 1: a subject always has the same.
    """
    random = random_stream(seed, "cohort")
    visits = _visits(random, subjects, 3 * sessions)
    owners = np.repeat(random.permutation(subjects), visits)
    moved = np.flatnonzero(random.random(len(owners)) < MOVED)
    owners[moved] = owners[random.permutation(moved)]
    of_subject = random.standard_normal(subjects)
    of_session = random.standard_normal(len(owners))
    z = np.sqrt(subject_share) * of_subject[owners] + np.sqrt(1 - subject_share) * of_session
    scores = np.minimum(SCORES.ppf(stats.norm.cdf(z)) * (HIGHEST + 1), HIGHEST).astype(int)
    met: dict[int, int] = {}
    cohort = []
    for place, owner in enumerate(owners.tolist()):
        met[owner] = met.get(owner, 0) + 1
        partition = PARTITIONS[place // sessions]
        cohort.append(Session(FIRST_SUBJECT + owner, met[owner], partition, int(scores[place])))
    return cohort


def _visits(random: np.random.Generator, subjects: int, total: int) -> np.ndarray:
    """How often each subject comes: at least once, at most four times where that is enough for `total`."""
    most = max(MOST_SESSIONS, -(-total // subjects))
    visits = np.ones(subjects, int)
    for _ in range(total - subjects):
        visits[random.choice(np.flatnonzero(visits < most))] += 1
    return visits
