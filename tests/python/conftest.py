"""What the tests share: the package found beside the build, the raw data."""

import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
if "MLC_INSTALLED" not in os.environ:
    sys.path.insert(0, os.path.join(ROOT, "bindings", "python"))
sys.path.insert(0, HERE)


@pytest.fixture(scope="session")
def birds_path():
    return os.path.join(ROOT, "tests", "data", "birdstrikes.csv.gz")


@pytest.fixture(scope="session")
def birds(birds_path):
    import mlcycle

    return mlcycle.Dataset.read(birds_path)
