"""What the figures of an evaluation mean, stored beside them."""

from __future__ import annotations

from inference.core.metrics import LR_CONSISTENCY_CAP
from inference.evaluation.calibration import BINS
from inference.evaluation.measure import PROJECTION, PSNR_CAP
from inference.evaluation.reading import HARD

PROTOCOL = {
    "rounding": "all images, means and bicubic enlargements too, are rounded half up to 8 bits before measuring",
    "reduction": "bicubic, antialiased (MATLAB imresize)",
    "lr_consistency": f"PSNR in dB of the reduced sample, 8 bits, to the LR image, capped at {LR_CONSISTENCY_CAP:.0f}",
    "lr_consistency_projected": f"the same after {PROJECTION} steps of back-projection of each sample",
    "psnr": f"dB, capped at {PSNR_CAP:.0f}; y: BT.601 limited-range luma; rgb: all channels together",
    "ssim": "on y, Gaussian window of sigma 1.5",
    "diversity": "S = 100 (min_m mean d_m - mean min_m d_m) / min_m mean d_m for each image, averaged over images",
    "pixel_std": "mean standard deviation over samples, 8-bit scale; lost: in the quarter of the pixels where bicubic "
    "enlargement is furthest from the truth",
    "gradient_energy": "mean squared difference of neighbouring pixels, down plus across, 8-bit scale",
    "faults": "replaced: samples drawn again because of a fault; suspect: samples kept in spite of one",
    "sample": "mean over all samples; mean: the pixel mean of the pool; first: the sample with the first seed",
    "hard": HARD,
    "calibration": f"expected calibration error in {BINS} bins of equal width; top_label: the share of the most "
    "frequent label; every_share: of each label that a sample shows; top_as_read: top_label against what "
    "the reader sees in the true picture, which it does not always read right; by_chance: what exact shares would give",
}
