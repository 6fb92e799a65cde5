"""Draw the pictures of the documentation anew, by the commands on the pages that show them: `make docs`."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from support.pages import pictures, run_page


def main():
    for page in sorted(Path("docs").rglob("*.md")):
        shown = pictures(page)
        if not shown:
            continue
        with TemporaryDirectory() as folder:
            run_page(page, Path(folder))
            for picture in shown:
                picture.parent.mkdir(exist_ok=True)
                shutil.copyfile(Path(folder) / picture.name, picture)
                print(picture)


if __name__ == "__main__":
    main()
