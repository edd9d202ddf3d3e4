"""Make the images and texts of the gallery: `python -m documentation.gallery [NAME ...]`.

It runs in a checkout with a finished demo (`dvc repro`). Experiments that are shown and do not exist are run, each
command once. With names, only these images are made. Every picture is scaled, gets a palette, and is written to
docs/gallery/images; what a command prints replaces the text below it in docs/gallery/index.md.

Pages are pictured with the system's Chromium. The page of `dvc plots` loads its scripts from the internet; without it,
they come from the package vl-convert-python if that is installed.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
from PIL import Image

from documentation.gallery_entries import (
    EXPERIMENTS,
    IMAGES,
    PAGE,
    PICTURES,
    SCREENSHOTS,
    TEXTS,
    Picture,
    Printed,
    Screenshot,
)
from documentation.screenshot import take_screenshot
from pipeline.experiments.repository import find_experiment
from pipeline.runtime.atomic import atomic_file, write_text_atomically

COLOURS, REFINEMENTS = 256, 3  # of the palette, and of its choice: text stays sharp, and faces keep their shades
COLUMNS = "120"  # of a printed table


def main() -> None:
    """Make all images and texts, or the named images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="images, without .png; default: all, and the texts")
    names = parser.parse_args().names
    images = {*(entry.image for entry in PICTURES), *(entry.image for entry in SCREENSHOTS)}
    if unknown := set(names) - images:
        sys.exit(f"no such image: {', '.join(sorted(unknown))}; there are {', '.join(sorted(images))}")
    pictures = [entry for entry in PICTURES if not names or entry.image in names]
    screenshots = [entry for entry in SCREENSHOTS if not names or entry.image in names]
    shown = {picture.experiment for picture in pictures}
    for experiment in EXPERIMENTS:
        # Commands of other entries name experiments too, and fail with a message where one is missing.
        if (not names or experiment.name in shown) and not _exists(experiment.name):
            _run(experiment.command)
    done: set[str] = set()
    for picture in pictures:
        _run_once(picture, done)
        _write(picture.image, _open_picture(picture), picture.width)
    for screenshot in screenshots:
        _run_once(screenshot, done)
        with atomic_file(Path("out/screenshot.png")) as partial:
            take_screenshot(screenshot, partial)
            image = Image.open(partial).convert("RGB")
        _write(screenshot.image, image, 1100)
    if not names:
        _write_texts(TEXTS)


def _exists(name: str) -> bool:
    try:
        find_experiment(name)
    except ValueError:
        return False
    return True


def _run_once(entry: Picture | Screenshot, done: set[str]) -> None:
    """Run the command of an entry unless it ran before, or the entry shows a file of an experiment."""
    if not (isinstance(entry, Picture) and entry.experiment) and entry.command not in done:
        _run(entry.command)
        done.add(entry.command)


def _run(command: str) -> str:
    """Run a command line in bash; return what it prints."""
    print(f"> {command}", flush=True)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": COLUMNS}
    completed = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=environment)
    if completed.returncode:
        sys.exit(f"{command} failed:\n{completed.stdout}\n{completed.stderr}")
    return completed.stdout


def _open_picture(picture: Picture) -> Image.Image:
    """Return a picture in RGB: a PNG file of the workspace or of an experiment, or the middle frame of a video."""
    if picture.source.endswith(".mp4"):
        return _middle_frame(picture.source)
    path = Path(picture.source)
    if picture.experiment:
        path = Path("out") / f"{picture.image}.png"
        path.parent.mkdir(exist_ok=True)
        find_experiment(picture.experiment).fetch(picture.source, path)
    return Image.open(path).convert("RGB")


def _middle_frame(path: str) -> Image.Image:
    video = cv2.VideoCapture(path)
    video.set(cv2.CAP_PROP_POS_FRAMES, video.get(cv2.CAP_PROP_FRAME_COUNT) // 2)
    read, frame = video.read()
    if not read:
        raise ValueError(f"{path}: its middle frame cannot be read")
    return Image.fromarray(frame[..., ::-1].copy())


def _write(name: str, image: Image.Image, width: int) -> None:
    """Write an image that is at most `width` wide, with a palette."""
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    colours = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=REFINEMENTS)
    palette = image.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)
    IMAGES.mkdir(exist_ok=True)
    with atomic_file(IMAGES / f"{name}.png") as partial:
        palette.save(partial, format="PNG", optimize=True)
    print(f"{IMAGES / name}.png: {image.width} x {image.height}, {(IMAGES / f'{name}.png').stat().st_size:,} bytes")


def _write_texts(texts: Iterable[Printed]) -> None:
    """Replace the block of text below each command in the gallery's page by what the command prints."""
    page = PAGE.read_text(encoding="utf-8")
    for text in texts:
        block = re.compile(rf"(```bash\n{re.escape(text.command)}\n```\n\n```text\n).*?(```\n)", re.DOTALL)
        if not block.search(page):
            sys.exit(f"{PAGE} has no block of bash with `{text.command}` and a block of text after it")
        lines = "\n".join(line.rstrip() for line in _run(text.command).strip("\n").splitlines())
        page = block.sub(lambda match, lines=lines: f"{match[1]}{lines}\n{match[2]}", page)  # type: ignore[misc]
    write_text_atomically(PAGE, page)


if __name__ == "__main__":
    main()
