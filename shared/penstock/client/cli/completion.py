"""`penstock completion`."""

import click

from penstock.client.cli.waiting import json_option, told

_HOW = {
    "bash": 'eval "$(penstock completion bash)"    # in ~/.bashrc; bash 4.4 or later',
    "zsh": 'eval "$(penstock completion zsh)"    # in ~/.zshrc, behind compinit',
    "fish": "penstock completion fish | source    # in ~/.config/fish/config.fish",
}


@click.command("completion", epilog="\b\n" + "\n".join(_HOW.values()))
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(list(_HOW)))
@json_option
def completion_command(shell: str, as_json: bool) -> None:
    """Print a script that lets SHELL complete commands, options and job ids."""
    from click.shell_completion import get_completion_class

    from penstock.client.cli.main import cli

    kind = get_completion_class(shell)
    assert kind is not None
    complete = kind(cli, {}, "penstock", "_PENSTOCK_COMPLETE")
    # not `source()`: that of bash asks the bash that is found first for its version, whichever shell is to read this
    script = complete.source_template % complete.source_vars()
    told(as_json, {"shell": shell, "script": script}, script)
