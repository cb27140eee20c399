"""The door of inference: what studies, commands and pages call."""

from inference.core.images import ImageError
from inference.ensembles import build as build_ensemble
from inference.errors import RequestError
from inference.reconciling import reconcile
from inference.services.catalogue import catalogue
from inference.services.ensembles import ensemble_digest, ensemble_file, make_ensemble, request_ensemble
from inference.services.images import (
    enlarged_png,
    low_res_png,
    read_low_res,
    read_sample,
    sample_png,
    store_low_res,
)
from inference.services.jobs import ask_anew, cancel, request_generation
from inference.services.mixing import request_fusion, request_interpolation
from inference.services.progress import Progress, progress
from inference.store import StoreError

__all__ = [
    "ImageError",
    "Progress",
    "RequestError",
    "StoreError",
    "ask_anew",
    "build_ensemble",
    "cancel",
    "catalogue",
    "enlarged_png",
    "ensemble_digest",
    "ensemble_file",
    "low_res_png",
    "make_ensemble",
    "progress",
    "read_low_res",
    "read_sample",
    "reconcile",
    "request_ensemble",
    "request_fusion",
    "request_generation",
    "request_interpolation",
    "sample_png",
    "store_low_res",
]
