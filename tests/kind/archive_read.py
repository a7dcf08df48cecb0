#!/usr/bin/env python3
"""Read archive.safetensors with the reference reader of the layout (pip install safetensors).

The C test archive_has_the_bytes_it_always_had holds the writer to this very file; this script
shows that other tools understand it. Run it after the file was renewed.
"""
import json
import os

import numpy
from safetensors import safe_open

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "archive.safetensors")
with safe_open(path, framework="numpy") as archive:
    manifest = json.loads(archive.metadata()["manifest"])
    counts = manifest["arrays"]
    arrays = {name: archive.get_tensor(name)[: counts[name]] for name in archive.keys()}

assert manifest["format"] == 1
assert list(counts) == sorted(counts) and set(counts) == set(arrays)
assert arrays["weights"].dtype == numpy.float64
assert arrays["weights"].tolist() == [1.5, -2.25, 1e300]
assert arrays["step.2.signs"].dtype == numpy.int8
assert arrays["step.2.signs"].tolist() == [-1, 0, 1, 2]
assert arrays["step.2.inner.codes"].dtype == numpy.uint16
assert arrays["step.2.inner.codes"].tolist() == [7, 8, 9] + [0] * 67
assert arrays["empty"].shape == (0,)
assert arrays["about"].tobytes() == b"a text\0"
assert arrays["labels.bytes"].tobytes() == b"noyes, indeed"
assert arrays["labels.ends"].tolist() == [2, 2, 13]
print("read", len(arrays), "arrays")
