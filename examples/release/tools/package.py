"""Packs the colours package of one version into dist/, byte for byte the same each time."""

import gzip
import io
import pathlib
import sys
import tarfile


def main(version):
    written = pathlib.Path("VERSION").read_text().strip()
    if written != version:
        print(f"VERSION says {written}, not {version}", file=sys.stderr)
        return 1
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for path in sorted(pathlib.Path("colours").glob("*.py")) + [pathlib.Path("VERSION")]:
            content = path.read_bytes()
            info = tarfile.TarInfo(f"colours-{version}/{path}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    target = pathlib.Path("dist") / f"colours-{version}.tar.gz"
    target.parent.mkdir(exist_ok=True)
    with open(target, "wb") as out, gzip.GzipFile(fileobj=out, mode="wb", mtime=0, filename="") as packed:
        packed.write(data.getvalue())
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
