"""The tree as others get it: no path of one machine, every requirement pinned, every file in the wheel."""

import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from support.house import PACKAGES, ROOT, files

SUFFIXES = (".py", ".md", ".cfg", ".toml", ".yaml", ".yml", ".html", ".css", ".txt", ".po", ".sh", ".json", ".xml")
# A recorded page is as its site sent it, in any charset.
TEXTS = [*(each for each in files(*SUFFIXES) if not each.match("tests/crawler/pages/*/*.html")), Path("Makefile"),
         Path(".ci/run")]
# a folder of someone's machine (their home, say), but not the path of an address, as in example.com/home/news
MACHINE = re.compile(r"(?<![\w.:/}-])/(?:work|root|tmp|Users|home/\w+)/\w")


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_no_path_of_one_machine(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not MACHINE.findall(text)
    assert "\r" not in text, "line ends are \\n"


def test_the_pins_hold_versions_alone():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(pins) > 30


def test_every_requirement_is_pinned():
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    part = setup[setup.index("install_requires ="):setup.index("[options.packages.find]")]
    wanted = {name.lower().replace("_", "-") for name in re.findall(r"^    ([A-Za-z][\w.-]*)", part, re.MULTILINE)}
    pinned = {line.partition("==")[0].lower().replace("_", "-")
              for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()}
    assert wanted - pinned == set(), "run make constraints"


def test_every_pin_installs_on_the_oldest_python():
    """Debian 12 has 3.11.2; libraries ask for 3.11.5 or 3.12 in their newest versions."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    installed = [each for each in distributions() if f"{each.metadata['Name']}=={each.version}" in pins]
    assert len(installed) > 30
    refusing = [each.metadata["Name"] for each in installed
                if "3.11.2" not in SpecifierSet(each.metadata["Requires-Python"] or "")]
    assert refusing == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a wheel built from a copy of the tree, without the network."""
    copy, out = tmp_path_factory.mktemp("tree") / "gongbao", tmp_path_factory.mktemp("wheel")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("gongbao.py", "setup.cfg", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    program = f"from setuptools.build_meta import build_wheel; print(build_wheel({str(out)!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=copy, capture_output=True, text=True, check=False)
    if "No module named 'setuptools'" in done.stderr:
        pytest.skip("no setuptools in this environment to build a wheel with")
    assert done.returncode == 0, done.stderr
    return set(zipfile.ZipFile(out / done.stdout.split()[-1]).namelist())


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    ours = {each.as_posix() for package in PACKAGES for each in files(under=package)}
    unneeded = {each for each in ours if each.endswith((".pot", "babel.cfg", ".md"))}
    assert ours - wheel - unneeded == set(), "add their endings to package_data in setup.cfg"


def test_the_wheel_holds_the_licence_and_the_command(wheel):
    assert any(each.endswith("licenses/LICENSE") for each in wheel)
    assert any(each.endswith("licenses/NOTICE") for each in wheel)
    assert any(each.endswith("entry_points.txt") for each in wheel)
    assert "gongbao.py" in wheel
