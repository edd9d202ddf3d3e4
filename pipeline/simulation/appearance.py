"""The appearance of a simulated subject: proportions, skin, hair, lighting. Nothing of it depends on the score."""

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
FIRST_DARK_SKIN = 3  # index in SKINS from which on the hair is dark too
HAIR_STYLES = ("short", "fringe", "long", "bald", "parted")


@dataclass(frozen=True)
class Appearance:
    """The appearance of a subject; lengths in units of half the face height, colours as RGB from 0 to 255."""

    skin: Colour
    hair: Colour
    iris: Colour
    hair_style: str
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
    """Draw a random appearance."""
    skin = random.integers(len(SKINS))
    hairs = HAIRS if skin < FIRST_DARK_SKIN else HAIRS[:2]
    return Appearance(
        skin=_vary_colour(random, SKINS[skin : skin + 1], 8),
        hair=_vary_colour(random, hairs, 8),
        iris=_vary_colour(random, IRISES, 8),
        hair_style=HAIR_STYLES[random.choice(len(HAIR_STYLES), p=(0.3, 0.2, 0.25, 0.08, 0.17))],
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
        **_draw_scene(random),
    )


def change_scene(appearance: Appearance, random: np.random.Generator) -> Appearance:
    """Return the same person in another session, with new clothes, background and light."""
    return replace(appearance, **_draw_scene(random))


def _draw_scene(random: np.random.Generator) -> dict[str, Any]:
    """Draw the fields of an appearance that differ between sessions."""
    return {
        "clothes": _vary_colour(random, CLOTHES, 10),
        "background": _vary_colour(random, BACKGROUNDS, 14),
        "light": random.uniform(0.86, 1.06),
        "light_side": random.uniform(-0.22, 0.22),
    }


def _vary_colour(random: np.random.Generator, colours: tuple[Colour, ...], spread: float) -> Colour:
    """Choose a colour and add normal noise to it, mostly to its brightness."""
    base = np.array(colours[random.integers(len(colours))])
    noise = random.normal(0, spread) + random.normal(0, spread / 4, 3)  # of the brightness, and less of each channel
    red, green, blue = np.clip(base + noise, 12, 250).tolist()
    return red, green, blue
