"""``python -m jaram`` is the command ``jaram``."""

from jaram.cli.main import main

if __name__ == "__main__":
    main()
