"""Checkpoints with code in them: refused by the name of what they ask for, and nothing of it is run."""

from __future__ import annotations

import builtins
import os
import pickle
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.core.weights import WeightsError
from inference.samplers.importing.checkpoint import read_tensors


class Call:
    """Pickled as a call, which happens when it is unpickled as usual."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def calls(marker: Path) -> dict[str, Call]:
    """Ways to make the marker file, by what a refusal names."""
    return {
        "posix.system": Call(os.system, f"touch {marker}"),
        "builtins.eval": Call(eval, f"open({str(marker)!r}, 'w').close()"),
        "builtins.exec": Call(exec, f"open({str(marker)!r}, 'w').close()"),
        "builtins.getattr": Call(getattr, Path(marker), "touch"),
        "torch.serialization.load": Call(torch.load, str(marker)),
        "torch.storage._load_from_bytes": Call(torch.storage._load_from_bytes, b""),
        "torch.hub.load": Call(torch.hub.load, "somebody/something", "model"),
    }


@pytest.mark.parametrize("name", sorted(calls(Path("marker"))))
@pytest.mark.parametrize("form", ["zip", "older", "plain pickle"])
@pytest.mark.parametrize("place", ["beside the weights", "among the weights", "instead of weights"])
def test_code_is_refused_and_not_run(tmp_path, name, form, place):
    marker, path = tmp_path / "marker", tmp_path / "model.ckpt"
    call, weights = calls(marker)[name], {"single": torch.ones(2)}
    content: Any = call
    if place == "beside the weights":
        content = {"state_dict": weights, "callbacks": call} if form != "plain pickle" else [1, call]
    elif place == "among the weights":
        content = {"state_dict": {**weights, "more": call}} if form != "plain pickle" else {"more": call}
    if form == "plain pickle":
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WeightsError, match=rf"asks for '{name}'.*nothing was run"):
        read_tensors(path)
    assert not marker.exists()


@pytest.mark.parametrize("name", ["posix.system", "builtins.eval", "builtins.exec"])
def test_the_same_files_do_run_their_code_under_the_usual_reading(tmp_path, name):
    """So the test above would notice."""
    marker, path = tmp_path / "marker", tmp_path / "model.ckpt"
    torch.save({"state_dict": calls(marker)[name]}, path)
    torch.load(path, weights_only=False)
    assert marker.exists()


@pytest.mark.parametrize(
    "name", ["getattr", "eval", "exec", "open", "__import__", "compile", "setattr", "type", "vars"]
)
def test_of_the_builtins_only_containers_and_numbers_have_names(tmp_path, name):
    path = tmp_path / "model.ckpt"
    torch.save({"state_dict": {"single": torch.ones(2), "more": getattr(builtins, name)}}, path)
    with pytest.raises(WeightsError, match=name):
        read_tensors(path)


def test_a_whole_model_is_refused(tmp_path):
    """Modules are rebuilt by their own code."""
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pth")
    with pytest.raises(WeightsError, match=r"torch\.nn\.modules\.linear\.Linear"):
        read_tensors(tmp_path / "model.pth")


def test_a_torchscript_program_is_refused(tmp_path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "model.pt")
    with pytest.raises(WeightsError):
        read_tensors(tmp_path / "model.pt")


def test_what_stands_for_a_harmless_name_is_no_tensor(tmp_path):
    torch.save({"single": torch.ones(1), "number": Call(complex, 1, 2)}, tmp_path / "model.ckpt")
    with pytest.raises(WeightsError, match="no tensors: number"):
        read_tensors(tmp_path / "model.ckpt")


@pytest.mark.parametrize(
    "content",
    [b"\x80\x02Nr" + (2**23).to_bytes(4, "little") + b".", b"\x80\x05\x96" + (2**27).to_bytes(8, "little") + b"."],
    ids=["index of an object", "length of a bytearray"],
)
def test_a_few_bytes_do_not_ask_for_much_memory(tmp_path, content):
    """128 MB would do for a test; with larger numbers, as many bytes ask for all that a machine has."""
    (tmp_path / "model.ckpt").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(WeightsError):
            read_tensors(tmp_path / "model.ckpt")
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


def nested(kind: type) -> Any:
    """Of each level twice in the next: hashing, comparing or printing it takes 2 to the power of its levels."""
    inner: Any = kind()
    for _ in range(4):
        inner = kind([inner, kind([inner])])
    return inner


@pytest.mark.parametrize("kind", [tuple, frozenset, torch.Size])
@pytest.mark.parametrize("zipped", [True, False])
def test_what_can_take_forever_is_no_key(tmp_path, kind, zipped):
    key = kind([1, 2]) if kind is torch.Size else nested(kind)
    content = {"state_dict": {"single": torch.ones(1)}, "beside": {key: 1}}
    path = tmp_path / "model.ckpt"
    torch.save(content, path, _use_new_zipfile_serialization=zipped, pickle_protocol=4)
    with pytest.raises(WeightsError, match="cannot be read"):
        read_tensors(path)


def test_attributes_are_not_set(tmp_path):
    """Of an OrderedDict they could hide its methods."""
    weights = OrderedDict(single=torch.ones(2))
    weights.values = "text"
    torch.save(weights, tmp_path / "model.ckpt")
    assert read_tensors(tmp_path / "model.ckpt").keys() == {"single"}
