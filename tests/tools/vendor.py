"""Copies named versions of front-end files into the tree, so that nothing is built or
fetched at run time.

Run by hand when a version below changes: `python tests/tools/vendor.py`. Needs npm; the
app does not.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Package:
    folder: str
    source: str
    version: str
    files: dict[str, str]  # path in the package → name in our folder
    licence: str
    into: str = "static/vendor"


PACKAGES = [
    Package(
        "bootstrap",
        "bootstrap",
        "5.3.9",
        {"dist/css/bootstrap.min.css": "bootstrap.min.css"},
        "MIT",
    ),
    Package("htmx", "htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx.min.js"}, "0BSD"),
    Package(
        "inter",
        "@fontsource-variable/inter",
        "5.3.0",
        {
            f"files/inter-{subset}-wght-normal.woff2": f"inter-{subset}.woff2"
            for subset in ("latin", "latin-ext")
        },
        "OFL-1.1",
    ),
    # Only the licence: the shapes themselves are written out in
    # templates/macros/icons.html.
    Package("lucide", "lucide-static", "1.62.0", {}, "ISC"),
    Package(
        "axe-core",
        "axe-core",
        "4.14.1",
        {"axe.min.js": "axe.min.js"},
        "MPL-2.0",
        into="tests/vendor",
    ),
]


def main() -> None:
    for into in sorted({package.into for package in PACKAGES}):
        packages = [package for package in PACKAGES if package.into == into]
        manifest = [vendor(package) for package in packages]
        (ROOT / into / "manifest.json").write_text(
            json.dumps(manifest, indent=2) + "\n"
        )


def vendor(package: Package) -> dict[str, object]:
    """Puts one package's files and licence in place and answers its manifest entry."""
    with tempfile.TemporaryDirectory() as scratch:
        tarball, integrity = download(package, Path(scratch))
        with tarfile.open(tarball) as archive:
            archive.extractall(scratch, filter="data")
        target = ROOT / package.into / f"{package.folder}-{package.version}"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for source, name in {**package.files, "LICENSE": "LICENSE"}.items():
            shutil.copyfile(Path(scratch) / "package" / source, target / name)
    print(f"{package.source} {package.version} → {target.relative_to(ROOT)}")
    return {
        "name": package.folder,
        "source": package.source,
        "version": package.version,
        "licence": package.licence,
        "package_integrity": integrity,
        "files": {
            f"{target.name}/{file.name}": digest(file.read_bytes(), "sha384")
            for file in sorted(target.iterdir())
        },
    }


def download(package: Package, scratch: Path) -> tuple[Path, str]:
    """The package's archive, once its bytes match what was published and what we took
    last time.
    """
    named = f"{package.source}@{package.version}"
    published = npm("view", named, "dist.integrity", "--json")
    packed = npm("pack", named, "--json", "--pack-destination", str(scratch))
    tarball = scratch / Path(packed[0]["filename"]).name
    found = digest(tarball.read_bytes(), "sha512")
    for expected in filter(None, (published, taken_before(package))):
        if found != expected:
            raise SystemExit(
                f"{named}: the archive is {found}, expected {expected}. Nothing was"
                " changed."
            )
    return tarball, found


def taken_before(package: Package) -> str | None:
    manifest = ROOT / package.into / "manifest.json"
    entries = json.loads(manifest.read_text()) if manifest.exists() else []
    return next(
        (
            entry["package_integrity"]
            for entry in entries
            if (entry["source"], entry["version"]) == (package.source, package.version)
        ),
        None,
    )


def npm(*arguments: str):
    done = subprocess.run(
        ["npm", *arguments], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def digest(data: bytes, algorithm: str) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


if __name__ == "__main__":
    main()
