"""Reading pickles as data: tensors and plain containers come out, nothing that the file names is ever called.

A pickle is a program that may name any function of this machine and have it called. Here the few names that
checkpoints need stand for functions of this module, containers known to lie beside the weights (callbacks, options)
become inert objects that swallow whatever they are given, and every other name is refused before anything happens.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable
from typing import IO, Any, NamedTuple

import torch

from inference.core.weights import WeightsError


class Storage(NamedTuple):
    """Where numbers lie in the file: its own name for them, their type and how many there are."""

    key: str
    dtype: torch.dtype
    length: int


class Stored(NamedTuple):
    """A tensor that was not read yet: elements of a storage from `offset` on, by size and stride."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class Inert:
    """Stands for an object that weights do not need; keeps nothing and does nothing."""

    def __new__(cls, *_: Any, **__: Any) -> Inert:
        return super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def _swallow(self, *_: Any, **__: Any) -> None:
        pass

    __setitem__ = append = extend = add = _swallow

    def __call__(self, *_: Any, **__: Any) -> Inert:
        return Inert()


class _Defaults(dict):
    """A defaultdict without its factory."""

    def __init__(self, *_: Any) -> None:
        super().__init__()


class Row(tuple):
    """A tuple that is no key: of tuples in tuples, each level of few bytes can double the time that a hash takes."""

    __hash__ = None  # type: ignore[assignment]


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> Stored:
    whole = isinstance(size, tuple) and isinstance(stride, tuple) and len(size) == len(stride)
    if not (
        whole
        and isinstance(storage, Storage)
        and all(type(n) is int and 0 <= n < 2**63 for n in (offset, *size, *stride))
    ):
        raise pickle.UnpicklingError("a tensor without storage or shape")
    return Stored(storage, offset, size, stride)


def _parameter(tensor: Any, *_: Any) -> Any:
    return tensor


STORAGES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}

KNOWN: dict[str, Any] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.Size": Row,
    "collections.OrderedDict": OrderedDict,
    "collections.defaultdict": _Defaults,
    **{f"{module}.{name}": dtype for module in ("torch", "torch.cuda") for name, dtype in STORAGES.items()},
}

# Modules of training frameworks, whose objects lie in checkpoints beside the weights.
BESIDE = ("pytorch_lightning", "lightning", "lightning_fabric", "omegaconf")
_BUILTINS = "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple"
HARMLESS = {
    *(f"builtins.{name}" for name in _BUILTINS.split()),
    *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("scalar", "_reconstruct")),
    *(f"numpy.{name}" for name in ("dtype", "ndarray", "float64", "float32", "int64", "int32", "bool_")),
    *(f"torch.{name}" for name in ("device", "float64", "float32", "float16", "bfloat16", "int64", "bool")),
    *(f"pathlib.{name}" for name in ("Path", "PosixPath", "WindowsPath", "PurePosixPath")),
    *(f"typing.{name}" for name in ("Any", "Union", "Optional", "List", "Dict", "Tuple")),
    *("collections.Counter", "collections.deque", "argparse.Namespace", "_codecs.encode"),
    *("copyreg._reconstructor", "datetime.datetime", "datetime.timedelta"),
}
# Modules by their names in Python 2, which pickles of the protocol that torch uses still have.
PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


# Codes of newer protocols that weights do not need: memory for a bytearray is filled before a byte of it is read, and
# sets in sets, like tuples in tuples, can be longer in print than any memory.
REFUSED = (pickle.BYTEARRAY8[0], pickle.FROZENSET[0])
TUPLES = (pickle.TUPLE[0], pickle.TUPLE1[0], pickle.TUPLE2[0], pickle.TUPLE3[0])


class _Whole:
    """A file that gives what it is asked for or raises EOFError, where files give what is left."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def read(self, length: int) -> bytes:
        found = self.file.read(length)
        if len(found) < length:
            raise EOFError
        return found

    def readline(self) -> bytes:
        found = self.file.readline()
        if not found.endswith(b"\n"):
            raise EOFError
        return found


def _row(load: Callable[[Any], None]) -> Callable[[Any], None]:
    def load_row(unpickler: Any) -> None:
        load(unpickler)
        unpickler.stack[-1] = Row(unpickler.stack[-1])

    return load_row


def _no_state(unpickler: Any) -> None:
    """In place of setting attributes, since weights need none: a file could set those of the functions above."""
    unpickler.stack.pop()


class DataUnpickler(pickle._Unpickler):
    """Unpickles containers, numbers, text and `Stored` tensors; raises WeightsError at any name it does not know.

    Derived from pickle's version in Python, which remembers objects in a dict. The one in C has an array, as long as
    the file says by the index of an object: nine bytes can have it fill 64 GB.

    storages: those met so far, by key
    """

    dispatch = {
        **{code: load for code, load in pickle._Unpickler.dispatch.items() if code not in REFUSED},
        **{code: _row(pickle._Unpickler.dispatch[code]) for code in TUPLES},
        pickle.BUILD[0]: _no_state,
    }

    def __init__(self, file: IO[bytes], source: str) -> None:
        super().__init__(_Whole(file))
        self.source = source
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        full = f"{PYTHON_2.get(module, module)}.{name}"
        if full in KNOWN:
            return KNOWN[full]
        if full in HARMLESS or module in BESIDE or module.startswith(tuple(f"{top}." for top in BESIDE)):
            return type("Inert", (Inert,), {})
        raise WeightsError(
            f"{self.source} asks for {full[:100]!r}, which is code and no weights: it is refused, and nothing was run."
        )

    def persistent_load(self, saved: Any) -> Storage:
        """A storage by its entry ("storage", type, key, device, length), in the older format with a view at the end."""
        kind, dtype, key, _, length, *view = saved
        if kind != "storage" or any(part is not None for part in view):
            raise pickle.UnpicklingError("something other than a storage")
        if not (isinstance(dtype, torch.dtype) and isinstance(key, str) and type(length) is int and length >= 0):
            raise pickle.UnpicklingError("a storage without type or size")
        self.storages[key] = Storage(key, dtype, length)
        return self.storages[key]
