"""The modules beside the file of --register that it imports, and those that they import.

They are found before the sandbox closes, by looking at import statements: each file is then readable by itself, and nothing else in
the folder is, neither data nor modules that nobody imports. Nothing is loaded for that. In the sandbox no folder of them can be
listed, so that Python's own finder would see none: one of ours knows where each lies.
"""

import ast
import importlib.machinery
import importlib.util
import os
import sys

SUFFIXES = (*importlib.machinery.SOURCE_SUFFIXES, *importlib.machinery.EXTENSION_SUFFIXES)

# A file that imports more than this of its own isn't what --register is for.
MOST = 10_000

# What was found for a file before the sandbox closed.
_known = {}


def of(path):
    """Modules by their full names: `(file, folder)`. `file` is None for a package without `__init__`, `folder` for no package."""
    path = os.path.realpath(path)
    if path not in _known:
        _known[path] = find(path)
    return _known[path]


def files(path):
    return [file for file, _ in of(path).values() if file is not None]


def find(path):
    root = os.path.dirname(path)
    found = {}
    pending = [(path, None)]
    while pending:
        file, package = pending.pop()
        for name in imported(file, package):
            if name in found or len(found) == MOST:
                continue
            location = located(root, name)
            if location is None:
                continue
            found[name] = location
            if location[0] is not None and location[0].endswith(".py"):
                inside = name if location[1] is not None else name.rpartition(".")[0]
                pending.append((location[0], inside or None))
    return found


def imported(file, package):
    """The full names in import statements of a file, each after the packages that it lies in."""
    try:
        with open(file, "rb") as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return  # whoever loads it tells
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, package)
            # What is taken from a package may be a module in it.
            names = [] if base is None else [base, *(f"{base}.{alias.name}" for alias in node.names if alias.name != "*")]
        else:
            continue
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def absolute(node, package):
    """The module that a `from` names, None where it leads out of its package."""
    if node.level == 0:
        return node.module
    try:
        return importlib.util.resolve_name("." * node.level + (node.module or ""), package)
    except (ImportError, ValueError, TypeError):
        return None


def located(root, name):
    """Where Python would find the module in the folder `root`. What has a name of Python's own library is that."""
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return None
    location = place_of(os.path.join(root, *name.split(".")))
    # Folders without `__init__` are packages only where nothing else of that name is: one beside that is called as an installed
    # package isn't meant.
    if location is not None and is_bare(place_of(os.path.join(root, top))) and is_installed(top):
        return None
    return location


def place_of(path):
    for suffix in SUFFIXES:
        if os.path.isfile(os.path.join(path, "__init__" + suffix)):
            return os.path.join(path, "__init__" + suffix), path
    for suffix in SUFFIXES:
        if os.path.isfile(path + suffix):
            return path + suffix, None
    return (None, path) if os.path.isdir(path) else None


def is_bare(location):
    return location is not None and location[0] is None


def is_installed(name):
    spec = importlib.machinery.PathFinder.find_spec(name)
    return spec is not None and spec.origin is not None


class Finder:
    """Finds what `of` did, before anything of the same name elsewhere."""

    def __init__(self, modules):
        self._modules = modules

    def find_spec(self, name, path=None, target=None):
        if name not in self._modules:
            return None
        file, folder = self._modules[name]
        if file is not None:
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=None if folder is None else [folder])
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [folder]
        return spec


def install(path):
    """Makes importable what lies beside the file: in the sandbox what was found, else by other ways of importing, too."""
    sys.meta_path.insert(0, Finder(of(path)))
    # Behind everything else, as for names that are put together as the code runs. The sandbox lets nobody look into it.
    sys.path.append(os.path.dirname(os.path.realpath(path)))
