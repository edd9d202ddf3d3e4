"""List the recordings of a corpus and their labels, and check all of them before anything is decoded.

Reads the folders `corpus.root` and `corpus.labels_root`. Writes the recordings (without anything about their
subjects), their partitions, the characteristics of their subjects (a table that names nobody), the origin of the corpus
if it was made, the labels of the training and development partitions, and in a separate file the labels of the test
partition. Partitions are those of the corpus, or subject-disjoint folds; with `corpus.external` the test partition is
another corpus. For a control, scores are permuted over all.
"""

import logging
from pathlib import Path

import yaml

from pipeline.corpora.characteristics import write_characteristics
from pipeline.corpora.external import Listing, with_external
from pipeline.corpora.file_hashes import file_hashes
from pipeline.corpora.folds import Folds
from pipeline.corpora.listing import Scoring, check_contents, check_scores, list_corpus
from pipeline.corpora.score_permutation import permutation_warnings, permute_scores
from pipeline.params.whole import Params
from pipeline.records.labels import write_labels
from pipeline.records.origin_file import origin_of_corpus, write_origin
from pipeline.records.partitions import write_partitions
from pipeline.records.recordings import Recording, write_recordings
from pipeline.runtime.stage import run_stage
from pipeline.severity.scale import scale_of

logger = logging.getLogger(__name__)


def main(
    params: Params,
    recordings: Path,
    partitions: Path,
    characteristics: Path,
    origin: Path,
    labels_fitting: Path,
    labels_testing: Path,
) -> None:
    """Run the stage."""
    corpus = params.corpus
    scoring = Scoring(scale_of(corpus.scale), corpus.score_column)
    root, labels_root = Path(corpus.root), Path(corpus.labels_root)
    folds = Folds(corpus.folds, corpus.fold)
    partitioning = folds if corpus.partition == "subject_folds" else None
    entries, labels, warnings = list_corpus(corpus.layout, root, labels_root, corpus.complete, scoring, partitioning)
    folders = {"corpus.root": root, "corpus.labels_root": labels_root}
    layout, shared_subjects = corpus.external.layout, corpus.external.shared_subjects
    places = Path(corpus.external.root), Path(corpus.external.labels_root)
    if layout != "none":
        folders |= dict(zip(("corpus.external.root", "corpus.external.labels_root"), places, strict=True))
        listing = with_external(Listing(entries, labels, warnings), layout, *places, shared_subjects, scoring)
        entries, labels, warnings = listing.entries, listing.labels, listing.warnings
    for name, folder in folders.items():
        if not folder.is_absolute() and not _is_output(folder):
            warnings.append(f"{name} is relative ({folder}): `dvc exp run --temp` and `--queue` will not find it")
    for warning in [*warnings, *check_scores(labels, corpus.layout, labels_root)]:
        logger.warning(warning)
    paths = {name: entry.path for name, entry in entries.items()}
    hashes = file_hashes(paths.values())
    listed = [Recording(name, path, path.stat().st_size, hashes[path]) for name, path in paths.items()]
    check_contents(labels, entries, {item.recording: item.sha256 for item in listed if item.bytes})
    write_characteristics(characteristics, labels, scoring.scale)
    write_origin(origin, origin_of_corpus(root))
    kind, draw = corpus.labels, corpus.permutation
    if kind is not True:
        unit = kind.removeprefix("permuted_")
        for warning in permutation_warnings(labels, unit):
            logger.warning(warning)
        labels = permute_scores(labels, unit, draw)
    write_recordings(recordings, listed)
    write_partitions(partitions, {label.recording: label.partition for label in labels})
    write_labels(labels_fitting, [label for label in labels if label.partition != "test"])
    write_labels(labels_testing, [label for label in labels if label.partition == "test"], groups=True)


def _is_output(folder: Path) -> bool:
    """Whether `folder` is in the output of another stage, which DVC also provides in temporary folders."""
    path = Path("dvc.yaml")
    stages = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].values() if path.is_file() else []
    outputs = [out if isinstance(out, str) else next(iter(out)) for stage in stages for out in stage.get("outs", [])]
    return any(folder.is_relative_to(out) for out in outputs)


if __name__ == "__main__":
    run_stage(main)
