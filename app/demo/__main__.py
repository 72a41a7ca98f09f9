"""`python -m app.demo`, which is what `make demo` runs. It stands above the factory, as wsgi.py does."""

import sys
from pathlib import Path

import click

from app.demo.run import CannotStart, run


@click.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@click.option("--simulator-port", default=8900, show_default=True, envvar="SIMULATOR_PORT")
@click.option("--password", envvar="LATCHKEY_DEMO_PASSWORD", help="The demo admin's; made up when left out.")
@click.option("--folder", default="instance/demo", show_default=True, type=click.Path(path_type=Path))
def main(port: int, simulator_port: int, password: str | None, folder: Path) -> None:
    """Serve everything with sample data, to look at."""
    try:
        run(folder.resolve(), port, simulator_port, password)
    except CannotStart as why:
        sys.exit(str(why))


if __name__ == "__main__":
    main()
