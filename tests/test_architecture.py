"""The two rules of the house: who may import whom, and that the web process never loads torch."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "diffusers", "safetensors", "spandrel", "torchvision")
WEB = ("django", "celery", "rest_framework", "django_htmx", "django_filters")
LATE = ("matplotlib", "statsmodels", "pandas", "pyarrow", "reportlab", "choix", "crowdkit", "scikit_posthocs")
#: Its classes are reportlab's own with more to them, so that it needs reportlab to be imported at all.
PDF = "studies.reports.pdf"
HEAVY_PLACES = ("inference.samplers", "inference.training", "inference.perceptual")


class Import(NamedTuple):
    """One import: by which module, of what, and whether importing the module does it at once."""

    by: str
    of: str
    at_once: bool


def under(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> Iterator[Import]:
    by = module_name(path)
    package = by if path.name == "__init__.py" else by.rpartition(".")[0]
    yield from walk(ast.parse(path.read_text()), by, package, at_once=True)


def walk(node: ast.AST, by: str, package: str, *, at_once: bool) -> Iterator[Import]:
    """Imports inside functions happen later, those under TYPE_CHECKING never: they are not `at_once`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(by, alias.name, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                parent = package.split(".")[: len(package.split(".")) - child.level + 1]
                base = ".".join([*parent, base] if base else parent)
            yield Import(by, base, at_once)
            yield from (Import(by, f"{base}.{alias.name}", at_once) for alias in child.names)
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
                isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            )
            yield from walk(child, by, package, at_once=at_once and not later)


@cache
def all_imports() -> list[Import]:
    files = [path for top in ("trustsr", "inference", "studies") for path in sorted((PROJECT / top).rglob("*.py"))]
    assert len(files) > 50
    return [found for path in files for found in imports_of(path)]


def offenders(by: tuple[str, ...], of: tuple[str, ...], *, but: tuple[str, ...] = (), at_once: bool = False) -> list:
    """Imports by modules under `by` of modules under `of`, leaving out modules under `but`."""
    return sorted(
        {
            f"{found.by} imports {found.of}"
            for found in all_imports()
            if under(found.by, *by)
            and under(found.of, *of)
            and not under(found.by, *but)
            and (found.at_once or not at_once)
        }
    )


def test_the_walk_finds_relative_and_nested_imports(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PROJECT", tmp_path)
    path = tmp_path / "a" / "b" / "c.py"
    path.parent.mkdir(parents=True)
    path.write_text("from . import d\nfrom ..e import f\ndef g():\n    import torch.nn\n")
    found = {(one.of, one.at_once) for one in imports_of(path)}
    assert {("a.b.d", True), ("a.e.f", True), ("torch.nn", False)} <= found


def test_inference_never_imports_studies():
    assert offenders(("inference",), ("studies",)) == []


def test_nobody_imports_the_wiring():
    assert offenders(("inference", "studies"), ("trustsr",)) == []


def test_torch_has_three_places():
    assert offenders(("trustsr", "inference", "studies"), HEAVY, but=HEAVY_PLACES) == []


def test_the_registry_and_settings_of_samplers_load_without_torch():
    light = ("inference.samplers.settings", "inference.samplers.ldm.settings")
    heavy = offenders(("inference.samplers",), HEAVY, at_once=True)
    assert [one for one in heavy if one.startswith((*light, "inference.samplers imports "))] == []


def test_modules_that_load_torch_are_imported_on_first_use_only():
    loading = {found.by for found in all_imports() if found.at_once and under(found.of, *HEAVY)}
    outside = [found for found in all_imports() if found.at_once and not under(found.by, *HEAVY_PLACES)]
    assert [f"{found.by} imports {found.of}" for found in outside if found.of in loading] == []


def test_packages_for_drawing_and_fitting_are_imported_by_the_function_that_needs_them():
    assert offenders(("trustsr", "inference", "studies"), LATE, but=(PDF,), at_once=True) == []


def test_the_pdf_of_reports_is_laid_out_by_modules_that_are_imported_on_first_use_only():
    assert offenders(("trustsr", "inference", "studies"), (PDF,), but=(PDF,), at_once=True) == []


@pytest.mark.parametrize("core", ["inference.core", "studies.aggregation", "studies.results"])
def test_the_cores_know_no_django_and_no_torch(core):
    assert offenders((core,), (*WEB, *HEAVY)) == []


@pytest.mark.parametrize("core", ["inference.core", "studies.aggregation"])
def test_the_cores_know_nothing_above_them(core):
    upward = [one for one in all_imports() if under(one.by, core) and under(one.of, "inference", "studies")]
    # `from inference.core import metrics` also reads as an import of the package itself, which is empty.
    assert [f"{one.by} imports {one.of}" for one in upward if not under(one.of, "inference.core", core)] == []


def test_services_know_no_views_and_no_api():
    below = ("studies.services", "studies.models", "studies.aggregation")
    assert offenders(below, ("studies.views", "studies.api")) == []
    assert offenders(("studies.models",), ("studies.services",)) == []


def test_views_and_api_do_not_reach_into_inference_past_its_door():
    inner = ("inference.generation", "inference.store", "inference.lease", "inference.sending", "inference.tasks")
    assert offenders(("studies.views", "studies.api", "studies.forms"), inner) == []


def test_reports_read_results_not_the_database():
    assert offenders(("studies.reports",), ("studies.models", "inference.models")) == []


def test_exports_list_rows_but_count_nothing_themselves():
    """Ballots and participants are listed from their tables; every figure comes from StudyResults."""
    counting = (
        "studies.services.tallies",
        "studies.services.analysis.figures",
        "studies.services.simulated.simulation",
    )
    checking = ("studies.exports.recompute", "studies.exports.compared_checks")
    assert offenders(("studies.exports",), counting, but=checking) == []


def test_the_web_process_answers_requests_without_torch(tmp_path):
    """All URLs and their views are loaded, and pages are asked for, in a process of their own."""
    program = (
        "import sys, django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', verbosity=0)\n"
        "from django.contrib import admin\n"
        "from django.test import Client\n"
        "from django.urls import get_resolver\n"
        "assert len(get_resolver().url_patterns) > 3\n"
        "client = Client(headers={'host': 'localhost'})\n"
        "answers = [client.get(path).status_code for path in ('/', '/admin/login/', '/api/schema/', '/s/nobody/')]\n"
        "assert answers[1] == 200 and max(answers) < 500, answers\n"
        "import inference.services, inference.tasks\n"
        f"print(sorted(set(sys.modules) & set({HEAVY + LATE})))\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "trustsr.settings", "TRUSTSR_DATA_DIR": str(tmp_path)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-c", program]
    answer = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip().splitlines()[-1] == "[]"
