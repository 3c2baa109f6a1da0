"""``python -m diagnose`` and the command ``diagnose``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the terminal command and exit with its status."""
    try:
        if "_DIAGNOSE_COMPLETE" in os.environ:
            from diagnose.completion import answer

            sys.exit(answer(os.environ["_DIAGNOSE_COMPLETE"]))
        from diagnose.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # also while still importing
        code = 130
    except Exception as error:
        if os.environ.get("DIAGNOSE_DEBUG"):
            raise
        said = " ".join(f"{type(error).__name__}: {error}".split())
        print(f"diagnose: this is a bug: {said}; DIAGNOSE_DEBUG=1 shows where, please report it", file=sys.stderr)
        code = 2
    sys.exit(code)


if __name__ == "__main__":
    main()
