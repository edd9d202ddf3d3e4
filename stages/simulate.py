"""Simulate a corpus: videos in the folder tree of AVEC2014, identity images in that of VGGFace2.

The videos are drawn or, with `simulate.source: footage`, made from the recordings in the folder `simulate.footage`.
With `simulate.external` a second corpus is drawn beside it, to test on. With `simulate.enabled: false`, for real
corpora, it writes an empty tree.
"""

from pathlib import Path

from pipeline.parallel.workers import map_items
from pipeline.params.corpus import Simulate
from pipeline.params.whole import Params
from pipeline.planting.corpus import plant_corpus
from pipeline.planting.pace import Pace
from pipeline.records.origin import DRAWN, PLANTED, Origin
from pipeline.records.origin_file import NAME as ORIGIN
from pipeline.records.origin_file import write_origin
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.severity.scale import SeverityScale, scale_of
from pipeline.simulation import avec_tree, other_corpus, vggface2_tree
from pipeline.simulation.cohort import draw_cohort


def main(params: Params, simulated: Path) -> None:
    """Run the stage."""
    simulate, scale = params.simulate, scale_of(params.corpus.scale)
    footage, pace = Path(simulate.footage), Pace(simulate.cue, simulate.frames, simulate.largest_cue)
    with atomic_folder(simulated) as output:
        avec, vggface2, other = (output.resolve() / name for name in ("avec2014", "vggface2", other_corpus.FOLDER))
        for folder in (avec, vggface2, other):
            folder.mkdir()
        drawn = simulate.enabled and simulate.external
        # DVC keeps no empty folder, and stage ingest depends on this one.
        (other / other_corpus.README).write_text(other_corpus.DRAWN if drawn else other_corpus.NOT_DRAWN)
        if not simulate.enabled:
            return
        planted = simulate.source == "footage"
        origin = _plant(avec, footage, pace, simulate, scale) if planted else _draw(avec, simulate, scale)
        write_origin(avec / ORIGIN, origin)
        if drawn:
            other_cohort, other_videos = other_corpus.other_corpus(other, simulate, scale)
            map_items(avec_tree.write_simulated_video, other_videos, "drawing videos of the other corpus")
            avec_tree.write_labels(other, other_cohort)
            write_origin(other / ORIGIN, Origin(DRAWN, simulate.cue, simulate.cue_in))
        identities = vggface2_tree.simulated_identities(vggface2, simulate.seed, simulate.identities, simulate.images)
        portraits = map_items(vggface2_tree.write_images, identities, "drawing identities")
        vggface2_tree.write_tables(vggface2, dict(zip(identities, portraits, strict=True)))


def _draw(avec: Path, simulate: Simulate, scale: SeverityScale) -> Origin:
    """Draw the videos of the corpus."""
    cohort = draw_cohort(simulate.seed, simulate.subjects, simulate.sessions, simulate.subject_share, scale)
    shape = (simulate.frames, simulate.frame_rate, (simulate.width, simulate.height))
    videos = avec_tree.simulated_videos(avec, cohort, simulate.seed, simulate.cue, *shape, simulate.cue_in)
    map_items(avec_tree.write_simulated_video, videos, "drawing videos")
    avec_tree.write_labels(avec, cohort)
    return Origin(DRAWN, simulate.cue, simulate.cue_in)


def _plant(avec: Path, footage: Path, pace: Pace, simulate: Simulate, scale: SeverityScale) -> Origin:
    """Make the videos of the corpus from recordings."""
    digest = plant_corpus(avec, footage, pace, simulate, scale)
    return Origin(PLANTED, simulate.cue, simulate.cue_in, digest)


if __name__ == "__main__":
    run_stage(main)
