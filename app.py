"""The way in: `python app.py` keeps everything running, `gunicorn app:app` and `flask --app app` get the application.

The application is made when it is asked for, so that the supervisor never loads Flask.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    app: Flask


def __getattr__(name: str) -> "Flask":
    if name != "app":
        raise AttributeError(name)
    from dicomgallery.factory import create_app  # noqa: PLC0415  only when asked for

    made = create_app()
    globals()["app"] = made
    return made


if __name__ == "__main__":
    from dicomgallery.supervisor import main

    raise SystemExit(main())
