"""What can go wrong with a model. The texts are for the person: what failed and what to do.

ModelError
├── Unreachable     nothing answers at the address
├── NotInstalled    the server has no such model
├── Blind           there is a picture, and no model that sees it
├── Busy            too much to do for the server
├── TimedOut        no first word, or none for too long
├── BrokenReply     an answer that is none, or that ended in the middle
└── Rejected        the server said no: a wrong key, something the model cannot do
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import aiohttp
import httpx
import ollama

from bot.ports import ModelError


class Unreachable(ModelError):
    def __init__(self, *places: tuple[str, str]) -> None:
        """*places*: (address, why) of each server that does not answer."""
        self.places = places
        what = " nor ".join(f"at {url} ({why})" for url, why in places)
        super().__init__(f"No model is reachable: Ollama does not answer {what}.")


class NotInstalled(ModelError):
    def __init__(self, wanted: Sequence[str], installed: Sequence[str]) -> None:
        what = " or ".join(repr(name) for name in wanted) or "of the kind that is needed"
        have = f"Installed: {', '.join(installed)}." if installed else "No model is installed."
        how = f"Install one with: ollama pull {wanted[0]}" if wanted else ""
        super().__init__(f"The model {what} is not installed. {have} {how}".strip())


class Blind(ModelError):
    def __init__(self, model: str) -> None:
        who = f"{model} cannot see pictures" if model else "No installed model can see pictures"
        how = "choose the model auto" if model else "ollama pull llama3.2-vision:11b"
        super().__init__(f"{who}. Ask without one, or give it to a model that can: {how}")


class Busy(ModelError):
    def __init__(self, why: str) -> None:
        super().__init__(f"The model server is busy ({why}). Try again in a moment.")


class TimedOut(ModelError):
    pass


class BrokenReply(ModelError):
    def __init__(self, why: str) -> None:
        super().__init__(f"The model's reply was broken: {why}. Try again.")


class Rejected(ModelError):
    pass


@contextmanager
def explained(url: str) -> Generator[None]:
    """Raise what the official client raises as one of the above."""
    try:
        yield
    except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise Unreachable((url, _reason(error))) from error
    except TimeoutError as error:
        raise TimedOut(f"Ollama at {url} took too long to answer.") from error
    except ollama.ResponseError as error:
        raise _said_no(error) from error
    except aiohttp.ClientResponseError as error:
        raise BrokenReply(f"what answers at {url} does not speak HTTP") from error
    except (httpx.HTTPError, aiohttp.ClientError) as error:
        raise BrokenReply("the connection was lost") from error
    except (ValueError, AttributeError) as error:
        # The client trips over a line that is not JSON (ValueError) or not an object.
        raise BrokenReply("not the JSON that Ollama speaks") from error


def _said_no(error: ollama.ResponseError) -> ModelError:
    match error.status_code:
        case 503 | 429:
            return Busy(error.error)
        case 401 | 403:
            return Rejected(f"Ollama refused the key ({error.error}): check AI_OLLAMA_API_KEY.")
        case -1:
            return BrokenReply(error.error)
        case status:
            return Rejected(f"The model server answered {status}: {error.error}")


def _reason(error: BaseException) -> str:
    """The innermost reason in one line: the client's own text is an advertisement."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return (str(error) or type(error).__name__).splitlines()[0]
