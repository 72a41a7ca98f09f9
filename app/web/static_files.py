"""Let browsers keep static files for a year: an address changes with the content."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask


def init(app: Flask) -> None:
    """Add a digest of its content to the address of every static file."""
    versions: dict[str, str] = {}
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 365 * 86_400

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        name = values.get("filename")
        if endpoint == "static" and name and app.static_folder:
            if name not in versions or app.debug:
                versions[name] = _version(Path(app.static_folder) / name)
            values["v"] = versions[name]


def _version(path: Path) -> str:
    if not path.is_file():
        return "0"
    return sha256(path.read_bytes()).hexdigest()[:10]
