"""Drawing of one frame: a face in front of a plain wall, with its five landmarks.

Everything is drawn with OpenCV's anti-aliased primitives at twice the size and averaged down. Face coordinates are in
units of half the face height, from the centre of the face, x to the right and y down; a `FacePose` converts them to
pixels.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from pipeline.simulation.appearance import Appearance, Colour
from pipeline.simulation.motion import Expression

SCALE = 2  # drawn at twice the size
SHIFT = 4  # fractional bits of OpenCV's pixel coordinates
ARC = np.linspace(-1, 1, 17)
DOME = np.sqrt(1 - ARC**2)
SWAY, BOB, TILT = 0.12, 0.08, 6.0  # half-heights, half-heights, degrees: the maximum head movements
TURN, NOD = 0.13, 0.10  # half-heights: the maximum shift of the features across a head that turns and nods


@dataclass(frozen=True)
class FacePose:
    """The pose of a face in a picture: centre and half the height in pixels, tilt in degrees."""

    x: float
    y: float
    unit: float
    tilt: float = 0.0

    def moved(self, expression: Expression) -> "FacePose":
        """Return the pose of the head after the head movements of an expression."""
        x, y = self.x + SWAY * self.unit * expression.sway, self.y + BOB * self.unit * expression.bob
        return FacePose(x, y, self.unit, self.tilt + TILT * expression.tilt)

    def turned(self, expression: Expression) -> "FacePose":
        """Return the pose of the facial features after the head has turned and nodded."""
        shift = np.array([[TURN * expression.turn, NOD * expression.nod]])
        x, y = self.to_pixels(shift)[0].tolist()
        return FacePose(x, y, self.unit, self.tilt)

    def to_pixels(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Convert face coordinates to pixels (x, y)."""
        angle = np.deg2rad(self.tilt)
        rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        return points @ rotation * self.unit + (self.x, self.y)


def draw_frame(
    appearance: Appearance, expression: Expression, pose: FacePose, width: int, height: int, random: np.random.Generator
) -> tuple[UInt8[np.ndarray, "height width 3"], Float[np.ndarray, "5 2"]]:
    """Draw a frame.

    Args:
        appearance: the appearance of the subject.
        expression: the head movement and facial expression.
        pose: the pose of the face while the head is at rest.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        random: the source of the picture noise.

    Returns:
        The RGB picture, and its landmarks in pixels (x, y): left eye, right eye, nose, left and right mouth corner;
        left is the left side of the picture.
    """
    head = pose.moved(expression)
    face = head.turned(expression)
    brush = _Brush(width, height, head)
    _wall(brush, appearance)
    _body(brush, appearance, pose)
    _skull(brush, appearance)
    brush.pose = face
    _skin(brush, appearance)
    brush.soften(0.035 * head.unit)
    brush.pose = head
    _hair(brush, appearance)
    brush.pose = face
    _eyes(brush, appearance, expression)
    _brows(brush, appearance, expression)
    _nose(brush, appearance)
    _mouth(brush, appearance, expression)
    _glasses(brush, appearance)
    picture = brush.downsampled() * _light(appearance, width, height) + random.normal(0, 2.0, (height, width, 1))
    points = np.array(
        [
            (-appearance.eye_distance, appearance.eye_height),
            (appearance.eye_distance, appearance.eye_height),
            _nose_tip(appearance),
        ]
    )
    landmarks = face.to_pixels(np.concatenate([points, _mouth_curve(appearance, expression)[[0, -1]]]))
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8), landmarks


