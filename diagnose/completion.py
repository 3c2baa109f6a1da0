"""Shell completion: click's own, told about the commands."""

from __future__ import annotations

from click.shell_completion import CompletionItem, ShellComplete, get_completion_class

from diagnose.cli import COMMANDS, pick, report

VARIABLE = "_DIAGNOSE_COMPLETE"


def source(shell: str) -> str:
    """The script to evaluate in the shell's start-up file."""
    return _shell(shell)(report, {}, "diagnose", VARIABLE).source() + "\n"


def answer(instruction: str) -> int:
    """Answer the script's question; the words typed so far stand in the environment. Returns the exit status."""
    shell, _, action = instruction.partition("_")
    if shell not in ("bash", "zsh", "fish") or action != "complete":
        return 1
    asked = _shell(shell)(report, {}, "diagnose", VARIABLE)
    args, incomplete = asked.get_completion_args()
    for item in items(_shell(shell), args, incomplete):
        print(asked.format_completion(item))
    return 0


def items(shell: type[ShellComplete], args: list[str], incomplete: str) -> list[CompletionItem]:
    """What may follow: the first word may be a command too."""
    command, rest = pick(args)
    found = shell(command, {}, "diagnose", VARIABLE).get_completions(rest, incomplete)
    if command is report and not args and not incomplete.startswith("-"):
        found = [*(CompletionItem(one) for one in COMMANDS if one.startswith(incomplete)), *found]
    return found


def _shell(name: str) -> type[ShellComplete]:
    found = get_completion_class(name)
    assert found is not None
    return found
