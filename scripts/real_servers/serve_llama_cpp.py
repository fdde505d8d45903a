"""llama.cpp's own HTTP server, from the wheel `xllamacpp`: `serve_llama_cpp.py GGUF PORT [REASONING [TEMPERATURE]]`.

Nothing between it and the wire is ours. REASONING is llama.cpp's `--reasoning-format`: auto (the default), deepseek or
none. It serves both `/v1/chat/completions` and `/v1/messages`, until it is ended.
"""

from __future__ import annotations

import signal
import sys

import xllamacpp

FORMATS = {
    "none": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE,
    "auto": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_AUTO,
    "deepseek": xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_DEEPSEEK,
}


def main() -> None:
    model, port = sys.argv[1], int(sys.argv[2])
    reasoning, temperature = (*sys.argv[3:], *("auto", "0")[len(sys.argv) - 3 :])[:2]
    params = xllamacpp.CommonParams()
    params.model.path = model
    params.model_alias = {"tiny-glm"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = 16384
    params.n_parallel = 2
    params.cpuparams.n_threads = 1
    params.reasoning_format = FORMATS[reasoning]
    params.sampling.temp = float(temperature)
    if params.sampling.temp:  # anything may come
        params.sampling.top_k, params.sampling.top_p, params.sampling.min_p = 0, 1, 0
    server = xllamacpp.Server(params)
    print(f"llama.cpp (xllamacpp {xllamacpp.__version__}) is at {server.listening_address}", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    main()
