"""What is told of an exception of the user's. Its class may be anything, and fail or answer with anything where it is asked."""

import os
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))


def asked(question, otherwise=None):
    """The answer of code of a payload's, which may raise whatever it likes."""
    try:
        return question()
    except BaseException:
        return otherwise


def text_of(error):
    """The message; empty where the exception has none, or can't tell it."""
    return asked(lambda: plain(str(error)), "")


def kind_of(error):
    """The name of the exception's class, whatever its metaclass makes of it."""
    return plain(type.__dict__["__name__"].__get__(type(error)))


def plain(text):
    """A kind of text of its own would answer what it likes: its characters don't."""
    return "".join((text,))


def told(error, text=None):
    """Kind and message as Python ends a traceback with them."""
    text = text_of(error) if text is None else text
    return f"{kind_of(error)}: {text}" if text else kind_of(error)


def missing_module(error):
    """The module that an import didn't find, None for other exceptions."""
    name = asked(lambda: error.name) if isinstance(error, ModuleNotFoundError) else None
    return plain(name) if isinstance(name, str) else None


def traceback_of(error, steps):
    """As Python prints it, without dfx's own frames."""
    return asked(lambda: "".join(without_own(error, steps).format()), f"{told(error)}\n")


def without_own(error, steps):
    whole = traceback.TracebackException(type(error), error, steps, compact=True)
    chain = [whole]
    while chain:
        link = chain.pop()
        link.stack[:] = [step for step in link.stack if os.path.dirname(step.filename) != HERE]
        chain += [each for each in (link.__cause__, link.__context__) if each is not None]
    return whole


def steps_of(error):
    return asked(lambda: error.__traceback__)
