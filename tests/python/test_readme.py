import os
import re
import shutil

import pytest

from conftest import ROOT


def test_readme_does_what_it_says(tmp_path, monkeypatch, birds_path):
    shutil.copy(birds_path, tmp_path)
    monkeypatch.chdir(tmp_path)
    with open(os.path.join(ROOT, "bindings", "python", "README.md"), encoding="utf-8") as file:
        blocks = re.findall(r"```python\n(.*?)```", file.read(), re.S)
    assert len(blocks) == 4
    names = {}
    for block in blocks:
        if "mlcycle.sklearn" in block:
            pytest.importorskip("sklearn")
        exec(compile(block, "README.md", "exec"), names)
    assert os.path.getsize("answers.csv") > 0 and os.path.getsize("birds.db") > 0
