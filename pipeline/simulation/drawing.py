"""Draw one frame: a face in front of a plain wall, with the five points that alignment looks for.

Everything is drawn with OpenCV's anti-aliased primitives at twice the size and averaged down. Coordinates of a face are
in units of half its height, from its centre, x to the right and y down; a `Placement` takes them to pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.simulation.appearance import Appearance, Colour
from pipeline.simulation.motion import Expression

SCALE = 2  # drawn at twice the size
SHIFT = 4  # bits of fractions of a pixel in OpenCV's coordinates
ARC = np.linspace(-1, 1, 17)
DOME = np.sqrt(1 - ARC**2)
SWAY, BOB, TILT = 0.12, 0.08, 6.0  # half-heights, half-heights, degrees: the largest movements of a head
TURN, NOD = 0.13, 0.10  # half-heights: how far the features move across the head as it turns and nods


@dataclass(frozen=True)
class Placement:
    """Where a face stands in a picture: its centre and half its height in pixels, its tilt in degrees."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0

    def moved(self, expression: Expression) -> "Placement":
        """The placement after the head has moved."""
        x, y = self.x + SWAY * self.unit * expression.sway, self.y + BOB * self.unit * expression.bob
        return Placement(x, y, self.unit, self.tilt + TILT * expression.tilt)

    def turned(self, expression: Expression) -> "Placement":
        """The placement of the features on a head that turns to a side and nods."""
        across = np.array([[TURN * expression.turn, NOD * expression.nod]])
        x, y = self.pixels(across)[0].tolist()
        return Placement(x, y, self.unit, self.tilt)

    def pixels(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Take face coordinates to pixels (x, y)."""
        angle = np.deg2rad(self.tilt)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return points @ turn * self.unit + (self.x, self.y)


def draw_frame(
    look: Appearance, expression: Expression, placement: Placement, width: int, height: int, random: np.random.Generator
) -> tuple[UInt8[np.ndarray, "height width 3"], Float[np.ndarray, "5 2"]]:
    """Draw a frame.

    Args:
        look: who.
        expression: with which expression.
        placement: where the face stands while the head is at rest.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        random: gives the film's grain.

    Returns:
        The RGB picture, and its landmarks in pixels (x, y): left eye, right eye, nose, left and right mouth corner,
        left as seen in the picture.
    """
    head = placement.moved(expression)
    face = head.turned(expression)
    brush = _Brush(width, height, head)
    _wall(brush, look)
    _body(brush, look, placement)
    _skull(brush, look)
    brush.placement = face
    _skin(brush, look)
    brush.soften(0.035 * head.unit)
    brush.placement = head
    _hair(brush, look)
    brush.placement = face
    _eyes(brush, look, expression)
    _brows(brush, look, expression)
    _nose(brush, look)
    _mouth(brush, look, expression)
    _glasses(brush, look)
    picture = brush.finished() * _light(look, width, height) + random.normal(0, 2.0, (height, width, 1))
    points = np.array([(-look.eye_distance, look.eye_height), (look.eye_distance, look.eye_height), _nose_tip(look)])
    landmarks = face.pixels(np.concatenate([points, _mouth_curve(look, expression)[[0, -1]]]))
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8), landmarks


class _Brush:
    """A canvas at twice the size on which things are drawn in face coordinates."""

    def __init__(self, width: int, height: int, placement: Placement) -> None:
        self.canvas = np.empty((height * SCALE, width * SCALE, 3), np.float32)
        self.placement = placement

    def area(self, points: np.ndarray, colour: Colour, placement: Placement | None = None) -> None:
        cv2.fillPoly(self.canvas, [self._fixed(points, placement)], colour, cv2.LINE_AA, SHIFT)

    def line(self, points: np.ndarray, colour: Colour, thickness: float, closed: bool = False) -> None:
        pixels = max(round(thickness * self.placement.unit * SCALE), 1)
        cv2.polylines(self.canvas, [self._fixed(points)], closed, colour, pixels, cv2.LINE_AA, SHIFT)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        self.area(_oval(x, y, across, down), colour)

    def soften(self, sigma: float) -> None:
        cv2.GaussianBlur(self.canvas, (0, 0), sigma * SCALE, self.canvas)

    def finished(self) -> np.ndarray:
        height, width = self.canvas.shape[:2]
        return cv2.resize(self.canvas, (width // SCALE, height // SCALE), interpolation=cv2.INTER_AREA)

    def _fixed(self, points: np.ndarray, placement: Placement | None = None) -> np.ndarray:
        pixels = (placement or self.placement).pixels(points) * SCALE + (SCALE - 1) / 2
        return np.round(pixels * 2**SHIFT).astype(np.int32)


def _oval(x: float, y: float, across: float, down: float, count: int = 28) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + across * np.cos(turn), y + down * np.sin(turn)], 1)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(channel * factor, 255.0) for channel in colour)
    return red, green, blue


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def _wall(brush: _Brush, look: Appearance) -> None:
    rows = np.linspace(1.06, 0.86, len(brush.canvas), dtype=np.float32)[:, None, None]
    brush.canvas[:] = np.array(look.background, np.float32) * rows


def _body(brush: _Brush, look: Appearance, rest: Placement) -> None:
    """Shoulders stay where they are; the neck joins them to the head."""
    still = Placement(rest.x, rest.y, rest.unit)
    brush.area(_oval(0, 2.18, 1.55, 1.0), look.clothes, still)
    brush.area(_oval(0, 2.24, 1.45, 0.95), _shade(look.clothes, 0.9), still)
    if look.style == "long":
        brush.area(_oval(0, 0.35, look.width + 0.24, 1.05), _shade(look.hair, 0.85))
    brush.area(np.array([(-0.34, 0.6), (0.34, 0.6), (0.40, 1.55), (-0.40, 1.55)]), _shade(look.skin, 0.80))


def _outline(look: Appearance) -> np.ndarray:
    """The face: an ellipse above, narrowing to the jaw below."""
    oval = _oval(0, 0, look.width, 1.0, 48)
    below = oval[:, 1] > 0
    oval[below, 0] *= 1 - (1 - look.jaw) * 0.55 * oval[below, 1] ** 2
    return oval


def _skull(brush: _Brush, look: Appearance) -> None:
    outline, skin = _outline(look), look.skin
    for side in (-1, 1):
        brush.ellipse(side * (look.width - 0.01), 0.02, 0.09, 0.2, _shade(skin, 0.88))
    brush.area(outline, _shade(skin, 0.9))
    brush.area(outline * 0.93 + (0, -0.02), skin)
    if look.beard:
        jaw = outline[outline[:, 1] > 0.30] * 0.97
        brush.area(jaw, _mix(skin, look.hair, look.beard))


def _skin(brush: _Brush, look: Appearance) -> None:
    skin = look.skin
    brush.ellipse(0, -0.5, 0.42, 0.26, _shade(skin, 1.05))
    for side in (-1, 1):
        brush.ellipse(side * look.eye_distance, look.eye_height - 0.02, 0.22, 0.15, _shade(skin, 0.84))
        brush.ellipse(side * 0.40, 0.30, 0.17, 0.15, _mix(_shade(skin, 1.02), (225, 110, 100), 0.16))
    tip_x, tip_y = _nose_tip(look)
    brush.area(
        np.array([(-0.05, look.eye_height), (0.05, look.eye_height), (0.07, tip_y), (-0.07, tip_y)]), _shade(skin, 1.06)
    )
    brush.ellipse(tip_x, tip_y + 0.05, look.nose_width * 1.2, 0.07, _shade(skin, 0.80))
    brush.ellipse(0, look.mouth_height + 0.22, 0.2, 0.05, _shade(skin, 0.88))


def _hair(brush: _Brush, look: Appearance) -> None:
    if look.style == "bald":
        return
    top = _oval(0, -0.18, look.width + 0.08, 0.96, 48)
    crown = top[top[:, 1] < -0.18]
    crown = crown[np.argsort(crown[:, 0])]
    fringe = {"short": -0.66, "fringe": -0.48, "long": -0.62, "parted": -0.60}[look.style]
    edge_x = np.linspace(look.width + 0.06, -look.width - 0.06, 15)
    bend = (edge_x / look.width) ** 2
    lean = 0.14 * edge_x / look.width if look.style == "parted" else 0.0
    edge = np.stack([edge_x, fringe + lean + 0.42 * bend], 1)
    brush.area(np.concatenate([crown, edge]), look.hair)
    brush.line(crown * 0.92 + (0, -0.03), _shade(look.hair, 1.25), 0.05)
    if look.style == "long":
        for side in (-1, 1):
            brush.ellipse(side * (look.width + 0.05), 0.25, 0.13, 0.85, look.hair)


def _eyes(brush: _Brush, look: Appearance, expression: Expression) -> None:
    opened = (0.68 + 0.30 * expression.lids) * (1 - expression.shut)
    across, down = look.eye_size, look.eye_size * 0.62
    lid = _shade(look.skin, 0.86)
    for side in (-1, 1):
        x, y = side * look.eye_distance, look.eye_height
        brush.ellipse(x, y, across, down, (236, 234, 230))
        iris_x, iris_y = x + 0.06 * expression.gaze_x, y + 0.02 * expression.gaze_y
        brush.ellipse(iris_x, iris_y, down * 0.92, down * 0.92, look.iris)
        brush.ellipse(iris_x, iris_y, down * 0.48, down * 0.48, (16, 14, 14))
        brush.ellipse(iris_x - 0.025, iris_y - 0.03, 0.02, 0.02, (250, 250, 250))
        rim = np.stack([x + across * 1.12 * ARC, y - down * 1.3 * DOME], 1)
        edge = np.stack([x + across * 1.05 * ARC, y + down * (1 - 2 * opened) * DOME], 1)
        brush.area(np.concatenate([rim, edge[::-1]]), lid)
        brush.line(edge, _mix((30, 22, 20), look.skin, 0.1), 0.035)
        below = np.stack([x + across * ARC, y + down * 1.02 * DOME], 1)
        brush.line(below, _shade(look.skin, 0.7), 0.016)


def _brows(brush: _Brush, look: Appearance, expression: Expression) -> None:
    colour = _mix(look.hair, (20, 16, 14), 0.3)
    for side in (-1, 1):
        along = np.linspace(-1, 1, 9)  # from the nose outwards
        x = side * (look.eye_distance + 0.19 * along)
        y = look.eye_height - 0.25 - 0.12 * expression.brows - 0.03 * (1 - along**2)
        y = y + 0.10 * expression.frown * (1 - along) / 2
        brush.line(np.stack([x, y], 1), colour, look.brow_weight)


def _nose_tip(look: Appearance) -> tuple[float, float]:
    return 0.0, look.eye_height + look.nose_length


def _nose(brush: _Brush, look: Appearance) -> None:
    x, y = _nose_tip(look)
    dark = _shade(look.skin, 0.55)
    for side in (-1, 1):
        brush.ellipse(x + side * look.nose_width * 0.55, y + 0.05, 0.035, 0.022, dark)
        wing = np.array([(side * look.nose_width, y - 0.05), (side * look.nose_width * 1.08, y + 0.03)])
        brush.line(wing, _shade(look.skin, 0.72), 0.022)
    brush.ellipse(x, y - 0.03, 0.04, 0.035, _shade(look.skin, 1.12))


def _mouth_curve(look: Appearance, expression: Expression) -> np.ndarray:
    """The line where closed lips would meet, from the left corner to the right."""
    half = look.mouth_width * (1 + 0.26 * expression.smile - 0.18 * expression.pout)
    lift = 0.11 * expression.smile
    return np.stack([half * ARC, look.mouth_height - lift * (ARC**2 - 0.35)], 1)


def _mouth(brush: _Brush, look: Appearance, expression: Expression) -> None:
    middle = _mouth_curve(look, expression)
    opening = 0.26 * max(expression.mouth + 0.25, 0.0)
    lips = look.lips * (1 + 0.35 * expression.pout)
    dome = 1 - ARC**2
    upper = middle - np.stack([0 * ARC, lips * np.sqrt(dome) * (1 - 0.25 * np.exp(-(ARC**2) * 30))], 1)
    inner_top = middle - np.stack([0 * ARC, 0.15 * opening * dome], 1)
    inner_bottom = middle + np.stack([0 * ARC, opening * dome], 1)
    lower = inner_bottom + np.stack([0 * ARC, 1.25 * lips * np.sqrt(dome)], 1)
    red = _mix(look.skin, (176, 62, 66), 0.55)
    brush.area(np.concatenate([upper, inner_top[::-1]]), _shade(red, 0.86))
    brush.area(np.concatenate([inner_bottom, lower[::-1]]), red)
    brush.area(np.concatenate([inner_top, inner_bottom[::-1]]), (58, 22, 24))
    if opening > 0.05:
        teeth = middle[4:13] + np.stack([0 * ARC, 0.3 * opening * dome], 1)[4:13]
        brush.area(np.concatenate([inner_top[4:13], teeth[::-1]]), (232, 228, 220))
    brush.line(inner_top, _shade(red, 0.5), 0.02)


def _glasses(brush: _Brush, look: Appearance) -> None:
    if look.glasses:
        for side in (-1, 1):
            lens = _oval(side * look.eye_distance, look.eye_height + 0.02, 0.25, 0.19)
            brush.line(lens, (40, 38, 42), 0.028, closed=True)
        brush.line(np.array([(-0.09, look.eye_height - 0.02), (0.09, look.eye_height - 0.02)]), (40, 38, 42), 0.028)


def _light(look: Appearance, width: int, height: int) -> np.ndarray:
    across = np.linspace(-look.light_side, look.light_side, width)
    down = np.linspace(0.05, -0.08, height)
    return (look.light * (1 + across[None, :] + down[:, None]))[:, :, None]
