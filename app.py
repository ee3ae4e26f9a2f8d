"""The way in: `python app.py` keeps everything running, `gunicorn app:app` and `flask --app app` get the application.

`gunicorn app:ohif` gets the one that serves OHIF. Each is made when it is asked for, so that the supervisor never
loads Flask.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    app: Flask
    ohif: Flask


def __getattr__(name: str) -> "Flask":
    if name not in {"app", "ohif"}:
        raise AttributeError(name)
    from dicomgallery import factory  # noqa: PLC0415  only when asked for

    made = factory.create_app() if name == "app" else factory.create_ohif()
    globals()[name] = made
    return made


if __name__ == "__main__":
    from dicomgallery.supervisor import main

    raise SystemExit(main())
