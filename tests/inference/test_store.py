"""Files by content: whole or not at all, verified when read."""

import errno
import hashlib
import os
import subprocess
import sys

import pytest
from django.core.files.storage import InMemoryStorage, storages

from inference import store


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_put_can_be_got_under_its_sha256(data_dir):
    name = store.put(b"pixels", "samples", ".png")

    assert name == hashlib.sha256(b"pixels").hexdigest()
    assert store.get(name, "samples", ".png") == b"pixels"
    assert files(data_dir) == [data_dir / "default" / "samples" / name[:2] / f"{name}.png"]


def test_same_content_is_the_same_file(data_dir):
    assert store.put(b"pixels", "samples", ".png") == store.put(b"pixels", "samples", ".png")
    assert len(files(data_dir)) == 1


def test_several_files_keep_their_order():
    contents = [str(number).encode() for number in range(50)]
    assert store.put_all(contents, "samples", ".png") == [hashlib.sha256(data).hexdigest() for data in contents]


def test_truth_lies_in_another_storage(data_dir):
    name = store.put(b"truth", "truth", ".png", storage=storages["truth"])

    assert store.get(name, "truth", ".png", storage=storages["truth"]) == b"truth"
    assert all(path.is_relative_to(data_dir / "truth") for path in files(data_dir))
    with pytest.raises(store.StoreError, match="missing"):
        store.get(name, "truth", ".png")


def test_a_changed_file_is_noticed_and_mended_by_storing_it_again(data_dir):
    name = store.put(b"pixels", "samples", ".png")
    [path] = files(data_dir)
    path.write_bytes(b"pixelz")

    with pytest.raises(store.StoreError, match="has changed"):
        store.get(name, "samples", ".png")

    store.put(b"pixels", "samples", ".png")
    assert store.get(name, "samples", ".png") == b"pixels"


def test_a_storage_that_is_no_folder():
    storage = InMemoryStorage()
    name = store.put(b"pixels", "samples", ".png", storage=storage)
    store.put(b"pixels", "samples", ".png", storage=storage)

    assert store.get(name, "samples", ".png", storage=storage) == b"pixels"
    assert len(storage.listdir(f"samples/{name[:2]}")[1]) == 1


@pytest.mark.parametrize("bad", ["../../etc/passwd", "0" * 63, "G" * 64, ""])
def test_only_a_sha256_is_a_name(bad):
    with pytest.raises(ValueError, match="not a sha256"):
        store.get(bad, "samples", ".png")


def test_a_full_disk_leaves_nothing_by_half_and_says_what_to_do(data_dir, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(store.StoreError, match=r"disk is full: free some space .* then start again"):
        store.put(b"pixels", "samples", ".png")
    assert files(data_dir) == []


def test_a_file_system_limit_met_for_real(data_dir):
    """A process that may write no more than 4 KiB per file, as the kernel sees it."""
    program = (
        "import resource, signal, sys, django; django.setup()\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from inference import store\n"
        "try: store.put(bytes(10000), 'samples', '.png')\n"
        "except store.StoreError as error: print(error)\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "trustsr.settings", "TRUSTSR_DATA_DIR": str(data_dir)}
    answer = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )

    assert "cannot be stored (File too large)" in answer.stdout
    assert files(data_dir / "media") == []
