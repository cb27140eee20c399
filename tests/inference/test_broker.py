"""The file broker under several processes: nothing lost, nothing twice, first in first out, private."""

import json
import os
import stat
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.exceptions import ChannelError

from tests.processes import DRAW_AND_FUSE, WORKER, Site
from trustsr import environment

PUBLISH = """
import sys, trustsr.broker
from kombu import Connection
url, options, name, many = sys.argv[1], eval(sys.argv[2]), sys.argv[3], int(sys.argv[4])
with Connection(url, transport_options=options) as connection:
    queue = connection.SimpleQueue("gpu")
    for number in range(many):
        queue.put({"number": f"{name}-{number}", "padding": "x" * 20000})
"""
CONSUME = """
import sys, time, trustsr.broker
from kombu import Connection
from queue import Empty
url, options = sys.argv[1], eval(sys.argv[2])
with Connection(url, transport_options=options) as connection:
    queue = connection.SimpleQueue("gpu")
    while True:
        try:
            message = queue.get(timeout=3)
        except Empty:
            break
        print(message.payload["number"])
        message.ack()
"""


@pytest.fixture
def broker(tmp_path, monkeypatch):
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    url, options = environment.broker(tmp_path)
    return url, options | {"polling_interval": 0.01}


def start(program, broker, *arguments):
    command = [sys.executable, "-c", program, broker[0], repr(broker[1]), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_publishers_and_two_consumers_at_once_lose_nothing(broker):
    publishers = [start(PUBLISH, broker, name, "400") for name in "ab"]
    consumers = [start(CONSUME, broker) for _ in range(2)]
    assert [process.wait(60) for process in publishers] == [0, 0]
    taken = [process.communicate(timeout=60)[0].split() for process in consumers]

    assert [process.returncode for process in consumers] == [0, 0]
    assert sorted(taken[0] + taken[1]) == sorted(f"{name}-{number}" for name in "ab" for number in range(400))
    for one in taken:
        for name in "ab":
            mine = [int(text[2:]) for text in one if text.startswith(name)]
            assert mine == sorted(mine)
    assert not os.listdir(broker[1]["data_folder_in"])
    assert not os.listdir(broker[1]["processed_folder"])


def connect(broker):
    return Connection(broker[0], transport_options=broker[1])


def test_first_in_first_out_and_each_queue_for_itself(broker):
    with connect(broker) as connection:
        gpu, cpu = connection.SimpleQueue("gpu"), connection.SimpleQueue("cpu")
        for number in range(20):
            gpu.put(number)
            cpu.put(-number)
        assert [gpu.get(timeout=1).payload for _ in range(20)] == list(range(20))
        assert (gpu.qsize(), cpu.qsize()) == (0, 20)
        cpu.clear()
        assert cpu.qsize() == 0


def test_half_written_files_are_nobody_s_message(broker):
    with connect(broker) as connection:
        queue = connection.SimpleQueue("gpu")
        queue.put("whole")
        folder = broker[1]["data_folder_in"]
        [name] = os.listdir(folder)
        with open(os.path.join(folder, f"0{name}.part"), "w") as file:
            file.write('{"half')
        assert queue.qsize() == 1
        assert queue.get(timeout=1).payload == "whole"


def test_only_the_owner_can_read_messages(broker):
    with connect(broker) as connection:
        connection.SimpleQueue("gpu").put("private")
    folder = broker[1]["data_folder_in"]
    [name] = os.listdir(folder)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_an_error_with_a_reason(broker):
    with connect(broker) as connection:
        queue = connection.SimpleQueue("gpu")
        os.rmdir(broker[1]["data_folder_in"])
        with pytest.raises(ChannelError, match="cannot be written: No such file"):
            queue.put("lost")


def test_brokers_by_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    url, options = environment.broker(tmp_path)
    assert (url, options["visibility_timeout"] >= 3600) == ("redis://127.0.0.1:1/0", True)
    monkeypatch.setenv("CELERY_BROKER_URL", "sqs://somewhere")
    with pytest.raises(ImproperlyConfigured, match="CELERY_BROKER_URL"):
        environment.broker(tmp_path)


def test_an_embedded_worker_serves_both_queues_and_leaves_no_files_behind(tmp_path):
    site = Site(tmp_path)
    site.run("manage.py", "migrate", "--verbosity=0")
    with site.process(*WORKER) as worker:
        site.django(DRAW_AND_FUSE)
        worker.terminate()
        assert worker.wait(60) == 0
    left = {path.name for path in (site.data / "broker").rglob("*") if path.is_file()}
    assert left == {"lock", "gpu.exchange", "cpu.exchange"}
    assert json.loads((site.data / "broker" / "control" / "gpu.exchange").read_text()) == [["gpu", "", "gpu"]]
    assert "Traceback" not in site.log()
