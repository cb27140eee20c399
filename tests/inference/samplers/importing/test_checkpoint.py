"""Reading checkpoints as torch and safetensors write them: the same tensors come out, in whatever they are wrapped."""

from __future__ import annotations

import io
import pickle
import sys
import types
import zipfile
from argparse import Namespace
from collections import OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors

FORMATS = [pytest.param(True, id="zip"), pytest.param(False, id="older")]


def weights() -> dict[str, torch.Tensor]:
    """Of several types, with a view, a transposed one, a shared one, a scalar and an empty one."""
    torch.manual_seed(0)
    base = torch.randn(6, 4)
    return {
        "single": base,
        "view": base[2:4, 1:],
        "transposed": base.T,
        "double": torch.randn(3, dtype=torch.float64),
        "half": torch.randn(5).half(),
        "brain": torch.randn(5).bfloat16(),
        "whole": torch.tensor(12345678901),
        "small": torch.tensor([1, 2, 255], dtype=torch.uint8),
        "flags": torch.tensor([True, False]),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
    }


def same(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> None:
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        assert found[key].dtype == tensor.dtype, key
        assert torch.equal(found[key], tensor.detach()), key


def saved(content: object, path: Path, zipped: bool = True, **options) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=zipped, **options)
    return path


@pytest.mark.parametrize("zipped", FORMATS)
@pytest.mark.parametrize("protocol", [2, 4])
def test_the_tensors_are_those_that_torch_saved(tmp_path, zipped, protocol):
    path = saved(OrderedDict(weights()), tmp_path / "weights.pth", zipped, pickle_protocol=protocol)
    same(read_tensors(path), weights())


def test_safetensors(tmp_path):
    plain = {key: value.detach().contiguous().clone() for key, value in weights().items()}
    save_file(plain, tmp_path / "weights.safetensors")
    same(read_tensors(tmp_path / "weights.safetensors"), plain)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: {"state_dict": inner, "epoch": 3, "optimizer_states": [{"state": {0: torch.ones(2)}}]},
        lambda inner: {"state_dict": {"model": inner}, "global_step": 400000},
        lambda inner: {"params": inner},
        lambda inner: {"params": {"single": torch.zeros(1)}, "params_ema": inner},
        lambda inner: {f"module.{key}": value for key, value in inner.items()},
        lambda inner: {"state_dict": {f"module._orig_mod.{key}": value for key, value in inner.items()}},
        lambda inner: {f"_orig_mod.module.{key}": value for key, value in inner.items()},
    ],
    ids=["Lightning", "state_dict.model", "params", "averaged params", "parallel", "compiled", "both"],
)
@pytest.mark.parametrize("zipped", FORMATS)
def test_wrappings_come_off(tmp_path, wrap, zipped):
    same(read_tensors(saved(wrap(weights()), tmp_path / "model.ckpt", zipped)), weights())


def test_what_lies_beside_the_weights_is_swallowed(tmp_path, monkeypatch):
    """As in Lightning's files: callbacks by class, options, paths, numpy's numbers."""
    callbacks = types.ModuleType("pytorch_lightning.callbacks")
    callbacks.ModelCheckpoint = type("ModelCheckpoint", (), {"__module__": callbacks.__name__})
    monkeypatch.setitem(sys.modules, "pytorch_lightning", types.ModuleType("pytorch_lightning"))
    monkeypatch.setitem(sys.modules, callbacks.__name__, callbacks)
    callback = callbacks.ModelCheckpoint()
    callback.best = np.float64(0.5)
    beside = {
        "callbacks": {callbacks.ModelCheckpoint: callback},
        "hyper_parameters": Namespace(rate=0.1, folder=Path("runs"), kinds={1, 2}, shape=torch.Size([2])),
        "history": defaultdict(list, loss=[np.float32(1), np.arange(3)]),
        "device": torch.device("cpu"),
        "type": torch.float32,
    }
    path = saved({"state_dict": weights(), **beside}, tmp_path / "model.ckpt")
    monkeypatch.undo()
    same(read_tensors(path), weights())


def test_reading_leaves_the_file_as_it_is(tmp_path):
    path = saved(weights(), tmp_path / "weights.pth")
    before = path.read_bytes()
    read_tensors(path)["single"].zero_()
    assert path.read_bytes() == before


