"""The template of aligned faces: where five landmarks of a face lie after alignment with `align.method` similarity."""

import numpy as np

# Left eye, right eye, nose, left and right mouth corner (x, y) in a picture of 112 x 112 pixels: the template commonly
# used in face recognition (docs: the corpora's five-point template). For other sizes it is scaled.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
TEMPLATE_SIZE = 112
