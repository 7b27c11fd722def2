"""Ports on the loopback interface, which no other machine reaches."""

from __future__ import annotations

import socket

from embedded_aws.errors import PortInUseError

HOST = "127.0.0.1"
_BACKLOG = 128


def listen(port: int, *, option: str = "--port") -> socket.socket:
    """Take a port.

    Parameters
    ----------
    port : int
        0 takes a free one.
    option : str
        What the person says to choose another.

    Raises
    ------
    PortInUseError
        If another program has it, or ports so low are not for everybody.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"port {port} on {HOST} cannot be used ({error.strerror}); choose another with {option}"
        ) from error
    listener.listen(_BACKLOG)
    return listener
