"""How well a sampler covers the images that could have made an LR image. ``manage.py evaluate_space`` is its face.

After the NTIRE challenges "Learning the Super-Resolution Space" (Lugmayr et al., CVPRW 2021 and 2022): every image is
drawn several times; what comes out must give back the LR image, be near the truth, and not be all alike. For
pictures of digits, what people would read in the samples is measured too. numpy only; whatever needs torch is imported
on first use.
"""


class EvaluationError(ValueError):
    """An evaluation that cannot start or go on; the message is one sentence."""
