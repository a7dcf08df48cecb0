"""The cycle in a notebook that nbclient runs: every table is there, nothing is loaded."""

import os

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

CELLS = [
    "import sys; sys.path[:0] = {path!r}\nimport mlcycle",
    "data = mlcycle.Dataset.read({birds!r})\ndata",
    "cleaned = mlcycle.Cleaner().standardize().impute().run(data)\ncleaned",
    "model = mlcycle.fit(data, target='Time of day', trees=10, progress=True)\nmodel",
    "model.result",
    "mlcycle.drift(data[:5000], data[5000:])",
    "mlcycle.Cleaner().impute(columns=['Speed IAS in knots'])",
]


def test_notebook(birds_path):
    import mlcycle

    path = [os.path.dirname(os.path.dirname(mlcycle.__file__))]
    cells = [cell.format(path=path, birds=birds_path) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for cell in notebook.cells[1:]:
        shown = [out.data for out in cell.outputs if out.output_type == "execute_result"]
        assert shown and "<table>" in shown[0]["text/html"], cell.source
        assert "http" not in shown[0]["text/html"]
    if "MLC_NOTEBOOK" in os.environ:  # to be looked at
        nbformat.write(notebook, os.environ["MLC_NOTEBOOK"])
