"""How each tool is set up: programs that run in the tools' own environments, not in this project's."""
