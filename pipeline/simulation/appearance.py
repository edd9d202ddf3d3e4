"""How a subject looks: proportions, skin, hair, lighting. Nothing of it depends on a score."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Colour = tuple[float, float, float]

SKINS: tuple[Colour, ...] = (
    (241, 205, 178),
    (224, 180, 148),
    (203, 156, 120),
    (172, 122, 88),
    (134, 90, 64),
    (106, 72, 54),
)
HAIRS: tuple[Colour, ...] = ((38, 28, 24), (70, 46, 32), (112, 76, 46), (168, 128, 78), (96, 92, 90), (150, 70, 40))
IRISES: tuple[Colour, ...] = ((70, 48, 34), (96, 74, 42), (74, 100, 110), (84, 108, 80))
BACKGROUNDS: tuple[Colour, ...] = ((150, 160, 170), (176, 168, 152), (120, 132, 126), (190, 190, 192), (104, 112, 130))
CLOTHES: tuple[Colour, ...] = ((58, 70, 96), (110, 52, 56), (66, 84, 66), (44, 44, 48), (150, 146, 138), (92, 78, 110))
DARK_FROM = 3  # of SKINS: from here on hair is dark too
STYLES = ("short", "fringe", "long", "bald", "parted")


@dataclass(frozen=True)
class Appearance:
    """A subject's look. Lengths are in units of half the height of the face; colours are RGB of 0 to 255."""

    skin: Colour
    hair: Colour
    iris: Colour
    style: str
    width: float
    jaw: float
    eye_distance: float
    eye_size: float
    eye_height: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float
    lips: float
    brow_weight: float
    beard: float
    glasses: bool
    clothes: Colour
    background: Colour
    light: float
    light_side: float


def draw_appearance(random: np.random.Generator) -> Appearance:
    """Draw a subject."""
    skin = random.integers(len(SKINS))
    hairs = HAIRS if skin < DARK_FROM else HAIRS[:2]
    return Appearance(
        skin=_near(random, SKINS[skin : skin + 1], 8),
        hair=_near(random, hairs, 8),
        iris=_near(random, IRISES, 8),
        style=STYLES[random.choice(len(STYLES), p=(0.3, 0.2, 0.25, 0.08, 0.17))],
        width=random.uniform(0.70, 0.80),
        jaw=random.uniform(0.55, 0.75),
        eye_distance=random.uniform(0.31, 0.36),
        eye_size=random.uniform(0.135, 0.165),
        eye_height=random.uniform(-0.16, -0.08),
        nose_length=random.uniform(0.32, 0.42),
        nose_width=random.uniform(0.11, 0.16),
        mouth_width=random.uniform(0.24, 0.30),
        mouth_height=random.uniform(0.50, 0.57),
        lips=random.uniform(0.045, 0.075),
        brow_weight=random.uniform(0.045, 0.08),
        beard=random.uniform(0.15, 0.5) if random.random() < 0.2 else 0.0,
        glasses=bool(random.random() < 0.15),
        **_scene(random),
    )


def another_day(look: Appearance, random: np.random.Generator) -> Appearance:
    """The same person at another time: other clothes, background and light."""
    return replace(look, **_scene(random))


def _scene(random: np.random.Generator) -> dict[str, Any]:
    return {
        "clothes": _near(random, CLOTHES, 10),
        "background": _near(random, BACKGROUNDS, 14),
        "light": random.uniform(0.86, 1.06),
        "light_side": random.uniform(-0.22, 0.22),
    }


def _near(random: np.random.Generator, colours: tuple[Colour, ...], spread: float) -> Colour:
    base = np.array(colours[random.integers(len(colours))])
    mostly_brightness = random.normal(0, spread) + random.normal(0, spread / 4, 3)
    red, green, blue = np.clip(base + mostly_brightness, 12, 250).tolist()
    return red, green, blue