class _Brush:
    """A canvas at twice the size that is drawn on in face coordinates."""

    def __init__(self, width: int, height: int, pose: FacePose) -> None:
        self.canvas = np.empty((height * SCALE, width * SCALE, 3), np.float32)
        self.pose = pose

    def area(self, points: np.ndarray, colour: Colour, pose: FacePose | None = None) -> None:
        cv2.fillPoly(self.canvas, [self._fixed_point(points, pose)], colour, cv2.LINE_AA, SHIFT)

    def line(self, points: np.ndarray, colour: Colour, thickness: float, closed: bool = False) -> None:
        pixels = max(round(thickness * self.pose.unit * SCALE), 1)
        cv2.polylines(self.canvas, [self._fixed_point(points)], closed, colour, pixels, cv2.LINE_AA, SHIFT)

    def ellipse(self, x: float, y: float, radius_x: float, radius_y: float, colour: Colour) -> None:
        self.area(_oval(x, y, radius_x, radius_y), colour)

    def soften(self, sigma: float) -> None:
        cv2.GaussianBlur(self.canvas, (0, 0), sigma * SCALE, self.canvas)

    def downsampled(self) -> np.ndarray:
        height, width = self.canvas.shape[:2]
        return cv2.resize(self.canvas, (width // SCALE, height // SCALE), interpolation=cv2.INTER_AREA)

    def _fixed_point(self, points: np.ndarray, pose: FacePose | None = None) -> np.ndarray:
        pixels = (pose or self.pose).to_pixels(points) * SCALE + (SCALE - 1) / 2
        return np.round(pixels * 2**SHIFT).astype(np.int32)


def _oval(x: float, y: float, radius_x: float, radius_y: float, count: int = 28) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack([x + radius_x * np.cos(angles), y + radius_y * np.sin(angles)], 1)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(channel * factor, 255.0) for channel in colour)
    return red, green, blue


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def _wall(brush: _Brush, appearance: Appearance) -> None:
    rows = np.linspace(1.06, 0.86, len(brush.canvas), dtype=np.float32)[:, None, None]
    brush.canvas[:] = np.array(appearance.background, np.float32) * rows


def _body(brush: _Brush, appearance: Appearance, rest: FacePose) -> None:
    """Draw the shoulders, which do not move, and the neck, which joins them to the head."""
    upright = FacePose(rest.x, rest.y, rest.unit)
    brush.area(_oval(0, 2.18, 1.55, 1.0), appearance.clothes, upright)
    brush.area(_oval(0, 2.24, 1.45, 0.95), _shade(appearance.clothes, 0.9), upright)
    if appearance.hair_style == "long":
        brush.area(_oval(0, 0.35, appearance.width + 0.24, 1.05), _shade(appearance.hair, 0.85))
    brush.area(np.array([(-0.34, 0.6), (0.34, 0.6), (0.40, 1.55), (-0.40, 1.55)]), _shade(appearance.skin, 0.80))


def _outline(appearance: Appearance) -> np.ndarray:
    """Return the outline of the face: an ellipse that narrows to the jaw below the centre."""
    oval = _oval(0, 0, appearance.width, 1.0, 48)
    lower = oval[:, 1] > 0
    oval[lower, 0] *= 1 - (1 - appearance.jaw) * 0.55 * oval[lower, 1] ** 2
    return oval


def _skull(brush: _Brush, appearance: Appearance) -> None:
    outline, skin = _outline(appearance), appearance.skin
    for side in (-1, 1):
        brush.ellipse(side * (appearance.width - 0.01), 0.02, 0.09, 0.2, _shade(skin, 0.88))
    brush.area(outline, _shade(skin, 0.9))
    brush.area(outline * 0.93 + (0, -0.02), skin)
    if appearance.beard:
        jaw = outline[outline[:, 1] > 0.30] * 0.97
        brush.area(jaw, _mix(skin, appearance.hair, appearance.beard))


def _skin(brush: _Brush, appearance: Appearance) -> None:
    skin = appearance.skin
    brush.ellipse(0, -0.5, 0.42, 0.26, _shade(skin, 1.05))
    for side in (-1, 1):
        brush.ellipse(side * appearance.eye_distance, appearance.eye_height - 0.02, 0.22, 0.15, _shade(skin, 0.84))
        brush.ellipse(side * 0.40, 0.30, 0.17, 0.15, _mix(_shade(skin, 1.02), (225, 110, 100), 0.16))
    tip_x, tip_y = _nose_tip(appearance)
    brush.area(
        np.array([(-0.05, appearance.eye_height), (0.05, appearance.eye_height), (0.07, tip_y), (-0.07, tip_y)]),
        _shade(skin, 1.06),
    )
    brush.ellipse(tip_x, tip_y + 0.05, appearance.nose_width * 1.2, 0.07, _shade(skin, 0.80))
    brush.ellipse(0, appearance.mouth_height + 0.22, 0.2, 0.05, _shade(skin, 0.88))


def _hair(brush: _Brush, appearance: Appearance) -> None:
    if appearance.hair_style == "bald":
        return
    top = _oval(0, -0.18, appearance.width + 0.08, 0.96, 48)
    crown = top[top[:, 1] < -0.18]
    crown = crown[np.argsort(crown[:, 0])]
    fringe = {"short": -0.66, "fringe": -0.48, "long": -0.62, "parted": -0.60}[appearance.hair_style]
    edge_x = np.linspace(appearance.width + 0.06, -appearance.width - 0.06, 15)
    bend = (edge_x / appearance.width) ** 2
    lean = 0.14 * edge_x / appearance.width if appearance.hair_style == "parted" else 0.0
    edge = np.stack([edge_x, fringe + lean + 0.42 * bend], 1)
    brush.area(np.concatenate([crown, edge]), appearance.hair)
    brush.line(crown * 0.92 + (0, -0.03), _shade(appearance.hair, 1.25), 0.05)
    if appearance.hair_style == "long":
        for side in (-1, 1):
            brush.ellipse(side * (appearance.width + 0.05), 0.25, 0.13, 0.85, appearance.hair)


def _eyes(brush: _Brush, appearance: Appearance, expression: Expression) -> None:
    openness = (0.68 + 0.30 * expression.lids) * (1 - expression.shut)
    radius_x, radius_y = appearance.eye_size, appearance.eye_size * 0.62
    lid = _shade(appearance.skin, 0.86)
    for side in (-1, 1):
        x, y = side * appearance.eye_distance, appearance.eye_height
        brush.ellipse(x, y, radius_x, radius_y, (236, 234, 230))
        iris_x, iris_y = x + 0.06 * expression.gaze_x, y + 0.02 * expression.gaze_y
        brush.ellipse(iris_x, iris_y, radius_y * 0.92, radius_y * 0.92, appearance.iris)
        brush.ellipse(iris_x, iris_y, radius_y * 0.48, radius_y * 0.48, (16, 14, 14))
        brush.ellipse(iris_x - 0.025, iris_y - 0.03, 0.02, 0.02, (250, 250, 250))
        rim = np.stack([x + radius_x * 1.12 * ARC, y - radius_y * 1.3 * DOME], 1)
        edge = np.stack([x + radius_x * 1.05 * ARC, y + radius_y * (1 - 2 * openness) * DOME], 1)
        brush.area(np.concatenate([rim, edge[::-1]]), lid)
        brush.line(edge, _mix((30, 22, 20), appearance.skin, 0.1), 0.035)
        lower_lid = np.stack([x + radius_x * ARC, y + radius_y * 1.02 * DOME], 1)
        brush.line(lower_lid, _shade(appearance.skin, 0.7), 0.016)


def _brows(brush: _Brush, appearance: Appearance, expression: Expression) -> None:
    colour = _mix(appearance.hair, (20, 16, 14), 0.3)
    for side in (-1, 1):
        along = np.linspace(-1, 1, 9)  # from the nose outwards
        x = side * (appearance.eye_distance + 0.19 * along)
        y = appearance.eye_height - 0.25 - 0.12 * expression.brows - 0.03 * (1 - along**2)
        y = y + 0.10 * expression.frown * (1 - along) / 2
        brush.line(np.stack([x, y], 1), colour, appearance.brow_weight)


def _nose_tip(appearance: Appearance) -> tuple[float, float]:
    return 0.0, appearance.eye_height + appearance.nose_length


def _nose(brush: _Brush, appearance: Appearance) -> None:
    x, y = _nose_tip(appearance)
    dark = _shade(appearance.skin, 0.55)
    for side in (-1, 1):
        brush.ellipse(x + side * appearance.nose_width * 0.55, y + 0.05, 0.035, 0.022, dark)
        wing = np.array([(side * appearance.nose_width, y - 0.05), (side * appearance.nose_width * 1.08, y + 0.03)])
        brush.line(wing, _shade(appearance.skin, 0.72), 0.022)
    brush.ellipse(x, y - 0.03, 0.04, 0.035, _shade(appearance.skin, 1.12))


def _mouth_curve(appearance: Appearance, expression: Expression) -> np.ndarray:
    """Return the line on which closed lips meet, from the left corner to the right."""
    half = appearance.mouth_width * (1 + 0.26 * expression.smile - 0.18 * expression.pout)
    lift = 0.11 * expression.smile
    return np.stack([half * ARC, appearance.mouth_height - lift * (ARC**2 - 0.35)], 1)


def _mouth(brush: _Brush, appearance: Appearance, expression: Expression) -> None:
    middle = _mouth_curve(appearance, expression)
    opening = 0.26 * max(expression.mouth + 0.25, 0.0)
    lips = appearance.lips * (1 + 0.35 * expression.pout)
    dome = 1 - ARC**2
    upper = middle - np.stack([0 * ARC, lips * np.sqrt(dome) * (1 - 0.25 * np.exp(-(ARC**2) * 30))], 1)
    inner_top = middle - np.stack([0 * ARC, 0.15 * opening * dome], 1)
    inner_bottom = middle + np.stack([0 * ARC, opening * dome], 1)
    lower = inner_bottom + np.stack([0 * ARC, 1.25 * lips * np.sqrt(dome)], 1)
    red = _mix(appearance.skin, (176, 62, 66), 0.55)
    brush.area(np.concatenate([upper, inner_top[::-1]]), _shade(red, 0.86))
    brush.area(np.concatenate([inner_bottom, lower[::-1]]), red)
    brush.area(np.concatenate([inner_top, inner_bottom[::-1]]), (58, 22, 24))
    if opening > 0.05:
        teeth = middle[4:13] + np.stack([0 * ARC, 0.3 * opening * dome], 1)[4:13]
        brush.area(np.concatenate([inner_top[4:13], teeth[::-1]]), (232, 228, 220))
    brush.line(inner_top, _shade(red, 0.5), 0.02)


def _glasses(brush: _Brush, appearance: Appearance) -> None:
    if appearance.glasses:
        for side in (-1, 1):
            lens = _oval(side * appearance.eye_distance, appearance.eye_height + 0.02, 0.25, 0.19)
            brush.line(lens, (40, 38, 42), 0.028, closed=True)
        brush.line(
            np.array([(-0.09, appearance.eye_height - 0.02), (0.09, appearance.eye_height - 0.02)]), (40, 38, 42), 0.028
        )


def _light(appearance: Appearance, width: int, height: int) -> np.ndarray:
    """Return the brightness factor of each pixel."""
    horizontal = np.linspace(-appearance.light_side, appearance.light_side, width)
    vertical = np.linspace(0.05, -0.08, height)
    return (appearance.light * (1 + horizontal[None, :] + vertical[:, None]))[:, :, None]
