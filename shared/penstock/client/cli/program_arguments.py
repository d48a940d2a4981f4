"""Command lines that end in a program and its arguments: `[OPTIONS] job.py [ARGS]`, `[OPTIONS] -py job.py [ARGS]`."""

from collections.abc import Sequence

import click


class ProgramCommand(click.Command):
    """Leaves everything behind the program to the program, options too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, protected(args, self._own_options(ctx)))

    def _own_options(self, ctx: click.Context) -> dict[str, bool]:
        """Option string -> whether a value follows."""
        own = [p for p in self.get_params(ctx) if isinstance(p, click.Option)]
        return {name: not (p.is_flag or p.count) for p in own for name in p.opts}


def protected(args: Sequence[str], own: dict[str, bool]) -> list[str]:
    """`args` with `--` before the first one that is the program's: own options may still follow `-py FILE`."""
    position, has_program = 0, False
    while position < len(args):
        argument = args[position]
        name, equals, _ = argument.partition("=")
        if argument == "--":
            break
        if argument in own:
            has_program |= argument in ("-py", "--python")
            position += 2 if own[argument] else 1
        elif (equals and own.get(name)) or (argument[:1] == "-" != argument[1:2] and own.get(argument[:2])):
            has_program |= name in ("-py", "--python")
            position += 1
        elif argument.startswith("-") and argument != "-" and not has_program:
            break  # a mistyped option: click names it
        else:
            return [*args[:position], "--", *args[position:]]
    return list(args)


def chosen_program(python_file: str | None, arguments: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """(program, its arguments). UsageError: no program was given."""
    if python_file is not None:
        return python_file, tuple(arguments)
    if not arguments:
        raise click.UsageError("Missing argument 'PROGRAM': the Python file with the job.")
    return arguments[0], tuple(arguments[1:])
