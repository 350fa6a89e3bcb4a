"""Configuration of each brand. Each module writes files into <dir>/<server>/ and gives the command to run."""
