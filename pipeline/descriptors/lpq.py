"""Local phase quantisation (LPQ): codes of texture that a centred blur hardly changes.

Ojansivu and Heikkilä, Blur insensitive texture classification using local phase quantization, ICISP 2008. The Fourier
transform of the window around a pixel is taken at the four lowest frequencies, with a = 1/n for a window of n pixels:

    (y, x) = (0, a), (a, 0), (a, a), (a, -a)

The signs of their real and imaginary parts, decorrelated, are the eight bits of the pixel's code. The order of the bits
and the signs of the decorrelation are those of the authors' reference implementation since 2010.
"""

from functools import cache

import numpy as np
from jaxtyping import Float, Float64, UInt8

CODES = 256
CORRELATION = 0.9  # of neighbouring pixels, in the paper


def lpq_codes(
    image: Float[np.ndarray, "height width"] | UInt8[np.ndarray, "height width"],
    window: int,
    correlation: float | None = CORRELATION,
) -> UInt8[np.ndarray, "height-{window}+1 width-{window}+1"]:
    """Return the LPQ code of every pixel whose window lies inside a grey picture.

    The code is the sum of 2^j over the components j, from 0 to 7, that are above zero. A window of one grey value has
    code 0: constants cancel exactly. The arithmetic is elementwise, in one order, so equal pictures have equal codes.

    Args:
        image: grey values in any unit.
        window: side n of the window in pixels, odd.
        correlation: rho of neighbouring pixels, by which the components are decorrelated; None leaves them as they are.

    Raises:
        ValueError: if the window is even, below 3 or larger than the picture, or the correlation is not above 0 and
            below 1.
    """
    _check_window(window)
    height, width = image.shape
    if window > min(height, width):
        raise ValueError(
            f"LPQ window {window} in a picture of {height} x {width} pixels; allowed: up to {min(height, width)}"
        )
    components = _components(image.astype(np.float64), window)
    if correlation is not None:
        components = _project(components, decorrelation(window, correlation)[0])
    return np.packbits(components > 0, axis=0, bitorder="little")[0]


@cache
def decorrelation(window: int, correlation: float) -> tuple[Float64[np.ndarray, "8 8"], Float64[np.ndarray, " 8"]]:
    """Return the matrix V of which each column is the weights of a decorrelated component, and its variances.

    Pixels at a distance d have the covariance rho^d, so the components before, of filters M, have D = M C M'. V holds
    the eigenvectors of A D A, largest variance first. A is the identity but for a millionth from entry to entry, which
    separates equal eigenvalues. The largest entry of a column of V, without its sign, is made positive.

    Args:
        window: side n of the window in pixels, odd.
        correlation: rho of neighbouring pixels.

    Raises:
        ValueError: if the window is even or below 3, or the correlation is not above 0 and below 1.
    """
    _check_window(window)
    if not 0 < correlation < 1:
        raise ValueError(f"LPQ correlation {correlation}; allowed: above 0 and below 1")
    offsets = np.arange(window) - window // 2
    wave = np.exp(-2j * np.pi * offsets / window)
    flat = np.ones(window)
    pairs = ((flat, wave), (wave, flat), (wave, wave), (wave, wave.conj()))  # along y, along x
    filters = np.array([np.outer(along_y, along_x).ravel() for along_y, along_x in pairs])
    parts = np.stack([filters.real, filters.imag], axis=1).reshape(8, -1)  # (8, n^2): Re F1, Im F1, ..., Im F4
    y, x = (axis.ravel() for axis in np.meshgrid(offsets, offsets, indexing="ij"))
    covariance = correlation ** np.hypot(np.subtract.outer(y, y), np.subtract.outer(x, x))
    separation = 1 + 1e-6 * np.arange(7, -1, -1)
    scaled = separation[:, None] * np.einsum("ik,kl,jl->ij", parts, covariance, parts) * separation  # not in threads
    variances, vectors = np.linalg.eigh(scaled)
    variances, vectors = variances[::-1].copy(), vectors[:, ::-1].copy()  # eigh sorts upwards
    vectors *= np.sign(vectors[np.abs(vectors).argmax(0), np.arange(8)])
    for array in (vectors, variances):
        array.setflags(write=False)  # the cache hands out the same arrays again
    return vectors, variances


def _check_window(window: int) -> None:
    if window < 3 or window % 2 == 0:
        raise ValueError(f"LPQ window {window}; allowed: odd numbers from 3")


def _components(image: np.ndarray, window: int) -> np.ndarray:
    """Return the real and imaginary parts of the four transforms, (8, H-n+1, W-n+1): Re F1, Im F1, ..., Im F4.

    The filter along an axis is 1 or cos - i sin, so the products of two filters are sums of products of real ones.
    """
    flat, cosine, sine = _filter(image, 1, window)  # along x
    flat_cosine, cosine_cosine, sine_cosine = _filter(cosine, 0, window)  # along y, along x
    flat_sine, cosine_sine, sine_sine = _filter(sine, 0, window)
    _, cosine_flat, sine_flat = _filter(flat, 0, window)
    return np.stack(
        [
            flat_cosine,
            -flat_sine,
            cosine_flat,
            -sine_flat,
            cosine_cosine - sine_sine,
            -(cosine_sine + sine_cosine),
            cosine_cosine + sine_sine,
            cosine_sine - sine_cosine,
        ]
    )


def _filter(image: np.ndarray, axis: int, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the convolutions along an axis with 1, cos(2 pi x / n) and sin(2 pi x / n), inside the picture.

    The two pixels at a distance from the centre share a weight. The cosines add up to zero, so the differences to the
    centre may take the place of the pixels: a constant then gives exactly zero.
    """
    length = image.shape[axis] - window + 1
    radius = window // 2
    pixels = np.moveaxis(image, axis, 0)  # a view
    centre = pixels[radius : radius + length]
    flat, cosine, sine = centre.copy(), np.zeros_like(centre), np.zeros_like(centre)
    for distance in range(1, radius + 1):
        before = pixels[radius - distance : radius - distance + length]
        after = pixels[radius + distance : radius + distance + length]
        angle = 2 * np.pi * distance / window
        both = before + after
        flat += both
        cosine += np.cos(angle) * (both - 2 * centre)
        sine += np.sin(angle) * (before - after)
    return np.moveaxis(flat, 0, axis), np.moveaxis(cosine, 0, axis), np.moveaxis(sine, 0, axis)


def _project(components: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return V' f in one order of summation, which a matrix product would choose by the shape."""
    projected = np.zeros_like(components)
    for component, weights in zip(components, vectors, strict=True):
        projected += weights[:, None, None] * component
    return projected
