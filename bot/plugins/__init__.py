"""Code of the operators' own, from files in a directory: looked at, imported, kept live."""
