"""`kill -9` twenty times in the middle of one job: every sample once, every file whole, the same pictures as ever."""

import hashlib
import json

import numpy as np

from inference.core.images import encode_png, to_uint8
from tests.processes import WORKER, Site
from tests.tiny import TinySampler, TinySettings

COUNT = 260
PICTURE = (np.arange(36).reshape(6, 6, 1) * 7).astype(np.uint8)

# Seventeen workers are forks, which start at once; three, and the last one, which is not killed, are Celery's.
PROGRAM = f"""
import json, os, random, signal, subprocess, sys, time
import numpy as np
from django.db import connection
from inference import generation, services
from inference.core.images import encode_png
from inference.models import GenerationJob, Sample

picture = (np.arange(36).reshape(6, 6, 1) * 7).astype(np.uint8)
low_res = services.store_low_res(encode_png(picture))
job = services.request_generation(low_res, "tiny", "grey", range(1000, {1000 + COUNT}), {{"delay": 0.02}})
chance = random.Random(1)

def forked():
    connection.close()
    pid = os.fork()
    if pid == 0:
        generation.run(job.pk)
        os._exit(0)
    return pid

def kill_in_the_middle(pid):
    before = Sample.objects.count()
    while Sample.objects.count() == before:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, 0.1))
    os.kill(pid, signal.SIGKILL)
    job.refresh_from_db()
    assert job.state == "running", job.state
    services.reconcile(worker_died=True)

for _ in range(17):
    pid = forked()
    kill_in_the_middle(pid)
    os.waitpid(pid, 0)
for _ in range(3):
    worker = subprocess.Popen([sys.executable, *{WORKER!r}], stdout=subprocess.DEVNULL)
    kill_in_the_middle(worker.pid)
    worker.wait()
drawn = Sample.objects.count()
worker = subprocess.Popen([sys.executable, *{WORKER!r}], stdout=subprocess.DEVNULL)
while job.state != "done":
    time.sleep(0.1)
    job.refresh_from_db()
worker.terminate()
worker.wait()
rows = list(Sample.objects.values_list("index", "seed", "sha256"))
print(json.dumps({{"before the last": drawn, "rows": rows}}))
"""


def test_killed_twenty_times_no_sample_is_lost_and_none_is_there_twice(tmp_path):
    site = Site(tmp_path)
    site.run("manage.py", "migrate", "--verbosity=0")
    report = json.loads(site.django(PROGRAM))
    assert report["before the last"] < COUNT

    low_res = (PICTURE / 255).astype(np.float32)
    drawn = TinySampler(4, 1).draw(low_res, range(1000, 1000 + COUNT), TinySettings())
    expected = [[d.index, d.seed, hashlib.sha256(encode_png(to_uint8(d.image))).hexdigest()] for d in drawn]
    assert report["rows"] == expected
    for _, _, sha256 in report["rows"]:
        file = site.data / "media" / "samples" / sha256[:2] / f"{sha256}.png"
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256
