"""The process in which strangers' SVG and PDF are drawn and read: `python -m licence_qr.drawing_child`, see `drawing_room`.

It reads a file (8 bytes of length, big-endian, then the bytes) from standard input, answers with JSON (the same way) on
standard output, and waits for the next. It has no secrets, may write no file, and each file has its seconds of processor
time and its memory: a file that needs more ends the process, which is the answer.
"""

import json
import resource
import sys
from typing import Any, BinaryIO

from licence_qr.errors import LicenceError
from licence_qr.picture_errors import UnreadablePictureError
from licence_qr.picture_reader import codes_in

LENGTH = 8  # bytes in front of a message


def main() -> None:
    """Answer until standard input ends. Arguments: seconds of processor time for one file, bytes of memory in all."""
    seconds, memory = int(sys.argv[1]), int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    send(sys.stdout.buffer, b"{}")  # ready
    while (size := sys.stdin.buffer.read(LENGTH)) != b"":
        source = sys.stdin.buffer.read(int.from_bytes(size))
        used = resource.getrusage(resource.RUSAGE_SELF)
        until = int(used.ru_utime + used.ru_stime) + 1 + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
        send(sys.stdout.buffer, json.dumps(_answer(source)).encode())


def send(where: BinaryIO, message: bytes) -> None:
    """Write one message."""
    where.write(len(message).to_bytes(LENGTH))
    where.write(message)
    where.flush()


def _answer(source: bytes) -> dict[str, Any]:
    try:
        return {"found": [[code.text, code.page] for code in codes_in(source)]}
    except UnreadablePictureError as error:
        return {"fault": error.fault, "detail": str(error)}
    except MemoryError:
        return {"fault": "too_large", "detail": "the file needs more memory to draw than is given"}
    except (LicenceError, ArithmeticError, LookupError, OSError, RuntimeError, TypeError, ValueError) as error:
        return {"fault": "broken", "detail": f"the file cannot be drawn: {type(error).__name__}"}


if __name__ == "__main__":
    main()
