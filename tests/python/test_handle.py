import gc
import logging
import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import mlcycle


def test_closing_twice_and_using_afterwards():
    with mlcycle.Dataset({"a": [1, 2]}) as data:
        assert data.rows == 2
    assert data.closed
    data.close()
    with pytest.raises(mlcycle.errors.ArgumentError, match="closed"):
        data.rows  # noqa: B018


def test_any_order_of_destruction():
    context = mlcycle.Context(threads=2)
    data = mlcycle.Dataset({"a": np.arange(1000.0), "b": ["x"] * 1000}, context=context)
    context.close()
    half = data.select(["a"])[::2]
    data.close()
    del data, context
    gc.collect()
    assert half.column("a")[3] == 6.0


def test_array_outlives_dataset():
    data = mlcycle.Dataset.read_bytes(b"a\n1\n2\n3\n")
    column = data.column("a")
    data.close()
    del data
    gc.collect()
    assert column.tolist() == [1, 2, 3]
    with pytest.raises(ValueError):
        column[0] = 5


def test_memory_goes_with_the_handles():
    context = mlcycle.Context(threads=1)
    before = context.live_bytes
    data = mlcycle.Dataset({"a": [f"x{k % 7}" for k in range(5000)]}, context=context)
    assert context.live_bytes > before
    del data
    assert context.live_bytes == before


def test_memory_limit_is_an_exception():
    context = mlcycle.Context(threads=1, memory_limit_bytes=100_000)
    with pytest.raises(MemoryError):
        mlcycle.Dataset({"a": [f"x{k}" for k in range(50_000)]}, context=context)


def test_threads_share_a_dataset_that_is_closed_meanwhile():
    data = mlcycle.Dataset({"a": np.arange(200_000.0)})
    failures = []

    def use():
        try:
            while True:
                data.to_numpy()
        except mlcycle.errors.ArgumentError:
            pass
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    data.close()
    for thread in threads:
        thread.join()
    assert failures == []


def in_child(data, queue):
    queue.put((float(data.to_numpy().sum()), mlcycle.Dataset({"a": [1, 2]}).sample(1).rows))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_child_uses_what_it_inherits():
    data = mlcycle.Dataset.read_bytes(b"a\n" + b"1.5\n" * 100_000)
    forks = multiprocessing.get_context("fork")
    queue = forks.Queue()
    child = forks.Process(target=in_child, args=(data, queue))
    child.start()
    assert queue.get(timeout=60) == (150_000.0, 1)
    child.join(60)
    assert child.exitcode == 0


def test_exit_with_handles_alive():
    code = (
        "import mlcycle, atexit\n"
        "data = mlcycle.Dataset({'a': [1.0, 2.0], 'b': ['x', 'y']})\n"
        "part = data[:1]\n"
        "ring = [data]; ring.append(ring)\n"
        "atexit.register(lambda: print(part.rows))\n"
    )
    path = os.path.dirname(os.path.dirname(mlcycle.__file__))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "1", "")


def test_progress_of_the_users_own(tmp_path):
    told = []
    context = mlcycle.Context(threads=1, progress=lambda *args: told.append(args))
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 200_000)
    mlcycle.Dataset.read(path, context=context)
    assert told and told[0][0] == "read"


def test_exception_in_progress_comes_out_as_itself(tmp_path):
    class Mine(Exception):
        pass

    def fails(stage, done, total):
        raise Mine(stage)

    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 200_000)
    with pytest.raises(Mine, match="read"):
        mlcycle.Dataset.read(path, context=mlcycle.Context(threads=1, progress=fails))
    with pytest.raises(mlcycle.errors.Cancelled):
        mlcycle.Dataset.read(path, context=mlcycle.Context(progress=lambda *_: False))


def test_cancel_and_reset(birds_path):
    context = mlcycle.Context()
    context.cancel()
    with pytest.raises(mlcycle.errors.Cancelled):
        mlcycle.Dataset.read(birds_path, context=context)
    context.reset_cancel()
    assert mlcycle.Dataset.read(birds_path, context=context).rows == 10000


def test_log_goes_where_it_is_told():
    from mlcycle import _ffi
    from mlcycle.context import _log_callback

    told = []
    _log_callback(lambda level, message: told.append((level, message)))(None, 3, b"words")
    assert told == [(logging.WARNING, "words")]
    assert _ffi.raised.first is None


def test_default_context_is_one():
    assert mlcycle.default_context() is mlcycle.default_context()
    assert mlcycle.default_context().lanes >= 1


def test_leaks():
    import resource

    array = np.arange(10.0)
    for _ in range(2000):
        mlcycle.Dataset({"a": array})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(20_000):
        mlcycle.Dataset({"a": array})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4000
