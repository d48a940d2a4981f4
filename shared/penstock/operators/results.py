"""The results of flat_map and process: None, an iterable or a generator; `(OutputTag, value)` to a side output."""

import inspect

from penstock.datastream.output_tag import OutputTag
from penstock.operators.chain_code import ChainCode, Rec
from penstock.operators.operator import Operator
from penstock.operators.user_function import UserFunction


def write_results(
    code: ChainCode, operator: Operator, function: UserFunction, call: str, rec: Rec, *, takes_tags: bool
) -> None:
    """The loop over what `call` returns. Without `takes_tags` a tuple with a tag is a value like any other."""
    if inspect.isgeneratorfunction(function.call):
        _write_loop(code, operator, call, rec, takes_tags)
        return
    results = code.fresh("r")
    code.line(f"{results} = {call}")
    with code.indented(f"if {results} is not None:"):
        _write_loop(code, operator, results, rec, takes_tags)


def _write_loop(code: ChainCode, operator: Operator, results: str, rec: Rec, takes_tags: bool) -> None:
    value = code.fresh("v")
    with code.indented(f"for {value} in {results}:", is_loop=True):
        write_output(code, operator, rec.with_value(value), takes_tags)


def write_output(code: ChainCode, operator: Operator, rec: Rec, takes_tags: bool) -> None:
    """One result, at the top of a loop of its own: to the consumers of the main output or of its tag."""
    value = rec.value
    if takes_tags:
        tag_class = code.bind("OutputTag", OutputTag)
        is_tagged = f"{value}.__class__ is tuple and len({value}) == 2 and isinstance({value}[0], {tag_class})"
        with code.indented(f"if {is_tagged}:"):
            _write_side_outputs(code, operator, rec)
            code.line("continue")
    operator.chain.consume(code, operator.index, None, rec, True)


def _write_side_outputs(code: ChainCode, operator: Operator, rec: Rec) -> None:
    # a tag nobody consumes is dropped, as in Flink
    tags = operator.chain.side_outputs(operator.index)
    if not tags:
        return
    tag, side = code.fresh("tag"), code.fresh("s")
    code.line(f"{tag}, {side} = {rec.value}[0].tag_id, {rec.value}[1]")
    for name in tags:
        with code.indented(f"if {tag} == {name!r}:"):
            operator.chain.consume(code, operator.index, name, rec.with_value(side), True)
