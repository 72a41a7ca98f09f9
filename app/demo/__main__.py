"""`python -m app.demo`, which is what `make demo` runs.

It stands above the factory, as wsgi.py does.
"""

import sys
from pathlib import Path

import click

from app.demo.processes import CannotStart
from app.demo.run import run


@click.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option(
    "--simulator-port", default=8900, show_default=True, envvar="SIMULATOR_PORT"
)
@click.option(
    "--password",
    envvar="LATCHKEY_DEMO_PASSWORD",
    help="The demo admin's; made up when left out.",
)
@click.option(
    "--folder",
    default="instance/demo",
    show_default=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--days",
    default=30,
    show_default=True,
    type=click.IntRange(3, 365),
    help="Of history, at the first start.",
)
def main(
    port: int, simulator_port: int, password: str | None, folder: Path, days: int
) -> None:
    """Serve everything with sample data, to look at."""
    try:
        run(folder.resolve(), port, simulator_port, password, days)
    except CannotStart as why:
        sys.exit(str(why))


if __name__ == "__main__":
    main()
