"""What is asked of libraries that the wheel can do without."""

from importlib import import_module
from typing import Any

from ta_py import MissingDependencyError


def needed(library: str, extra: str) -> Any:
    """Imports a library, or says how it is installed."""
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        top = library.partition(".")[0]
        if error.name != top:
            raise
        install = f"pip install ta_py[{extra}]"
        refusal = MissingDependencyError(f"`{top}` is not installed ({install})", name=top)
        refusal.given, refusal.accepted = top, install
        raise refusal from None
