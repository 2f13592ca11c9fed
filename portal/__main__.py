"""The `portal` command (also `python -m portal`): gives the command line the application it works with."""

from __future__ import annotations

from portal.app import create_app
from portal.cli.main import cli


def main() -> None:
    """Run the command line; exits with its status."""
    cli.main(obj=create_app)


if __name__ == "__main__":
    main()
