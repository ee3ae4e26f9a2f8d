"""`python -m dicomgallery.sandbox`: the sandbox server of one data folder."""

import sys

from dicomgallery import logs, settings
from dicomgallery.errors import SettingError, UnavailableError
from dicomgallery.sandbox.server import serve


def main() -> int:
    """Serve until told to end; 1 when it cannot."""
    try:
        chosen = settings.load()
        logs.configure(chosen.log_level)
        serve(chosen)
    except (SettingError, UnavailableError) as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
