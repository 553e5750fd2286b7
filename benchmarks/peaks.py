"""What the matrix units of this machine do at best: the limit of every encoder."""

from collections.abc import Callable
from time import perf_counter

import numpy as np

from embeddings.machine import processors
from embeddings.models.openvino_runtime import computes_bfloat16, openvino
from embeddings.models.precision import Precision

# As many rows as a batch has tokens; and the shapes of the model's own products, and larger
# ones, of which the best counts.
_SHAPES = ((1024, 384, 1536), (1024, 1536, 384), (2048, 2048, 2048))


def matrix_rates(seconds: float) -> dict[str, float]:
    """Return operations per second in each precision, the best way that is at hand.

    Args:
        seconds: How long to try each way with each shape.
    """
    rates: dict[str, float] = {}
    for precision in Precision:
        if precision is Precision.BFLOAT16 and not computes_bfloat16():
            continue
        ways = [_by_openvino(precision)]
        if precision is Precision.FLOAT32:
            ways.append(_by_numpy)
        rates[precision] = max(
            2 * rows * inner * columns / _fastest(way(rows, inner, columns), seconds)
            for way in ways
            for rows, inner, columns in _SHAPES
        )
    return rates


def _fastest(work: Callable[[], object], seconds: float) -> float:
    times: list[float] = []
    start = perf_counter()
    while perf_counter() - start < seconds or len(times) < 3:
        begun = perf_counter()
        work()
        times.append(perf_counter() - begun)
    return min(times)


def _by_numpy(rows: int, inner: int, columns: int) -> Callable[[], object]:
    generator = np.random.default_rng(0)
    left = generator.standard_normal((rows, inner), np.float32)
    right = generator.standard_normal((inner, columns), np.float32)
    return lambda: left @ right


def _by_openvino(precision: Precision) -> Callable[[int, int, int], Callable[[], object]]:
    def make(rows: int, inner: int, columns: int) -> Callable[[], object]:
        ov = openvino()
        ops = ov.opset13
        generator = np.random.default_rng(0)
        given = ops.parameter([rows, inner], np.float32)
        left, right = given, ops.constant(generator.uniform(-1, 1, (columns, inner)).astype("f4"))
        if precision is Precision.INT8:
            left, right = _quantized(left, 256), _quantized(right, 255)
        product = ops.matmul(left, right, False, True)
        compiled = ov.Core().compile_model(
            ov.Model([product], [given]),
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_NUM_THREADS": processors(),
                "INFERENCE_PRECISION_HINT": "bf16" if precision is Precision.BFLOAT16 else "f32",
            },
        )
        request = compiled.create_infer_request()
        request.set_input_tensor(
            ov.Tensor(generator.uniform(-1, 1, (rows, inner)).astype(np.float32))
        )
        infer: Callable[[], object] = request.infer
        return infer

    return make


def _quantized(node: object, levels: int) -> object:
    ends = [np.float32(-1), np.float32(1)] * 2
    return openvino().opset13.fake_quantize(node, *ends, levels)
