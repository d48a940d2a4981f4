"""Runs a program with `pyflink…` meaning Penstock's modules: `run_program.py program.py [key=value …]`."""

import importlib
import pkgutil
import runpy
import sys

import penstock
from penstock.client.context import ProgramContext, current

for root in ("common", "datastream", "metrics"):
    package = importlib.import_module(f"penstock.{root}")
    sys.modules[f"pyflink.{root}"] = package
    for module in pkgutil.walk_packages(package.__path__, f"penstock.{root}."):
        sys.modules["pyflink" + module.name.removeprefix("penstock")] = importlib.import_module(module.name)
sys.modules["pyflink"] = penstock

configuration = dict(argument.split("=", 1) for argument in sys.argv[2:])
with current.use(ProgramContext(configuration=configuration)):
    runpy.run_path(sys.argv[1], run_name="__main__")
