"""Simulate a corpus: videos in the folder tree of AVEC2014, identity images in that of VGGFace2.

Reads only its parameters. With `simulate.enabled: false`, for real corpora, it writes an empty tree.
"""

from pathlib import Path

from pipeline.parallel.workers import map_items
from pipeline.params.whole import Params
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.simulation import avec_tree, vggface2_tree
from pipeline.simulation.cohort import draw_cohort


def main(params: Params, simulated: Path) -> None:
    """Run the stage."""
    simulate = params.simulate
    with atomic_folder(simulated) as output:
        avec, vggface2 = (output.resolve() / name for name in ("avec2014", "vggface2"))
        avec.mkdir()
        vggface2.mkdir()
        if not simulate.enabled:
            return
        cohort = draw_cohort(simulate.seed, simulate.subjects, simulate.sessions, simulate.subject_share)
        size = (simulate.width, simulate.height)
        shape = (simulate.frames, simulate.frame_rate, size)
        videos = avec_tree.simulated_videos(avec, cohort, simulate.seed, simulate.cue, *shape, simulate.cue_in)
        map_items(avec_tree.write_simulated_video, videos, "drawing videos")
        avec_tree.write_labels(avec, cohort)
        identities = vggface2_tree.simulated_identities(vggface2, simulate.seed, simulate.identities, simulate.images)
        portraits = map_items(vggface2_tree.write_images, identities, "drawing identities")
        vggface2_tree.write_tables(vggface2, dict(zip(identities, portraits, strict=True)))


if __name__ == "__main__":
    run_stage(main)