@pytest.mark.parametrize("zipped", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.999])
def test_a_file_that_is_cut_off(tmp_path, zipped, share):
    content = saved(weights(), tmp_path / "weights.pth", zipped).read_bytes()
    (tmp_path / "cut.pth").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match=r"cut\.pth .*damaged"):
        read_tensors(tmp_path / "cut.pth")


def test_safetensors_that_are_cut_off(tmp_path):
    save_file({"single": torch.ones(100)}, tmp_path / "whole.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "whole.safetensors").read_bytes()[:-9])
    with pytest.raises(WeightsError, match="cut off"):
        read_tensors(tmp_path / "cut.safetensors")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"no weights, but text\n", "no checkpoint"), (b"<!doctype html>", "no checkpoint")],
)
@pytest.mark.parametrize("name", ["model.ckpt", "model.safetensors"])
def test_files_that_are_something_else(tmp_path, content, sentence, name):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(WeightsError, match=sentence if name == "model.ckpt" or not content else "no safetensors file"):
        read_tensors(tmp_path / name)


def test_a_file_that_is_missing(tmp_path):
    with pytest.raises(WeightsError, match=r"gone\.ckpt cannot be read: No such file"):
        read_tensors(tmp_path / "gone.ckpt")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"epoch": 3}, "holds no weights"),
        ([torch.ones(1)], "holds no weights"),
        ({"state_dict": {"single": torch.ones(1), "note": "text"}}, "no tensors: note"),
        ({"module.single": torch.ones(1), "single": torch.ones(1)}, "single twice"),
    ],
)
def test_checkpoints_without_plain_weights(tmp_path, content, sentence):
    with pytest.raises(WeightsError, match=sentence):
        read_tensors(saved(content, tmp_path / "model.ckpt"))


@pytest.mark.parametrize("zipped", FORMATS)
@pytest.mark.parametrize("what", ["size", "everything"])
def test_a_tensor_that_says_it_is_longer_than_its_numbers(tmp_path, zipped, what):
    """300 numbers that are said to be 400: reading them would show other parts of the file or of the memory."""
    content = saved({"single": torch.ones(300)}, tmp_path / "right.pth", zipped).read_bytes()
    three, four = b"M\x2c\x01", b"M\x90\x01"
    wrong = content.replace(three + b"\x85", four + b"\x85") if what == "size" else content.replace(three, four)
    assert wrong != content
    (tmp_path / "wrong.pth").write_bytes(wrong)
    with pytest.raises(WeightsError, match="damaged"):
        read_tensors(tmp_path / "wrong.pth")


def crafted(path: Path, length: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Path:
    """A file as torch writes it, whose tensor says what it is told to: ``length`` numbers, and any size."""

    class Forger(pickle.Pickler):
        def persistent_id(self, item: object) -> object:
            return ("storage", torch.FloatStorage, "0", "cpu", length) if item is Forger else None

    class Tensor:
        def __reduce__(self) -> tuple[object, ...]:
            return torch._utils._rebuild_tensor_v2, (Forger, 0, size, stride, False, OrderedDict())

    content = io.BytesIO()
    Forger(content, protocol=2).dump({"single": Tensor()})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", content.getvalue())
        archive.writestr("model/data/0", bytes(4 * length))
    return path


def test_a_crafted_file_is_read_like_any_other(tmp_path):
    """So the next test would notice."""
    same(read_tensors(crafted(tmp_path / "right.pth", 6, (2, 3), (3, 1))), {"single": torch.zeros(2, 3)})


@pytest.mark.parametrize(
    ("length", "size", "stride"),
    [
        (0, (1000, 1000), (1000, 1)),
        (0, (), ()),
        (1, (10**11,), (0,)),
        (4, (2, 2), (2**63 - 1, 2**63 - 1)),
        (4, (0, 2**62, 2**62), (1, 1, 1)),
        (4, (2**64,), (1,)),
        (4, (0, 2**64), (1, 1)),
        (4, (1,), (2**64,)),
    ],
    ids=[
        *("no numbers at all", "no number for a scalar", "one number for all", "strides that overflow"),
        *("sizes that overflow", "size of 65 bits", "empty size of 65 bits", "stride of 65 bits"),
    ],
)
def test_a_tensor_that_is_larger_than_its_numbers(tmp_path, length, size, stride):
    with pytest.raises(WeightsError, match="damaged"):
        read_tensors(crafted(tmp_path / "wrong.pth", length, size, stride))
