"""What a process of its own runs: a function by its name, so that nobody else imports the module it is in."""

from importlib import import_module


def named(module, name, arguments):
    return getattr(import_module(module), name)(*arguments)
