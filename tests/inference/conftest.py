"""An image, and a job that asks for samples of it."""

import numpy as np
import pytest

from inference import services
from inference.core.images import encode_png


@pytest.fixture
def low_res(db):
    picture = np.random.default_rng(0).integers(0, 256, (6, 5, 1), dtype=np.uint8)
    return services.store_low_res(encode_png(picture))


@pytest.fixture
def job(tiny, low_res):
    return services.request_generation(low_res, "tiny", "grey", range(100, 110))
