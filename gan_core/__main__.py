"""``python -m gan_core``: the command line."""

from gan_core.cli.main import main

if __name__ == "__main__":
    main()
